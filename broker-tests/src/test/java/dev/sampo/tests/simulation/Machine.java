package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.Comparator;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A computer: its disk, its clocks, and the broker that runs on it, if one does. */
final class Machine {
    static final Comparator<TopicIdPartition> BY_ID =
            Comparator.comparing(TopicIdPartition::topicId).thenComparing(TopicIdPartition::partition);

    final int id;
    final TreeMap<TopicIdPartition, MemoryLog> logs = new TreeMap<>(BY_ID);
    private final double drift;
    Uuid directoryId;
    Uuid bootId;
    /** The boot in which the data folder was last used, as its file says since the last registration. */
    @Nullable Uuid writtenBootId;
    boolean closedCleanly;
    long wallOffsetMs;
    boolean failForces;
    boolean plugged = true; // clients reach it
    boolean imageDue; // news of the metadata log are on their way
    long imageLagMicros;
    @Nullable Boundary diesAt; // the next time, or after some times, that a coordinator here comes there
    int diesAfter;
    @Nullable BrokerProcess process;

    /** Its next life says that its tail may be lost, be it for the second time: it has not heard that the controller knows. */
    boolean mayTellOfLoss() {
        return !logs.isEmpty() && !bootId.equals(writtenBootId);
    }

    Machine(int id, double drift, Uuid directoryId, Uuid bootId, long wallOffsetMs) {
        this.id = id;
        this.drift = drift;
        this.directoryId = directoryId;
        this.bootId = bootId;
        this.wallOffsetMs = wallOffsetMs;
    }

    /** The monotonic clock. */
    long nanos(long trueMicros) {
        return (long) (trueMicros * 1000 * (1 + drift));
    }

    /** How long a span of the monotonic clock lasts in true time. */
    long trueMicros(long localMicros) {
        return (long) (localMicros / (1 + drift));
    }

    boolean running() {
        return process != null && process.alive();
    }

    /** Whether what runs here gets on: neither dead nor stopped. */
    boolean awake() {
        return process != null && process.alive() && !process.paused();
    }
}
