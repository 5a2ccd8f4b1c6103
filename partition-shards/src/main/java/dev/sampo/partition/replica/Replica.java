package dev.sampo.partition.replica;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.persistence.log.PartitionLog;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The right to use one open log, with what must survive a change of owner: the high watermark and the flushes that are on
 * their way. Given out by {@link ReplicaLogs} to one owner at a time, leader or follower, which ends it by {@link
 * #giveBack} or {@link #discard}; the first of those counts. Used by its owner only.
 */
public final class Replica {
    /** An open log, owned or not. */
    static final class Held {
        private final TopicIdPartition id;
        private final String topicPartition;
        private final PartitionLog log;
        private final AtomicLong highWatermark;
        private volatile CompletableFuture<Void> flushes = CompletableFuture.completedFuture(null);

        Held(TopicIdPartition id, String topicPartition, PartitionLog log, long highWatermark) {
            this.id = id;
            this.topicPartition = topicPartition;
            this.log = log;
            this.highWatermark = new AtomicLong(highWatermark);
        }

        TopicIdPartition id() {
            return id;
        }

        String topicPartition() {
            return topicPartition;
        }

        PartitionLog log() {
            return log;
        }

        /** By any thread. */
        long highWatermark() {
            return highWatermark.get();
        }

        /** The last of the flushes; fails with the first that failed. */
        CompletableFuture<Void> flushes() {
            return flushes;
        }
    }

    private final ReplicaLogs logs;
    private final Held held;
    private final AtomicBoolean ended = new AtomicBoolean();

    Replica(ReplicaLogs logs, Held held) {
        this.logs = logs;
        this.held = held;
    }

    public TopicIdPartition id() {
        return held.id();
    }

    /** {@code topic-3}, for the log. */
    public String topicPartition() {
        return held.topicPartition();
    }

    public PartitionLog log() {
        return held.log();
    }

    /** First offset that is not known to be on every in-sync replica. */
    public long highWatermark() {
        return held.highWatermark();
    }

    /** Told by the owner whenever it moves; it is what the next owner begins with and what is checkpointed. */
    public void highWatermark(long offset) {
        held.highWatermark.setRelease(offset);
    }

    /** Whether a flush is on its way, this owner's or an earlier one's. */
    public boolean flushing() {
        return !held.flushes.isDone();
    }

    /** The last of the flushes that are on their way. */
    public CompletableFuture<Void> flushes() {
        return held.flushes;
    }

    /** Runs {@code force} after the flushes that are on their way; once one has failed, no later one runs. */
    public CompletableFuture<Void> flush(Runnable force, Executor executor) {
        CompletableFuture<Void> next = held.flushes.thenRunAsync(force, executor);
        held.flushes = next;
        return next;
    }

    /**
     * The owner goes on in a newer leader epoch.
     *
     * @return false when somebody waits for the log in an epoch that is newer still: give it back
     */
    public boolean renew(int leaderEpoch) {
        return logs.renew(held, leaderEpoch);
    }

    /** Ends the use at once; the log stays open for the next owner. */
    public void giveBack() {
        giveBack(CompletableFuture.completedFuture(null));
    }

    /**
     * Ends the use; the log stays open for the next owner, who gets it once {@code quiet} has completed in any way.
     *
     * @param quiet after it nothing that this owner began touches the files, but for flushes
     */
    public void giveBack(CompletionStage<?> quiet) {
        if (ended.compareAndSet(false, true)) {
            var _ = quiet.whenComplete((done, failure) -> logs.free(held));
        }
    }

    /**
     * The log is of no use as it is: its files are closed at once, and the next owner opens it through recovery.
     *
     * @param quiet after it nothing that this owner began touches the files, but for flushes
     */
    public void discard(CompletionStage<?> quiet) {
        if (ended.compareAndSet(false, true)) {
            logs.discard(held, quiet);
        }
    }
}
