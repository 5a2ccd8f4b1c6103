package dev.sampo.client;

import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import scala.jdk.javaapi.CollectionConverters;

/** These partitions were given to this consumer. */
public record TopicPartitionsAssigned(Subscription sub, scala.collection.immutable.Set<TopicPartition> topicPartitions)
        implements ConsumerRebalanceEvent {
    /** The partitions as a Java set. */
    public Set<TopicPartition> getTopicPartitions() {
        return CollectionConverters.asJava(topicPartitions);
    }
}
