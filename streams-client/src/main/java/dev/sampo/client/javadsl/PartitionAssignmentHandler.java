package dev.sampo.client.javadsl;

import dev.sampo.client.RestrictedConsumer;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Called when a consumer's partitions come and go. Calls run one after the other on Pekko's dispatcher for blocking
 * work; the rebalance waits for them, heartbeats go on.
 */
public interface PartitionAssignmentHandler {
    /** Does nothing. */
    PartitionAssignmentHandler NONE = new PartitionAssignmentHandler() {
        @Override
        public void onRevoke(Set<TopicPartition> revoked, RestrictedConsumer consumer) {}

        @Override
        public void onAssign(Set<TopicPartition> assigned, RestrictedConsumer consumer) {}

        @Override
        public void onLost(Set<TopicPartition> lost, RestrictedConsumer consumer) {}

        @Override
        public void onStop(Set<TopicPartition> current, RestrictedConsumer consumer) {}
    };

    /** These partitions go to other members after this call; they can still be committed in it. */
    void onRevoke(Set<TopicPartition> revoked, RestrictedConsumer consumer);

    /** These partitions are read after this call; {@link RestrictedConsumer#seek} says from where. */
    void onAssign(Set<TopicPartition> assigned, RestrictedConsumer consumer);

    /** These partitions went to other members before this call: the session had ended. */
    void onLost(Set<TopicPartition> lost, RestrictedConsumer consumer);

    /** The consumer stops and had these partitions. */
    void onStop(Set<TopicPartition> current, RestrictedConsumer consumer);
}
