package dev.sampo.partition.lease;

import java.util.function.LongSupplier;

/**
 * Until when this broker's leaders may acknowledge and answer, by the monotonic clock. Read at each append and each answer,
 * not by a timer: a process that was paused runs on for a while. Thread-safe; one writer.
 */
public final class LeaderLease {
    private final LongSupplier nanoTime;
    private volatile boolean endless;
    private volatile long untilNanos;

    /** Over until it is extended. {@code nanoTime} is {@code System::nanoTime}, or a test's. */
    public LeaderLease(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.untilNanos = nanoTime.getAsLong();
    }

    /** A lease that never ends: a test's, or that of a broker that is the only metadata voter. */
    public static LeaderLease ofSingleVoter() {
        var lease = new LeaderLease(() -> 0);
        lease.endless = true;
        return lease;
    }

    /** Whether this broker may act as leader now. */
    public boolean holds() {
        return endless || untilNanos - nanoTime.getAsLong() > 0;
    }

    /** A majority of the voters confirmed: it holds until {@code nanos} of the same clock, never shorter than before. */
    public void extendTo(long nanos) {
        if (nanos - untilNanos > 0) {
            untilNanos = nanos;
        }
    }

    /** This broker is fenced: nothing is acknowledged any more, until the lease is extended anew. */
    public void end() {
        untilNanos = nanoTime.getAsLong();
    }
}
