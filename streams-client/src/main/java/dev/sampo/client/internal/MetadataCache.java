package dev.sampo.client.internal;

import dev.sampo.client.internal.ClusterImage.PartitionImage;
import dev.sampo.client.internal.ClusterImage.TopicImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Merges metadata responses into one image. Pure.
 *
 * <p>Invariant: a partition's leader epoch never falls while its topic id stays, so a broker that lags behind does not
 * send the client back to an old leader (KIP-320).
 */
public final class MetadataCache {
    private MetadataCache() {}

    /**
     * The image after a response.
     *
     * @param before the image so far; topics that the response does not name are kept unless {@code complete}
     * @param complete true when the request asked for all topics: those not named are gone
     */
    public static ClusterImage merge(ClusterImage before, MetadataResponseData response, boolean complete) {
        Map<Integer, Node> brokers = new LinkedHashMap<>();
        response.brokers().forEach(broker -> brokers.put(
                broker.nodeId(), new Node(broker.nodeId(), broker.host(), broker.port(), broker.rack())));
        Map<String, TopicImage> topics = complete ? new HashMap<>() : new HashMap<>(before.topics());
        for (MetadataResponseTopic topic : response.topics()) {
            if (topic.name() != null) {
                topics.put(topic.name(), merge(before.topics().get(topic.name()), topic));
            }
        }
        return new ClusterImage(response.clusterId(), Map.copyOf(brokers), Map.copyOf(topics));
    }

    private static TopicImage merge(@Nullable TopicImage before, MetadataResponseTopic topic) {
        Errors error = Errors.forCode(topic.errorCode());
        boolean sameTopic = before != null && before.topicId().equals(topic.topicId());
        if (error == Errors.LEADER_NOT_AVAILABLE && sameTopic && before != null && before.error() == Errors.NONE) {
            return before;
        }
        var partitions = new ArrayList<PartitionImage>();
        for (MetadataResponsePartition partition : topic.partitions()) {
            var image = new PartitionImage(
                    partition.partitionIndex(),
                    partition.leaderId(),
                    partition.leaderEpoch(),
                    List.copyOf(partition.replicaNodes()),
                    List.copyOf(partition.isrNodes()));
            PartitionImage known = sameTopic && before != null ? find(before, image.partition()) : null;
            partitions.add(known != null && known.leaderEpoch() > image.leaderEpoch() ? known : image);
        }
        partitions.sort(Comparator.comparingInt(PartitionImage::partition));
        return new TopicImage(topic.name(), topic.topicId(), topic.isInternal(), error, List.copyOf(partitions));
    }

    private static @Nullable PartitionImage find(TopicImage topic, int partition) {
        return partition < topic.partitions().size() ? topic.partitions().get(partition) : null;
    }
}
