package dev.sampo.actors.loop;

/** A task that a loop runs later. Used on its loop only. */
public final class Timer implements Comparable<Timer> {
    private final Timers owner;
    final long deadlineNanos;
    private final long order;
    private final Runnable task;
    private boolean cancelled;
    private boolean done;

    Timer(Timers owner, long deadlineNanos, long order, Runnable task) {
        this.owner = owner;
        this.deadlineNanos = deadlineNanos;
        this.order = order;
        this.task = task;
    }

    /** The task will not run any more. No effect after it ran. */
    public void cancel() {
        if (!cancelled && !done) {
            cancelled = true;
            owner.onCancelled();
        }
    }

    boolean cancelled() {
        return cancelled;
    }

    Runnable take() {
        done = true;
        return task;
    }

    @Override
    public int compareTo(Timer other) {
        long difference = deadlineNanos - other.deadlineNanos; // nanoTime may wrap
        return difference == 0 ? Long.compare(order, other.order) : Long.signum(difference);
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
