package dev.sampo.testkit;

import dev.sampo.cluster.BrokerFaults;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;

/**
 * What can go wrong with a broker, on command. Each call returns when the fault is in force. The disk and the clock are
 * the machine's: they stay as they are over {@link SampoCluster#restart}.
 */
public final class Faults {
    private static final long TIMEOUT_SECONDS = 20;

    private final Supplier<BrokerFaults> broker;
    private final TestDisk disk;
    private final TestClock clock;

    Faults(Supplier<BrokerFaults> broker, TestDisk disk, TestClock clock) {
        this.broker = broker;
        this.disk = disk;
        this.clock = clock;
    }

    /** Cuts every connection, with requests in flight unanswered; returns how many. Clients may come again at once. */
    public int dropConnections() {
        return await(broker.get().dropConnections(null));
    }

    /** Cuts the connections of one {@code client.id}; returns how many. */
    public int dropConnections(String clientId) {
        return await(broker.get().dropConnections(clientId));
    }

    /** Closes every new connection as soon as it is made, until {@link #acceptConnections}. Those that exist stay. */
    public void refuseConnections() {
        await(broker.get().refuseConnections(true));
    }

    /** As {@link #refuseConnections()}, and accepts again by itself after this time. */
    public void refuseConnections(Duration duration) {
        BrokerFaults refusing = broker.get();
        await(refusing.refuseConnections(true));
        CompletableFuture.delayedExecutor(duration.toMillis(), TimeUnit.MILLISECONDS).execute(() -> {
            var _ = refusing.refuseConnections(false);
        });
    }

    /** Serves new connections again. */
    public void acceptConnections() {
        await(broker.get().refuseConnections(false));
    }

    /**
     * Gives a partition a new leader epoch, as a failover does: its leader steps down and comes back within about a
     * second. Meanwhile clients hear NOT_LEADER_OR_FOLLOWER; those that name the old epoch hear FENCED_LEADER_EPOCH. Other
     * partitions on the same brokers may share the epoch and the fate.
     *
     * @return the new epoch, or one below it when the leader asked for one more on its return
     */
    public int fenceEpoch(TopicPartition partition) {
        return await(broker.get().fenceEpoch(partition.topic(), partition.partition()));
    }

    /**
     * From now on writes to partition logs find no space: producers hear KAFKA_STORAGE_ERROR, readers are served. Topics
     * and their configs live in the metadata log, which has its own disk.
     */
    public void fillDisk() {
        disk.full(true);
    }

    /** There is space again. A partition that was refused takes appends again within 8 seconds. */
    public void freeDisk() {
        disk.full(false);
    }

    /**
     * Stops the broker's wall clock: retention, compaction lags, the expiry of group offsets and
     * {@code LogAppendTime}. Sessions and time-outs have another clock and go on.
     */
    public void stopRetentionClock() {
        clock.stop();
    }

    /** Puts that clock forward, stopped or not. What is due then happens within about a second. */
    public void advanceRetentionClock(Duration duration) {
        clock.advance(duration);
    }

    /** The machine's time again. */
    public void resetRetentionClock() {
        clock.reset();
    }

    void undo() {
        disk.full(false);
        clock.reset();
        acceptConnections();
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    }
}
