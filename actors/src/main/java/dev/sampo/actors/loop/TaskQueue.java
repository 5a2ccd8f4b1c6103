package dev.sampo.actors.loop;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Unbounded queue, many producers, one consumer. A producer never waits for another one. */
final class TaskQueue {
    private static final class Node extends AtomicReference<@Nullable Node> {
        private static final long serialVersionUID = 1L;
        private transient @Nullable Runnable task;

        Node(@Nullable Runnable task) {
            this.task = task;
        }
    }

    private final AtomicReference<Node> tail;
    private Node head; // consumer only; its task was taken

    TaskQueue() {
        head = new Node(null);
        tail = new AtomicReference<>(head);
    }

    void add(Runnable task) {
        Node node = new Node(task);
        tail.getAndSet(node).lazySet(node);
    }

    /** Consumer only. Null when empty, or when the next producer has not linked its node yet. */
    @Nullable Runnable poll() {
        Node next = head.get();
        if (next == null) {
            return null;
        }
        Runnable task = next.task;
        next.task = null;
        head = next;
        return task;
    }

    /** Consumer only. False as soon as a producer has begun to add. */
    boolean isEmpty() {
        return tail.get() == head;
    }
}
