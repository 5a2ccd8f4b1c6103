package dev.sampo.persistence.producer;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a partition remembers of one producer: its epoch, its last five batches, its open transaction. */
public final class ProducerState {
    /** Batches that a resend may match (KIP-98). */
    public static final int BATCHES_KEPT = 5;

    public static final int NO_SEQUENCE = -1;
    public static final long NO_OFFSET = -1L;

    /**
     * One appended batch.
     *
     * @param offsetDelta {@code lastOffset} minus the first offset
     */
    public record Batch(int firstSequence, int lastSequence, long lastOffset, int offsetDelta, long timestamp) {
        public long firstOffset() {
            return lastOffset - offsetDelta;
        }
    }

    private final long producerId;
    private final ArrayDeque<Batch> batches = new ArrayDeque<>(BATCHES_KEPT);
    private short epoch;
    private int coordinatorEpoch;
    private long lastTimestamp;
    private long currentTransactionFirstOffset;

    ProducerState(long producerId, short epoch, int coordinatorEpoch, long lastTimestamp, long transactionFirstOffset) {
        this.producerId = producerId;
        this.epoch = epoch;
        this.coordinatorEpoch = coordinatorEpoch;
        this.lastTimestamp = lastTimestamp;
        this.currentTransactionFirstOffset = transactionFirstOffset;
    }

    ProducerState copy() {
        var copy = new ProducerState(producerId, epoch, coordinatorEpoch, lastTimestamp, currentTransactionFirstOffset);
        copy.batches.addAll(batches);
        return copy;
    }

    public long producerId() {
        return producerId;
    }

    public short epoch() {
        return epoch;
    }

    /** Epoch of the coordinator that wrote the last marker, -1 for none. */
    public int coordinatorEpoch() {
        return coordinatorEpoch;
    }

    public long lastTimestamp() {
        return lastTimestamp;
    }

    /** -1 without an open transaction. */
    public long currentTransactionFirstOffset() {
        return currentTransactionFirstOffset;
    }

    /** -1 before the first batch of an epoch. */
    public int lastSequence() {
        Batch last = batches.peekLast();
        return last == null ? NO_SEQUENCE : last.lastSequence();
    }

    /** Oldest first, at most five. */
    public List<Batch> batches() {
        return List.copyOf(batches);
    }

    /** The remembered batch with exactly these sequences. */
    @Nullable Batch find(int firstSequence, int lastSequence) {
        for (Batch batch : batches) {
            if (batch.firstSequence() == firstSequence && batch.lastSequence() == lastSequence) {
                return batch;
            }
        }
        return null;
    }

    void add(short batchEpoch, Batch batch) {
        startEpoch(batchEpoch);
        if (batches.size() == BATCHES_KEPT) {
            batches.removeFirst();
        }
        batches.addLast(batch);
        lastTimestamp = batch.timestamp();
    }

    /** Sequences begin anew in each epoch. */
    void startEpoch(short newEpoch) {
        if (newEpoch != epoch) {
            batches.clear();
            epoch = newEpoch;
        }
    }

    void openTransaction(long firstOffset) {
        if (currentTransactionFirstOffset == NO_OFFSET) {
            currentTransactionFirstOffset = firstOffset;
        }
    }

    void endTransaction(int markerCoordinatorEpoch, long timestamp) {
        currentTransactionFirstOffset = NO_OFFSET;
        coordinatorEpoch = markerCoordinatorEpoch;
        lastTimestamp = timestamp;
    }

    void restore(Batch batch) {
        batches.addLast(batch);
    }
}
