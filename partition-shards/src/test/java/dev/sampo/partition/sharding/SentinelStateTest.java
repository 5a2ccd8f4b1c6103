package dev.sampo.partition.sharding;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.sharding.SentinelEffect.AskController;
import dev.sampo.partition.sharding.SentinelEffect.RetryAfter;
import dev.sampo.partition.sharding.SentinelEffect.Tell;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class SentinelStateTest {
    private static final Uuid ORDERS = new Uuid(7, 7);
    private static final TopicIdPartition FIRST = new TopicIdPartition(ORDERS, 0);
    private static final TopicSettings OTHER = new TopicSettings(true, false, "producer", 0, 1, 1, 1, 1, 4096, 1, 1,
            1_000_000, 1, 1, false, 0.5, 0, 2, false, -1, -1, 1 << 20, 1 << 20, 0, 1, false);

    private final SentinelState sentinel = new SentinelState("g0", 1, 1, 200, 2000,
            (image, topic) -> image.configs().isEmpty() ? SingleNode.SETTINGS : OTHER);
    private MetadataImage image = MetadataImage.EMPTY;

    SentinelStateTest() {
        apply(new ControllerEvent.BrokerRegistered(1, new Uuid(1, 1), new Uuid(1, 2), 1, List.of(), null));
        apply(new ControllerEvent.PlacementGroupCreated("g0", List.of(1, 2), 0, List.of(1, 2)));
        apply(new ControllerEvent.TopicCreated(ORDERS, "orders", List.of("g0", "g1"), false, Map.of()));
    }

    @Test
    void partitionsAreActivatedOnlyOnceTheImageShowsTheGrantedEpoch() {
        // Given
        assertThat(ensure()).containsExactly(new AskController(image.offset(), -1));
        assertThat(ensure()).as("one ask at a time").isEmpty();

        // When the answer is here before the image
        assertThat(granted(0, image.offset() + 1)).isEmpty();
        assertThat(sentinel.leading()).isFalse();

        // Then
        elected(1, 0);
        assertThat(sentinel.onImage(image)).containsExactly(activate(FIRST));
        assertThat(sentinel.onImage(image)).isEmpty();
    }

    @Test
    void aRefusalIsRepeatedWithGrowingBackOffAndOnlyWhileThisBrokerMayLead() {
        ensure();
        assertThat(refused()).containsExactly(new RetryAfter(200));
        assertThat(ensure()).as("waiting").isEmpty();
        assertThat(sentinel.onRetry(image)).containsExactly(new AskController(image.offset(), -1));
        assertThat(refused()).containsExactly(new RetryAfter(400));
        apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(2)));
        assertThat(sentinel.onRetry(image)).isEmpty();
        assertThat(ensure()).isEmpty();
        apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(1, 2)));
        assertThat(ensure()).containsExactly(new AskController(image.offset(), -1));
        assertThat(sentinel.onNoReply()).containsExactly(new RetryAfter(200));
    }

    @Test
    void addedPartitionsAreActivatedAndDeletedOnesStoppedWithTheirLogs() {
        lead();
        apply(new ControllerEvent.PartitionsAdded(ORDERS, List.of("g0")));
        var third = new TopicIdPartition(ORDERS, 2);
        assertThat(sentinel.onImage(image)).containsExactly(activate(third));
        apply(new ControllerEvent.TopicDeleted(ORDERS));
        assertThat(sentinel.onImage(image)).containsExactlyInAnyOrder(
                new Tell(FIRST, new Partition.Stop(true)), new Tell(third, new Partition.Stop(true)));
    }

    @Test
    void changedConfigsReachActivePartitions() {
        lead();
        apply(new ControllerEvent.ConfigsChanged(
                new ConfigResource(ConfigResourceType.TOPIC, "orders"), Map.of("min.insync.replicas", "2")));
        assertThat(sentinel.onImage(image)).containsExactly(new Tell(FIRST, new Partition.Reconfigure(OTHER)));
    }

    @Test
    void minInSyncReplicasNeverAsksForMoreReplicasThanAPartitionHas() {
        // Given
        var id = new TopicIdPartition(ORDERS, 1);
        var alone = new SentinelState("g1", 1, 1, 200, 2000, (now, topic) -> OTHER);
        apply(new ControllerEvent.PlacementGroupCreated("g1", List.of(1), 0, List.of(1)));
        alone.onImage(image);
        apply(new ControllerEvent.LeaderElected("g1", 1, 0, List.of(1)));

        // When
        var effects = alone.onReply(image, new BecomeLeaderReply("g1", KafkaError.NONE, 0, image.offset()));

        // Then
        assertThat(OTHER.minInSyncReplicas()).isEqualTo(2);
        assertThat(effects).containsExactly(new SentinelEffect.Activate(
                id, "orders", 0, new Partition.Replicas(1, List.of(1), List.of(1)), null, OTHER.withReplicas(1)));
        assertThat(OTHER.withReplicas(1).minInSyncReplicas()).isEqualTo(1);
    }

    @Test
    void anotherLeaderInTheImageStopsThePartitionsAndKeepsTheirLogs() {
        lead();
        elected(2, 1);
        assertThat(sentinel.onImage(image)).containsExactly(new Tell(FIRST, new Partition.Stop(false)));
        assertThat(sentinel.leading()).isFalse();
    }

    @Test
    void partitionsThatDoNotServeAreActivatedAgainInTheSameEpoch() {
        lead();
        assertThat(sentinel.onEnsureLeader(image, id -> false)).containsExactly(activate(FIRST));
        assertThat(sentinel.onEnsureLeader(image, id -> true)).isEmpty();
    }

    @Test
    void anEpochThatTheImageGivesToThisBrokerIsTakenWithoutAsking() {
        sentinel.onImage(image);
        elected(1, 4);
        assertThat(sentinel.onImage(image)).containsExactly(activate(FIRST, 4));
        elected(1, 5);
        assertThat(sentinel.onImage(image)).as("it leads on").containsExactly(activate(FIRST, 5));
        assertThat(sentinel.grantedEpoch()).isEqualTo(5);
    }

    @Test
    void anEpochFromBeforeThisSentinelIsNotTakenSinceSomebodyElseMayHaveActedInIt() {
        elected(1, 4);
        assertThat(sentinel.onImage(image)).isEmpty();
        assertThat(ensure()).containsExactly(new AskController(image.offset(), 4));
    }

    @Test
    void aPartitionThatMovesToAnotherGroupKeepsItsLogWhereThatGroupHasAReplica() {
        lead();
        apply(new ControllerEvent.PlacementGroupCreated("g1", List.of(3, 1), 0, List.of(3, 1)));
        apply(new ControllerEvent.PlacementGroupCreated("g2", List.of(3), 0, List.of(3)));
        apply(new ControllerEvent.PartitionMoveStarted(ORDERS, 0, "g1"));
        assertThat(sentinel.onImage(image)).containsExactly(new Tell(FIRST, new Partition.ReplicasChanged(
                0, new Partition.Replicas(1, List.of(1, 2), List.of(1, 2), List.of(3)))));
        apply(new ControllerEvent.PartitionMoved(ORDERS, 0, "g1"));
        assertThat(sentinel.onImage(image)).containsExactly(new Tell(FIRST, new Partition.Stop(false)));
        apply(new ControllerEvent.PartitionMoved(ORDERS, 0, "g0"));
        sentinel.onImage(image);
        apply(new ControllerEvent.PartitionMoved(ORDERS, 0, "g2"));
        assertThat(sentinel.onImage(image)).containsExactly(new Tell(FIRST, new Partition.Stop(true)));
    }

    @Test
    void aMoveEndsWhenTheBrokersItGoesToHaveCaughtUpAndThePartitionWaitsForThem() {
        // Given
        apply(new ControllerEvent.BrokerRegistered(2, new Uuid(1, 2), new Uuid(2, 2), 2, List.of(), null));
        apply(new ControllerEvent.BrokerRegistered(3, new Uuid(1, 3), new Uuid(2, 3), 3, List.of(), null));
        lead();
        apply(new ControllerEvent.PlacementGroupCreated("g1", List.of(3, 1), 0, List.of(3, 1)));
        apply(new ControllerEvent.PartitionMoveStarted(ORDERS, 0, "g1"));
        sentinel.onImage(image);
        var member = new Partition.Member(3, 3);

        // When
        var proposal = new Partition.Proposal(1, List.of(member));
        assertThat(sentinel.onReport(image, new Partition.FollowerCaughtUp(FIRST, 0, member))).containsExactly(
                new Tell(FIRST, new Partition.ProposeInSync(0, proposal)), new SentinelEffect.RetryInSyncAfter(2000));

        // Then
        var finish = new SentinelEffect.FinishMove(0, 1, FIRST, "g1", Map.of(1, 1L, 3, 3L));
        assertThat(sentinel.onReport(image, new Partition.ProposalAnswered(FIRST, 0, proposal, List.of())))
                .containsExactly(finish);
        assertThat(sentinel.onMoveReply(image, finish, null)).as("it may still happen").isEmpty();
        assertThat(sentinel.onInSyncRetry(image)).containsExactly(finish, new SentinelEffect.RetryInSyncAfter(2000));
        assertThat(sentinel.onMoveReply(image, finish, KafkaError.INELIGIBLE_REPLICA)).containsExactly(
                new Tell(FIRST, new Partition.CancelProposal(0, 1)));
        apply(new ControllerEvent.PartitionMoved(ORDERS, 0, "g1"));
        assertThat(sentinel.onImage(image)).containsExactly(new Tell(FIRST, new Partition.Stop(false)));
    }

    @Test
    void atAHandOffWhatTheControllerIsNotAskedForIsCancelledAndWhatItMayStillGrantStands() {
        // Given
        apply(new ControllerEvent.BrokerRegistered(2, new Uuid(1, 2), new Uuid(2, 2), 2, List.of(), null));
        lead();
        apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(1)));
        sentinel.onImage(image);
        assertThat(sentinel.onHandOff(image)).isEmpty();
        var member = new Partition.Member(2, 2);
        sentinel.onReport(image, new Partition.FollowerCaughtUp(FIRST, 0, member));
        var proposal = new Partition.Proposal(2, List.of(member));

        // Then
        assertThat(sentinel.onHandOff(image)).containsExactly(new Tell(FIRST, new Partition.CancelProposal(0, 2)));

        // Given
        sentinel.onInSyncRetry(image);
        assertThat(sentinel.onReport(image, new Partition.ProposalAnswered(
                        FIRST, 0, new Partition.Proposal(2, proposal.members(), 2), List.of())))
                .hasSize(1).first().isInstanceOf(SentinelEffect.ChangeInSync.class);

        // Then
        assertThat(sentinel.onHandOff(image)).isEmpty();
    }

    @Test
    void atAHandOffAMoveThatTheControllerIsNotAskedToEndHoldsThePartitionUpNoMore() {
        // Given
        apply(new ControllerEvent.BrokerRegistered(3, new Uuid(1, 3), new Uuid(2, 3), 3, List.of(), null));
        lead();
        apply(new ControllerEvent.PlacementGroupCreated("g1", List.of(3, 1), 0, List.of(3, 1)));
        apply(new ControllerEvent.PartitionMoveStarted(ORDERS, 0, "g1"));
        sentinel.onImage(image);
        var member = new Partition.Member(3, 3);
        sentinel.onReport(image, new Partition.FollowerCaughtUp(FIRST, 0, member));

        // Then
        assertThat(sentinel.onHandOff(image)).containsExactly(new Tell(FIRST, new Partition.CancelProposal(0, 1)));
    }

    @Test
    void anOldIncarnationDoesNotAsk() {
        apply(new ControllerEvent.BrokerRegistered(1, new Uuid(1, 1), new Uuid(1, 3), 2, List.of(), null));
        assertThat(ensure()).isEmpty();
    }

    private SentinelEffect.Activate activate(TopicIdPartition id) {
        return activate(id, 0);
    }

    private SentinelEffect.Activate activate(TopicIdPartition id, int leaderEpoch) {
        int partitionEpoch = image.groups().get("g0").partitionEpoch();
        return new SentinelEffect.Activate(id, "orders", leaderEpoch, new Partition.Replicas(partitionEpoch, List.of(1, 2), List.of(1, 2)),
                null, SingleNode.SETTINGS);
    }

    private void lead() {
        ensure();
        elected(1, 0);
        granted(0, image.offset());
        assertThat(sentinel.leading()).isTrue();
    }

    private void elected(int leader, int epoch) {
        apply(new ControllerEvent.LeaderElected("g0", leader, epoch, List.of(1, 2)));
    }

    private List<SentinelEffect> ensure() {
        return sentinel.onEnsureLeader(image, id -> true);
    }

    private List<SentinelEffect> granted(int epoch, long offset) {
        return sentinel.onReply(image, new BecomeLeaderReply("g0", KafkaError.NONE, epoch, offset));
    }

    private List<SentinelEffect> refused() {
        return sentinel.onReply(image, new BecomeLeaderReply("g0", KafkaError.INELIGIBLE_REPLICA, -1, -1));
    }

    private void apply(ControllerEvent event) {
        image = image.apply(event);
    }
}
