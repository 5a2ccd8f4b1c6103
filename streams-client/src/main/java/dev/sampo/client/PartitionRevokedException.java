package dev.sampo.client;

import java.util.Set;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.TopicPartition;

/**
 * Offsets were not committed because their partitions were taken from the consumer that read them: their new owner
 * reads those records again. {@code Committer} stages leave such offsets out and go on.
 */
public class PartitionRevokedException extends CommitFailedException {
    private static final long serialVersionUID = 1L;

    /** Names the partitions. */
    public PartitionRevokedException(Set<TopicPartition> partitions) {
        super("offsets of " + partitions + " were not committed: the partitions were revoked after the records were"
                + " read; their next owner reads them again");
    }
}
