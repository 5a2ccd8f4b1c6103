package dev.sampo.partition.sharding;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition.CancelProposal;
import dev.sampo.actors.protocol.Partition.FollowerCaughtUp;
import dev.sampo.actors.protocol.Partition.FollowersBehind;
import dev.sampo.actors.protocol.Partition.Member;
import dev.sampo.actors.protocol.Partition.Proposal;
import dev.sampo.actors.protocol.Partition.ProposalAnswered;
import dev.sampo.actors.protocol.Partition.ProposeInSync;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.sharding.SentinelEffect.ChangeInSync;
import dev.sampo.partition.sharding.SentinelEffect.RetryInSyncAfter;
import dev.sampo.partition.sharding.SentinelEffect.Tell;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Broker 1 leads g0 of brokers 1, 2, 3 in epoch 0; two partitions; broker 3 is not in sync. Incarnations are the ids. */
final class GroupInSyncTest {
    private static final Uuid ORDERS = new Uuid(7, 7);
    private static final TopicIdPartition FIRST = new TopicIdPartition(ORDERS, 0);
    private static final TopicIdPartition SECOND = new TopicIdPartition(ORDERS, 1);
    private static final Member THIRD = new Member(3, 3);

    private long proposals;
    private final GroupInSync inSync = new GroupInSync("g0", 0, 200, 2000, () -> ++proposals);
    private MetadataImage image = MetadataImage.EMPTY;
    private final List<SentinelEffect> effects = new ArrayList<>();

    GroupInSyncTest() {
        for (int id = 1; id <= 3; id++) {
            apply(new ControllerEvent.BrokerRegistered(id, new Uuid(1, id), new Uuid(2, id), id, List.of(), null));
        }
        apply(new ControllerEvent.PlacementGroupCreated("g0", List.of(1, 2, 3), 0, List.of(1, 2)));
        apply(new ControllerEvent.TopicCreated(ORDERS, "orders", List.of("g0", "g0"), false, Map.of()));
        apply(new ControllerEvent.LeaderElected("g0", 1, 0, List.of(1, 2)));
        onImage();
    }

    @Test
    void aBrokerComesInWhenEveryPartitionReportsItAndThenConfirmsThatItWaitsForIt() {
        // Given
        assertThat(caughtUp(FIRST, THIRD)).isEmpty();
        var proposal = new Proposal(1, List.of(THIRD));

        // When
        assertThat(caughtUp(SECOND, THIRD)).containsExactlyInAnyOrder(
                new Tell(FIRST, new ProposeInSync(0, proposal)), new Tell(SECOND, new ProposeInSync(0, proposal)),
                new RetryInSyncAfter(200));

        // Then
        assertThat(answered(FIRST)).isEmpty();
        assertThat(answered(SECOND)).containsExactly(change(1, 1, 2, 3));
        assertThat(inSync.proposal()).isEqualTo(proposal);
        assertThat(reply(change(1, 1, 2, 3), KafkaError.NONE)).isEmpty();
        apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(1, 2, 3)));
        assertThat(onImage()).isEmpty();
        assertThat(inSync.proposal()).isNull();
    }

    @Test
    void aPartitionThatDoesNotConfirmEndsTheProposalUntilItReportsAgain() {
        // Given
        caughtUp(FIRST, THIRD);
        caughtUp(SECOND, THIRD);
        answered(FIRST);

        // When
        assertThat(answered(SECOND, 3)).containsExactlyInAnyOrder(
                new Tell(FIRST, new CancelProposal(0, 1)), new Tell(SECOND, new CancelProposal(0, 1)));

        // Then
        assertThat(retry()).isEmpty();
        assertThat(caughtUp(SECOND, THIRD)).hasSize(3);
    }

    @Test
    void aRequestThatWasNotAnsweredStandsAndIsRepeatedUntilTheImageShowsAnotherPartitionEpoch() {
        // Given
        caughtUp(FIRST, THIRD);
        caughtUp(SECOND, THIRD);
        answered(FIRST);
        answered(SECOND);
        retry(); // the one of the proposal

        // When
        assertThat(reply(change(1, 1, 2, 3), null)).containsExactly(new RetryInSyncAfter(400));

        // Then
        assertThat(inSync.proposal()).as("it may still be carried out").isNotNull();
        assertThat(retry()).containsExactly(change(1, 1, 2, 3));
        apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(1)));
        assertThat(onImage()).as("not any more: proposed anew from there").contains(
                new Tell(FIRST, new ProposeInSync(0, new Proposal(2, List.of(THIRD), 2))));
    }

    @Test
    void anAcceptedRequestIsNotMadeAgainBeforeTheImageShowsIt() {
        // Given
        caughtUp(FIRST, THIRD);
        caughtUp(SECOND, THIRD);
        answered(FIRST);
        answered(SECOND);
        reply(change(1, 1, 2, 3), KafkaError.NONE);

        // When
        assertThat(retry()).isEmpty();

        // Then
        assertThat(inSync.proposal()).isNotNull();
    }

    @Test
    void aRepeatedRequestThatFindsANewerPartitionEpochEndsNoProposal() {
        // Given
        caughtUp(FIRST, THIRD);
        caughtUp(SECOND, THIRD);
        answered(FIRST);
        answered(SECOND);
        reply(change(1, 1, 2, 3), null);
        retry();

        // When
        assertThat(reply(change(1, 1, 2, 3), KafkaError.INVALID_UPDATE_VERSION)).containsExactly(new RetryInSyncAfter(400));

        // Then
        assertThat(inSync.proposal()).as("the first try was carried out").isNotNull();
        assertThat(retry()).as("or a controller that was deposed has answered").containsExactly(change(1, 1, 2, 3));
    }

    @Test
    void aRefusalEndsTheProposalAndTheNextOneWaitsAWhile() {
        // Given
        caughtUp(FIRST, THIRD);
        caughtUp(SECOND, THIRD);
        answered(FIRST);
        answered(SECOND);
        retry();

        // When
        assertThat(reply(change(1, 1, 2, 3), KafkaError.INELIGIBLE_REPLICA)).contains(
                new Tell(FIRST, new CancelProposal(0, 1)), new Tell(SECOND, new CancelProposal(0, 1)));

        // Then
        assertThat(onImage()).isEmpty();
        assertThat(retry()).contains(new Tell(FIRST, new ProposeInSync(0, new Proposal(1, List.of(THIRD), 2))));
    }

    @Test
    void aLateAnswerToAnEarlierProposalConfirmsNothing() {
        // Given
        caughtUp(FIRST, THIRD);
        caughtUp(SECOND, THIRD);
        Proposal earlier = inSync.proposal();
        answered(FIRST, 3);
        retry();
        caughtUp(FIRST, THIRD);

        // When
        inSync.onAnswered(new ProposalAnswered(FIRST, 0, earlier, List.of()), image, group(), effects);
        inSync.onAnswered(new ProposalAnswered(SECOND, 0, earlier, List.of()), image, group(), effects);

        // Then
        assertThat(take()).isEmpty();
        assertThat(inSync.proposal()).isNotEqualTo(earlier);
    }

    @Test
    void aBrokerThatIsBehindInOnePartitionLeaves() {
        assertThat(behind(SECOND, 2)).containsExactly(change(1, 1));
        assertThat(behind(FIRST, 2)).as("one request at a time").isEmpty();
        apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(1)));
        assertThat(onImage()).isEmpty();
    }

    @Test
    void aBrokerThatIsBehindEndsAProposalOfWhichTheControllerWasNotAsked() {
        caughtUp(FIRST, THIRD);
        caughtUp(SECOND, THIRD);
        assertThat(behind(FIRST, 2)).containsExactlyInAnyOrder(
                new Tell(FIRST, new CancelProposal(0, 1)), new Tell(SECOND, new CancelProposal(0, 1)), change(1, 1));
    }

    @Test
    void fencedStoppingAndOlderProcessesDoNotComeIn() {
        caughtUp(FIRST, THIRD);
        apply(new ControllerEvent.BrokerRegistered(3, new Uuid(1, 3), new Uuid(2, 9), 9, List.of(), null));
        onImage();
        assertThat(caughtUp(SECOND, THIRD)).as("an older process").isEmpty();
        caughtUp(FIRST, new Member(3, 9));
        apply(new ControllerEvent.BrokerChanged(3, true, false));
        onImage();
        assertThat(caughtUp(SECOND, new Member(3, 9))).as("it stops").isEmpty();
        apply(new ControllerEvent.BrokerChanged(3, false, false));
        assertThat(onImage()).isNotEmpty();
    }

    @Test
    void aPartitionThatDidNotAnswerIsToldAgain() {
        caughtUp(FIRST, THIRD);
        caughtUp(SECOND, THIRD);
        answered(FIRST);
        assertThat(retry()).containsExactly(
                new Tell(SECOND, new ProposeInSync(0, new Proposal(1, List.of(THIRD)))), new RetryInSyncAfter(400));
    }

    private static ChangeInSync change(int partitionEpoch, int... brokers) {
        var members = new ArrayList<Member>();
        for (int id : brokers) {
            members.add(new Member(id, id));
        }
        return new ChangeInSync(0, partitionEpoch, members);
    }

    private List<SentinelEffect> caughtUp(TopicIdPartition id, Member member) {
        inSync.onCaughtUp(new FollowerCaughtUp(id, 0, member), image, group(), effects);
        return take();
    }

    private List<SentinelEffect> behind(TopicIdPartition id, int broker) {
        inSync.onBehind(new FollowersBehind(id, 0, List.of(broker)), image, group(), effects);
        return take();
    }

    private List<SentinelEffect> answered(TopicIdPartition id, Integer... lagging) {
        inSync.onAnswered(new ProposalAnswered(id, 0, inSync.proposal(), List.of(lagging)), image, group(), effects);
        return take();
    }

    private List<SentinelEffect> reply(ChangeInSync of, KafkaError error) {
        if (error == null) {
            inSync.onNoReply(of, effects);
        } else {
            inSync.onReply(of, error, image, group(), effects);
        }
        return take();
    }

    private List<SentinelEffect> retry() {
        inSync.onRetry(image, group(), effects);
        return take();
    }

    private List<SentinelEffect> onImage() {
        inSync.onImage(image, group(), effects);
        return take();
    }

    private List<SentinelEffect> take() {
        var taken = List.copyOf(effects);
        effects.clear();
        return taken;
    }

    private PlacementGroup group() {
        return image.groups().get("g0");
    }

    private void apply(ControllerEvent event) {
        image = image.apply(event);
    }
}
