package dev.sampo.actors.metrics;

import java.util.function.LongSupplier;

/**
 * Rates of a count that only grows. Nothing happens when the count grows: the averages move when somebody reads, at most
 * once in {@value #MIN_INTERVAL_SECONDS} seconds, and take the count as even over the time since the read before. The
 * first interval sets them. Reads are synchronized, writers never meet them. Thread-safe.
 *
 * <p>A window of n minutes is an exponentially weighted moving average with time constant n minutes, as load averages are.
 */
public final class Meter {
    static final int MIN_INTERVAL_SECONDS = 5;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MIN_INTERVAL_NANOS = MIN_INTERVAL_SECONDS * NANOS_PER_SECOND;

    /** Events per second: since the start, and over one, five and fifteen minutes. */
    public record Rates(
            double mean, double oneMinute, double fiveMinutes, double fifteenMinutes) {}

    private final LongSupplier count;
    private final LongSupplier nanoTime;
    private final double countsPerEvent;
    private final long startNanos;
    private long lastNanos;
    private double lastEvents;
    private boolean primed;
    private double oneMinute;
    private double fiveMinutes;
    private double fifteenMinutes;

    /**
     * Starts at the count of now.
     *
     * @param count only grows
     * @param nanoTime the monotonic clock, nanoseconds
     */
    public Meter(LongSupplier count, LongSupplier nanoTime) {
        this(count, 1, nanoTime);
    }

    /** {@code countsPerEvent} of {@code count} are one event: 1e9 for a count of nanoseconds whose rate is a share of time. */
    public Meter(LongSupplier count, double countsPerEvent, LongSupplier nanoTime) {
        this.count = count;
        this.countsPerEvent = countsPerEvent;
        this.nanoTime = nanoTime;
        startNanos = nanoTime.getAsLong();
        lastNanos = startNanos;
    }

    /** The count itself. */
    public long count() {
        return count.getAsLong();
    }

    /** The rates now. */
    public synchronized Rates rates() {
        long nowNanos = nanoTime.getAsLong();
        double events = count.getAsLong() / countsPerEvent;
        long ageNanos = nowNanos - lastNanos;
        if (ageNanos >= MIN_INTERVAL_NANOS) {
            double seconds = ageNanos / NANOS_PER_SECOND;
            double rate = (events - lastEvents) / seconds;
            oneMinute = next(oneMinute, rate, seconds, 60);
            fiveMinutes = next(fiveMinutes, rate, seconds, 300);
            fifteenMinutes = next(fifteenMinutes, rate, seconds, 900);
            primed = true;
            lastNanos = nowNanos;
            lastEvents = events;
        }
        double age = (nowNanos - startNanos) / NANOS_PER_SECOND;
        return new Rates(age <= 0 ? 0 : events / age, oneMinute, fiveMinutes, fifteenMinutes);
    }

    private double next(double average, double rate, double seconds, double windowSeconds) {
        return primed ? rate + Math.exp(-seconds / windowSeconds) * (average - rate) : rate;
    }
}
