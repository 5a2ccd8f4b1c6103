package dev.sampo.partition.leader;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.persistence.log.PartitionLog;
import dev.sampo.persistence.log.RetentionResult;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a served log needs now and then besides appends and reads. Belongs to one {@link ServingPartition}. */
final class LogUpkeep {
    private static final Logger log = LoggerFactory.getLogger(LogUpkeep.class);

    private final PartitionLog partitionLog;
    private final PartitionHome home;
    private final String topicPartition;

    LogUpkeep(PartitionLog partitionLog, PartitionHome home, String topicPartition) {
        this.partitionLog = partitionLog;
        this.home = home;
        this.topicPartition = topicPartition;
    }

    /** Removes what retention no longer keeps; true when the log now starts later. */
    boolean retain(TopicSettings settings, long nowMs, long highWatermark) throws IOException {
        partitionLog.producerState().expire(nowMs, home.producerIdExpirationMs());
        RetentionResult removed =
                partitionLog.applyRetention(Settings.retention(settings), nowMs, highWatermark);
        if (removed.segments() > 0) {
            log.atInfo()
                    .addKeyValue("topicPartition", topicPartition)
                    .addKeyValue("segments", removed.segments())
                    .addKeyValue("logStartOffset", removed.logStartOffset())
                    .log("retention removed segments");
        }
        if (!removed.filesToDelete().isEmpty()) {
            var later = CompletableFuture.delayedExecutor(
                    settings.fileDeleteDelayMs(), TimeUnit.MILLISECONDS, home.blocking());
            later.execute(() -> LogFolders.deleteFiles(removed.filesToDelete()));
        }
        return removed.segments() > 0;
    }
}
