package dev.sampo.group.lag;

/**
 * How far a group is in one partition.
 *
 * @param committedOffset the next offset that it reads
 * @param commitMs when it was committed, wall clock
 * @param endOffset the high watermark, -1 when it is not known: the topic is gone, or its leader does not answer
 * @param lagMs age of the first record that is not read, by its own timestamp; 0 when all are read, -1 when not known
 */
public record PartitionReport(
        String topic, int partition, long committedOffset, long commitMs, long endOffset, long lagMs,
        LagStatus status) {
    /** Records that are not read, -1 when the end is not known. */
    public long lagRecords() {
        return endOffset < 0 ? -1 : Math.max(0, endOffset - committedOffset);
    }
}
