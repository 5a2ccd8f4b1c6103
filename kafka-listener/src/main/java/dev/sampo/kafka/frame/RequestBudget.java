package dev.sampo.kafka.frame;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory for requests of all connections that were received and not yet answered. It is soft: what was read is charged
 * even above the bound, but nobody reads on while it is exhausted. Who waits is resumed in the order of waiting. Safe
 * for any thread.
 */
public final class RequestBudget {
    private record Waiter(Executor loop, Runnable resume) {}

    private final long totalBytes;
    private final AtomicLong usedBytes = new AtomicLong();
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private volatile boolean waiting;

    /** {@code totalBytes} is where reading stops. */
    public RequestBudget(long totalBytes) {
        this.totalBytes = totalBytes;
    }

    /** True when nobody may read. */
    public boolean exhausted() {
        return usedBytes.get() >= totalBytes;
    }

    /** Counts bytes in. */
    public void charge(long bytes) {
        usedBytes.addAndGet(bytes);
    }

    /** Counts bytes out, and resumes who waits while there is room. */
    public void release(long bytes) {
        usedBytes.addAndGet(-bytes);
        if (waiting) {
            resumeWaiters();
        }
    }

    /** Runs {@code resume} once on the loop as soon as there is room, at once if there is now. */
    public void await(Executor loop, Runnable resume) {
        synchronized (waiters) {
            waiters.add(new Waiter(loop, resume));
            waiting = true;
        }
        resumeWaiters(); // room may have come before the waiter was seen
    }

    /** Bytes charged. */
    public long usedBytes() {
        return usedBytes.get();
    }

    /** Where reading stops. */
    public long totalBytes() {
        return totalBytes;
    }

    private void resumeWaiters() {
        synchronized (waiters) {
            while (!waiters.isEmpty() && !exhausted()) {
                Waiter waiter = waiters.remove();
                waiter.loop().execute(waiter.resume());
            }
            waiting = !waiters.isEmpty();
        }
    }
}
