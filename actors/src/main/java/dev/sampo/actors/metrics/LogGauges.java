package dev.sampo.actors.metrics;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Where one served partition's log stands, as its leader last told: written by the leader alone without a barrier, read
 * by anyone, a moment late.
 */
public final class LogGauges {
    private static final int SIZE = 0;
    private static final int SEGMENTS = 1;
    private static final int START = 2;
    private static final int END = 3;
    private static final int STABLE_LAG = 4;
    private static final int MIN_ISR = 5;

    private final String topic;
    private final AtomicLongArray values = new AtomicLongArray(6);

    public LogGauges(String topic) {
        this.topic = topic;
    }

    /** The topic's name. */
    public String topic() {
        return topic;
    }

    /** By the partition's leader: {@code lastStableOffsetLag} is the high watermark less the last stable offset. */
    public void set(
            long sizeBytes, int segments, long logStartOffset, long logEndOffset, long lastStableOffsetLag,
            int minInSyncReplicas) {
        values.setOpaque(SIZE, sizeBytes);
        values.setOpaque(SEGMENTS, segments);
        values.setOpaque(START, logStartOffset);
        values.setOpaque(END, logEndOffset);
        values.setOpaque(STABLE_LAG, lastStableOffsetLag);
        values.setOpaque(MIN_ISR, minInSyncReplicas);
    }

    /** By the partition's leader: so much was appended to the last segment. */
    public void appended(long sizeBytes, long logEndOffset) {
        values.setOpaque(SIZE, values.getPlain(SIZE) + sizeBytes);
        values.setOpaque(END, logEndOffset);
    }

    /** Bytes of the {@code .log} files. */
    public long sizeBytes() {
        return values.getOpaque(SIZE);
    }

    /** Segments. */
    public long segments() {
        return values.getOpaque(SEGMENTS);
    }

    /** First offset kept. */
    public long logStartOffset() {
        return values.getOpaque(START);
    }

    /** Next offset to be written. */
    public long logEndOffset() {
        return values.getOpaque(END);
    }

    /** Records that wait for the end of a transaction. */
    public long lastStableOffsetLag() {
        return values.getOpaque(STABLE_LAG);
    }

    /** The topic's {@code min.insync.replicas}. */
    public int minInSyncReplicas() {
        return (int) values.getOpaque(MIN_ISR);
    }
}
