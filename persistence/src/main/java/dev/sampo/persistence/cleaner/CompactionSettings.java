package dev.sampo.persistence.cleaner;

/**
 * What compaction may take away; the keys of the same name in a topic's configuration.
 *
 * @param segmentBytes small segments are joined up to this
 * @param indexIntervalBytes for the indexes of new segments
 * @param mapEntries most keys that one run looks at; what lies behind them is for the next run
 */
public record CompactionSettings(
        long deleteRetentionMs,
        long minCompactionLagMs,
        long maxCompactionLagMs,
        double minCleanableDirtyRatio,
        int segmentBytes,
        int indexIntervalBytes,
        int mapEntries) {}
