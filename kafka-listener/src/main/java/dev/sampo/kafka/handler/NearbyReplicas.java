package dev.sampo.kafka.handler;

import dev.sampo.actors.config.ReplicaSelector;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import org.jspecify.annotations.Nullable;

/**
 * Which other brokers are in the rack of one consumer, for one fetch from a broker that is not: as the metadata image shows it
 * and Kafka's RackAwareReplicaSelector decides. How far those are, their leader knows.
 *
 * @see "KIP-392"
 */
final class NearbyReplicas {
    /** A client says from there on where it is, and knows what a preferred read replica is. */
    static final int FIRST_VERSION_WITH_RACK = 11;

    private final MetadataImage image;
    private final String listener;
    private final String rack;

    private NearbyReplicas(MetadataImage image, String listener, String rack) {
        this.image = image;
        this.listener = listener;
        this.rack = rack;
    }

    /**
     * For a consumer of this broker.
     *
     * @param listener on which the consumer has connected
     * @param rack {@code client.rack}, empty for none
     * @return null when no broker is nearer to it than this one
     */
    static @Nullable NearbyReplicas of(
            ReplicaSelector selector, MetadataImage image, int brokerId, String listener, int version, @Nullable String rack) {
        if (selector != ReplicaSelector.RACK_AWARE || version < FIRST_VERSION_WITH_RACK || rack == null
                || rack.isEmpty()) {
            return null;
        }
        Broker self = image.brokers().get(brokerId);
        return self != null && rack.equals(self.rack()) ? null : new NearbyReplicas(image, listener, rack);
    }

    /** The live replicas in the consumer's rack that it can reach, null for none. */
    int @Nullable [] of(TopicIdPartition id) {
        Topic topic = image.topic(id.topicId());
        if (topic == null || !ClusterView.hasPartition(topic, id.partition())) {
            return null;
        }
        PlacementGroup group = image.groupOf(topic, id.partition());
        int[] nearby = group.inSyncReplicas().stream().mapToInt(Integer::intValue).filter(this::isNear).toArray();
        return nearby.length == 0 ? null : nearby;
    }

    private boolean isNear(int brokerId) {
        ClusterView.Node node = ClusterView.alive(image, brokerId, listener);
        return node != null && rack.equals(node.broker().rack());
    }
}
