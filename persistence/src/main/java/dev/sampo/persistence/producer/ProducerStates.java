package dev.sampo.persistence.producer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The producers of one partition, as the log tells them. Pure: equal batches in equal order give equal states, on
 * every replica and after every restart.
 */
public final class ProducerStates {
    /**
     * A transaction that a marker has ended.
     *
     * @param firstOffset its first data
     * @param lastOffset the marker's offset
     * @param lastStableOffset first offset of the oldest transaction then still open, or the offset behind the marker
     */
    public record EndedTransaction(
            long producerId, long firstOffset, long lastOffset, long lastStableOffset, boolean aborted) {}

    private final Map<Long, ProducerState> states = new HashMap<>();
    private final TreeMap<Long, Long> openTransactions = new TreeMap<>(); // first offset -> producer id
    private final TreeMap<Long, Long> endedTransactions = new TreeMap<>(); // first offset -> marker offset

    public @Nullable ProducerState get(long producerId) {
        return states.get(producerId);
    }

    /** Unordered, read only. */
    public Collection<ProducerState> all() {
        return Collections.unmodifiableCollection(states.values());
    }

    public int size() {
        return states.size();
    }

    /** A data batch of a producer is in the log. */
    public void onBatch(
            long producerId, short epoch, int firstSequence, int lastSequence, long firstOffset, long lastOffset,
            long timestamp, boolean transactional) {
        ProducerState state = states.computeIfAbsent(
                producerId, id -> new ProducerState(id, epoch, -1, timestamp, ProducerState.NO_OFFSET));
        state.add(
                epoch,
                new ProducerState.Batch(
                        firstSequence, lastSequence, lastOffset, (int) (lastOffset - firstOffset), timestamp));
        if (transactional && state.currentTransactionFirstOffset() == ProducerState.NO_OFFSET) {
            state.openTransaction(firstOffset);
            openTransactions.put(firstOffset, producerId);
        }
    }

    /**
     * A transaction marker is in the log at {@code offset}.
     *
     * @return null when the producer had no open transaction here
     */
    public @Nullable EndedTransaction onMarker(
            long producerId, short epoch, int coordinatorEpoch, long offset, long timestamp, boolean abort) {
        ProducerState state = states.computeIfAbsent(
                producerId, id -> new ProducerState(id, epoch, -1, timestamp, ProducerState.NO_OFFSET));
        long firstOffset = state.currentTransactionFirstOffset();
        state.startEpoch(epoch);
        state.endTransaction(coordinatorEpoch, timestamp);
        if (firstOffset == ProducerState.NO_OFFSET) {
            return null;
        }
        openTransactions.remove(firstOffset);
        endedTransactions.put(firstOffset, offset);
        long stable = openTransactions.isEmpty() ? offset + 1 : openTransactions.firstKey();
        return new EndedTransaction(producerId, firstOffset, offset, stable, abort);
    }

    /**
     * First offset of the oldest transaction that is open, or whose marker is not yet below the high watermark; -1 when
     * there is none.
     */
    public long firstUnstableOffset(long highWatermark) {
        endedTransactions.values().removeIf(marker -> marker < highWatermark);
        long open = openTransactions.isEmpty() ? Long.MAX_VALUE : openTransactions.firstKey();
        long ended = endedTransactions.isEmpty() ? Long.MAX_VALUE : endedTransactions.firstKey();
        long first = Math.min(open, ended);
        return first == Long.MAX_VALUE ? ProducerState.NO_OFFSET : first;
    }

    /** Forgets producers without an open transaction that wrote nothing for {@code expirationMs}. */
    public void expire(long nowMs, long expirationMs) {
        states.values().removeIf(state -> state.currentTransactionFirstOffset() == ProducerState.NO_OFFSET
                && nowMs - state.lastTimestamp() >= expirationMs);
    }

    /** Takes over the contents of {@code other}, which is not used any more. */
    public void become(ProducerStates other) {
        clear();
        states.putAll(other.states);
        openTransactions.putAll(other.openTransactions);
        endedTransactions.putAll(other.endedTransactions);
    }

    void clear() {
        states.clear();
        openTransactions.clear();
        endedTransactions.clear();
    }

    void restore(ProducerState state) {
        states.put(state.producerId(), state);
        if (state.currentTransactionFirstOffset() != ProducerState.NO_OFFSET) {
            openTransactions.put(state.currentTransactionFirstOffset(), state.producerId());
        }
    }

    /** By producer id. */
    List<ProducerState> ordered() {
        var list = new ArrayList<>(states.values());
        list.sort(Comparator.comparingLong(ProducerState::producerId));
        return list;
    }
}
