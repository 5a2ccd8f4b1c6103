package dev.sampo.testkit;

import java.time.Duration;
import java.util.function.LongSupplier;

/** The wall clock, which a test may stop and put forward. Safe for any thread. */
final class TestClock implements LongSupplier {
    private long aheadMs;
    private long stoppedAtMs;
    private boolean stopped;

    @Override
    public synchronized long getAsLong() {
        return stopped ? stoppedAtMs : System.currentTimeMillis() + aheadMs;
    }

    synchronized void stop() {
        stoppedAtMs = getAsLong();
        stopped = true;
    }

    synchronized void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("the clock only goes forward, not by " + duration);
        }
        if (stopped) {
            stoppedAtMs += duration.toMillis();
        } else {
            aheadMs += duration.toMillis();
        }
    }

    /** The machine's time again. */
    synchronized void reset() {
        stopped = false;
        aheadMs = 0;
    }
}
