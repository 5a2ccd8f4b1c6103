package dev.sampo.actors.config;

/**
 * The configuration in force for one topic: its own values over the broker's defaults. Built by {@code TopicConfigs}.
 *
 * @param cleanupDelete {@code cleanup.policy} holds delete
 * @param cleanupCompact {@code cleanup.policy} holds compact
 * @param compressionType producer, uncompressed, gzip, snappy, lz4 or zstd
 * @param compressionLevel the level for that type
 * @param retentionBytes -1 for no limit
 * @param retentionMs -1 for no limit
 */
public record TopicSettings(
        boolean cleanupDelete,
        boolean cleanupCompact,
        String compressionType,
        int compressionLevel,
        long deleteRetentionMs,
        long fileDeleteDelayMs,
        long flushMessages,
        long flushMs,
        int indexIntervalBytes,
        long maxCompactionLagMs,
        long maxDecompressedMessageBytes,
        int maxMessageBytes,
        long messageTimestampAfterMaxMs,
        long messageTimestampBeforeMaxMs,
        boolean logAppendTime,
        double minCleanableDirtyRatio,
        long minCompactionLagMs,
        int minInSyncReplicas,
        boolean preallocate,
        long retentionBytes,
        long retentionMs,
        int segmentBytes,
        int segmentIndexBytes,
        long segmentJitterMs,
        long segmentMs,
        boolean uncleanLeaderElection) {

    /**
     * For a partition of so many replicas: as in Kafka, {@code min.insync.replicas} never asks for more than there are, so
     * that a high default does not make topics of fewer replicas read-only.
     */
    public TopicSettings withReplicas(int replicas) {
        return minInSyncReplicas <= replicas
                ? this
                : new TopicSettings(
                        cleanupDelete, cleanupCompact, compressionType, compressionLevel, deleteRetentionMs,
                        fileDeleteDelayMs, flushMessages, flushMs, indexIntervalBytes, maxCompactionLagMs,
                        maxDecompressedMessageBytes, maxMessageBytes, messageTimestampAfterMaxMs,
                        messageTimestampBeforeMaxMs, logAppendTime, minCleanableDirtyRatio, minCompactionLagMs, replicas,
                        preallocate, retentionBytes, retentionMs, segmentBytes, segmentIndexBytes, segmentJitterMs,
                        segmentMs, uncleanLeaderElection);
    }
}
