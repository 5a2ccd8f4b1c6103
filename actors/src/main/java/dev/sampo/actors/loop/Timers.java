package dev.sampo.actors.loop;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one loop, earliest first; equal ones in the order they were made. Cancelled ones are swept out when
 * they are more than half, so that many short requests with long deadlines do not pile up. Time is passed in.
 */
final class Timers {
    private static final int SWEEP_FROM = 64;

    private final PriorityQueue<Timer> queue = new PriorityQueue<>();
    private long nextOrder;
    private int cancelled;

    Timer add(long deadlineNanos, Runnable task) {
        Timer timer = new Timer(this, deadlineNanos, nextOrder++, task);
        queue.add(timer);
        return timer;
    }

    /** Nanoseconds until the earliest deadline, at most 0 when it is due, {@code Long.MAX_VALUE} without one. */
    long untilNextNanos(long nowNanos) {
        dropCancelled();
        Timer next = queue.peek();
        return next == null ? Long.MAX_VALUE : next.deadlineNanos - nowNanos;
    }

    /** The next task that is due, null when none is. */
    @Nullable Runnable poll(long nowNanos) {
        dropCancelled();
        Timer next = queue.peek();
        if (next == null || next.deadlineNanos - nowNanos > 0) {
            return null;
        }
        queue.remove();
        return next.take();
    }

    int size() {
        return queue.size();
    }

    void onCancelled() {
        cancelled++;
        if (cancelled >= SWEEP_FROM && cancelled > queue.size() / 2) {
            queue.removeIf(Timer::cancelled);
            cancelled = 0;
        }
    }

    private void dropCancelled() {
        for (Timer next = queue.peek(); next != null && next.cancelled(); next = queue.peek()) {
            queue.remove();
            cancelled--;
        }
    }
}
