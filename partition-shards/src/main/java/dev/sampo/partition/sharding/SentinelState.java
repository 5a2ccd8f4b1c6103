package dev.sampo.partition.sharding;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.sharding.SentinelEffect.AskController;
import dev.sampo.partition.sharding.SentinelEffect.RetryAfter;
import dev.sampo.partition.sharding.SentinelEffect.Tell;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * One placement group on the broker where its shard runs: obtains the leader epoch, then keeps the group's partition
 * entities as the image has them. Pure.
 *
 * <p>Invariant: partitions are activated only in an epoch that the image shows as this broker's.
 */
final class SentinelState {
    private static final int NO_EPOCH = -1;

    private final String groupId;
    private final int brokerId;
    private final long incarnation;
    private final long minBackoffMs;
    private final long maxBackoffMs;
    private final TopicSettingsSource settingsSource;
    private final ActorRef<? super Partition.Report> self;

    /** What an active partition was told last. */
    private record Told(TopicSettings settings, Partition.Replicas replicas) {}

    private final Map<TopicIdPartition, Told> active = new HashMap<>();
    private int grantedEpoch = NO_EPOCH;
    private long grantOffset;
    private boolean leading;
    private boolean asking;
    private boolean waiting; // for the retry timer
    private long backoffMs;
    private @Nullable Object configsTold; // identity of the configs that `active` was computed from
    private int replicasTold; // as configsTold

    /** {@code self} is where partitions report to. */
    SentinelState(String groupId, int brokerId, long incarnation, long minBackoffMs, long maxBackoffMs,
            TopicSettingsSource settingsSource, ActorRef<? super Partition.Report> self) {
        this.groupId = groupId;
        this.brokerId = brokerId;
        this.incarnation = incarnation;
        this.minBackoffMs = minBackoffMs;
        this.maxBackoffMs = maxBackoffMs;
        this.backoffMs = minBackoffMs;
        this.settingsSource = settingsSource;
        this.self = self;
    }

    /** Whether the change between two images may concern the sentinel of a group. */
    @SuppressWarnings("ReferenceEquality") // what an event did not touch is the same object; equals walks whole maps
    static boolean concerns(String groupId, MetadataImage before, MetadataImage now) {
        return before.groups().get(groupId) != now.groups().get(groupId)
                || before.partitionsOf(groupId) != now.partitionsOf(groupId)
                || before.configs() != now.configs();
    }

    /** Whether this broker leads the group, as far as this sentinel knows. */
    boolean leading() {
        return leading;
    }

    /** The epoch granted last, -1 without one. */
    int grantedEpoch() {
        return grantedEpoch;
    }

    /** @param serves whether a partition is in this broker's registry */
    List<SentinelEffect> onEnsureLeader(MetadataImage image, Predicate<TopicIdPartition> serves) {
        var effects = new ArrayList<SentinelEffect>(onImage(image));
        if (!leading) {
            ask(image, effects);
            return effects;
        }
        PlacementGroup group = image.groups().get(groupId);
        if (group != null && effects.isEmpty()) { // else they have just been activated
            active.forEach((id, told) -> {
                if (!serves.test(id)) {
                    activate(image, group, id, told.settings(), effects);
                }
            });
        }
        return effects;
    }

    List<SentinelEffect> onReply(MetadataImage image, BecomeLeaderReply reply) {
        asking = false;
        if (reply.error() != KafkaError.NONE) {
            return List.of(backOff());
        }
        if (reply.leaderEpoch() > grantedEpoch) { // a late answer to an earlier ask is older
            grantedEpoch = reply.leaderEpoch();
            grantOffset = reply.metadataOffset();
        }
        backoffMs = minBackoffMs;
        return onImage(image);
    }

    /** The controller did not answer in time; whether it granted an epoch is not known, the next ask gets a newer one. */
    List<SentinelEffect> onNoReply() {
        asking = false;
        return List.of(backOff());
    }

    List<SentinelEffect> onRetry(MetadataImage image) {
        waiting = false;
        var effects = new ArrayList<SentinelEffect>(onImage(image));
        if (!leading) {
            ask(image, effects);
        }
        return effects;
    }

    List<SentinelEffect> onImage(MetadataImage image) {
        var effects = new ArrayList<SentinelEffect>();
        PlacementGroup group = image.groups().get(groupId);
        if (grantedEpoch == NO_EPOCH || image.offset() < grantOffset || group == null) {
            return effects; // the grant is not in this image yet
        }
        if (group.leader() == brokerId && group.leaderEpoch() == grantedEpoch) {
            leading = true;
            follow(image, group, effects);
        } else {
            leading = false;
            grantedEpoch = NO_EPOCH;
            configsTold = null;
            Set<TopicIdPartition> partitions = image.partitionsOf(groupId);
            active.keySet().forEach(id -> effects.add(new Tell(id, new Partition.Stop(!partitions.contains(id)))));
            active.clear();
        }
        return effects;
    }

    @SuppressWarnings("ReferenceEquality") // see concerns
    private void follow(MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        Set<TopicIdPartition> partitions = image.partitionsOf(groupId);
        for (Iterator<TopicIdPartition> ids = active.keySet().iterator(); ids.hasNext();) {
            TopicIdPartition id = ids.next();
            if (!partitions.contains(id)) {
                ids.remove();
                effects.add(new Tell(id, new Partition.Stop(true)));
            }
        }
        int replicas = group.replicas().size();
        boolean settingsChanged = configsTold != image.configs() || replicasTold != replicas;
        configsTold = image.configs();
        replicasTold = replicas;
        Map<Uuid, TopicSettings> byTopic = new HashMap<>();
        for (TopicIdPartition id : partitions) {
            Told told = active.get(id);
            TopicSettings settings = told != null && !settingsChanged
                    ? told.settings()
                    : byTopic.computeIfAbsent(
                            id.topicId(),
                            topicId -> settingsSource.settings(image, topic(image, topicId)).withReplicas(replicas));
            var now = new Told(settings, replicas(image, group, id));
            if (told == null) {
                activate(image, group, id, settings, effects);
            } else {
                // Settings first: a smaller ISR counts only together with the min.insync.replicas that it was judged by.
                if (!told.settings().equals(settings)) {
                    effects.add(new Tell(id, new Partition.Reconfigure(settings)));
                }
                if (!told.replicas().equals(now.replicas())) {
                    effects.add(new Tell(id, new Partition.ReplicasChanged(grantedEpoch, now.replicas())));
                }
            }
            active.put(id, now);
        }
    }

    private void activate(MetadataImage image, PlacementGroup group, TopicIdPartition id, TopicSettings settings,
            List<SentinelEffect> effects) {
        effects.add(new Tell(id, new Partition.Activate(id, topic(image, id.topicId()).name(), grantedEpoch,
                replicas(image, group, id), null, settings, self)));
    }

    private Partition.Replicas replicas(MetadataImage image, PlacementGroup group, TopicIdPartition id) {
        return new Partition.Replicas(
                group.partitionEpoch(), group.replicas(), group.inSyncReplicas(), joining(image, group, id));
    }

    /** The brokers of the group that a partition is being moved to, without those that hold it already. */
    private List<Integer> joining(MetadataImage image, PlacementGroup group, TopicIdPartition id) {
        String target = topic(image, id.topicId()).moves().get(id.partition());
        PlacementGroup to = target == null ? null : image.groups().get(target);
        return to == null
                ? List.of()
                : to.replicas().stream().filter(broker -> !group.replicas().contains(broker)).toList();
    }

    private Topic topic(MetadataImage image, Uuid topicId) {
        Topic topic = image.topic(topicId);
        if (topic == null) {
            throw new IllegalStateException("group " + groupId + " holds a partition of topic " + topicId
                    + ", which the image at offset " + image.offset() + " does not");
        }
        return topic;
    }

    private void ask(MetadataImage image, List<SentinelEffect> effects) {
        if (!asking && !waiting && mayLead(image) && (grantedEpoch == NO_EPOCH || image.offset() >= grantOffset)) {
            asking = true;
            effects.add(new AskController(image.offset()));
        }
    }

    private boolean mayLead(MetadataImage image) {
        PlacementGroup group = image.groups().get(groupId);
        MetadataImage.Broker broker = image.brokers().get(brokerId);
        return group != null && broker != null && !broker.fenced() && broker.incarnation() == incarnation
                && group.inSyncReplicas().contains(brokerId);
    }

    private RetryAfter backOff() {
        var retry = new RetryAfter(backoffMs);
        waiting = true;
        backoffMs = Math.min(maxBackoffMs, backoffMs * 2);
        return retry;
    }
}
