package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.Lane;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Decides what is fetched next: positions, what each partition holds ready, which brokers are already asked. Pure.
 *
 * <p>A partition is asked for when its stream has asked at least once, it holds less than one
 * max.partition.fetch.bytes, all hold less than the total limit, and no request for it is under way. A broker has two
 * lanes: a partition that became wanted while a long poll for others waits goes by the second one. When that is taken
 * too, the poll of the second lane is a short one, so that nobody waits for strangers.
 *
 * <p>Invariant: a partition is in at most one request; a chunk begins where the one before it ended.
 */
final class FetchPlanner {
    /** Long poll of the last free lane while other partitions of the broker may want one soon. */
    static final int SHORT_WAIT_MS = 20;

    /** One partition of one request. */
    record Wanted(TopicPartition partition, long assignment, long offset, int lastEpoch, int leaderEpoch) {}

    /** One request; {@code partitions} is ordered. */
    record Plan(int brokerId, Lane lane, int maxWaitMs, int maxBytes, List<Wanted> partitions) {}

    private static final class State {
        final long assignment;
        long offset = -1; // not known yet
        int lastEpoch = -1;
        long bufferedBytes;
        boolean wanted;
        boolean inFlight;
        boolean held;
        long notBeforeMs;
        long endOffset = -1;
        int readReplica = -1;

        State(long assignment) {
            this.assignment = assignment;
        }
    }

    private record Busy(int brokerId, Lane lane) {}

    private final int maxWaitMs;
    private final int maxBytes;
    private final int partitionMaxBytes;
    private final long maxBufferedBytes;
    private final Map<TopicPartition, State> states = new LinkedHashMap<>();
    private final Map<Busy, Boolean> busy = new HashMap<>();
    private long bufferedBytes;
    private long assignments;
    private boolean allPaused;

    FetchPlanner(int maxWaitMs, int maxBytes, int partitionMaxBytes, long maxBufferedBytes) {
        this.maxWaitMs = maxWaitMs;
        this.maxBytes = maxBytes;
        this.partitionMaxBytes = partitionMaxBytes;
        this.maxBufferedBytes = maxBufferedBytes;
    }

    /** Adds a partition without a position. */
    void add(TopicPartition partition) {
        states.put(partition, new State(++assignments));
    }

    /** Drops a partition and what it holds. */
    void remove(TopicPartition partition) {
        State state = states.remove(partition);
        if (state != null) {
            bufferedBytes -= state.bufferedBytes;
        }
    }

    /** The partitions added and not removed. */
    Set<TopicPartition> partitions() {
        return Set.copyOf(states.keySet());
    }

    /** Partitions whose position is not known. */
    Set<TopicPartition> withoutPosition() {
        var missing = new HashSet<TopicPartition>();
        states.forEach((partition, state) -> {
            if (state.offset < 0) {
                missing.add(partition);
            }
        });
        return missing;
    }

    /** Which assignment of the partition is current, or -1 when it is not assigned. */
    long assignment(TopicPartition partition) {
        State state = states.get(partition);
        return state == null ? -1 : state.assignment;
    }

    /** Next offset to fetch, or -1. */
    long position(TopicPartition partition) {
        State state = states.get(partition);
        return state == null ? -1 : state.offset;
    }

    /** Records behind the position, or -1 when not known. */
    long lag(TopicPartition partition) {
        State state = states.get(partition);
        return state == null || state.endOffset < 0 || state.offset < 0 ? -1 : state.endOffset - state.offset;
    }

    /** Bytes held ready over all partitions. */
    long bufferedBytes() {
        return bufferedBytes;
    }

    /**
     * Sets the position; what was fetched before for another one is stale.
     *
     * @param lastEpoch leader epoch of the record before the offset, -1 when not known
     */
    void seek(TopicPartition partition, long offset, int lastEpoch) {
        State state = states.get(partition);
        if (state != null) {
            state.offset = offset;
            state.lastEpoch = lastEpoch;
        }
    }

    /** Forgets the position: it has to be found again. */
    void clearPosition(TopicPartition partition) {
        seek(partition, -1, -1);
    }

    /** The stream of this partition pulls. */
    void want(TopicPartition partition) {
        State state = states.get(partition);
        if (state != null) {
            state.wanted = true;
        }
    }

    /** The stream of this partition is gone: ask no more until {@link #want}. */
    void unwant(TopicPartition partition) {
        State state = states.get(partition);
        if (state != null) {
            state.wanted = false;
        }
    }

    /** The stream is through with a chunk. */
    void consumed(TopicPartition partition, long assignment, long bytes) {
        State state = states.get(partition);
        if (state != null && state.assignment == assignment) {
            state.bufferedBytes -= bytes;
            bufferedBytes -= bytes;
        }
    }

    /** What the stream held of this partition is thrown away. */
    void dropBuffered(TopicPartition partition) {
        State state = states.get(partition);
        if (state != null) {
            bufferedBytes -= state.bufferedBytes;
            state.bufferedBytes = 0;
        }
    }

    /** Fetches this partition no more until it is removed: it is being revoked. Commits for it still count. */
    void hold(TopicPartition partition) {
        State state = states.get(partition);
        if (state != null) {
            state.held = true;
        }
    }

    /** True after {@link #hold}. */
    boolean isHeld(TopicPartition partition) {
        State state = states.get(partition);
        return state != null && state.held;
    }

    /** Stops or resumes all fetching. */
    void pauseAll(boolean paused) {
        allPaused = paused;
    }

    /** Asks for this partition again only after that time. */
    void backOff(TopicPartition partition, long notBeforeMs) {
        State state = states.get(partition);
        if (state != null) {
            state.notBeforeMs = notBeforeMs;
        }
    }

    /** Reads this partition from a follower (KIP-392), or from the leader again with -1. */
    void readFrom(TopicPartition partition, int brokerId) {
        State state = states.get(partition);
        if (state != null) {
            state.readReplica = brokerId;
        }
    }

    /** True when this partition is read from a follower. */
    boolean readsFromFollower(TopicPartition partition) {
        State state = states.get(partition);
        return state != null && state.readReplica >= 0;
    }

    /** True when a partition that is to be fetched has no known leader. */
    boolean lacksLeader(ClusterImage cluster) {
        return states.entrySet().stream().anyMatch(entry ->
                entry.getValue().offset >= 0 && entry.getValue().wanted && !entry.getValue().held
                        && cluster.leaderId(entry.getKey()) < 0);
    }

    /** The requests to send now; each is under way until {@link #onDone}. */
    List<Plan> plan(ClusterImage cluster, long nowMs) {
        if (allPaused || bufferedBytes >= maxBufferedBytes) {
            return List.of();
        }
        Map<Integer, List<Wanted>> ready = new TreeMap<>();
        Map<Integer, Boolean> others = new HashMap<>();
        states.forEach((partition, state) -> {
            ClusterImage.PartitionImage image = cluster.partition(partition);
            int brokerId = state.readReplica >= 0 && cluster.brokers().containsKey(state.readReplica)
                    ? state.readReplica
                    : cluster.leaderId(partition);
            if (brokerId < 0 || image == null || state.inFlight || state.held) {
                return;
            }
            if (!state.wanted || state.offset < 0 || nowMs < state.notBeforeMs
                    || state.bufferedBytes >= partitionMaxBytes) {
                others.put(brokerId, true);
                return;
            }
            ready.computeIfAbsent(brokerId, id -> new ArrayList<>()).add(new Wanted(
                    partition, state.assignment, state.offset, state.lastEpoch, image.leaderEpoch()));
        });
        var plans = new ArrayList<Plan>();
        ready.forEach((brokerId, partitions) -> {
            Lane lane = freeLane(brokerId);
            if (lane == null) {
                return;
            }
            boolean isShort = lane == Lane.LATE_FETCH && others.containsKey(brokerId);
            int bytes = (int) Math.min(maxBytes, maxBufferedBytes - bufferedBytes);
            plans.add(new Plan(
                    brokerId, lane, isShort ? Math.min(SHORT_WAIT_MS, maxWaitMs) : maxWaitMs, bytes, List.copyOf(partitions)));
            busy.put(new Busy(brokerId, lane), true);
            partitions.forEach(wanted -> state(wanted).inFlight = true);
        });
        return plans;
    }

    private @Nullable Lane freeLane(int brokerId) {
        for (Lane lane : EnumSet.of(Lane.FETCH, Lane.LATE_FETCH)) {
            if (!busy.containsKey(new Busy(brokerId, lane))) {
                return lane;
            }
        }
        return null;
    }

    private State state(Wanted wanted) {
        State state = states.get(wanted.partition());
        if (state == null) {
            throw new IllegalStateException(wanted.partition() + " is planned but not assigned");
        }
        return state;
    }

    /** The request was answered or failed; its partitions may be asked for again. */
    void onDone(Plan plan) {
        busy.remove(new Busy(plan.brokerId(), plan.lane()));
        for (Wanted wanted : plan.partitions()) {
            State state = states.get(wanted.partition());
            if (state != null && state.assignment == wanted.assignment()) {
                state.inFlight = false;
            }
        }
    }

    /** True when an answer for this is still of use: same assignment, same position, not about to be revoked. */
    boolean isCurrent(Wanted wanted) {
        State state = states.get(wanted.partition());
        return state != null && state.assignment == wanted.assignment() && state.offset == wanted.offset()
                && !state.held;
    }

    /**
     * Records came: moves the position behind them, so that rotating order keeps all partitions served.
     *
     * @param nextOffset behind the last record
     * @param lastEpoch leader epoch of the last batch, -1 when not known
     * @param bytes held ready until {@link #consumed}
     * @param endOffset last stable offset or high watermark
     */
    void onRecords(TopicPartition partition, long nextOffset, int lastEpoch, long bytes, long endOffset) {
        State state = states.remove(partition);
        if (state != null) {
            states.put(partition, state);
            state.offset = nextOffset;
            state.lastEpoch = lastEpoch;
            state.endOffset = endOffset;
            state.bufferedBytes += bytes;
            bufferedBytes += bytes;
        }
    }

    /** Nothing came, but the end is known. */
    void onEnd(TopicPartition partition, long endOffset) {
        State state = states.get(partition);
        if (state != null) {
            state.endOffset = endOffset;
        }
    }
}
