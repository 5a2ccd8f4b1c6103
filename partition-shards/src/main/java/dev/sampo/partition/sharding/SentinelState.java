package dev.sampo.partition.sharding;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.LeaderCandidates;
import dev.sampo.partition.sharding.SentinelEffect.Activate;
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
import org.jspecify.annotations.Nullable;

/**
 * One placement group on the broker where its shard runs: obtains the leader epoch, then keeps the group's partition
 * entities as the image has them. Pure.
 *
 * <p>Invariant: partitions are activated only in an epoch that the image shows as this broker's.
 */
public final class SentinelState {
    private static final int NO_EPOCH = -1;
    private static final int NOT_KNOWN = Integer.MIN_VALUE;

    private final String groupId;
    private final int brokerId;
    private final long incarnation;
    private final long minBackoffMs;
    private final long maxBackoffMs;
    private final TopicSettingsSource settingsSource;

    /** What an active partition was told last. */
    private record Told(TopicSettings settings, Partition.Replicas replicas) {}

    private final Map<TopicIdPartition, Told> active = new HashMap<>();
    private int floorEpoch = NOT_KNOWN; // leader epochs up to here are not this sentinel's, or are over
    private int grantedEpoch = NO_EPOCH;
    private boolean leading;
    private boolean asking;
    private boolean waiting; // for the retry timer
    private long backoffMs;
    private @Nullable GroupInSync inSync; // while it leads
    private @Nullable GroupMoves moves; // while it leads
    private long proposals; // so far
    private @Nullable MetadataImage seen; // last
    private @Nullable Object configsTold; // identity of the configs that `active` was computed from
    private int replicasTold; // as configsTold

    public SentinelState(String groupId, int brokerId, long incarnation, long minBackoffMs, long maxBackoffMs,
            TopicSettingsSource settingsSource) {
        this.groupId = groupId;
        this.brokerId = brokerId;
        this.incarnation = incarnation;
        this.minBackoffMs = minBackoffMs;
        this.maxBackoffMs = maxBackoffMs;
        this.backoffMs = minBackoffMs;
        this.settingsSource = settingsSource;
    }

    /** Whether the change between two images may concern the sentinel of a group. */
    @SuppressWarnings("ReferenceEquality") // what an event did not touch is the same object; equals walks whole maps
    public static boolean concerns(String groupId, MetadataImage before, MetadataImage now) {
        return before.groups().get(groupId) != now.groups().get(groupId)
                || before.partitionsOf(groupId) != now.partitionsOf(groupId)
                || before.configs() != now.configs()
                || before.brokers() != now.brokers()
                // A partition of the group may begin to move; a topic that comes or goes moves none.
                || (before.topics() != now.topics() && before.topics().size() == now.topics().size());
    }

    /** Whether this broker leads the group, as far as this sentinel knows. */
    public boolean leading() {
        return leading;
    }

    /** The epoch granted last, -1 without one. */
    public int grantedEpoch() {
        return grantedEpoch;
    }

    /** @param serves whether a partition is in this broker's registry */
    public List<SentinelEffect> onEnsureLeader(MetadataImage image, Predicate<TopicIdPartition> serves) {
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

    public List<SentinelEffect> onReply(MetadataImage image, BecomeLeaderReply reply) {
        asking = false;
        if (reply.error() != KafkaError.NONE) {
            return List.of(backOff());
        }
        backoffMs = minBackoffMs;
        return onImage(image); // which gives the epoch, now or later
    }

    /**
     * The controller did not answer in time; if it granted an epoch, the image will say so. Perhaps it is just moving to
     * another node: the pause does not grow.
     */
    public List<SentinelEffect> onNoReply() {
        asking = false;
        waiting = true;
        return List.of(new RetryAfter(minBackoffMs));
    }

    public List<SentinelEffect> onRetry(MetadataImage image) {
        waiting = false;
        var effects = new ArrayList<SentinelEffect>(onImage(image));
        if (!leading) {
            ask(image, effects);
        }
        return effects;
    }

    /** A partition of the group reports on its followers. */
    public List<SentinelEffect> onReport(MetadataImage image, Partition.Report report) {
        var effects = new ArrayList<SentinelEffect>(onImage(image));
        PlacementGroup group = image.groups().get(groupId);
        GroupInSync followers = inSync;
        GroupMoves moving = moves;
        if (group != null && followers != null && moving != null && report.leaderEpoch() == grantedEpoch) {
            switch (report) {
                case Partition.FollowerCaughtUp caughtUp -> {
                    moving.onCaughtUp(caughtUp);
                    followers.onCaughtUp(caughtUp, image, group, effects);
                }
                case Partition.FollowersBehind behind -> followers.onBehind(behind, image, group, effects);
                case Partition.ProposalAnswered answered -> {
                    moving.onAnswered(answered, image, group, effects);
                    followers.onAnswered(answered, image, group, effects);
                }
            }
            move(image, group, effects);
        }
        return effects;
    }

    /** The controller has answered a request for another ISR; null: it did not in time. */
    public List<SentinelEffect> onInSyncReply(
            MetadataImage image, SentinelEffect.ChangeInSync of, @Nullable KafkaError error) {
        var effects = new ArrayList<SentinelEffect>(onImage(image));
        PlacementGroup group = image.groups().get(groupId);
        GroupInSync followers = inSync;
        if (group != null && followers != null && of.leaderEpoch() == grantedEpoch) {
            if (error == null) {
                followers.onNoReply(of, effects);
            } else {
                followers.onReply(of, error, image, group, effects);
            }
        }
        return effects;
    }

    /** The controller has answered a request to end a move; null: it did not in time. */
    public List<SentinelEffect> onMoveReply(MetadataImage image, SentinelEffect.FinishMove of, @Nullable KafkaError error) {
        var effects = new ArrayList<SentinelEffect>(onImage(image));
        if (moves != null && of.leaderEpoch() == grantedEpoch) {
            moves.onReply(of, error, effects);
        }
        return effects;
    }

    public List<SentinelEffect> onInSyncRetry(MetadataImage image) {
        var effects = new ArrayList<SentinelEffect>(onImage(image));
        PlacementGroup group = image.groups().get(groupId);
        if (group != null && inSync != null && moves != null) {
            moves.onRetry(effects);
            inSync.onRetry(image, group, effects);
            move(image, group, effects);
        }
        return effects;
    }

    /** Partitions that move and the ISR take turns: one proposal at a time. */
    private void move(MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        if (moves != null && inSync != null) {
            moves.go(image, group, inSync.busy(), effects);
            inSync.hold(moves.underWay());
        }
    }

    /**
     * Sharding takes the group elsewhere, and this sentinel ends; its partitions lead on until another broker does. What they
     * are told meanwhile is {@link GroupWatch#toHandedOff}.
     */
    public List<SentinelEffect> onHandOff(MetadataImage image) {
        var effects = new ArrayList<SentinelEffect>();
        if (moves != null && inSync != null) {
            moves.onHandOff(effects);
            inSync.onHandOff(image, effects);
        }
        return effects;
    }

    /** Time to look for members of the ISR that are behind. */
    public List<SentinelEffect> onCheck(MetadataImage image) {
        var effects = new ArrayList<SentinelEffect>(onImage(image));
        PlacementGroup group = image.groups().get(groupId);
        if (leading && group != null && group.inSyncReplicas().size() > 1) {
            active.keySet().forEach(id -> effects.add(new Tell(id, new Partition.CheckFollowers(grantedEpoch))));
        }
        return effects;
    }

    /**
     * Leads while the image says so. An epoch that the image gives to this broker is this sentinel's if it is newer than
     * those that there were before it began: whoever was here before has not acted in it.
     */
    @SuppressWarnings("ReferenceEquality") // see concerns
    public List<SentinelEffect> onImage(MetadataImage image) {
        var effects = new ArrayList<SentinelEffect>();
        PlacementGroup group = image.groups().get(groupId);
        if (group == null || image == seen) {
            return effects;
        }
        seen = image;
        if (floorEpoch == NOT_KNOWN) {
            floorEpoch = group.leaderEpoch();
        }
        boolean mine = group.leader() == brokerId && isCurrent(image);
        if (leading && !(mine && group.leaderEpoch() == grantedEpoch)) {
            stepDown(image, mine && group.leaderEpoch() > grantedEpoch, effects);
        }
        if (!leading && mine && group.leaderEpoch() > floorEpoch) {
            leading = true;
            grantedEpoch = group.leaderEpoch();
            backoffMs = minBackoffMs;
            inSync = new GroupInSync(groupId, grantedEpoch, minBackoffMs, maxBackoffMs, () -> ++proposals);
            moves = new GroupMoves(grantedEpoch, maxBackoffMs, () -> ++proposals);
        }
        if (leading) {
            follow(image, group, effects);
        }
        return effects;
    }

    /** @param on this broker leads on in a newer epoch: the partitions change over by themselves */
    private void stepDown(MetadataImage image, boolean on, List<SentinelEffect> effects) {
        leading = false;
        floorEpoch = grantedEpoch;
        grantedEpoch = NO_EPOCH;
        configsTold = null;
        inSync = null;
        moves = null;
        Set<TopicIdPartition> partitions = image.partitionsOf(groupId);
        for (TopicIdPartition id : active.keySet()) {
            if (!on || !partitions.contains(id)) {
                effects.add(new Tell(id, new Partition.Stop(!holds(image, id))));
            }
        }
        active.clear();
    }

    /** Whether this broker has to keep a log of the partition, whoever leads it and in whatever group it is. */
    private boolean holds(MetadataImage image, TopicIdPartition id) {
        Topic topic = image.topic(id.topicId());
        if (topic == null || id.partition() >= topic.partitionGroups().size()) {
            return false;
        }
        if (image.groupOf(topic, id.partition()).replicas().contains(brokerId)) {
            return true;
        }
        String target = topic.moves().get(id.partition());
        PlacementGroup to = target == null ? null : image.groups().get(target);
        return to != null && to.replicas().contains(brokerId);
    }

    @SuppressWarnings("ReferenceEquality") // see concerns
    private void follow(MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        Set<TopicIdPartition> partitions = image.partitionsOf(groupId);
        for (Iterator<TopicIdPartition> ids = active.keySet().iterator(); ids.hasNext();) {
            TopicIdPartition id = ids.next();
            if (!partitions.contains(id)) {
                ids.remove();
                effects.add(new Tell(id, new Partition.Stop(!holds(image, id))));
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
        if (inSync != null) {
            move(image, group, effects);
            inSync.onImage(image, group, effects);
        }
    }

    private void activate(MetadataImage image, PlacementGroup group, TopicIdPartition id, TopicSettings settings,
            List<SentinelEffect> effects) {
        effects.add(new Activate(id, topic(image, id.topicId()).name(), grantedEpoch,
                replicas(image, group, id), proposal(id), settings));
    }

    private Partition.@Nullable Proposal proposal(TopicIdPartition id) {
        Partition.Proposal ofMove = moves == null ? null : moves.proposal(id);
        return ofMove != null || inSync == null ? ofMove : inSync.proposal();
    }

    static Partition.Replicas replicas(MetadataImage image, PlacementGroup group, TopicIdPartition id) {
        return new Partition.Replicas(
                group.partitionEpoch(), group.replicas(), group.inSyncReplicas(), joining(image, group, id));
    }

    /** The brokers of the group that a partition is being moved to, without those that hold it already. */
    private static List<Integer> joining(MetadataImage image, PlacementGroup group, TopicIdPartition id) {
        Topic topic = image.topic(id.topicId());
        String target = topic == null ? null : topic.moves().get(id.partition());
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
        if (!asking && !waiting && mayLead(image)) {
            asking = true;
            effects.add(new AskController(image.offset(), floorEpoch));
        }
    }

    private boolean mayLead(MetadataImage image) {
        PlacementGroup group = image.groups().get(groupId);
        return group != null && isCurrent(image)
                && LeaderCandidates.of(
                                image, group, topic -> settingsSource.settings(image, topic).uncleanLeaderElection())
                        .includes(image, brokerId);
    }

    private boolean isCurrent(MetadataImage image) {
        MetadataImage.Broker broker = image.brokers().get(brokerId);
        return broker != null && !broker.fenced() && broker.incarnation() == incarnation;
    }

    private RetryAfter backOff() {
        var retry = new RetryAfter(backoffMs);
        waiting = true;
        backoffMs = Math.min(maxBackoffMs, backoffMs * 2);
        return retry;
    }
}
