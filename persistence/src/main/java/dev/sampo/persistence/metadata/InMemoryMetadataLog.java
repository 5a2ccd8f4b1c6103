package dev.sampo.persistence.metadata;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A metadata log that forgets, for unit tests of what is built on it: a group of one that leads in term 1, with the
 * same fencing rules as the real one. Nothing is durable.
 */
public final class InMemoryMetadataLog implements MetadataLog {
    private final JournalState state = new JournalState();
    private final JournalFeed feed = new JournalFeed("metadata-log-in-memory", state);
    private volatile boolean closed;

    /** Empty, leading in term 1. */
    public InMemoryMetadataLog() {
        feed.role(new Role(true, 1));
    }

    /** What an election would do: this node leads, or not, in {@code term}. */
    public void changeRole(boolean leader, long term) {
        feed.role(new Role(leader, term));
    }

    @Override
    public CompletionStage<AppendResult> append(long writerEpoch, long expectedEndOffset, List<byte[]> payloads) {
        if (payloads.isEmpty()) {
            throw new IllegalArgumentException("nothing to append: a batch holds at least one payload");
        }
        if (closed) {
            return CompletableFuture.failedFuture(new IllegalStateException("the metadata log is closed"));
        }
        if (!feed.role().leader()) {
            return CompletableFuture.completedFuture(new NotLeader());
        }
        AppendResult result =
                state.append(writerEpoch, expectedEndOffset, payloads.stream().map(byte[]::clone).toList());
        feed.published();
        return CompletableFuture.completedFuture(result);
    }

    @Override
    public CompletionStage<Long> endOffset() {
        return closed
                ? CompletableFuture.failedFuture(new IllegalStateException("the metadata log is closed"))
                : CompletableFuture.completedFuture(state.endOffset());
    }

    @Override
    public AutoCloseable tail(long fromOffset, Consumer<Snapshot> onSnapshot, Consumer<Entry> listener) {
        return feed.tail(fromOffset, onSnapshot, listener);
    }

    @Override
    public CompletionStage<Void> snapshot(Snapshot snapshot) {
        try {
            state.snapshot(snapshot);
            return CompletableFuture.completedFuture(null);
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public AutoCloseable onRole(Consumer<Role> listener) {
        return feed.onRole(listener);
    }

    @Override
    public Set<Member> members() {
        return Set.of(new Member(0, "in-memory", true));
    }

    @Override
    public Quorum quorum() {
        return new Quorum(0, 0, 0, members().stream().map(member -> new Progress(member, 0, 0)).toList());
    }

    @Override
    public CompletionStage<Void> changeMembers(Set<Member> members) {
        return CompletableFuture.failedFuture(
                new UnsupportedOperationException("a metadata log in memory has one member for ever"));
    }

    @Override
    public CompletionStage<Void> transferLeadership(int nodeId) {
        return CompletableFuture.failedFuture(
                new UnsupportedOperationException("a metadata log in memory has one member for ever"));
    }

    @Override
    public void leaderIsDead(int leaderId) {}

    @Override
    public void close() {
        closed = true;
        feed.close();
    }
}
