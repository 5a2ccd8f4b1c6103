package dev.sampo.partition.follower;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.replica.Replica;
import dev.sampo.persistence.log.Flush;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * What a {@link ReplicaFollowerActor} has other threads do to its logs: force them, and cut them or move their begin, which
 * needs a log alone. Each call begins it and says by a future when it has ended.
 */
final class FollowerDisk {
    /** A flush that has begun, to be handed back to its log once {@code forced} completes without fail. */
    record Forcing(Flush flush, CompletableFuture<Void> forced) {}

    private interface LogWork {
        void on(PartitionLog partitionLog) throws IOException;
    }

    private static final Logger log = LoggerFactory.getLogger(FollowerDisk.class);

    private final PartitionHome home;
    private final int leaderEpoch;
    private final BrokerMetrics metrics;

    FollowerDisk(PartitionHome home, int leaderEpoch, BrokerMetrics metrics) {
        this.home = home;
        this.leaderEpoch = leaderEpoch;
        this.metrics = metrics;
    }

    /**
     * Forces what is written by now, after the flushes that are on their way.
     *
     * @throws IOException the disk refused, or has refused before
     */
    Forcing flush(FollowedPartition partition) throws IOException {
        Replica replica = partition.replica();
        Flush flush = replica.log().prepareFlush();
        partition.flushAsked();
        return new Forcing(flush, replica.flush(() -> force(replica, flush), home.flush()));
    }

    /** On a flush thread. */
    private void force(Replica replica, Flush flush) {
        long startNanos = System.nanoTime();
        try {
            flush.force();
            metrics.logs().flushed(System.nanoTime() - startNanos);
        } catch (IOException e) {
            home.logs().forceFailed(replica.id());
            throw new UncheckedIOException(e);
        }
    }

    /** @see FollowerEffect.Truncate */
    CompletableFuture<Void> truncate(FollowedPartition partition, long offset, boolean committed) {
        event(committed ? log.atWarn() : log.atInfo(), partition, offset)
                .addKeyValue("highWatermark", partition.replica().highWatermark())
                .log(committed
                        ? "cuts committed records, which the elected leader does not have"
                        : "cuts records that the leader does not have");
        return alone(partition, partitionLog -> partitionLog.truncateTo(offset));
    }

    /** @see FollowerEffect.StartAnew */
    CompletableFuture<Void> startAnew(FollowedPartition partition, long offset) {
        event(log.atWarn(), partition, offset)
                .log("begins anew: the leader's log has nothing in common with this one");
        return alone(partition, partitionLog -> partitionLog.startAnewAt(offset));
    }

    /** @see FollowerEffect.MoveLogStart */
    CompletableFuture<Void> moveLogStart(FollowedPartition partition, long offset) {
        return alone(partition, partitionLog -> partitionLog.deleteRecordsBefore(offset));
    }

    private LoggingEventBuilder event(LoggingEventBuilder level, FollowedPartition partition, long to) {
        return level.addKeyValue("topicPartition", partition.topicPartition())
                .addKeyValue("leaderEpoch", leaderEpoch)
                .addKeyValue("from", partition.log().logEndOffset())
                .addKeyValue("to", to);
    }

    /** Runs {@code work} on a blocking thread, which has the log to itself until {@link FollowedPartition#busy} has ended. */
    private CompletableFuture<Void> alone(FollowedPartition partition, LogWork work) {
        PartitionLog partitionLog = partition.log();
        CompletableFuture<Void> done = partition.upkeep().cancel().thenRunAsync(
                () -> {
                    try {
                        work.on(partitionLog);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                home.blocking());
        partition.busy = done;
        return done;
    }
}
