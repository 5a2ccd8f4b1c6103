package dev.sampo.persistence.log;

/**
 * How a log cuts and indexes its files; the keys of the same name in a topic's configuration.
 *
 * @param segmentBytes a segment is rolled before it grows past this
 * @param segmentMs a segment is rolled when its first batch is this old
 * @param segmentJitterMs rolled up to this much earlier, so that not all logs roll at once
 * @param segmentIndexBytes largest size of one index file
 * @param indexIntervalBytes one index entry per this many bytes of log
 * @param preallocate accepted for Kafka's sake; files grow by writing
 * @param maxMessageBytes largest batch that a leader admits; larger ones that are in the log stay readable
 * @param fileDeleteDelayMs how long files of removed segments stay, renamed to {@code .deleted}
 * @param producerIdExpirationMs producer state that is idle for this long is forgotten
 */
public record LogSettings(
        int segmentBytes,
        long segmentMs,
        long segmentJitterMs,
        int segmentIndexBytes,
        int indexIntervalBytes,
        boolean preallocate,
        int maxMessageBytes,
        long fileDeleteDelayMs,
        long producerIdExpirationMs) {
    /** Kafka's defaults. */
    public static final LogSettings DEFAULTS =
            new LogSettings(1 << 30, 604_800_000L, 0, 10 << 20, 4096, false, 1_048_588, 60_000, 86_400_000L);

    public LogSettings {
        if (segmentBytes < RECORD_BATCH_MINIMUM) {
            throw new IllegalArgumentException("segmentBytes " + segmentBytes + " holds no batch");
        }
        if (segmentIndexBytes < 24) {
            throw new IllegalArgumentException("segmentIndexBytes " + segmentIndexBytes + " holds no two entries");
        }
        if (indexIntervalBytes < 0) {
            throw new IllegalArgumentException("indexIntervalBytes " + indexIntervalBytes + " is negative");
        }
    }

    private static final int RECORD_BATCH_MINIMUM = 61;
}
