package dev.sampo.partition.controller;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.LeaderCandidates;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * ISR and eligible replicas of placement groups. Pure.
 *
 * <p>A replica that leaves the ISR stays eligible as long as the ISR is smaller than {@code min.insync.replicas} of every
 * topic in the group: then no leader moves a high watermark, so nothing is committed that it lacks (KIP-966). Whatever
 * makes that untrue (a larger ISR, another configuration, another topic in the group) ends it.
 */
final class InSyncRules {
    private static final String MIN_IN_SYNC = "min.insync.replicas";
    private static final String UNCLEAN = "unclean.leader.election.enable";
    private static final ConfigResource ALL_BROKERS = new ConfigResource(ConfigResourceType.BROKER, "");

    /** Why a broker leaves. */
    enum Loss {
        /** It is away. Its logs are as they were. */
        NOTHING,
        /** Its logs may lack their last records. */
        TAIL,
        /** Its logs are gone. */
        EVERYTHING
    }

    private final ConfigRules configs;

    InSyncRules(ConfigRules configs) {
        this.configs = configs;
    }

    /** Who may lead. */
    LeaderCandidates candidates(MetadataImage image, PlacementGroup group) {
        return LeaderCandidates.of(image, group, topic -> Boolean.parseBoolean(value(image, topic, UNCLEAN)));
    }

    /**
     * A broker leaves the ISRs that have another member, and the eligible replicas unless it has lost nothing. The last
     * member stays, so that it is known who has most, unless another replica has more by now.
     */
    void leave(Draft draft, int brokerId, Loss loss) {
        for (PlacementGroup group : inOrder(draft.image())) {
            List<Integer> inSync = group.inSyncReplicas();
            var eligible = new TreeSet<>(group.eligible());
            boolean wasEligible = loss != Loss.NOTHING && eligible.remove(brokerId);
            boolean last = inSync.size() == 1;
            boolean leaves = inSync.contains(brokerId)
                    && (!last || loss == Loss.EVERYTHING || (loss == Loss.TAIL && !eligible.isEmpty()));
            if (!leaves && !wasEligible) {
                continue;
            }
            List<Integer> left = leaves ? inSync.stream().filter(id -> id != brokerId).toList() : inSync;
            if (leaves && loss == Loss.NOTHING) {
                eligible.add(brokerId);
            }
            draft.add(changed(draft.image(), group, left, eligible));
        }
    }

    /** These groups get their first partitions: whoever is away lacks nothing of them, and may lead if nobody else can. */
    void begin(Draft draft, List<String> groupIds) {
        for (String groupId : groupIds) {
            PlacementGroup group = draft.image().groups().get(groupId);
            if (group != null) {
                var event = changed(
                        draft.image(), group, group.inSyncReplicas(), new TreeSet<>(group.replicas()));
                if (!event.eligible().isEmpty()) {
                    draft.add(event);
                }
            }
        }
    }

    /** The leader wants this ISR. */
    ControllerEvent.InSyncReplicasChanged change(MetadataImage image, PlacementGroup group, List<Integer> wanted) {
        var eligible = new TreeSet<>(group.eligible());
        eligible.addAll(group.inSyncReplicas());
        return changed(image, group, List.copyOf(wanted), eligible);
    }

    /** A broker that {@link #candidates} names is elected. */
    List<ControllerEvent> elect(
            MetadataImage image, PlacementGroup group, int brokerId, LeaderCandidates.Kind kind) {
        int leaderEpoch = group.leaderEpoch() + 1;
        if (kind == LeaderCandidates.Kind.IN_SYNC) {
            return List.of(new ControllerEvent.LeaderElected(
                    group.id(), brokerId, leaderEpoch, group.inSyncReplicas()));
        }
        List<Integer> alone = List.of(brokerId);
        var eligible = new TreeSet<Integer>();
        if (kind == LeaderCandidates.Kind.ELIGIBLE) {
            eligible.addAll(group.eligible());
            eligible.addAll(group.inSyncReplicas());
        }
        return List.of(
                new ControllerEvent.LeaderElected(group.id(), brokerId, leaderEpoch, alone),
                changed(image, group, alone, eligible));
    }

    /** Topics or configs of the draft may have changed: ends what is eligible no more. */
    void prune(Draft draft) {
        for (PlacementGroup group : inOrder(draft.image())) {
            if (!group.eligible().isEmpty()
                    && group.inSyncReplicas().size() >= minInSyncReplicas(draft.image(), group)) {
                draft.add(new ControllerEvent.InSyncReplicasChanged(group.id(), group.inSyncReplicas()));
            }
        }
    }

    private ControllerEvent.InSyncReplicasChanged changed(
            MetadataImage image, PlacementGroup group, List<Integer> inSync, SortedSet<Integer> eligible) {
        eligible.removeAll(inSync);
        boolean few = inSync.size() < minInSyncReplicas(image, group);
        return new ControllerEvent.InSyncReplicasChanged(
                group.id(), inSync, few ? List.copyOf(eligible) : List.of());
    }

    /** The least of the group's topics; never more than there are replicas. */
    int minInSyncReplicas(MetadataImage image, PlacementGroup group) {
        int least = group.replicas().size();
        Uuid seen = null;
        for (TopicIdPartition id : image.partitionsOf(group.id())) {
            Topic topic = image.topic(id.topicId());
            if (topic != null && !topic.id().equals(seen)) {
                seen = topic.id();
                String value = value(image, topic, MIN_IN_SYNC);
                least = Math.min(least, value == null ? 1 : Integer.parseInt(value.strip()));
            }
        }
        return least;
    }

    private @Nullable String value(MetadataImage image, Topic topic, String name) {
        String own = image.configsOf(new ConfigResource(ConfigResourceType.TOPIC, topic.name())).get(name);
        if (own != null) {
            return own;
        }
        String all = image.configsOf(ALL_BROKERS).get(name);
        return all != null ? all : configs.defaultValue(ConfigResourceType.TOPIC, name);
    }

    /** By number, so that equal images give equal events. */
    private static List<PlacementGroup> inOrder(MetadataImage image) {
        var groups = new ArrayList<PlacementGroup>(image.groups().size());
        for (int number = 0; number < image.groups().size(); number++) {
            PlacementGroup group = image.groups().get("g" + number);
            if (group != null) {
                groups.add(group);
            }
        }
        return groups;
    }
}
