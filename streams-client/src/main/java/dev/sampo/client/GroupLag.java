package dev.sampo.client;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * How far a consumer group is behind.
 *
 * @param partitions those that the group has committed an offset of, and that still exist
 */
public record GroupLag(String groupId, Map<TopicPartition, PartitionLag> partitions) {
    /** Copies the map. */
    public GroupLag {
        partitions = Map.copyOf(partitions);
    }

    /** Over all partitions. */
    public long total() {
        return partitions.values().stream().mapToLong(PartitionLag::lag).sum();
    }

    /**
     * One partition.
     *
     * @param committedOffset the next one that the group would read
     * @param endOffset behind the last one that it can read
     */
    public record PartitionLag(long committedOffset, long endOffset) {
        /** Offsets between both; 0 when the group is ahead of a log that was cut. */
        public long lag() {
            return Math.max(0, endOffset - committedOffset);
        }
    }
}
