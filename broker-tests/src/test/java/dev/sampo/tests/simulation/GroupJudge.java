package dev.sampo.tests.simulation;

import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.consumer.Topics;
import dev.sampo.group.coordinator.GroupCoordinators;
import dev.sampo.group.coordinator.GroupEffect;
import dev.sampo.group.coordinator.GroupSettings;
import dev.sampo.group.coordinator.GroupState;
import dev.sampo.group.coordinator.LedPartitions.Led;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.GroupEvent.StoredMember;
import dev.sampo.group.journal.OffsetsFold;
import dev.sampo.group.journal.OffsetsRecords.GroupFact;
import dev.sampo.partition.controller.MetadataImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** Knows what is written to {@code __consumer_offsets}, and what of it is committed; see {@link GroupTruth} for each group. */
final class GroupJudge {
    static final Uuid WORK_ID = new Uuid(7, 7);

    private final Cluster cluster;
    private final GroupSettings settings;
    private final Topics topics;
    private final Map<Long, GroupRecords> contents = new HashMap<>(); // by sequence of their batch
    private final Map<TopicIdPartition, Integer> batchesSeen = new HashMap<>();
    private final Map<TopicIdPartition, List<GroupFact>> lastFacts = new HashMap<>();
    private final Map<String, GroupTruth> truths = new TreeMap<>();
    private final Map<TopicIdPartition, Integer> lastCoordinators = new HashMap<>();
    private final Set<String> doomedTopics = new HashSet<>();
    private long sequences;
    private int uniqueIds;

    GroupJudge(Cluster cluster) {
        this.cluster = cluster;
        GroupPlan plan = cluster.plan().groups();
        settings = new GroupSettings(
                1_000, 1_800_000, plan == null ? 0 : plan.initialRebalanceDelayMs(), 0, 400, Integer.MAX_VALUE, 20_000,
                Long.MAX_VALUE / 4, 600_000, 4_096, plan == null ? 1 : plan.offsetsPartitions(), 3, 104_857_600, 5_000, 1_024,
                plan == null ? 1_024 : plan.maxBatchBytes(), consumerGroups(plan == null ? 10_000 : plan.sessionTimeoutMs()));
        int partitions = plan == null ? 1 : plan.partitions();
        topics = Topics.of(1, Map.of(
                new Topics.Topic(WORK_ID, GroupMember.TOPIC, partitions), Collections.nCopies(partitions, List.of())));
    }

    private static ConsumerGroupSettings consumerGroups(int sessionTimeoutMs) {
        return ConsumerGroupSettings.from(ConfigFactory.parseMap(Map.of("sampo.group.consumer", Map.of(
                        "session-timeout", sessionTimeoutMs + "ms", "min-session-timeout", "1s",
                        "heartbeat-interval", sessionTimeoutMs / 3 + "ms", "min-heartbeat-interval", "1ms")))
                .withFallback(ConfigFactory.defaultReference()));
    }

    Topics topics() {
        return topics;
    }

    boolean isConsumerGroup(String groupId) {
        GroupPlan plan = cluster.plan().groups();
        return plan != null && plan.isConsumerGroup(groupId);
    }

    GroupSettings settings() {
        return settings;
    }

    String uniqueId() {
        return "m" + ++uniqueIds;
    }

    GroupTruth truth(String groupId) {
        return truths.computeIfAbsent(groupId, key -> new GroupTruth(this, key));
    }

    void topicDoomed(String topic) {
        doomedTopics.add(topic);
    }

    boolean isDoomed(String topic) {
        return doomedTopics.contains(topic);
    }

    Reach reach() {
        return cluster.reach();
    }

    long nowMicros() {
        return cluster.time().nowMicros();
    }

    Collection<GroupTruth> truths() {
        return truths.values();
    }

    int partitionOf(String groupId) {
        return Utils.abs(groupId.hashCode()) % settings.offsetsTopicPartitions();
    }

    /** Null before {@code __consumer_offsets} is there. */
    @Nullable TopicIdPartition idOf(String groupId) {
        MetadataImage.Topic topic = cluster.journal().image().topic(GroupCoordinators.OFFSETS_TOPIC);
        return topic == null ? null : new TopicIdPartition(topic.id(), partitionOf(groupId));
    }

    // ---- records ----

    /** Not placed yet. */
    Batch batch(GroupRecords records) {
        long sequence = ++sequences;
        contents.put(sequence, records);
        return new Batch(-1, records.facts().size(), -1, -1, sequence);
    }

    private GroupRecords content(Batch batch) {
        return contents.get(batch.baseSequence());
    }

    /** What a coordinator reads. */
    ByteBuffer bytes(List<Batch> batches, Set<GroupEvent.Key> known) {
        Predicate<GroupFact> seen = fact -> {
            boolean first = known.add(fact.event().key());
            return (first || !cluster.planted(Mutant.OLDEST_FACT_COUNTS))
                    && !(fact.event().removes() && cluster.planted(Mutant.TOMBSTONES_IGNORED));
        };
        List<ByteBuffer> parts = batches.stream().map(batch -> content(batch).bytes(batch.baseOffset(), seen)).toList();
        ByteBuffer all = ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(all::put);
        return all.flip();
    }

    /** The high watermark of a partition has moved: what is below it is true from now on. */
    void committed(PartitionTruth partition) {
        int from = batchesSeen.getOrDefault(partition.id(), 0);
        List<Batch> all = partition.allCommitted();
        for (Batch batch : all.subList(from, all.size())) {
            List<GroupFact> facts = content(batch).facts();
            if (!facts.equals(lastFacts.put(partition.id(), facts))) { // else one that was in doubt, and appended again
                facts.forEach(fact -> truth(fact.groupId()).committed(fact.event()));
            }
        }
        batchesSeen.put(partition.id(), all.size());
    }

    boolean holds(TopicIdPartition id) {
        MetadataImage.Topic topic = cluster.journal().image().topic(GroupCoordinators.OFFSETS_TOPIC);
        return topic != null && topic.id().equals(id.topicId());
    }

    // ---- coordinators ----

    /** Invariant 31: what a coordinator begins with is the fold of what is committed below the end that it loaded up to. */
    void loaded(int broker, Led<LeaderShell> led, OffsetsFold fold, long endOffset) {
        var facts = new TreeMap<String, Map<GroupEvent.Key, GroupEvent>>();
        for (Batch batch : cluster.judge().truth(led.id()).allCommitted()) {
            if (batch.baseOffset() < endOffset) {
                for (GroupFact fact : content(batch).facts()) {
                    Map<GroupEvent.Key, GroupEvent> ofGroup = facts.computeIfAbsent(fact.groupId(), key -> new HashMap<>());
                    if (fact.event().removes()) {
                        ofGroup.remove(fact.event().key());
                    } else {
                        ofGroup.put(fact.event().key(), fact.event());
                    }
                }
            }
        }
        facts.values().removeIf(Map::isEmpty);
        Integer before = lastCoordinators.put(led.id(), broker);
        if (before != null && before != broker && !facts.isEmpty()) {
            cluster.reach().hit(Reach.Point.COORDINATOR_MOVED);
        }
        if (!facts.keySet().equals(fold.groupIds())) {
            throw new Violation(31, "broker " + broker + " coordinates " + led.id() + " in epoch " + led.leaderEpoch()
                    + " with groups " + fold.groupIds() + ", stored are " + facts.keySet());
        }
        facts.forEach((groupId, expected) -> {
            for (GroupEvent event : fold.factsOf(groupId)) {
                if (!same(event, expected.remove(event.key()))) {
                    throw new Violation(31, "broker " + broker + " loaded " + event + " of " + groupId + ", stored is something else");
                }
            }
            if (!expected.isEmpty()) {
                throw new Violation(31, "broker " + broker + " did not load of " + groupId + ": " + expected.values());
            }
        });
    }

    private static boolean same(GroupEvent one, @Nullable GroupEvent other) {
        return one instanceof GroupStored stored && other instanceof GroupStored otherStored
                ? GroupTruth.sameGeneration(stored, otherStored)
                : one.equals(other);
    }

    /** Invariant 31: the state of a group is that of the facts that it was restored from. */
    void recovered(int broker, Led<LeaderShell> led, String groupId, List<GroupEvent> facts, GroupState state) {
        List<StoredMember> members = List.of();
        for (GroupEvent fact : facts) {
            if (fact instanceof GroupStored stored) {
                members = stored.members();
            }
        }
        boolean sameConsumers = !isConsumerGroup(groupId) || sameConsumers(groupId, facts, state);
        var described = new TreeMap<String, byte[]>();
        var offsets = new HashMap<OffsetKey, Long>();
        for (var effect : state.onRequest(0, new Group.Describe(groupId), 0)) {
            if (effect instanceof GroupEffect.Reply(long id, Group.DescribeReply reply)) {
                reply.members().forEach(member -> described.put(member.memberId(), member.assignment()));
            }
        }
        for (var effect : state.onRequest(0, new Group.FetchOffsets(groupId, null, false), 0)) {
            if (effect instanceof GroupEffect.Reply(long id, Group.FetchOffsetsReply reply)) {
                reply.topics().forEach(topic -> topic.partitions().forEach(
                        offset -> offsets.put(new OffsetKey(topic.topic(), offset.partition()), offset.offset())));
            }
        }
        var storedOffsets = new HashMap<OffsetKey, Long>();
        facts.forEach(fact -> {
            if (fact instanceof OffsetCommitted committed) {
                storedOffsets.put(committed.key(), committed.offset());
            }
        });
        boolean same = described.size() == members.size() && members.stream().allMatch(
                member -> Arrays.equals(member.assignment(), described.get(member.memberId())));
        if (!same || !sameConsumers || !offsets.equals(storedOffsets)) {
            throw new Violation(31, "broker " + broker + " restored " + groupId + " in epoch " + led.leaderEpoch() + " with members "
                    + described.keySet() + " and offsets " + offsets + ", not those of " + facts);
        }
    }

    private static boolean sameConsumers(String groupId, List<GroupEvent> facts, GroupState state) {
        var stored = new TreeMap<String, Integer>();
        for (GroupEvent fact : facts) {
            if (fact instanceof ConsumerGroupEvent.CurrentStored(String memberId, var assignment)) {
                stored.put(memberId, assignment.memberEpoch());
            }
        }
        var described = new TreeMap<String, Integer>();
        for (var effect : state.onRequest(0, new Group.ConsumerGroupDescribe(groupId), 0)) {
            if (effect instanceof GroupEffect.Reply(long id, Group.ConsumerGroupDescribeReply reply)) {
                reply.members().forEach(member -> described.put(member.memberId(), member.memberEpoch()));
            }
        }
        return described.equals(stored);
    }

    /** A coordinator answers: invariants 13 and 29. */
    void answered(int broker, Led<LeaderShell> led, Group.Request<?> request, long askedMicros, Group.Reply reply) {
        boolean tells = switch (reply) {
            case Group.FetchOffsetsReply fetched -> fetched.error() == KafkaError.NONE;
            case Group.CommitOffsetsReply committed -> committed.errors().contains(KafkaError.NONE);
            case Group.SyncReply synced -> synced.error() == KafkaError.NONE;
            case Group.DeleteOffsetsReply removed -> removed.error() == KafkaError.NONE;
            case Group.HeartbeatReply(KafkaError error) -> error == KafkaError.NONE;
            case Group.ConsumerGroupHeartbeatReply beat -> beat.error() == KafkaError.NONE;
            default -> false;
        };
        if (!tells) {
            return;
        }
        cluster.judge().served(broker, led.leader().groupId(), led.leaderEpoch(), led.id(), "coordinates groups of");
        GroupTruth truth = truth(request.groupId());
        switch (reply) {
            case Group.FetchOffsetsReply fetched -> fetched.topics().forEach(topic -> topic.partitions().forEach(
                    offset -> truth.told(new OffsetKey(topic.topic(), offset.partition()), offset, led.leaderEpoch(), broker)));
            case Group.CommitOffsetsReply committed -> {
                List<Group.OffsetToCommit> offsets = ((Group.CommitOffsets) request).offsets();
                for (int i = 0; i < offsets.size(); i++) {
                    if (committed.errors().get(i) == KafkaError.NONE) {
                        truth.acked(new OffsetKey(offsets.get(i).topic(), offsets.get(i).partition()), offsets.get(i).metadata(),
                                led.leaderEpoch());
                    }
                }
            }
            case Group.SyncReply synced -> {
                var sync = (Group.Sync) request;
                truth.synced(sync.memberId(), sync.generationId(), synced.assignment());
            }
            case Group.ConsumerGroupHeartbeatReply beat -> truth.toldAssignment(beat);
            case Group.DeleteOffsetsReply removed -> ((Group.DeleteOffsets) request).partitions().forEach(
                    partition -> truth.removalAcked(
                            new OffsetKey(partition.topic(), partition.partition()), askedMicros, led.leaderEpoch()));
            default -> { }
        }
    }

    /** A group's rules have answered: a coordinator that has just begun throws nobody out for being late. */
    void noted(long bornMicros, Group.Request<?> request, Group.Reply reply) {
        GroupPlan plan = cluster.plan().groups();
        long grace = Math.min(plan.sessionTimeoutMs(), plan.rebalanceTimeoutMs()) * Timeline.MILLIS * 99 / 100;
        if (request instanceof Group.Heartbeat heartbeat && reply instanceof Group.HeartbeatReply(KafkaError error)
                && error == KafkaError.UNKNOWN_MEMBER_ID && cluster.time().nowMicros() - bornMicros < grace
                && truth(heartbeat.groupId()).isMember(heartbeat.memberId(), heartbeat.generationId())) {
            throw new Violation(31, "a coordinator that began " + (cluster.time().nowMicros() - bornMicros) / 1_000
                    + " ms ago does not know " + heartbeat);
        }
        if (request instanceof Group.ConsumerGroupHeartbeat heartbeat && reply instanceof Group.ConsumerGroupHeartbeatReply beat
                && beat.error() == KafkaError.UNKNOWN_MEMBER_ID && cluster.time().nowMicros() - bornMicros < grace
                && truth(heartbeat.groupId()).isConsumer(heartbeat.memberId())) {
            throw new Violation(31, "a coordinator that began " + (cluster.time().nowMicros() - bornMicros) / 1_000
                    + " ms ago does not know " + heartbeat);
        }
    }

    List<String> describe() {
        var lines = new ArrayList<String>();
        truths.values().forEach(truth -> lines.add(truth.toString()));
        return lines;
    }
}
