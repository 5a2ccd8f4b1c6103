package dev.sampo.partition.sharding;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.LeaderCandidates;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Which placement groups want their sentinel woken by this broker. Pure. */
public final class GroupWatch {
    private GroupWatch() {}

    /** Whether the change between two images may concern a watcher. */
    @SuppressWarnings("ReferenceEquality") // maps that an event did not touch are the same object; equals walks them
    public static boolean concerns(MetadataImage before, MetadataImage now) {
        return before.groups() != now.groups() || before.groupPartitions() != now.groupPartitions()
                || before.brokers() != now.brokers() || before.configs() != now.configs();
    }

    /**
     * Groups with partitions and without a live leader, that this broker is a replica of and that some broker may
     * lead: who asks for a group that nobody may lead only fills the coordinator's queue.
     */
    public static List<String> leaderless(MetadataImage image, int brokerId, Predicate<Topic> unclean) {
        var result = new ArrayList<String>();
        for (String groupId : image.groupPartitions().keySet()) {
            PlacementGroup group = image.groups().get(groupId);
            if (group != null && !image.isLive(group.leader()) && group.replicas().contains(brokerId)
                    && !LeaderCandidates.of(image, group, unclean).brokers().isEmpty()) {
                result.add(groupId);
            }
        }
        return result;
    }

    /**
     * What a leader that went on here after a hand-off is told: it has no sentinel. It ends when its successor is elected; a
     * follower's claim of the log ends it too, but there may be no follower, since the successor can be gone again already.
     */
    public static List<Partition.Command> toHandedOff(
            MetadataImage image, int brokerId, TopicIdPartition id, int leaderEpoch, TopicSettingsSource settings) {
        Topic topic = image.topic(id.topicId());
        if (topic == null || succeeded(image, id, leaderEpoch)) {
            return List.of(new Partition.Stop());
        }
        PlacementGroup group = image.groupOf(topic, id.partition());
        if (group.leader() != brokerId || group.leaderEpoch() != leaderEpoch) {
            return List.of(); // not elected as far as this image goes, or out of its session: the lease is about that
        }
        // Settings first, as by the sentinel.
        return List.of(
                new Partition.Reconfigure(settings.settings(image, topic).withReplicas(group.replicas().size())),
                new Partition.ReplicasChanged(leaderEpoch, SentinelState.replicas(image, group, id)));
    }

    /** Whether a leader of this partition was elected after the one of {@code leaderEpoch}, or the topic is gone. */
    static boolean succeeded(MetadataImage image, TopicIdPartition id, int leaderEpoch) {
        Topic topic = image.topic(id.topicId());
        return topic == null || image.groupOf(topic, id.partition()).leaderEpoch() > leaderEpoch;
    }

    /** Groups that this broker leads, with a partition that it does not serve (yet, or any more). */
    public static List<String> unserved(MetadataImage image, int brokerId, Predicate<TopicIdPartition> serves) {
        var result = new ArrayList<String>();
        image.groupPartitions().forEach((groupId, partitions) -> {
            PlacementGroup group = image.groups().get(groupId);
            if (group != null && group.leader() == brokerId && !partitions.stream().allMatch(serves)) {
                result.add(groupId);
            }
        });
        return result;
    }
}
