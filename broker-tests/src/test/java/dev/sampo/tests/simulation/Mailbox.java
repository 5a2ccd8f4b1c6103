package dev.sampo.tests.simulation;

import java.util.ArrayDeque;
import java.util.Deque;

/** An actor's mailbox within a process: in order, one message at a time. */
final class Mailbox {
    private final Process process;
    private final Deque<Runnable> messages = new ArrayDeque<>();

    Mailbox(Process process) {
        this.process = process;
    }

    void tell(Runnable message) {
        messages.add(message);
        if (messages.size() == 1) {
            process.timer(5, this::next);
        }
    }

    private void next() {
        Runnable message = messages.peek();
        try {
            message.run();
        } finally {
            messages.remove();
            if (!messages.isEmpty()) {
                process.timer(2, this::next);
            }
        }
    }
}
