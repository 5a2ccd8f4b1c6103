package dev.sampo.partition.placement;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which brokers hold a copy of a partition: the replicas of its placement group and, while it moves, those of the group
 * that it moves to. Pure.
 */
public final class Holders {
    private Holders() {}

    /** The group that a partition is moving to, null when it stays. */
    public static @Nullable PlacementGroup target(MetadataImage image, Topic topic, int partition) {
        String groupId = topic.moves().get(partition);
        return groupId == null ? null : image.groups().get(groupId);
    }

    /**
     * All that hold or receive a copy, as clients are shown the replicas: while it moves, the replicas of the target in
     * their order, then those that will go.
     */
    public static List<Integer> of(MetadataImage image, Topic topic, int partition) {
        List<Integer> replicas = image.groupOf(topic, partition).replicas();
        PlacementGroup target = target(image, topic, partition);
        if (target == null) {
            return replicas;
        }
        Set<Integer> all = new LinkedHashSet<>(target.replicas());
        all.addAll(replicas);
        return List.copyOf(all);
    }

    /** Those that receive a copy and are no replicas of the partition's group; empty when it does not move. */
    public static List<Integer> joining(MetadataImage image, Topic topic, int partition) {
        PlacementGroup target = target(image, topic, partition);
        return target == null ? List.of() : without(target.replicas(), image.groupOf(topic, partition).replicas());
    }

    /** Replicas that will go when the move is over; empty when it does not move. */
    public static List<Integer> leaving(MetadataImage image, Topic topic, int partition) {
        PlacementGroup target = target(image, topic, partition);
        return target == null ? List.of() : without(image.groupOf(topic, partition).replicas(), target.replicas());
    }

    /** Whether a broker keeps its copy; false for a topic that is gone. */
    public static boolean holds(MetadataImage image, TopicIdPartition id, int brokerId) {
        Topic topic = image.topic(id.topicId());
        return topic != null && id.partition() < topic.partitionGroups().size()
                && of(image, topic, id.partition()).contains(brokerId);
    }

    private static List<Integer> without(List<Integer> brokers, List<Integer> others) {
        var left = new ArrayList<>(brokers);
        left.removeAll(others);
        return left;
    }
}
