package dev.sampo.client;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;

/**
 * Brokers, topics and leaders at one moment. Two are equal when nothing has changed.
 *
 * @param clusterId empty when the brokers name none
 * @param brokers by broker id
 * @param topics by name; a topic that does not exist is absent
 */
public record ClusterMetadata(String clusterId, Map<Integer, Node> brokers, Map<String, TopicMetadata> topics) {
    /** Copies the maps. */
    public ClusterMetadata {
        brokers = Map.copyOf(brokers);
        topics = Map.copyOf(topics);
    }

    /**
     * One topic.
     *
     * @param topicId another one when the topic was deleted and made anew
     * @param partitions by their numbers, from 0
     */
    public record TopicMetadata(String name, Uuid topicId, boolean isInternal, List<PartitionMetadata> partitions) {
        /** Copies the list. */
        public TopicMetadata {
            partitions = List.copyOf(partitions);
        }
    }

    /**
     * One partition.
     *
     * @param leader broker id, -1 while there is none
     * @param leaderEpoch grows with each leader
     * @param replicas broker ids, the preferred leader first
     */
    public record PartitionMetadata(
            int partition, int leader, int leaderEpoch, List<Integer> replicas, List<Integer> inSyncReplicas) {
        /** Copies the lists. */
        public PartitionMetadata {
            replicas = List.copyOf(replicas);
            inSyncReplicas = List.copyOf(inSyncReplicas);
        }
    }
}
