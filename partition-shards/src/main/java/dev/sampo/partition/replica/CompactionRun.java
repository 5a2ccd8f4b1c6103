package dev.sampo.partition.replica;

import dev.sampo.persistence.cleaner.Compaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/** One compaction of one log on the cleaner's thread. It never touches the log's files once {@link #cancel} has ended. */
public final class CompactionRun {
    private final Compaction compaction;
    private final AtomicBoolean claimed = new AtomicBoolean(); // by the run or by its cancellation
    private final CompletableFuture<Compaction.Result> ended;

    private CompactionRun(Compaction compaction, Executor cleaner) {
        this.compaction = compaction;
        this.ended = CompletableFuture.supplyAsync(this::run, cleaner);
    }

    static CompactionRun start(Compaction compaction, Executor cleaner) {
        return new CompactionRun(compaction, cleaner);
    }

    private Compaction.Result run() {
        if (!claimed.compareAndSet(false, true)) {
            throw new CancellationException("cancelled before it began");
        }
        try {
            return compaction.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Compaction compaction() {
        return compaction;
    }

    public CompletableFuture<Compaction.Result> ended() {
        return ended;
    }

    /** Completes, without fail, as soon as the run does nothing any more: at once when it has not begun. */
    CompletableFuture<Void> cancel() {
        compaction.cancel();
        return claimed.compareAndSet(false, true)
                ? CompletableFuture.completedFuture(null)
                : ended.handle((result, failure) -> null);
    }
}
