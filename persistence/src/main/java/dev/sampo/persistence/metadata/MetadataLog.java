package dev.sampo.persistence.metadata;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The one authority for metadata: a journal replicated by majority, forced to disk before it answers, with one writer
 * per writer epoch. Fencing is part of the replicated state, so an old writer fails wherever it runs. Thread-safe.
 */
public interface MetadataLog extends AutoCloseable {
    /**
     * One committed entry.
     *
     * @param offset dense, from 0
     * @param writerEpoch of the writer that appended it
     */
    record Entry(long offset, long writerEpoch, byte[] payload) {}

    /** How an append ended. */
    sealed interface AppendResult permits Appended, Fenced, WrongOffset, NotLeader {}

    /** Committed; {@code lastOffset} is the offset of the last payload. */
    record Appended(long lastOffset) implements AppendResult {}

    /** A writer with a newer epoch exists: the caller stops writing for good. */
    record Fenced(long currentEpoch) implements AppendResult {}

    /** The journal's end is elsewhere: the caller has missed entries and recovers again. */
    record WrongOffset(long endOffset) implements AppendResult {}

    /** This node does not lead the journal (any more). */
    record NotLeader() implements AppendResult {}

    /**
     * What this node is in the journal's group.
     *
     * @param leader whether this node leads, and is ready to append
     * @param term grows with each leader
     * @param leaderId the node that leads as far as this one knows, -1 when it knows none
     */
    record Role(boolean leader, long term, int leaderId) {
        /** Without a leader elsewhere that is known. */
        public Role(boolean leader, long term) {
            this(leader, term, -1);
        }
    }

    /**
     * Appends all payloads as one atomic, durable batch, if {@code writerEpoch} is at least the newest one seen and
     * {@code expectedEndOffset} is the journal's end. The first batch of a new epoch fences all older ones.
     * A failed stage means the outcome is not known.
     */
    CompletionStage<AppendResult> append(long writerEpoch, long expectedEndOffset, List<byte[]> payloads);

    /** The end offset as a majority confirms it now (a read barrier): everything committed before the call is below. */
    CompletionStage<Long> endOffset();

    /**
     * Hands every committed entry from {@code fromOffset} on to {@code listener}, in order, for ever, on one thread of
     * the journal; when the journal starts later (a snapshot replaced its beginning), {@code onSnapshot} gets the
     * newest snapshot first.
     *
     * @return ends the subscription
     */
    AutoCloseable tail(long fromOffset, Consumer<Snapshot> onSnapshot, Consumer<Entry> listener);

    /** The application's state after the entry {@code offset}; entries up to it may then be dropped. */
    record Snapshot(long offset, byte[] state) {}

    /** Stores a snapshot of the application's state. */
    CompletionStage<Void> snapshot(Snapshot snapshot);

    /** Calls {@code listener} with the role now and at each change. */
    AutoCloseable onRole(Consumer<Role> listener);

    /** A node of the journal; {@code voter} false is a listener. */
    record Member(int nodeId, String address, boolean voter) {}

    /** The members now. */
    Set<Member> members();

    /**
     * How far a member has come.
     *
     * @param endOffset in the journal's own count, which is not that of entries; -1 when this node does not know
     * @param silentMs how long the leader has not heard of it, 0 for the leader itself, -1 when this node does not know
     */
    record Progress(Member member, long endOffset, long silentMs) {}

    /**
     * The journal's group, as this node knows it: only its leader knows of others how far they are.
     *
     * @param leaderId -1 for nobody
     * @param committed first offset, in the journal's own count, that is not on a majority
     */
    record Quorum(int leaderId, long term, long committed, List<Progress> members) {}

    /** The group now. */
    Quorum quorum();

    /** Changes the members through the journal itself. */
    CompletionStage<Void> changeMembers(Set<Member> members);

    /** Has another voter lead; only on the leader. */
    CompletionStage<Void> transferLeadership(int nodeId);

    /** The process of the journal's leader is known to be dead: whoever may stand for election does so at once. */
    void leaderIsDead(int leaderId);

    @Override
    void close();
}
