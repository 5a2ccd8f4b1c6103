package dev.sampo.group.journal;

import java.nio.ByteBuffer;

/**
 * How far one load of a partition of {@code __consumer_offsets} has come: from its log start to the log end that it had
 * when its leader began. Everything below that end may have been acknowledged by an earlier leader, also where this
 * one's high watermark does not show it yet: then the load waits for the high watermark. Pure.
 */
public final class OffsetsLoad {
    private final OffsetsFold fold = new OffsetsFold();
    private long nextOffset;
    private long endOffset;

    /** The log, as its leader describes it. */
    public void onLog(long logStartOffset, long logEndOffset) {
        nextOffset = logStartOffset;
        endOffset = logEndOffset;
    }

    /**
     * Batches below the high watermark.
     *
     * @param batches format v2, whole, from the one that holds {@link #nextOffset} on
     * @throws IllegalStateException there is none
     */
    public void onBatches(ByteBuffer batches) {
        int sizeBytes = batches.remaining();
        long next = fold.fold(batches, nextOffset);
        if (next == nextOffset) {
            throw new IllegalStateException("__consumer_offsets answered " + sizeBytes
                    + " bytes without a whole batch at offset " + nextOffset);
        }
        nextOffset = next;
    }

    /** There is nothing at {@link #nextOffset} below the high watermark: it has not come so far, or that was compacted away. */
    public void onNothing(long highWatermark) {
        if (highWatermark >= endOffset) {
            nextOffset = endOffset;
        }
    }

    /** True when all of it is folded. */
    public boolean isComplete() {
        return nextOffset >= endOffset;
    }

    /** Where to read on. */
    public long nextOffset() {
        return nextOffset;
    }

    /** Exclusive. */
    public long endOffset() {
        return endOffset;
    }

    /** What was read. */
    public OffsetsFold fold() {
        return fold;
    }
}
