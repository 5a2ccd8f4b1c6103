package dev.sampo.client;

import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import scala.jdk.javaapi.CollectionConverters;

/** These partitions were taken from this consumer. */
public record TopicPartitionsRevoked(Subscription sub, scala.collection.immutable.Set<TopicPartition> topicPartitions)
        implements ConsumerRebalanceEvent {
    /** The partitions as a Java set. */
    public Set<TopicPartition> getTopicPartitions() {
        return CollectionConverters.asJava(topicPartitions);
    }
}
