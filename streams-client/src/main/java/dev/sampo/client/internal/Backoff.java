package dev.sampo.client.internal;

import java.util.function.DoubleSupplier;

/**
 * Doubling pauses with jitter: the n-th is {@code initialMs * 2^n}, at most {@code maxMs}, times 0.8 to 1.2, so that
 * clients that lost the same broker do not come back all at once. Pure but for the random source given.
 *
 * @param random answers 0.0 (inclusive) to 1.0 (exclusive)
 */
public record Backoff(long initialMs, long maxMs, DoubleSupplier random) {
    /** Pause in ms before the attempt after {@code failures} failed ones, {@code failures >= 1}. */
    public long afterFailures(int failures) {
        double pause = Math.min((double) maxMs, initialMs * Math.pow(2, Math.max(0, failures - 1)));
        return Math.round(pause * (0.8 + 0.4 * random.getAsDouble()));
    }
}
