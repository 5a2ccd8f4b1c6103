package dev.sampo.kafka.handler;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.kafka.handler.ClusterView.Node;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells a client who asked the wrong broker where the leader is, so that it need not fetch metadata first. Made for one
 * response.
 *
 * @see "KIP-951"
 */
final class LeaderHints {
    /** {@code epoch} and {@code leader} are -1 when not known. */
    record Leader(int leader, int epoch) {}

    private static final Leader NOT_KNOWN = new Leader(-1, -1);

    private final MetadataImage image;
    private final String listener;
    private final List<Node> nodes = new ArrayList<>(0);

    LeaderHints(MetadataImage image, String listener) {
        this.image = image;
        this.listener = listener;
    }

    /** The leader in the image; its endpoint joins {@link #nodes}. */
    Leader leaderOf(TopicIdPartition id) {
        Topic topic = image.topic(id.topicId());
        if (topic == null || !ClusterView.hasPartition(topic, id.partition())) {
            return NOT_KNOWN;
        }
        PlacementGroup group = image.groupOf(topic, id.partition());
        Node node = ClusterView.alive(image, group.leader(), listener);
        if (node != null && !nodes.contains(node)) {
            nodes.add(node);
        }
        return new Leader(group.leader(), group.leaderEpoch());
    }

    /** Where the leaders found so far are reached; each once. */
    List<Node> nodes() {
        return nodes;
    }
}
