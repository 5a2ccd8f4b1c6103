package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.AlterReassignments;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.CompleteMove;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.Reassignment;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.Holders;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class ReassignmentRulesTest {
    private final Fixture cluster = new Fixture(5);

    @Test
    void aMoveToOtherBrokersCopiesFirst() {
        // Given
        create("a", 1, List.of(1, 2, 3));
        lead("a", 0, 1);

        // When
        assertThat(reassign("a", 0, List.of(4, 5, 1))).isEqualTo(KafkaError.NONE);

        // Then
        assertThat(group("a", 0).replicas()).containsExactly(1, 2, 3);
        assertThat(target("a", 0).replicas()).containsExactly(4, 5, 1);
        assertThat(Holders.of(cluster.image(), topic("a"), 0)).containsExactly(4, 5, 1, 2, 3);
        assertThat(Holders.joining(cluster.image(), topic("a"), 0)).containsExactly(4, 5);
        assertThat(Holders.leaving(cluster.image(), topic("a"), 0)).containsExactly(2, 3);
        var id = new TopicIdPartition(topic("a").id(), 0);
        assertThat(IntStream.range(0, 7).filter(b -> Holders.holds(cluster.image(), id, b)).boxed().toList())
                .containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void aCompletedMoveBelongsToItsNewBrokersInAHigherEpoch() {
        // Given
        create("a", 1, List.of(1, 2));
        lead("a", 0, 1);
        lead("a", 0, 1);
        int epoch = group("a", 0).leaderEpoch();
        reassign("a", 0, List.of(3, 4));

        // When
        assertThat(complete("a", 0, 3, 4)).isEqualTo(KafkaError.NONE);

        // Then
        PlacementGroup now = group("a", 0);
        assertThat(now.replicas()).containsExactly(3, 4);
        assertThat(now.inSyncReplicas()).containsExactly(3, 4);
        assertThat(now.leaderEpoch()).isGreaterThan(epoch);
        assertThat(cluster.image().isLive(now.leader())).isFalse(); // its sentinel asks
        assertThat(topic("a").moves()).isEmpty();
        var id = new TopicIdPartition(topic("a").id(), 0);
        assertThat(cluster.image().partitionsOf(now.id())).containsExactly(id);
        assertThat(Holders.holds(cluster.image(), id, 1)).isFalse();
        lead("a", 0, 3);
        assertThat(group("a", 0).leader()).isEqualTo(3);
    }

    @Test
    void aMoveWaitsForEveryReplicaOfTheTarget() {
        create("a", 1, List.of(1, 2));
        lead("a", 0, 1);
        reassign("a", 0, List.of(3, 4));

        assertThat(complete("a", 0, 3)).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        long before = incarnation(4);
        cluster.fence(4);
        assertThat(complete("a", 0, 3, 4)).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        cluster.register(4, new Uuid(0, 4), Uuid.randomUuid());
        assertThat(complete("a", 0, Map.of(3, incarnation(3), 4, before))).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        assertThat(complete("a", 0, 3, 4)).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(3, 4);
    }

    @Test
    void onlyTheLeaderAtItsEpochsCompletesAMove() {
        // Given
        create("a", 1, List.of(1, 2));
        lead("a", 0, 1);
        reassign("a", 0, List.of(3));
        PlacementGroup group = group("a", 0);
        Topic topic = topic("a");
        String target = target("a", 0).id();
        Map<Integer, Long> caughtUp = Map.of(3, incarnation(3));

        // Then
        assertThat(complete(new CompleteMove(group.id(), 2, incarnation(2), group.leaderEpoch(), group.partitionEpoch(),
                new TopicIdPartition(topic.id(), 0), target, caughtUp, cluster.replyTo())))
                .isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
        assertThat(complete(new CompleteMove(group.id(), 1, incarnation(1) + 1, group.leaderEpoch(),
                group.partitionEpoch(), new TopicIdPartition(topic.id(), 0), target, caughtUp, cluster.replyTo())))
                .isEqualTo(KafkaError.STALE_BROKER_EPOCH);
        changeInSync(group, List.of(1));
        assertThat(complete(new CompleteMove(group.id(), 1, incarnation(1), group.leaderEpoch(),
                group.partitionEpoch(), new TopicIdPartition(topic.id(), 0), target, caughtUp, cluster.replyTo())))
                .isEqualTo(KafkaError.INVALID_UPDATE_VERSION);
        assertThat(complete(new CompleteMove(group.id(), 1, incarnation(1), group.leaderEpoch(),
                group.partitionEpoch() + 1, new TopicIdPartition(topic.id(), 0), group.id(), caughtUp,
                cluster.replyTo()))).isEqualTo(KafkaError.NO_REASSIGNMENT_IN_PROGRESS);
        assertThat(group("a", 0)).isEqualTo(cluster.image().groups().get(group.id()));
    }

    @Test
    void anotherOrderOrFewerReplicasIsDoneAtOnce() {
        // Given
        create("a", 1, List.of(1, 2, 3));
        lead("a", 0, 1);

        // When
        assertThat(reassign("a", 0, List.of(2, 1, 3))).isEqualTo(KafkaError.NONE);

        // Then
        assertThat(topic("a").moves()).isEmpty();
        assertThat(group("a", 0).replicas()).containsExactly(2, 1, 3);
        lead("a", 0, 2);
        assertThat(reassign("a", 0, List.of(3))).isEqualTo(KafkaError.NONE);
        assertThat(topic("a").moves()).isEmpty();
        assertThat(group("a", 0).replicas()).containsExactly(3);
    }

    @Test
    void fewerReplicasThatAreNotInSyncWait() {
        create("a", 1, List.of(1, 2, 3));
        lead("a", 0, 1);
        changeInSync(group("a", 0), List.of(1, 2));

        assertThat(reassign("a", 0, List.of(3))).isEqualTo(KafkaError.NONE);

        assertThat(target("a", 0).replicas()).containsExactly(3);
        assertThat(complete("a", 0, 3)).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(3);
    }

    @Test
    void theSameListIsNoMoveAndEndsOne() {
        create("a", 1, List.of(1, 2));
        lead("a", 0, 1);
        long offset = cluster.image().offset();

        assertThat(reassign("a", 0, List.of(1, 2))).isEqualTo(KafkaError.NONE);
        assertThat(cluster.image().offset()).isEqualTo(offset);
        reassign("a", 0, List.of(3, 4));
        assertThat(topic("a").moves()).isNotEmpty();
        assertThat(reassign("a", 0, List.of(1, 2))).isEqualTo(KafkaError.NONE);
        assertThat(topic("a").moves()).isEmpty();
    }

    @Test
    void aMoveCanBeEndedAndReplaced() {
        create("a", 2, List.of(1, 2));
        lead("a", 0, 1);

        assertThat(reassign("a", 0, null)).isEqualTo(KafkaError.NO_REASSIGNMENT_IN_PROGRESS);
        reassign("a", 0, List.of(3, 4));
        String first = target("a", 0).id();
        assertThat(reassign("a", 0, List.of(4, 5))).isEqualTo(KafkaError.NONE);
        assertThat(target("a", 0).replicas()).containsExactly(4, 5);
        assertThat(complete("a", 0, first, Map.of(3, incarnation(3), 4, incarnation(4))))
                .isEqualTo(KafkaError.NO_REASSIGNMENT_IN_PROGRESS);
        assertThat(reassign("a", 0, null)).isEqualTo(KafkaError.NONE);
        assertThat(topic("a").moves()).isEmpty();
        assertThat(Holders.of(cluster.image(), topic("a"), 0)).containsExactly(1, 2);
    }

    @Test
    void badTargetsAreRefusedInKafkasWords() {
        create("a", 1, List.of(1, 2));

        assertThat(result("b", 0, List.of(1))).isEqualTo(new ItemResult(
                KafkaError.UNKNOWN_TOPIC_OR_PARTITION, "Unable to find a topic named b."));
        assertThat(result("a", 1, List.of(1))).isEqualTo(new ItemResult(
                KafkaError.UNKNOWN_TOPIC_OR_PARTITION, "Unable to find partition a:1."));
        assertThat(result("a", 0, List.of())).isEqualTo(new ItemResult(KafkaError.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes an empty replica list."));
        assertThat(result("a", 0, List.of(1, 9))).isEqualTo(new ItemResult(KafkaError.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes broker 9, but no such broker is registered."));
        assertThat(result("a", 0, List.of(3, 3))).isEqualTo(new ItemResult(KafkaError.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes the broker 3 more than once."));
        List<ItemResult> strict = cluster.decide(cluster.rules.decide(cluster.image(), new AlterReassignments(
                List.of(new Reassignment("a", 0, List.of(1, 2, 3)), new Reassignment("a", 0, List.of(2, 1))), false,
                cluster.replyTo()))).results();
        assertThat(strict.getFirst()).isEqualTo(new ItemResult(KafkaError.INVALID_REPLICATION_FACTOR,
                "The replication factor is changed from 2 to 3"));
        assertThat(strict.getLast().error()).isEqualTo(KafkaError.NONE);
    }

    @Test
    void partitionsOfOneGroupGoToOneGroup() {
        // Given
        create("a", 40, List.of(1, 2));
        List<Reassignment> all = IntStream.range(0, 40)
                .mapToObj(p -> new Reassignment("a", p, List.of(3, 4))).toList();

        // When
        cluster.decide(cluster.rules.decide(
                cluster.image(), new AlterReassignments(all.subList(0, 20), true, cluster.replyTo())));
        cluster.decide(cluster.rules.decide(
                cluster.image(), new AlterReassignments(all.subList(20, 40), true, cluster.replyTo())));

        // Then
        var targets = new HashMap<String, List<String>>();
        for (int p = 0; p < 40; p++) {
            targets.computeIfAbsent(group("a", p).id(), g -> new ArrayList<>()).add(target("a", p).id());
        }
        assertThat(targets.values()).allSatisfy(ids -> assertThat(ids.stream().distinct()).hasSize(1));
    }

    @Test
    void aGroupThatHasPartitionsKeepsItsLeaderAndItsIsr() {
        // Given
        create("b", 1, List.of(3, 4));
        lead("b", 0, 3);
        changeInSync(group("b", 0), List.of(3));
        create("a", 1, List.of(1, 2));
        lead("a", 0, 1);
        lead("a", 0, 1);
        lead("a", 0, 1);
        PlacementGroup before = group("b", 0);

        // When
        moveTo("a", 0, before.id());
        assertThat(complete("a", 0, 3, 4)).isEqualTo(KafkaError.NONE);

        // Then
        PlacementGroup after = group("a", 0);
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after.leader()).isEqualTo(3);
        assertThat(after.inSyncReplicas()).containsExactly(3);
        assertThat(after.leaderEpoch()).isEqualTo(3);
        assertThat(after.partitionEpoch()).isGreaterThan(before.partitionEpoch());
    }

    @Test
    void aGroupWithAHigherEpochKeepsItButItsIsrCannotBeChangedByAnOldRequest() {
        // Given
        create("b", 1, List.of(3, 4));
        lead("b", 0, 3);
        lead("b", 0, 3);
        create("a", 1, List.of(1, 2));
        lead("a", 0, 1);
        PlacementGroup before = group("b", 0);

        // When
        moveTo("a", 0, before.id());
        assertThat(complete("a", 0, 3, 4)).isEqualTo(KafkaError.NONE);

        // Then
        assertThat(group("a", 0).leaderEpoch()).isEqualTo(before.leaderEpoch()).isGreaterThan(0);
        assertThat(changeInSync(before, List.of(3))).isEqualTo(KafkaError.INVALID_UPDATE_VERSION);
    }

    @Test
    void aDeletedTopicMovesNoMoreAndMorePartitionsMayBeAddedMeanwhile() {
        create("a", 1, List.of(1, 2));
        lead("a", 0, 1);
        reassign("a", 0, List.of(3, 4));
        var id = new TopicIdPartition(topic("a").id(), 0);
        String from = group("a", 0).id();
        PlacementGroup target = target("a", 0);
        cluster.decide(cluster.rules.decide(cluster.image(), new dev.sampo.actors.protocol.Controller.CreatePartitions(
                List.of(new dev.sampo.actors.protocol.Controller.MorePartitions("a", 2, List.of())), false,
                cluster.replyTo())));
        assertThat(topic("a").moves()).containsOnlyKeys(0);
        assertThat(group("a", 1).replicas()).hasSize(2);

        cluster.decide(cluster.rules.decide(cluster.image(), new dev.sampo.actors.protocol.Controller.DeleteTopics(
                List.of(topic("a").id()), cluster.replyTo())));

        assertThat(complete(new CompleteMove(from, 1, incarnation(1), 0, 1, id, target.id(),
                Map.of(3, incarnation(3), 4, incarnation(4)), cluster.replyTo())))
                .isEqualTo(KafkaError.NO_REASSIGNMENT_IN_PROGRESS);
        assertThat(Holders.holds(cluster.image(), id, 3)).isFalse();
    }

    private void create(String name, int partitions, List<Integer> replicas) {
        Map<Integer, List<Integer>> assignments =
                IntStream.range(0, partitions).boxed().collect(Collectors.toMap(p -> p, p -> replicas));
        assertThat(cluster.create(new NewTopic(name, -1, (short) -1, assignments, Map.of())).error())
                .isEqualTo(KafkaError.NONE);
    }

    private void lead(String topic, int partition, int broker) {
        assertThat(cluster.decide(cluster.rules.decide(cluster.image(), new BecomeLeader(group(topic, partition).id(),
                broker, incarnation(broker), cluster.image().offset(), cluster.replyTo()))).error())
                .isEqualTo(KafkaError.NONE);
    }

    private KafkaError changeInSync(PlacementGroup group, List<Integer> inSync) {
        return cluster.decide(cluster.rules.decide(cluster.image(), new ChangeInSyncReplicas(group.id(), group.leader(),
                incarnation(group.leader()), group.leaderEpoch(), group.partitionEpoch(), inSync, cluster.replyTo())))
                .results().getFirst().error();
    }

    private ItemResult result(String topic, int partition, @Nullable List<Integer> replicas) {
        return cluster.decide(cluster.rules.decide(cluster.image(), new AlterReassignments(
                List.of(new Reassignment(topic, partition, replicas)), true, cluster.replyTo()))).results().getFirst();
    }

    private KafkaError reassign(String topic, int partition, @Nullable List<Integer> replicas) {
        return result(topic, partition, replicas).error();
    }

    private void moveTo(String topic, int partition, String groupId) {
        cluster.decide(new Decision<>(
                List.of(new ControllerEvent.PartitionMoveStarted(topic(topic).id(), partition, groupId)),
                new dev.sampo.actors.protocol.Controller.ItemsReply(List.of(), -1)));
    }

    private KafkaError complete(String topic, int partition, int... caughtUp) {
        var incarnations = new HashMap<Integer, Long>();
        for (int broker : caughtUp) {
            incarnations.put(broker, incarnation(broker));
        }
        return complete(topic, partition, incarnations);
    }

    private KafkaError complete(String topic, int partition, Map<Integer, Long> caughtUp) {
        return complete(topic, partition, target(topic, partition).id(), caughtUp);
    }

    private KafkaError complete(String topic, int partition, String target, Map<Integer, Long> caughtUp) {
        PlacementGroup from = group(topic, partition);
        return complete(new CompleteMove(from.id(), from.leader(), incarnation(from.leader()), from.leaderEpoch(),
                from.partitionEpoch(), new TopicIdPartition(topic(topic).id(), partition), target, caughtUp,
                cluster.replyTo()));
    }

    private KafkaError complete(CompleteMove command) {
        return cluster.decide(cluster.rules.decide(cluster.image(), command)).results().getFirst().error();
    }

    private long incarnation(int broker) {
        return cluster.image().brokers().get(broker).incarnation();
    }

    private Topic topic(String name) {
        return cluster.image().topic(name);
    }

    private PlacementGroup group(String topic, int partition) {
        return cluster.image().groupOf(topic(topic), partition);
    }

    private PlacementGroup target(String topic, int partition) {
        return Holders.target(cluster.image(), topic(topic), partition);
    }
}
