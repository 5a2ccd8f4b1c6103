package dev.sampo.group.lag;

/**
 * The last {@value #SAMPLES} samples of one group in one partition, and what their trend says. A fixed threshold would
 * cry at each burst and keep silent at a slow end; the trend needs none.
 *
 * @see "Burrow's rules of consumer status, with samples in the place of single commits"
 */
final class LagWindow {
    static final int SAMPLES = 12;

    private final long[] committed;
    private final long[] ends;
    private int count;
    private int next;

    LagWindow() {
        this(new long[SAMPLES], new long[SAMPLES], 0, 0);
    }

    private LagWindow(long[] committed, long[] ends, int count, int next) {
        this.committed = committed;
        this.ends = ends;
        this.count = count;
        this.next = next;
    }

    /** Takes a sample, and forgets the oldest when there are enough. */
    void add(long committedOffset, long endOffset) {
        committed[next] = committedOffset;
        ends[next] = endOffset;
        next = (next + 1) % SAMPLES;
        count = Math.min(count + 1, SAMPLES);
    }

    /** The same with one sample more; this one stays as it is. */
    LagWindow with(long committedOffset, long endOffset) {
        var copy = new LagWindow(committed.clone(), ends.clone(), count, next);
        copy.add(committedOffset, endOffset);
        return copy;
    }

    /**
     * What the samples say, the newest of which was taken now.
     *
     * @param spanMs how long a whole window lasts
     * @param commitMs when the newest offset was committed
     * @param unreadMs timestamp of the first record that is not read, -1 when it is not known
     */
    LagStatus judge(long nowMs, long spanMs, long commitMs, long unreadMs) {
        if (count == 0) {
            return LagStatus.UNKNOWN;
        }
        boolean wasAtEnd = false;
        boolean wentBack = false;
        boolean fell = false; // the lag, between two samples
        for (int i = 0; i < count; i++) {
            wasAtEnd |= lag(i) == 0;
            wentBack |= i > 0 && committed(i) < committed(i - 1);
            fell |= i > 0 && lag(i) < lag(i - 1);
        }
        if (wasAtEnd) {
            return LagStatus.OK;
        }
        // After a move of the coordinator there are few samples, but commit and record tell how long it lasts already.
        if (nowMs - commitMs > spanMs && (unreadMs < 0 ? count == SAMPLES : nowMs - unreadMs > spanMs)) {
            return LagStatus.STOPPED;
        }
        if (wentBack) {
            return LagStatus.REWIND;
        }
        if (count < SAMPLES || fell) {
            return LagStatus.OK;
        }
        return committed(count - 1) == committed(0) ? LagStatus.STALLED : LagStatus.WARNING;
    }

    private int place(int i) {
        return (next - count + i + SAMPLES) % SAMPLES;
    }

    private long committed(int i) {
        return committed[place(i)];
    }

    private long lag(int i) {
        return Math.max(0, ends[place(i)] - committed[place(i)]);
    }
}
