package dev.sampo.actors.metrics;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How values are distributed: counts in buckets that are exact below 16 and 1/16 of a power of two wide above, so that a
 * percentile is at most {@value #MAX_ERROR_PERCENT} % off. Fixed memory: 5 KiB from the first value on, and as much for
 * each of two copies once somebody reads. {@link #record} takes no lock and allocates nothing but the first time.
 *
 * <p>Count, minimum, maximum, mean and deviation are of all values; percentiles of those of the last five to ten minutes
 * (of the time since the read before the last when reads are rarer): readers keep copies and subtract, writers know
 * nothing of it. Thread-safe.
 */
public final class Histogram {
    /** Half a bucket of a sixteenth of a power of two. */
    public static final double MAX_ERROR_PERCENT = 3.125;

    private static final int SUB_BITS = 4;
    private static final int SUB_BUCKETS = 1 << SUB_BITS;
    private static final int MAX_BITS = 42;
    private static final long MAX_VALUE = (1L << MAX_BITS) - 1;
    private static final int BUCKETS = (MAX_BITS - SUB_BITS + 1) * SUB_BUCKETS;
    private static final long WINDOW_NANOS = 300_000_000_000L;
    private static final long[] NONE = new long[0];

    /** All doubles in the unit of the values; 0 where there are none. */
    public record Snapshot(
            long count, double min, double max, double mean, double stdDev, double p50, double p75, double p95,
            double p98, double p99, double p999) {}

    private static final class Values {
        final AtomicLongArray buckets = new AtomicLongArray(BUCKETS);
        final LongAdder sum = new LongAdder();
        final LongAccumulator min = new LongAccumulator(Math::min, Long.MAX_VALUE);
        final LongAccumulator max = new LongAccumulator(Math::max, 0);
    }

    private final LongSupplier nanoTime;
    private volatile @Nullable Values values;
    private long[] older = NONE; // subtracted from the buckets for percentiles
    private long[] newer = NONE; // takes its place when it is a window old
    private long newerNanos;

    /** {@code nanoTime} is the monotonic clock; only readers ask it. */
    public Histogram(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        newerNanos = nanoTime.getAsLong();
    }

    /** Counts one value; below 0 counts as 0, above 2^42 - 1 as that. */
    public void record(long value) {
        Values target = values;
        if (target == null) {
            target = firstValue();
        }
        long bounded = Math.clamp(value, 0, MAX_VALUE);
        target.buckets.getAndIncrement(bucket(bounded));
        target.sum.add(bounded);
        target.min.accumulate(bounded);
        target.max.accumulate(bounded);
    }

    private synchronized Values firstValue() {
        Values target = values;
        if (target == null) {
            target = new Values();
            values = target;
        }
        return target;
    }

    /** Values so far. */
    public long count() {
        Values source = values;
        long count = 0;
        if (source != null) {
            for (int i = 0; i < BUCKETS; i++) {
                count += source.buckets.get(i);
            }
        }
        return count;
    }

    /** Sum of all values. */
    public long sum() {
        Values source = values;
        return source == null ? 0 : source.sum.sum();
    }

    /**
     * How many values are below each edge.
     *
     * @param edges ascending powers of two
     */
    public long[] countsBelow(long[] edges) {
        var counts = new long[edges.length];
        Values source = values;
        if (source != null) {
            long count = 0;
            int next = 0;
            for (int i = 0; i < BUCKETS && next < edges.length; i++) {
                while (next < edges.length && lowest(i) >= edges[next]) {
                    counts[next++] = count;
                }
                count += source.buckets.get(i);
            }
            while (next < edges.length) {
                counts[next++] = count;
            }
        }
        return counts;
    }

    /** Everything now. */
    public synchronized Snapshot snapshot() {
        Values source = values;
        if (source == null) {
            return new Snapshot(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        }
        var now = new long[BUCKETS];
        long count = 0;
        for (int i = 0; i < BUCKETS; i++) {
            now[i] = source.buckets.get(i);
            count += now[i];
        }
        if (count == 0) {
            return new Snapshot(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        }
        long nowNanos = nanoTime.getAsLong();
        if (nowNanos - newerNanos >= WINDOW_NANOS) {
            older = newer;
            newer = now;
            newerNanos = nowNanos;
        }
        double mean = (double) source.sum.sum() / count;
        long min = source.min.get();
        long max = source.max.get();
        var recent = new long[BUCKETS];
        long recentCount = 0;
        double squares = 0;
        for (int i = 0; i < BUCKETS; i++) {
            recent[i] = now[i] - (older.length == 0 ? 0 : older[i]);
            recentCount += recent[i];
            double offMean = middle(i) - mean;
            squares += now[i] * offMean * offMean;
        }
        double stdDev = count < 2 ? 0 : Math.sqrt(squares / (count - 1));
        var at = new double[6];
        double[] shares = {0.5, 0.75, 0.95, 0.98, 0.99, 0.999};
        long seen = 0;
        int next = 0;
        for (int i = 0; i < BUCKETS && next < shares.length && recentCount > 0; i++) {
            seen += recent[i];
            while (next < shares.length && seen >= Math.ceil(shares[next] * recentCount)) {
                at[next++] = Math.clamp(middle(i), (double) min, (double) max);
            }
        }
        return new Snapshot(count, min, max, mean, stdDev, at[0], at[1], at[2], at[3], at[4], at[5]);
    }

    private static int bucket(long value) {
        if (value < SUB_BUCKETS) {
            return (int) value;
        }
        int shift = 63 - Long.numberOfLeadingZeros(value) - SUB_BITS;
        return ((shift + 1) << SUB_BITS) + (int) ((value >> shift) & (SUB_BUCKETS - 1));
    }

    private static long lowest(int bucket) {
        if (bucket < SUB_BUCKETS) {
            return bucket;
        }
        int shift = (bucket >> SUB_BITS) - 1;
        return (long) (SUB_BUCKETS + (bucket & (SUB_BUCKETS - 1))) << shift;
    }

    private static double middle(int bucket) {
        long width = bucket < SUB_BUCKETS ? 1 : 1L << ((bucket >> SUB_BITS) - 1);
        return lowest(bucket) + (width - 1) / 2.0;
    }
}
