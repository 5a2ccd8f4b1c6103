package dev.sampo.client;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/** What a partition assignment handler may do with its consumer. Methods wait for the answer, on the handler's thread. */
public final class RestrictedConsumer {
    private static final long EARLIEST = -2;
    private static final long LATEST = -1;

    private final Access access;

    /** Made by the consumer. */
    public RestrictedConsumer(Access access) {
        this.access = access;
    }

    /** What the consumer answers. */
    public interface Access {
        /** Partitions that are this consumer's. */
        Set<TopicPartition> assignment();

        /** Next offset to fetch, -1 when not known. */
        long position(TopicPartition partition);

        /** Sets the next offset to fetch. */
        void seek(TopicPartition partition, long offset);

        /** Commits and waits. */
        void commit(Map<TopicPartition, OffsetAndMetadata> offsets);

        /** Committed offsets; absent where there is none. */
        Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions);

        /** Offsets by time in ms since 1970, -1 for the end, -2 for the beginning. */
        Map<TopicPartition, OffsetAndTimestamp> offsets(Map<TopicPartition, Long> timestampsMs);
    }

    /** Partitions that are this consumer's. */
    public Set<TopicPartition> assignment() {
        return access.assignment();
    }

    /** First offset of each partition. */
    public Map<TopicPartition, Long> beginningOffsets(Collection<TopicPartition> partitions) {
        return at(partitions, EARLIEST);
    }

    /** Next offset to be written of each partition. */
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
        return at(partitions, LATEST);
    }

    /** First offset of each partition whose record has this time or a later one. */
    public Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> timestampsMs) {
        return access.offsets(timestampsMs);
    }

    /** Commits and waits. */
    public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
        access.commit(offsets);
    }

    /** Committed offsets; absent where there is none. */
    public Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
        return access.committed(partitions);
    }

    /** Next offset to fetch, -1 when not known. */
    public long position(TopicPartition partition) {
        return access.position(partition);
    }

    /** Sets the next offset to fetch. */
    public void seek(TopicPartition partition, long offset) {
        access.seek(partition, offset);
    }

    /** Reads these from their first record. */
    public void seekToBeginning(Collection<TopicPartition> partitions) {
        beginningOffsets(partitions).forEach(access::seek);
    }

    /** Reads these from their end. */
    public void seekToEnd(Collection<TopicPartition> partitions) {
        endOffsets(partitions).forEach(access::seek);
    }

    private Map<TopicPartition, Long> at(Collection<TopicPartition> partitions, long timestampMs) {
        var wanted = new HashMap<TopicPartition, Long>();
        partitions.forEach(partition -> wanted.put(partition, timestampMs));
        var offsets = new HashMap<TopicPartition, Long>();
        access.offsets(wanted).forEach((partition, offset) -> offsets.put(partition, offset.offset()));
        return offsets;
    }
}
