package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.AlterReassignments;
import dev.sampo.actors.protocol.Controller.CompleteMove;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.Reassignment;
import dev.sampo.partition.controller.ControllerEvent.InSyncReplicasChanged;
import dev.sampo.partition.controller.ControllerEvent.LeaderElected;
import dev.sampo.partition.controller.ControllerEvent.PartitionMoveStarted;
import dev.sampo.partition.controller.ControllerEvent.PartitionMoved;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.PlacementGroups;
import dev.sampo.partition.placement.PlacementGroups.PlacementException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reassignment: a partition moves to another placement group. Its brokers copy it first, outside of the ISR; when all of
 * them have everything that is committed, and the leader's high watermark waits for them, the partition changes its group
 * in one decision. Pure; answers, codes and texts as Kafka 4.4's controller.
 *
 * <p>Invariants: a partition's leader epoch never falls; every in-sync replica of a partition's group has all of it that is
 * committed.
 */
final class ReassignmentRules {
    private static final ItemResult OK = new ItemResult(KafkaError.NONE, null);
    private static final int NOBODY = -1;

    private final InSyncRules inSync;

    ReassignmentRules(InSyncRules inSync) {
        this.inSync = inSync;
    }

    Decision<ItemsReply> alter(MetadataImage image, AlterReassignments command) {
        var draft = new Draft(image);
        var targets = new Targets();
        var results = new ArrayList<ItemResult>();
        for (Reassignment wanted : command.reassignments()) {
            try {
                Topic topic = topic(draft.image(), wanted);
                if (wanted.replicas() == null) {
                    cancel(draft, topic, wanted.partition());
                } else {
                    if (!command.allowReplicationFactorChange()) {
                        requireSameSize(draft.image(), topic, wanted.partition(), wanted.replicas());
                    }
                    start(draft, topic, wanted.partition(), wanted.replicas(), targets);
                }
                results.add(OK);
            } catch (RefusedException e) {
                results.add(e.result());
            }
        }
        inSync.prune(draft);
        return new Decision<>(draft.events(), new ItemsReply(results, draft.metadataOffset()));
    }

    private static Topic topic(MetadataImage image, Reassignment wanted) throws RefusedException {
        Topic topic = image.topic(wanted.topic());
        if (topic == null) {
            throw new RefusedException(KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
                    "Unable to find a topic named " + wanted.topic() + ".");
        }
        if (wanted.partition() < 0 || wanted.partition() >= topic.partitionGroups().size()) {
            throw new RefusedException(KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
                    "Unable to find partition " + wanted.topic() + ":" + wanted.partition() + ".");
        }
        return topic;
    }

    private static void cancel(Draft draft, Topic topic, int partition) throws RefusedException {
        if (!topic.moves().containsKey(partition)) {
            throw new RefusedException(
                    KafkaError.NO_REASSIGNMENT_IN_PROGRESS, "No partition reassignment is in progress.");
        }
        draft.add(new PartitionMoveStarted(topic.id(), partition, null));
    }

    private static void requireSameSize(MetadataImage image, Topic topic, int partition, List<Integer> wanted)
            throws RefusedException {
        PlacementGroup target = group(image, topic.moves().get(partition));
        int now = (target == null ? image.groupOf(topic, partition) : target).replicas().size();
        if (wanted.size() != now) {
            throw new RefusedException(KafkaError.INVALID_REPLICATION_FACTOR,
                    "The replication factor is changed from " + now + " to " + wanted.size());
        }
    }

    private static void start(Draft draft, Topic topic, int partition, List<Integer> wanted, Targets targets)
            throws RefusedException {
        MetadataImage image = draft.image();
        PlacementGroup from = image.groupOf(topic, partition);
        PlacementGroup movingTo = group(image, topic.moves().get(partition));
        TopicRules.requireReplicas(image, wanted, -1, from.replicas());
        if (wanted.equals(from.replicas())) {
            if (movingTo != null) {
                draft.add(new PartitionMoveStarted(topic.id(), partition, null));
            }
            return; // it is there
        }
        if (movingTo == null || !movingTo.replicas().equals(wanted)) {
            String groupId = targets.groupFor(draft, from, List.copyOf(wanted));
            draft.add(new PartitionMoveStarted(topic.id(), partition, groupId));
        }
        PlacementGroup target = Objects.requireNonNull(
                group(draft.image(), Objects.requireNonNull(draft.image().topic(topic.id())).moves().get(partition)));
        if (from.inSyncReplicas().containsAll(wanted) && wanted.stream().allMatch(image::isLive)) {
            finish(draft, new TopicIdPartition(topic.id(), partition), from, target); // nothing is to be copied
        }
    }

    /**
     * As {@link CompleteMove} says. Every replica of the target must have caught up, not only those in sync, as Kafka has it:
     * a move does not end with fewer copies than were asked for.
     */
    Decision<ItemsReply> complete(MetadataImage image, CompleteMove command) {
        PlacementGroup from = group(image, command.groupId());
        PlacementGroup target = group(image, command.targetGroupId());
        Topic topic = image.topic(command.partition().topicId());
        int partition = command.partition().partition();
        if (from == null || target == null || topic == null || partition >= topic.partitionGroups().size()
                || !topic.partitionGroups().get(partition).equals(command.groupId())
                || !command.targetGroupId().equals(topic.moves().get(partition))) {
            return refused(KafkaError.NO_REASSIGNMENT_IN_PROGRESS, "Partition " + command.partition()
                    + " does not move from group " + command.groupId() + " to " + command.targetGroupId() + ".");
        }
        KafkaError error = staleness(image, command.brokerId(), command.incarnation());
        if (error == KafkaError.NONE) {
            if (from.leader() != command.brokerId() || from.leaderEpoch() != command.leaderEpoch()) {
                error = KafkaError.FENCED_LEADER_EPOCH;
            } else if (from.partitionEpoch() != command.partitionEpoch()) {
                error = KafkaError.INVALID_UPDATE_VERSION;
            } else if (!target.replicas().stream().allMatch(id -> isSameProcess(image, id, command.caughtUp()))) {
                error = KafkaError.INELIGIBLE_REPLICA;
            }
        }
        if (error != KafkaError.NONE) {
            return refused(error, "Group " + from.id() + " has leader " + from.leader() + ", leader epoch "
                    + from.leaderEpoch() + ", partition epoch " + from.partitionEpoch() + "; group " + target.id()
                    + " has replicas " + target.replicas() + ", of which " + command.caughtUp()
                    + " have caught up, by incarnation.");
        }
        var draft = new Draft(image);
        finish(draft, command.partition(), from, target);
        inSync.prune(draft);
        return new Decision<>(draft.events(), new ItemsReply(List.of(OK), draft.metadataOffset()));
    }

    private static boolean isSameProcess(MetadataImage image, int brokerId, Map<Integer, Long> caughtUp) {
        Broker broker = image.brokers().get(brokerId);
        return broker != null && !broker.fenced() && Objects.equals(caughtUp.get(brokerId), broker.incarnation());
    }

    /**
     * The partition changes its group. The target's partition epoch grows in any case, so that no change of its ISR that was
     * asked for before, without this partition in mind, is accepted afterwards.
     */
    private static void finish(Draft draft, TopicIdPartition id, PlacementGroup from, PlacementGroup target) {
        boolean empty = draft.image().partitionsOf(target.id()).isEmpty();
        // A group without partitions has no copies that could lag: its ISR is who has this partition.
        List<Integer> inSync = empty ? target.replicas() : target.inSyncReplicas();
        draft.add(new PartitionMoved(id.topicId(), id.partition(), target.id()));
        if (target.leaderEpoch() > from.leaderEpoch()) {
            draft.add(new InSyncReplicasChanged(target.id(), inSync, empty ? List.of() : target.eligible()));
            return;
        }
        int leader = inSync.contains(target.leader()) && draft.image().isLive(target.leader()) ? target.leader() : NOBODY;
        draft.add(new LeaderElected(target.id(), leader, from.leaderEpoch() + 1, inSync));
    }

    /** The group that each (group left, replica list) goes to, within one command. */
    private static final class Targets {
        private record Key(String from, List<Integer> replicas) {}

        private final Map<Key, String> groups = new HashMap<>();
        private final HashSet<String> looked = new HashSet<>(); // groups whose moves under way are in the map

        String groupFor(Draft draft, PlacementGroup from, List<Integer> replicas) throws RefusedException {
            MetadataImage image = draft.image();
            if (looked.add(from.id())) {
                for (TopicIdPartition id : image.partitionsOf(from.id())) {
                    Topic topic = image.topic(id.topicId());
                    PlacementGroup target = topic == null ? null : group(image, topic.moves().get(id.partition()));
                    if (target != null) {
                        groups.putIfAbsent(new Key(from.id(), target.replicas()), target.id());
                    }
                }
            }
            String known = groups.get(new Key(from.id(), replicas));
            if (known != null) {
                return known;
            }
            var placement = new PlacementGroups(image);
            String groupId;
            try {
                groupId = placement.forReplicas(replicas);
            } catch (PlacementException e) {
                throw new RefusedException(KafkaError.INVALID_REPLICA_ASSIGNMENT, String.valueOf(e.getMessage()));
            }
            draft.addAll(placement.created());
            groups.put(new Key(from.id(), replicas), groupId);
            return groupId;
        }
    }

    private static @Nullable PlacementGroup group(
            MetadataImage image, @Nullable String groupId) {
        return groupId == null ? null : image.groups().get(groupId);
    }

    private static KafkaError staleness(MetadataImage image, int brokerId, long incarnation) {
        Broker broker = image.brokers().get(brokerId);
        if (broker == null) {
            return KafkaError.BROKER_ID_NOT_REGISTERED;
        }
        return broker.fenced() || broker.incarnation() != incarnation
                ? KafkaError.STALE_BROKER_EPOCH
                : KafkaError.NONE;
    }

    private static Decision<ItemsReply> refused(KafkaError error, String message) {
        return new Decision<>(List.of(), new ItemsReply(List.of(new ItemResult(error, message)), -1));
    }
}
