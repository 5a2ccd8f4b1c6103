package dev.sampo.group.lag;

import java.util.List;

/**
 * How far a group is.
 *
 * @param sampledMs when, wall clock
 * @param partitions with a committed offset, by topic and partition
 */
public record GroupReport(String groupId, long sampledMs, List<PartitionReport> partitions) {
    /** Of all partitions whose end is known. */
    public long lagRecords() {
        return partitions.stream().mapToLong(partition -> Math.max(0, partition.lagRecords())).sum();
    }

    /** Of the partition that is furthest behind, of those that are known. */
    public long lagMs() {
        return partitions.stream().mapToLong(partition -> Math.max(0, partition.lagMs())).max().orElse(0);
    }

    /** Of the partition that does worst. */
    public LagStatus status() {
        return partitions.stream().map(PartitionReport::status).reduce(LagStatus.OK, LagStatus::worse);
    }
}
