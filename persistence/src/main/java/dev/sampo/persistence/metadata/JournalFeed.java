package dev.sampo.persistence.metadata;

import dev.sampo.persistence.metadata.MetadataLog.Entry;
import dev.sampo.persistence.metadata.MetadataLog.Role;
import dev.sampo.persistence.metadata.MetadataLog.Snapshot;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands committed entries and role changes to listeners on one thread of its own, so that a slow listener never holds
 * up the journal. Each listener has its own position. A listener that throws is dropped with an error line.
 */
final class JournalFeed implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(JournalFeed.class);
    private static final int READ_LIMIT = 512;

    private final JournalState state;
    private final ExecutorService thread;
    private final List<Tail> tails = new CopyOnWriteArrayList<>();
    private final List<RoleListener> roleListeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean pumpIsQueued = new AtomicBoolean();
    private volatile boolean closed;
    private Role role = new Role(false, 0); // guarded by this

    private final class Tail implements AutoCloseable {
        private final Consumer<Snapshot> onSnapshot;
        private final Consumer<Entry> listener;
        private volatile boolean ended;
        private long nextOffset; // of the feed's thread

        Tail(long fromOffset, Consumer<Snapshot> onSnapshot, Consumer<Entry> listener) {
            this.nextOffset = fromOffset;
            this.onSnapshot = onSnapshot;
            this.listener = listener;
        }

        void pump() {
            while (!ended && !closed) {
                JournalState.Read read = state.read(nextOffset, READ_LIMIT);
                if (read.snapshot() != null) {
                    nextOffset = read.snapshot().offset() + 1;
                    onSnapshot.accept(read.snapshot());
                } else if (read.entries().isEmpty()) {
                    return;
                }
                for (Entry entry : read.entries()) {
                    if (ended || closed) {
                        return;
                    }
                    nextOffset = entry.offset() + 1;
                    listener.accept(entry);
                }
            }
        }

        @Override
        public void close() {
            ended = true;
            tails.remove(this);
        }
    }

    private final class RoleListener implements AutoCloseable {
        private final Consumer<Role> listener;
        private volatile boolean ended;

        RoleListener(Consumer<Role> listener) {
            this.listener = listener;
        }

        void accept(Role now) {
            if (!ended && !closed) {
                listener.accept(now);
            }
        }

        @Override
        public void close() {
            ended = true;
            roleListeners.remove(this);
        }
    }

    JournalFeed(String name, JournalState state) {
        this.state = state;
        // One core thread that may end when idle would lose no order, but a steady thread is cheaper than starting one.
        this.thread = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            var daemon = new Thread(task, name);
            daemon.setDaemon(true);
            return daemon;
        });
    }

    AutoCloseable tail(long fromOffset, Consumer<Snapshot> onSnapshot, Consumer<Entry> listener) {
        if (fromOffset < 0) {
            throw new IllegalArgumentException("tail from offset " + fromOffset + ": the first offset is 0");
        }
        var tail = new Tail(fromOffset, onSnapshot, listener);
        tails.add(tail);
        published();
        return tail;
    }

    synchronized AutoCloseable onRole(Consumer<Role> listener) {
        var added = new RoleListener(listener);
        roleListeners.add(added);
        Role now = role;
        execute(() -> guarded(added, () -> added.accept(now)));
        return added;
    }

    /** Something was committed or restored. */
    void published() {
        if (pumpIsQueued.compareAndSet(false, true)) {
            execute(() -> {
                pumpIsQueued.set(false);
                tails.forEach(tail -> guarded(tail, tail::pump));
            });
        }
    }

    /**
     * Roles in term order; one that repeats the last or is of an older term is dropped, and so is one that only forgets
     * who leads the term.
     */
    synchronized void role(Role next) {
        if (next.equals(role) || next.term() < role.term()
                || (next.term() == role.term() && !role.leader() && role.leaderId() >= 0 && next.leaderId() < 0)) {
            return;
        }
        role = next;
        execute(() -> roleListeners.forEach(listener -> guarded(listener, () -> listener.accept(next))));
    }

    synchronized Role role() {
        return role;
    }

    private void guarded(AutoCloseable listener, Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            log.atError().setCause(e).log("a listener of the metadata log failed and gets nothing more");
            if (listener instanceof Tail tail) {
                tail.close();
            } else if (listener instanceof RoleListener roleListener) {
                roleListener.close();
            }
        }
    }

    private void execute(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            if (!closed) {
                throw e;
            }
        }
    }

    /** No listener is called after this, except for a call that runs now. */
    @Override
    public void close() {
        closed = true;
        thread.shutdown();
    }
}
