package dev.sampo.client.producer;

import java.util.function.IntUnaryOperator;

/**
 * Picks the partition of records without a key: stays on one until about a batch went there, then draws another.
 * Partitions with fewer batches waiting are drawn more often.
 *
 * @see "KIP-480 (sticky partitioner), KIP-794 (uniform and adaptive)"
 */
final class StickyPartition {
    private final int switchBytes;
    private final IntUnaryOperator draw;
    private int current = -1;
    private int bytesSinceSwitch;

    /**
     * A picker.
     *
     * @param switchBytes bytes after which it draws anew
     * @param draw gives an even random number, 0 inclusive to its argument exclusive
     */
    StickyPartition(int switchBytes, IntUnaryOperator draw) {
        this.switchBytes = switchBytes;
        this.draw = draw;
    }

    /**
     * The partition for the next record.
     *
     * @param leaders broker id by partition, -1 for none; partitions without a leader are drawn only if none has one
     * @param queueLengths batches under way by partition
     */
    int next(int[] leaders, IntUnaryOperator queueLengths) {
        if (current < 0 || current >= leaders.length || bytesSinceSwitch >= switchBytes) {
            current = drawFrom(leaders, queueLengths);
            bytesSinceSwitch = 0;
        }
        return current;
    }

    /** Counts what went to the current partition. */
    void count(int bytes) {
        bytesSinceSwitch += bytes;
    }

    private int drawFrom(int[] leaders, IntUnaryOperator queueLengths) {
        int longest = 0;
        boolean anyLed = false;
        for (int partition = 0; partition < leaders.length; partition++) {
            longest = Math.max(longest, queueLengths.applyAsInt(partition));
            anyLed |= leaders[partition] >= 0;
        }
        int sum = 0;
        int[] upTo = new int[leaders.length];
        for (int partition = 0; partition < leaders.length; partition++) {
            if (leaders[partition] >= 0 || !anyLed) {
                sum += longest + 1 - queueLengths.applyAsInt(partition);
            }
            upTo[partition] = sum;
        }
        int drawn = draw.applyAsInt(sum);
        int partition = 0;
        while (upTo[partition] <= drawn) {
            partition++;
        }
        return partition;
    }
}
