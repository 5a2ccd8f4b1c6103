package dev.sampo.http.record;

import java.util.List;

/**
 * What was read from one partition.
 *
 * @param nextOffset where to read on
 * @param outOfRange the offset asked for is not in the log: before {@code logStartOffset}, or past its end (both
 *     offsets are then -1, since the broker does not tell them)
 */
public record FetchedPartition(
        int partition, List<FetchedRecord> records, long nextOffset, long highWatermark, long logStartOffset,
        boolean outOfRange) {}
