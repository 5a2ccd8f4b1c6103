package dev.sampo.tests.simulation;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A running program. While it is paused nothing reaches it: timers that come due and messages queue up, and when it goes on all
 * due timers fire first. Once it ended, nothing reaches it any more.
 */
class Process {
    private final Timeline time;
    private final Deque<Runnable> dueTimers = new ArrayDeque<>();
    private final Deque<Runnable> mail = new ArrayDeque<>();
    private boolean alive = true;
    private boolean paused;

    Process(Timeline time) {
        this.time = time;
    }

    Timeline time() {
        return time;
    }

    boolean alive() {
        return alive;
    }

    boolean paused() {
        return paused;
    }

    void end() {
        alive = false;
        dueTimers.clear();
        mail.clear();
    }

    /** How long a span of this process's clock lasts. */
    long trueMicros(long localMicros) {
        return localMicros;
    }

    void timer(long localMicros, Runnable action) {
        time.after(trueMicros(localMicros), () -> arrive(action, dueTimers));
    }

    /** A message, or the end of something that runs beside the actors. */
    void deliver(Runnable action) {
        arrive(action, mail);
    }

    private void arrive(Runnable action, Deque<Runnable> queue) {
        if (!alive) {
            return;
        }
        if (paused || !mail.isEmpty() || !dueTimers.isEmpty()) {
            queue.add(action);
        } else {
            action.run();
        }
    }

    void pause() {
        paused = true;
    }

    void resume() {
        if (paused) {
            paused = false;
            time.after(1, this::catchUp);
        }
    }

    private void catchUp() {
        if (!alive || paused) {
            return;
        }
        Runnable next = dueTimers.isEmpty() ? mail.peek() : dueTimers.peek();
        if (next == null) {
            return;
        }
        Deque<Runnable> from = dueTimers.isEmpty() ? mail : dueTimers;
        from.remove();
        next.run();
        if (alive && !(dueTimers.isEmpty() && mail.isEmpty())) {
            time.after(5, this::catchUp);
        }
    }
}
