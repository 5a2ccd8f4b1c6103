package dev.sampo.partition.replica;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.persistence.cleaner.CompactionSettings;
import dev.sampo.persistence.log.LogSettings;
import dev.sampo.persistence.log.RetentionSettings;
import dev.sampo.persistence.record.BatchRules;
import dev.sampo.persistence.record.Validation;

/** A topic's configuration in the words of the log. */
public final class ReplicaSettings {
    /**
     * Keys that one compaction looks at. Too small: a log of many keys needs several runs. Too large: memory, up to 48
     * bytes each while a run lasts (only as many as there are dirty records are taken).
     */
    private static final int COMPACTION_MAP_ENTRIES = 1_500_000;

    private ReplicaSettings() {}

    public static LogSettings log(TopicSettings topic, PartitionHome home) {
        return new LogSettings(
                topic.segmentBytes(),
                topic.cleanupCompact() ? Math.min(topic.segmentMs(), topic.maxCompactionLagMs()) : topic.segmentMs(),
                topic.segmentJitterMs(),
                topic.segmentIndexBytes(),
                topic.indexIntervalBytes(),
                topic.preallocate(),
                topic.maxMessageBytes(),
                topic.fileDeleteDelayMs(),
                home.producerIdExpirationMs());
    }

    public static CompactionSettings compaction(TopicSettings topic) {
        return new CompactionSettings(
                topic.deleteRetentionMs(), topic.minCompactionLagMs(), topic.maxCompactionLagMs(),
                topic.minCleanableDirtyRatio(), topic.segmentBytes(), topic.indexIntervalBytes(),
                COMPACTION_MAP_ENTRIES);
    }

    public static BatchRules batchRules(TopicSettings topic) {
        return new BatchRules(
                topic.maxMessageBytes(),
                topic.segmentBytes(),
                topic.cleanupCompact(),
                topic.logAppendTime(),
                topic.messageTimestampBeforeMaxMs(),
                topic.messageTimestampAfterMaxMs(),
                topic.compressionType(),
                topic.compressionLevel(),
                topic.maxDecompressedMessageBytes());
    }

    public static KafkaError error(Validation.Reason reason) {
        return switch (reason) {
            case CORRUPT_MESSAGE -> KafkaError.CORRUPT_MESSAGE;
            case INVALID_RECORD -> KafkaError.INVALID_RECORD;
            case INVALID_TIMESTAMP -> KafkaError.INVALID_TIMESTAMP;
            case MESSAGE_TOO_LARGE -> KafkaError.MESSAGE_TOO_LARGE;
            case RECORD_LIST_TOO_LARGE -> KafkaError.RECORD_LIST_TOO_LARGE;
            case UNSUPPORTED_COMPRESSION_TYPE -> KafkaError.UNSUPPORTED_COMPRESSION_TYPE;
            case UNSUPPORTED_FOR_MESSAGE_FORMAT -> KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT;
        };
    }

    public static RetentionSettings retention(TopicSettings topic) {
        return new RetentionSettings(topic.cleanupDelete(), topic.retentionMs(), topic.retentionBytes());
    }
}
