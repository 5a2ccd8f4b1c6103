package dev.sampo.partition.lease;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What the leaders of one broker share.
 *
 * @param brokerId this broker
 * @param lease until when they may acknowledge and answer
 * @param monotonicMs a clock that never goes back, from any beginning
 * @param maxLagMs {@code replica.lag.time.max.ms}: who is behind for longer leaves the ISR
 */
public record Leading(int brokerId, LeaderLease lease, LongSupplier monotonicMs, long maxLagMs) {
    /** By the clock of this JVM. */
    public static Leading of(int brokerId, LeaderLease lease, long maxLagMs) {
        return new Leading(brokerId, lease, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()), maxLagMs);
    }

    /** Milliseconds of that clock. */
    public long nowMs() {
        return monotonicMs.getAsLong();
    }
}
