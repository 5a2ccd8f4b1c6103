package dev.sampo.persistence.journal;

import dev.sampo.persistence.metadata.MetadataLog;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads with an end over {@link MetadataLog#tail}, which has none. */
final class JournalReads {
    private JournalReads() {}

    /** A subscription that is ended from within its own callback, perhaps before it is known here. */
    private static final class Subscription {
        private @Nullable AutoCloseable tail;
        private boolean ended;

        synchronized void started(AutoCloseable started) {
            tail = started;
            if (ended) {
                close(started);
            }
        }

        synchronized void end() {
            ended = true;
            if (tail != null) {
                close(tail);
            }
        }

        private static void close(AutoCloseable tail) {
            try {
                tail.close();
            } catch (Exception e) { // AutoCloseable says so; ours does not throw
                throw new IllegalStateException("a subscription to the metadata log does not end", e);
            }
        }
    }

    /**
     * Hands entries {@code from <= offset < end} to {@code listener} on the journal's thread; entries that a snapshot
     * replaced are missing. All of them must be committed.
     */
    static CompletableFuture<Void> entries(
            MetadataLog log, long from, long end, Consumer<MetadataLog.Entry> listener) {
        var done = new CompletableFuture<Void>();
        if (from >= end) {
            done.complete(null);
            return done;
        }
        var subscription = new Subscription();
        subscription.started(log.tail(
                from,
                snapshot -> {
                    if (snapshot.offset() >= end - 1 && !done.isDone()) {
                        subscription.end();
                        done.complete(null);
                    }
                },
                entry -> {
                    if (done.isDone()) {
                        return;
                    }
                    try {
                        if (entry.offset() < end) {
                            listener.accept(entry);
                        }
                        if (entry.offset() >= end - 1) {
                            subscription.end();
                            done.complete(null);
                        }
                    } catch (RuntimeException e) {
                        subscription.end();
                        done.completeExceptionally(e);
                    }
                }));
        return done;
    }

    /** The newest snapshot, empty when there is none. Behind the log's read barrier. */
    static CompletionStage<Optional<MetadataLog.Snapshot>> snapshot(MetadataLog log) {
        return log.endOffset().thenCompose(end -> {
            var found = new CompletableFuture<Optional<MetadataLog.Snapshot>>();
            if (end == 0) {
                found.complete(Optional.empty());
                return found;
            }
            var subscription = new Subscription();
            subscription.started(log.tail(
                    0,
                    snapshot -> {
                        found.complete(Optional.of(snapshot));
                        subscription.end();
                    },
                    entry -> {
                        found.complete(Optional.empty());
                        subscription.end();
                    }));
            return found;
        });
    }
}
