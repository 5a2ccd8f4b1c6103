package dev.sampo.partition.replica;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.persistence.cleaner.Compaction;
import dev.sampo.persistence.log.DamagedLogException;
import dev.sampo.persistence.log.PartitionLog;
import dev.sampo.persistence.log.RetentionResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a served log needs now and then besides appends and reads: retention and compaction, never both at once, since a
 * compaction reads segments that retention would remove. Belongs to one leader or follower.
 */
public final class LogUpkeep {
    private static final Logger log = LoggerFactory.getLogger(LogUpkeep.class);
    private static final long RETRY_COMPACTION_MS = 15_000;
    private static final int MOST_DOUBLINGS = 8;

    private final PartitionLog partitionLog;
    private final PartitionHome home;
    private final String topicPartition;
    private @Nullable CompactionRun running;
    private int failures;
    private long notBeforeMs = Long.MIN_VALUE;

    public LogUpkeep(PartitionLog partitionLog, PartitionHome home, String topicPartition) {
        this.partitionLog = partitionLog;
        this.home = home;
        this.topicPartition = topicPartition;
    }

    /** Removes what retention no longer keeps; true when the log now starts later. */
    public boolean retain(TopicSettings settings, long nowMs, long highWatermark) throws IOException {
        partitionLog.producerState().expire(nowMs, home.producerIdExpirationMs());
        if (running != null) {
            return false; // at the next check
        }
        RetentionResult removed =
                partitionLog.applyRetention(ReplicaSettings.retention(settings), nowMs, highWatermark);
        if (removed.segments() > 0) {
            log.atInfo()
                    .addKeyValue("topicPartition", topicPartition)
                    .addKeyValue("segments", removed.segments())
                    .addKeyValue("logStartOffset", removed.logStartOffset())
                    .log("retention removed segments");
        }
        deleteLater(removed.filesToDelete(), settings);
        return removed.segments() > 0;
    }

    private void deleteLater(List<Path> paths, TopicSettings settings) {
        if (!paths.isEmpty()) {
            CompletableFuture.delayedExecutor(settings.fileDeleteDelayMs(), TimeUnit.MILLISECONDS, home.blocking())
                    .execute(() -> LogFolders.deleteFiles(home.files(), paths));
        }
    }

    /**
     * Starts a compaction if the log is worth one and none runs.
     *
     * @param upperBound the last stable offset
     * @return null when there is nothing to do; else its end goes to {@link #onCompacted}
     */
    public @Nullable CompactionRun compact(TopicSettings settings, long upperBound, long nowMs) throws IOException {
        if (running != null || nowMs < notBeforeMs) {
            return null;
        }
        Compaction compaction =
                Compaction.prepare(partitionLog, home.files(), ReplicaSettings.compaction(settings), upperBound, nowMs);
        if (compaction != null) {
            running = CompactionRun.start(compaction, home.cleaner());
        }
        return running;
    }

    /**
     * A run has ended: puts its segments in, unless it belongs to a log that was closed meanwhile.
     *
     * @throws DamagedLogException the run has come across bytes that are not what was written
     */
    @SuppressWarnings("ReferenceEquality") // this very run
    public void onCompacted(
            CompactionRun run, Compaction.@Nullable Result result, @Nullable Throwable failure, TopicSettings settings,
            long nowMs)
            throws IOException {
        if (run != running) {
            return;
        }
        running = null;
        if (result == null) {
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (cause instanceof DamagedLogException damage) {
                    throw damage;
                }
            }
            long pauseMs = RETRY_COMPACTION_MS << Math.min(failures, MOST_DOUBLINGS);
            failures++;
            notBeforeMs = nowMs + pauseMs;
            log.atWarn()
                    .addKeyValue("topicPartition", topicPartition)
                    .addKeyValue("retryAfterMs", pauseMs)
                    .log("compaction failed, the log stays as it was: {}", String.valueOf(failure));
            return;
        }
        failures = 0;
        deleteLater(run.compaction().apply(partitionLog, result), settings);
        log.atInfo()
                .addKeyValue("topicPartition", topicPartition)
                .addKeyValue("segments", result.segments().size())
                .addKeyValue("firstDirtyOffset", result.firstDirtyOffset())
                .log("compacted log");
    }

    /** Ends a compaction that runs; nobody but the log's owner touches its files once this has completed. */
    public CompletableFuture<Void> cancel() {
        CompactionRun run = running;
        running = null;
        return run == null ? CompletableFuture.completedFuture(null) : run.cancel();
    }
}
