package dev.sampo.client.scaladsl;

import dev.sampo.client.RestrictedConsumer;
import org.apache.kafka.common.TopicPartition;
import scala.collection.immutable.Set;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Called when a consumer's partitions come and go. Calls run one after the other on Pekko's dispatcher for blocking
 * work; the rebalance waits for them, heartbeats go on.
 */
public interface PartitionAssignmentHandler {
    /** These partitions go to other members after this call; they can still be committed in it. */
    void onRevoke(Set<TopicPartition> revoked, RestrictedConsumer consumer);

    /** These partitions are read after this call; {@link RestrictedConsumer#seek} says from where. */
    void onAssign(Set<TopicPartition> assigned, RestrictedConsumer consumer);

    /** These partitions went to other members before this call: the session had ended. */
    void onLost(Set<TopicPartition> lost, RestrictedConsumer consumer);

    /** The consumer stops and had these partitions. */
    void onStop(Set<TopicPartition> current, RestrictedConsumer consumer);

    /** The same handler for the Java API. */
    default dev.sampo.client.javadsl.PartitionAssignmentHandler asJava() {
        return new dev.sampo.client.javadsl.PartitionAssignmentHandler() {
            @Override
            public void onRevoke(java.util.Set<TopicPartition> partitions, RestrictedConsumer consumer) {
                PartitionAssignmentHandler.this.onRevoke(scala(partitions), consumer);
            }

            @Override
            public void onAssign(java.util.Set<TopicPartition> partitions, RestrictedConsumer consumer) {
                PartitionAssignmentHandler.this.onAssign(scala(partitions), consumer);
            }

            @Override
            public void onLost(java.util.Set<TopicPartition> partitions, RestrictedConsumer consumer) {
                PartitionAssignmentHandler.this.onLost(scala(partitions), consumer);
            }

            @Override
            public void onStop(java.util.Set<TopicPartition> partitions, RestrictedConsumer consumer) {
                PartitionAssignmentHandler.this.onStop(scala(partitions), consumer);
            }

            private Set<TopicPartition> scala(java.util.Set<TopicPartition> partitions) {
                return CollectionConverters.asScala(partitions).toSet();
            }
        };
    }
}
