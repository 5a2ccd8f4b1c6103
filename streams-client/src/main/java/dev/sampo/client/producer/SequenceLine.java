package dev.sampo.client.producer;

import org.apache.kafka.common.record.internal.DefaultRecordBatch;

/**
 * The producer id, epoch and next sequence number of one partition. A broker keeps producer state per partition, so
 * each partition moves to a new epoch by itself, without telling the others.
 *
 * <p>Invariant: a sequence number is given out once per epoch, and numbers follow one another without a gap; after
 * 2^31 - 1 comes 0.
 *
 * @see "KIP-98 (sequence numbers), KIP-360 (a new epoch after a gap)"
 */
final class SequenceLine {
    private final long producerId;
    private short epoch;
    private int nextSequence;
    private boolean known;

    SequenceLine(long producerId, short epoch) {
        this.producerId = producerId;
        this.epoch = epoch;
    }

    long producerId() {
        return producerId;
    }

    short epoch() {
        return epoch;
    }

    int nextSequence() {
        return nextSequence;
    }

    /**
     * The leader has acknowledged a batch of this epoch, so it refuses a gap. Before that it takes any sequence number
     * of a producer it does not know, and one batch at a time is all that keeps the order.
     */
    boolean isKnown() {
        return known;
    }

    /** A batch of this epoch was acknowledged. */
    void acknowledged() {
        known = true;
    }

    /** Gives out {@code count} numbers and returns the first; {@code count} is at least 1. */
    int take(int count) {
        int first = nextSequence;
        nextSequence = DefaultRecordBatch.incrementSequence(first, count);
        return first;
    }

    /**
     * Starts again at sequence 0 in the next epoch.
     *
     * @return false when the epochs of this producer id are used up and a new producer id is needed; nothing changed
     */
    boolean nextEpoch() {
        if (epoch == Short.MAX_VALUE) {
            return false;
        }
        epoch++;
        known = false;
        nextSequence = 0;
        return true;
    }
}
