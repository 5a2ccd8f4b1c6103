package dev.sampo.partition.follower;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.follower.LeaderLink.Peer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a broker follows, and which logs it is to hold, as the metadata says. Pure. */
public final class FollowerPlan {
    /**
     * One group to follow.
     *
     * @param partitions all of the group's; of a group that this broker is no replica of, those that are being moved to one
     *     that it is a replica of
     */
    public record Group(String groupId, Peer leader, int leaderEpoch, Set<TopicIdPartition> partitions) {}

    private FollowerPlan() {}

    /** Whether the change between two images may concern what is followed. */
    @SuppressWarnings("ReferenceEquality") // maps that an event did not touch are the same object; equals walks them
    public static boolean concerns(MetadataImage before, MetadataImage now) {
        return before.groups() != now.groups() || before.groupPartitions() != now.groupPartitions()
                || before.brokers() != now.brokers() || before.topics() != now.topics()
                || before.configs() != now.configs();
    }

    /** By group id. A group without a live leader is followed by nobody. */
    public static Map<String, Group> of(MetadataImage image, int brokerId) {
        var groups = new HashMap<String, Group>();
        image.groupPartitions().forEach((groupId, partitions) -> {
            PlacementGroup group = image.groups().get(groupId);
            if (group != null && group.replicas().contains(brokerId)) {
                add(groups, image, brokerId, group, partitions);
            }
        });
        for (Topic topic : image.topics().values()) {
            topic.moves().forEach((partition, target) -> {
                PlacementGroup to = image.groups().get(target);
                PlacementGroup from = image.groupOf(topic, partition);
                if (to != null && to.replicas().contains(brokerId) && !from.replicas().contains(brokerId)) {
                    add(groups, image, brokerId, from, Set.of(new TopicIdPartition(topic.id(), partition)));
                }
            });
        }
        return groups;
    }

    private static void add(
            Map<String, Group> groups, MetadataImage image, int brokerId, PlacementGroup group,
            Set<TopicIdPartition> partitions) {
        Peer leader = group.leader() == brokerId ? null : peer(image, group.leader());
        if (leader != null) {
            groups.merge(
                    group.id(), new Group(group.id(), leader, group.leaderEpoch(), partitions), FollowerPlan::union);
        }
    }

    private static Group union(Group one, Group other) {
        var all = new HashSet<>(one.partitions());
        all.addAll(other.partitions());
        return new Group(one.groupId(), one.leader(), one.leaderEpoch(), all);
    }

    private static @Nullable Peer peer(MetadataImage image, int leader) {
        Broker broker = image.brokers().get(leader);
        if (broker == null || broker.fenced()) {
            return null;
        }
        for (Endpoint endpoint : broker.endpoints()) {
            if (endpoint.listener().equals(Endpoint.REPLICATION)) {
                return new Peer(leader, broker.incarnation(), endpoint.host(), endpoint.port());
            }
        }
        return null;
    }

    /** Whether this broker is to hold the log of a partition, whoever leads it. */
    public static boolean holds(MetadataImage image, int brokerId, TopicIdPartition id) {
        Topic topic = image.topic(id.topicId());
        if (topic == null || id.partition() >= topic.partitionGroups().size()) {
            return false;
        }
        String target = topic.moves().get(id.partition());
        PlacementGroup to = target == null ? null : image.groups().get(target);
        return image.groupOf(topic, id.partition()).replicas().contains(brokerId)
                || (to != null && to.replicas().contains(brokerId));
    }

    /** Logs that this broker held in the first image and is not to hold in the second. */
    public static Set<TopicIdPartition> dropped(MetadataImage before, MetadataImage now, int brokerId) {
        var dropped = new HashSet<TopicIdPartition>();
        for (Topic topic : before.topics().values()) {
            Topic then = now.topic(topic.id());
            if (topic.equals(then)) {
                continue;
            }
            for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
                var id = new TopicIdPartition(topic.id(), partition);
                if (holds(before, brokerId, id) && !holds(now, brokerId, id)) {
                    dropped.add(id);
                }
            }
        }
        return dropped;
    }
}
