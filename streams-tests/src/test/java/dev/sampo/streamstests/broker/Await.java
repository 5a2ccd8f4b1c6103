package dev.sampo.streamstests.broker;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a condition that has no notification, by asking again and again, bounded. */
public final class Await {
    private static final long PAUSE_NANOS = 20_000_000L;

    private Await() {}

    /** @throws AssertionError the condition did not come true within {@code limit} */
    public static void until(String condition, Duration limit, BooleanSupplier isTrue) {
        until(condition, limit, isTrue, () -> "");
    }

    /** @param detail added to the error's text */
    public static void until(String condition, Duration limit, BooleanSupplier isTrue, Supplier<String> detail) {
        if (!holds(limit, isTrue)) {
            throw new AssertionError("not within " + limit + ": " + condition + "\n" + detail.get());
        }
    }

    /** As {@link #until}, with the outcome as value. */
    public static boolean holds(Duration limit, BooleanSupplier isTrue) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!isTrue.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return true;
    }
}
