package dev.sampo.partition.leader;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.partition.leader.LeaderEffect.Answer;
import dev.sampo.partition.leader.LeaderEffect.Flush;
import dev.sampo.partition.leader.LeaderEffect.HighWatermarkAdvanced;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The leader's view of one partition in one leader epoch: how far its log is written and forced, how far each in-sync
 * follower has come, and which producers wait. Pure: equal calls in equal order give equal effects. A new leader epoch
 * is a new object.
 *
 * <p>A write that brings the number of unforced records to {@code flush.messages} is a barrier: neither it nor
 * anything after it is acknowledged or shown to readers before the log was forced up to it. At most one flush runs; the
 * next one covers all that was written meanwhile.
 *
 * <p>Invariant: {@code highWatermark <= every in-sync log end offset <= logEndOffset}, and it never falls.
 *
 * @param <R> the shell's way back to whoever waits
 */
public final class LeaderState<R> {
    private record Waiting<R>(R waiter, boolean all, long baseOffset, long requiredOffset) {}

    private final int leaderEpoch;
    private final Map<Integer, Long> followerLogEndOffsets = new TreeMap<>(); // in-sync, by broker id
    private final ArrayDeque<Waiting<R>> waiting = new ArrayDeque<>();
    private int minInSyncReplicas;
    private long flushMessages;
    private long logEndOffset;
    private long highWatermark;
    private long unflushedRecords;
    private long flushBarrier = -1; // nothing at or above the flushed offset is shown before this offset is forced
    private long flushedOffset;
    private boolean flushing;

    /**
     * Begins an epoch.
     *
     * @param logEndOffset of the recovered log; the high watermark of a partition whose only in-sync replica is this one
     * @param inSyncFollowers broker ids, without the leader's own
     */
    public LeaderState(
            int leaderEpoch,
            int minInSyncReplicas,
            long flushMessages,
            Collection<Integer> inSyncFollowers,
            long logEndOffset,
            long highWatermark) {
        this.leaderEpoch = leaderEpoch;
        this.minInSyncReplicas = minInSyncReplicas;
        this.flushMessages = flushMessages;
        this.logEndOffset = logEndOffset;
        this.flushedOffset = logEndOffset;
        this.highWatermark = highWatermark;
        inSyncFollowers.forEach(id -> followerLogEndOffsets.put(id, highWatermark));
    }

    /** The topic's configuration changed. */
    public void reconfigure(int newMinInSyncReplicas, long newFlushMessages) {
        minInSyncReplicas = newMinInSyncReplicas;
        flushMessages = newFlushMessages;
    }

    /** May a produce request be written now: NONE, or the error it is answered with. */
    public KafkaError admit(Acks acks) {
        boolean enough = acks != Acks.ALL || 1 + followerLogEndOffsets.size() >= minInSyncReplicas;
        return enough ? KafkaError.NONE : KafkaError.NOT_ENOUGH_REPLICAS;
    }

    /**
     * One append belongs to the write that is being made (or, for a duplicate, to an older one): it is answered once
     * {@code endOffset} is acknowledged by {@code acks}. Call before {@link #onWritten}, in offset order of the writes.
     */
    public void await(R waiter, Acks acks, long baseOffset, long endOffset) {
        waiting.add(new Waiting<>(waiter, acks == Acks.ALL, baseOffset, endOffset));
    }

    /** The log is written up to {@code newLogEndOffset}; {@code records} were added. */
    public List<LeaderEffect<R>> onWritten(long newLogEndOffset, long records) {
        if (newLogEndOffset < logEndOffset) {
            throw new IllegalStateException(
                    "log end offset went back from " + logEndOffset + " to " + newLogEndOffset);
        }
        logEndOffset = newLogEndOffset;
        unflushedRecords += records;
        var effects = new ArrayList<LeaderEffect<R>>(2);
        if (unflushedRecords >= flushMessages) {
            flushBarrier = newLogEndOffset;
            startFlush(effects);
        }
        advance(effects);
        return effects;
    }

    /** The log is forced up to {@code offset}. */
    public List<LeaderEffect<R>> onFlushed(long offset) {
        flushing = false;
        flushedOffset = Math.max(flushedOffset, offset);
        var effects = new ArrayList<LeaderEffect<R>>(2);
        if (flushBarrier > flushedOffset) {
            startFlush(effects);
        }
        advance(effects);
        return effects;
    }

    /** A follower asked for {@code fetchOffset}: it has everything before it. */
    public List<LeaderEffect<R>> onFollowerFetch(int brokerId, long fetchOffset) {
        if (fetchOffset > logEndOffset) { // the epoch fence of KIP-320 runs before this call
            throw new IllegalStateException(
                    "broker " + brokerId + " fetched " + fetchOffset + ", log end offset " + logEndOffset);
        }
        followerLogEndOffsets.computeIfPresent(brokerId, (id, end) -> Math.max(end, fetchOffset));
        var effects = new ArrayList<LeaderEffect<R>>(2);
        advance(effects);
        return effects;
    }

    /** Stepping down, failing or stopping: everyone who still waits hears {@code error}. */
    public List<LeaderEffect<R>> onStopped(KafkaError error) {
        var effects = new ArrayList<LeaderEffect<R>>(waiting.size());
        waiting.forEach(entry -> effects.add(new Answer<>(entry.waiter(), error, -1)));
        waiting.clear();
        return effects;
    }

    /**
     * What a client's idea of the leader epoch is worth (KIP-320).
     *
     * @param currentLeaderEpoch the client's, -1 for no check
     */
    public KafkaError checkEpoch(int currentLeaderEpoch) {
        if (currentLeaderEpoch == -1 || currentLeaderEpoch == leaderEpoch) {
            return KafkaError.NONE;
        }
        return currentLeaderEpoch < leaderEpoch ? KafkaError.FENCED_LEADER_EPOCH : KafkaError.UNKNOWN_LEADER_EPOCH;
    }

    public int leaderEpoch() {
        return leaderEpoch;
    }

    public long logEndOffset() {
        return logEndOffset;
    }

    public long highWatermark() {
        return highWatermark;
    }

    private void startFlush(List<LeaderEffect<R>> effects) {
        if (!flushing) {
            flushing = true;
            unflushedRecords = 0;
            effects.add(new Flush<>());
        }
    }

    /** End of what this replica may acknowledge: everything written, or up to the last flush while a barrier is open. */
    private long ownEndOffset() {
        return flushBarrier > flushedOffset ? flushedOffset : logEndOffset;
    }

    private void advance(List<LeaderEffect<R>> effects) {
        long ownEnd = ownEndOffset();
        long slowest = ownEnd;
        for (long end : followerLogEndOffsets.values()) {
            slowest = Math.min(slowest, end);
        }
        if (slowest > highWatermark) {
            highWatermark = slowest;
            effects.add(new HighWatermarkAdvanced<>(slowest));
        }
        answerWaiting(Math.max(ownEnd, highWatermark), effects);
    }

    private void answerWaiting(long ownEnd, List<LeaderEffect<R>> effects) {
        Iterator<Waiting<R>> entries = waiting.iterator();
        while (entries.hasNext()) {
            Waiting<R> entry = entries.next();
            if (entry.requiredOffset() <= (entry.all() ? highWatermark : ownEnd)) {
                boolean shrunk = entry.all() && 1 + followerLogEndOffsets.size() < minInSyncReplicas;
                KafkaError error = shrunk ? KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND : KafkaError.NONE;
                effects.add(new Answer<>(entry.waiter(), error, shrunk ? -1 : entry.baseOffset()));
                entries.remove();
            } else if (entry.requiredOffset() > ownEnd) {
                return; // later writes end later still
            }
        }
    }
}
