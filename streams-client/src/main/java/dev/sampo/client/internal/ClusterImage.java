package dev.sampo.client.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * What the last metadata responses said: immutable.
 *
 * @param brokers by broker id
 * @param topics by name; those asked for, also unknown ones (with their error)
 */
public record ClusterImage(@Nullable String clusterId, Map<Integer, Node> brokers, Map<String, TopicImage> topics) {
    /** Nothing known yet. */
    public static final ClusterImage EMPTY = new ClusterImage(null, Map.of(), Map.of());

    /**
     * One topic.
     *
     * @param topicId {@link Uuid#ZERO_UUID} when the broker's metadata version knows no ids
     * @param error {@code NONE}, or why {@code partitions} is empty
     * @param partitions ascending by number, from 0
     */
    public record TopicImage(String name, Uuid topicId, boolean internal, Errors error, List<PartitionImage> partitions) {}

    /**
     * One partition.
     *
     * @param leaderId broker id, -1 while there is none
     * @param leaderEpoch -1 when the broker's metadata version knows no epochs
     */
    public record PartitionImage(
            int partition, int leaderId, int leaderEpoch, List<Integer> replicas, List<Integer> inSyncReplicas) {}

    /** The topic, or null when it was not asked for or does not exist. */
    public @Nullable TopicImage topic(String name) {
        TopicImage topic = topics.get(name);
        return topic == null || topic.error() != Errors.NONE ? null : topic;
    }

    /** The partition, or null when it is not known. */
    public @Nullable PartitionImage partition(TopicPartition partition) {
        TopicImage topic = topic(partition.topic());
        if (topic == null || partition.partition() < 0 || partition.partition() >= topic.partitions().size()) {
            return null;
        }
        return topic.partitions().get(partition.partition());
    }

    /** Broker id of the leader, or -1 when it is not known. */
    public int leaderId(TopicPartition partition) {
        PartitionImage image = partition(partition);
        return image == null || !brokers.containsKey(image.leaderId()) ? -1 : image.leaderId();
    }

    /** Id of the topic, or {@link Uuid#ZERO_UUID}. */
    public Uuid topicId(String name) {
        TopicImage topic = topic(name);
        return topic == null ? Uuid.ZERO_UUID : topic.topicId();
    }

    /** Name of the topic with this id, or null. */
    public @Nullable String topicName(Uuid topicId) {
        for (TopicImage topic : topics.values()) {
            if (topic.topicId().equals(topicId)) {
                return topic.name();
            }
        }
        return null;
    }

    /** The same in the form that Kafka's assignors read. */
    public Cluster toCluster() {
        var partitions = new ArrayList<PartitionInfo>();
        for (TopicImage topic : topics.values()) {
            for (PartitionImage partition : topic.partitions()) {
                partitions.add(new PartitionInfo(
                        topic.name(),
                        partition.partition(),
                        brokers.getOrDefault(partition.leaderId(), Node.noNode()),
                        nodes(partition.replicas()),
                        nodes(partition.inSyncReplicas())));
            }
        }
        return new Cluster(clusterId, brokers.values(), partitions, Set.of(), Set.of());
    }

    private Node[] nodes(List<Integer> ids) {
        return ids.stream().map(id -> brokers.getOrDefault(id, new Node(id, "", -1))).toArray(Node[]::new);
    }
}
