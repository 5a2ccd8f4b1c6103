package dev.sampo.partition.leader;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition.Member;
import dev.sampo.actors.protocol.Partition.Proposal;
import dev.sampo.actors.protocol.Partition.Replicas;
import dev.sampo.partition.leader.LeaderEffect.Answer;
import dev.sampo.partition.leader.LeaderEffect.Flush;
import dev.sampo.partition.leader.LeaderEffect.HighWatermarkAdvanced;
import dev.sampo.partition.leader.LeaderEffect.ReportCaughtUp;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Broker 1 leads in epoch 7; its log ends at 100, which is also its high watermark. */
class LeaderStateTest {
    private static final List<Integer> THREE = List.of(1, 2, 3);

    private static LeaderState<String> leader(int minInSync, long flushMessages, List<Integer> followers) {
        var replicas = new ArrayList<>(List.of(1));
        replicas.addAll(followers);
        return leader(minInSync, flushMessages, new Replicas(5, replicas, replicas), 100);
    }

    private static LeaderState<String> leader(
            int minInSync, long flushMessages, Replicas replicas, long highWatermark) {
        return new LeaderState<>(7, 1, minInSync, flushMessages, replicas, null, 100, 100, 100, highWatermark, 0);
    }

    private static LeaderState<String> leaderOfThree(List<Integer> inSync) {
        return leader(2, Long.MAX_VALUE, new Replicas(5, THREE, inSync), 100);
    }

    private static Proposal proposal(int partitionEpoch, int brokerId, long incarnation) {
        return new Proposal(partitionEpoch, List.of(new Member(brokerId, incarnation)));
    }

    /** Followers 2, 3 and 4 of a log that ends at 110, each with what it has and when it last had everything. */
    private static LeaderState<String> leaderWith(List<Integer> inSync, long end2, long end3, long end4) {
        var leader = leader(1, Long.MAX_VALUE, new Replicas(5, List.of(1, 2, 3, 4), inSync), 100);
        leader.onWritten(110, 10, 0);
        for (int id = 2; id <= 4; id++) {
            leader.onFollowerLogStart(id, 10);
            leader.onFollowerFetch(id, 1, id == 2 ? end2 : id == 3 ? end3 : end4, 1_000L * id);
        }
        return leader;
    }

    @Test
    void aConsumerIsSentToAnInSyncFollowerNearbyWhoseLogHoldsItsOffset() {
        // Given
        var leader = leaderWith(List.of(1, 2, 3), 105, 110, 110);

        // Then
        assertThat(leader.preferredReadReplica(new int[] {2}, 105)).as("its log ends there").isEqualTo(2);
        assertThat(leader.preferredReadReplica(new int[] {2}, 106)).as("its log ends before").isEqualTo(-1);
        assertThat(leader.preferredReadReplica(new int[] {2}, 10)).as("its log starts there").isEqualTo(2);
        assertThat(leader.preferredReadReplica(new int[] {2}, 9)).as("its log starts later").isEqualTo(-1);
        assertThat(leader.preferredReadReplica(new int[] {4}, 50)).as("not in sync").isEqualTo(-1);
        assertThat(leader.preferredReadReplica(new int[] {9}, 50)).as("no replica").isEqualTo(-1);
        assertThat(leader.preferredReadReplica(new int[] {1}, 50)).as("the leader is no follower").isEqualTo(-1);
    }

    @Test
    void ofSeveralTheOneThatHasMostIsPreferredThenTheOneThatHadItLastThenTheHighestId() {
        List<Integer> all = List.of(1, 2, 3, 4);
        int[] nearby = {3, 2, 4};
        assertThat(leaderWith(all, 110, 108, 107).preferredReadReplica(nearby, 50)).isEqualTo(2);
        assertThat(leaderWith(all, 110, 110, 107).preferredReadReplica(nearby, 50))
                .as("3 has caught up after 2").isEqualTo(3);
        assertThat(leaderWith(all, 105, 105, 104).preferredReadReplica(nearby, 50))
                .as("neither has caught up since the write").isEqualTo(3);
    }

    @Test
    void aFollowerThatHasNotFetchedInThisEpochIsNotPreferred() {
        // Given
        var leader = leaderOfThree(THREE);

        // When
        int before = leader.preferredReadReplica(new int[] {2}, 100);
        leader.onFollowerLogStart(2, 0);
        leader.onFollowerFetch(2, 1, 100, 0);

        // Then
        assertThat(before).isEqualTo(-1);
        assertThat(leader.preferredReadReplica(new int[] {2}, 100)).isEqualTo(2);
    }

    @Test
    void aFollowerThatLeavesTheIsrIsPreferredNoMore() {
        // Given
        var leader = leaderWith(List.of(1, 2, 3), 110, 110, 110);

        // When
        leader.onReplicas(new Replicas(6, List.of(1, 2, 3, 4), List.of(1, 3)), 0);

        // Then
        assertThat(leader.preferredReadReplica(new int[] {2}, 50)).isEqualTo(-1);
        assertThat(leader.preferredReadReplica(new int[] {3}, 50)).isEqualTo(3);
    }

    @Test
    void onlyInSyncReplicaAcknowledgesBothAcksOnceItHasWritten() {
        // Given
        var leader = leader(1, Long.MAX_VALUE, List.of());
        leader.await("one", Acks.LEADER, 100, 105);
        leader.await("all", Acks.ALL, 105, 110);

        // When
        var effects = leader.onWritten(110, 10, 0);

        // Then
        assertThat(effects).containsExactly(
                new HighWatermarkAdvanced<>(110),
                new Answer<>("one", KafkaError.NONE, 100),
                new Answer<>("all", KafkaError.NONE, 105));
    }

    @Test
    void theOnlyReplicaBeginsWithEverythingCommitted() {
        assertThat(leader(1, Long.MAX_VALUE, Replicas.alone(1), 40).highWatermark()).isEqualTo(100);
    }

    @Test
    void producerWithAcksAllIsAnsweredOnlyWhenEveryInSyncReplicaHasTheBatch() {
        // Given
        var leader = leader(2, Long.MAX_VALUE, List.of(2, 3));
        leader.await("one", Acks.LEADER, 100, 101);
        leader.await("all", Acks.ALL, 101, 102);

        // When
        var written = leader.onWritten(102, 2, 0);
        var first = leader.onFollowerFetch(2, 1, 102, 0);
        var second = leader.onFollowerFetch(3, 1, 102, 0);

        // Then
        assertThat(written).containsExactly(new Answer<>("one", KafkaError.NONE, 100));
        assertThat(first).isEmpty();
        assertThat(second)
                .containsExactly(new HighWatermarkAdvanced<>(102), new Answer<>("all", KafkaError.NONE, 101));
    }

    @Test
    void acksAllIsRefusedWhileTooFewReplicasAreInSync() {
        // Given
        var leader = leader(2, Long.MAX_VALUE, List.of());

        // Then
        assertThat(leader.admit(Acks.ALL)).isEqualTo(KafkaError.NOT_ENOUGH_REPLICAS);
        assertThat(leader.admit(Acks.LEADER)).isEqualTo(KafkaError.NONE);
    }

    @Test
    void replicasThatBecameTooFewAfterTheWriteAreReportedAsSuch() {
        // Given
        var leader = leaderOfThree(List.of(1, 2));
        leader.await("all", Acks.ALL, 100, 101);
        leader.onWritten(101, 1, 0);

        // When
        var effects = leader.onReplicas(new Replicas(6, THREE, List.of(1)), 0);

        // Then
        assertThat(effects).containsExactly(new Answer<>("all", KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND, -1));
    }

    /** KIP-966: whoever left the ISR last holds all that is committed, since nothing more is. */
    @Test
    void theHighWatermarkStandsStillWhileFewerThanMinInSyncReplicasAreInSync() {
        // Given
        var leader = leaderOfThree(List.of(1));
        leader.await("one", Acks.LEADER, 100, 101);

        // When
        var effects = leader.onWritten(101, 1, 0);

        // Then
        assertThat(effects).containsExactly(new Answer<>("one", KafkaError.NONE, 100));
        assertThat(leader.highWatermark()).isEqualTo(100);
        leader.onFollowerFetch(2, 1, 101, 0);
        assertThat(leader.onReplicas(new Replicas(6, THREE, List.of(1, 2)), 0))
                .contains(new HighWatermarkAdvanced<>(101));
    }

    @Test
    void anIsrShrinkCountsOnlyOnceTheImageShowsIt() {
        // Given
        var leader = leaderOfThree(THREE);
        leader.await("all", Acks.ALL, 100, 101);
        leader.onWritten(101, 1, 0);
        leader.onFollowerFetch(2, 1, 101, 40_000);

        // When
        assertThat(leader.behind(40_000, 30_000)).containsExactly(3);

        // Then
        assertThat(leader.highWatermark()).isEqualTo(100);
        assertThat(leader.onReplicas(new Replicas(6, THREE, List.of(1, 2)), 40_001))
                .containsExactly(new HighWatermarkAdvanced<>(101), new Answer<>("all", KafkaError.NONE, 100));
    }

    @Test
    void aFollowerOutsideOfTheIsrIsReportedOnceItHasWhatIsCommittedAndTheEpochsStart() {
        var leader = leaderOfThree(List.of(1, 2));
        assertThat(leader.onFollowerFetch(3, 9, 99, 0)).isEmpty();
        assertThat(leader.onFollowerFetch(3, 9, 100, 0)).containsExactly(new ReportCaughtUp<>(new Member(3, 9)));
        assertThat(leader.onFollowerFetch(3, 9, 100, 0)).as("once").isEmpty();
    }

    @Test
    void aProposedFollowerHoldsTheHighWatermarkUpFromTheMomentItIsConfirmed() {
        // Given
        var leader = leaderOfThree(List.of(1, 2));
        leader.onFollowerFetch(3, 9, 100, 0);

        // When
        assertThat(leader.propose(proposal(5, 3, 9))).isEmpty();

        // Then
        leader.onWritten(101, 1, 0);
        assertThat(leader.onFollowerFetch(2, 1, 101, 0)).as("3 is in the maximal ISR").isEmpty();
        assertThat(leader.admit(Acks.ALL)).isEqualTo(KafkaError.NONE);
        assertThat(leader.onReplicas(new Replicas(6, THREE, THREE), 0)).isEmpty();
        assertThat(leader.onFollowerFetch(3, 9, 101, 0)).containsExactly(new HighWatermarkAdvanced<>(101));
    }

    @Test
    void aProposedFollowerDoesNotCountForMinInSyncReplicas() {
        var leader = leaderOfThree(List.of(1));
        leader.onFollowerFetch(3, 9, 100, 0);
        leader.propose(proposal(5, 3, 9));
        assertThat(leader.admit(Acks.ALL)).isEqualTo(KafkaError.NOT_ENOUGH_REPLICAS);
    }

    @Test
    void aFollowerThatLagsOrIsAnotherProcessIsNotConfirmedAndReportedAgain() {
        var leader = leaderOfThree(List.of(1, 2));
        leader.onFollowerFetch(3, 9, 100, 0);
        assertThat(leader.propose(proposal(5, 3, 8))).containsExactly(3);
        assertThat(leader.onFollowerFetch(3, 9, 100, 0)).containsExactly(new ReportCaughtUp<>(new Member(3, 9)));
        leader.onWritten(101, 1, 0);
        leader.onFollowerFetch(2, 1, 101, 0);
        assertThat(leader.propose(proposal(5, 3, 9))).as("the high watermark has gone on").containsExactly(3);
        assertThat(leader.onFollowerFetch(3, 9, 101, 0)).containsExactly(new ReportCaughtUp<>(new Member(3, 9)));
    }

    @Test
    void aCancelledProposalLetsTheHighWatermarkGoOn() {
        var leader = leaderOfThree(List.of(1, 2));
        leader.onFollowerFetch(3, 9, 100, 0);
        leader.propose(proposal(5, 3, 9));
        leader.onWritten(101, 1, 0);
        leader.onFollowerFetch(2, 1, 101, 0);
        assertThat(leader.cancel(4)).as("an older one").isEmpty();
        assertThat(leader.cancel(5)).containsExactly(new HighWatermarkAdvanced<>(101));
    }

    @Test
    void aProposalIsSettledByTheNextPartitionEpochOfTheImage() {
        var leader = leaderOfThree(List.of(1, 2));
        leader.onFollowerFetch(3, 9, 100, 0);
        leader.propose(proposal(5, 3, 9));
        leader.onReplicas(new Replicas(5, THREE, List.of(1, 2), List.of(4)), 0);
        assertThat(leader.proposal()).as("the same partition epoch settles nothing").isNotNull();
        leader.onReplicas(new Replicas(6, THREE, List.of(1, 2)), 0);
        assertThat(leader.proposal()).isNull();
        assertThat(leader.propose(proposal(5, 3, 9))).as("a late one").containsExactly(3);
    }

    @Test
    void aLogThatWasOpenedAgainStillWaitsForWhoIsProposed() {
        var again = new LeaderState<String>(
                7, 1, 2, Long.MAX_VALUE, new Replicas(5, THREE, List.of(1, 2)), proposal(5, 3, 9), 100, 110, 110, 100, 0);
        assertThat(again.onFollowerFetch(2, 1, 110, 0)).isEmpty();
        assertThat(again.onFollowerFetch(3, 9, 110, 0)).containsExactly(new HighWatermarkAdvanced<>(110));
    }

    /** KIP-903: what an older process of the broker has fetched counts no more. */
    @Test
    void aFetchOfAnOlderIncarnationDoesNotCount() {
        var leader = leaderOfThree(THREE);
        leader.onWritten(101, 1, 0);
        leader.onFollowerFetch(2, 1, 101, 0);
        leader.onFollowerFetch(3, 9, 100, 0);
        assertThat(leader.checkFollower(3, 8)).isEqualTo(KafkaError.STALE_BROKER_EPOCH);
        assertThat(leader.onFollowerFetch(3, 8, 101, 0)).isEmpty();
        assertThat(leader.highWatermark()).isEqualTo(100);
        assertThat(leader.checkFollower(4, 1)).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
    }

    /** KIP-207: a new leader whose high watermark lags does not say where the log ends. */
    @Test
    void theEndIsKnownOnceTheHighWatermarkHasPassedTheStartOfTheEpoch() {
        var leader = leader(2, Long.MAX_VALUE, new Replicas(5, THREE, THREE), 60);
        assertThat(leader.knowsEndOffset()).isFalse();
        leader.onFollowerFetch(2, 1, 100, 0);
        leader.onFollowerFetch(3, 1, 80, 0);
        assertThat(leader.highWatermark()).isEqualTo(80);
        assertThat(leader.knowsEndOffset()).isFalse();
        leader.onFollowerFetch(3, 1, 100, 0);
        assertThat(leader.knowsEndOffset()).isTrue();
    }

    @Test
    void aFollowerIsBehindWhenItHasNotHadEverythingForTooLongAndNeverWhileItHas() {
        var leader = leaderOfThree(THREE);
        leader.onFollowerFetch(2, 1, 100, 0);
        leader.onFollowerFetch(3, 1, 100, 0);
        assertThat(leader.behind(1_000_000, 30_000)).as("an idle partition").isEmpty();
        leader.onWritten(110, 10, 1_000_000);
        assertThat(leader.behind(1_030_000, 30_000)).as("the time counts from the write on").isEmpty();
        leader.onFollowerFetch(2, 1, 105, 1_020_000);
        leader.onWritten(120, 10, 1_025_000);
        leader.onFollowerFetch(2, 1, 110, 1_031_000);
        assertThat(leader.behind(1_030_001, 30_000)).as("3 has not moved; 2 had all that there was at its last fetch")
                .containsExactly(3);
    }

    @Test
    void aBrokerThatJoinsIsFollowedOutsideOfTheIsr() {
        var leader = leader(2, Long.MAX_VALUE, new Replicas(5, List.of(1, 2), List.of(1, 2), List.of(4)), 100);
        assertThat(leader.checkFollower(4, 1)).isEqualTo(KafkaError.NONE);
        assertThat(leader.onFollowerFetch(4, 1, 0, 0)).isEmpty();
        leader.onWritten(101, 1, 0);
        assertThat(leader.onFollowerFetch(2, 1, 101, 0)).containsExactly(new HighWatermarkAdvanced<>(101));
        assertThat(leader.onFollowerFetch(4, 1, 101, 0)).containsExactly(new ReportCaughtUp<>(new Member(4, 1)));
    }

    @Test
    void nothingIsAcknowledgedOrShownBeforeTheFlushThatFlushMessagesAsksFor() {
        // Given
        var leader = leader(1, 1, List.of());
        leader.await("one", Acks.LEADER, 100, 101);

        // When
        var written = leader.onWritten(101, 1, 0);
        leader.await("two", Acks.ALL, 101, 102);
        var duringFlush = leader.onWritten(102, 1, 0);
        var flushed = leader.onFlushed(101);
        var flushedAgain = leader.onFlushed(102);

        // Then
        assertThat(written).containsExactly(new Flush<>());
        assertThat(duringFlush).isEmpty();
        assertThat(flushed).containsExactly(
                new Flush<>(), new HighWatermarkAdvanced<>(101), new Answer<>("one", KafkaError.NONE, 100));
        assertThat(flushedAgain)
                .containsExactly(new HighWatermarkAdvanced<>(102), new Answer<>("two", KafkaError.NONE, 101));
    }

    /** A follower may be elected before it has forced what it copied last. */
    @Test
    void whatWasCopiedAndNotForcedCountsWhenItIsForced() {
        var leader = new LeaderState<String>(7, 1, 2, 1, new Replicas(0, THREE, THREE), null, 100, 100, 97, 96, 0);
        assertThat(leader.flushDue()).isTrue();
        assertThat(leader.onFollowerFetch(2, 1, 100, 0)).isEmpty();
        assertThat(leader.onFollowerFetch(3, 1, 100, 0)).containsExactly(new HighWatermarkAdvanced<>(97));

        assertThat(leader.onWritten(100, 0, 0)).containsExactly(new Flush<>());

        assertThat(leader.flushDue()).isFalse();
        assertThat(leader.onFlushed(100)).containsExactly(new HighWatermarkAdvanced<>(100));
    }

    @Test
    void writesBelowFlushMessagesDoNotWaitForADisk() {
        // Given
        var leader = leader(1, 10, List.of());
        leader.await("one", Acks.LEADER, 100, 105);

        // When
        var effects = leader.onWritten(105, 5, 0);

        // Then
        assertThat(effects)
                .containsExactly(new HighWatermarkAdvanced<>(105), new Answer<>("one", KafkaError.NONE, 100));
    }

    @Test
    void everyWaitingProducerHearsOfTheStop() {
        // Given
        var leader = leader(1, 1, List.of());
        leader.await("one", Acks.LEADER, 100, 101);
        leader.await("all", Acks.ALL, 101, 102);
        leader.onWritten(102, 2, 0);

        // When
        var effects = leader.onStopped(KafkaError.NOT_LEADER_OR_FOLLOWER);

        // Then
        assertThat(effects).containsExactly(
                new Answer<>("one", KafkaError.NOT_LEADER_OR_FOLLOWER, -1),
                new Answer<>("all", KafkaError.NOT_LEADER_OR_FOLLOWER, -1));
        assertThat(leader.onFlushed(102)).containsExactly(new HighWatermarkAdvanced<>(102));
    }

    @Test
    void clientsEpochIsComparedWithTheLeaders() {
        // Given
        var leader = leader(1, 1, List.of());

        // Then
        assertThat(leader.checkEpoch(-1)).isEqualTo(KafkaError.NONE);
        assertThat(leader.checkEpoch(7)).isEqualTo(KafkaError.NONE);
        assertThat(leader.checkEpoch(6)).isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
        assertThat(leader.checkEpoch(8)).isEqualTo(KafkaError.UNKNOWN_LEADER_EPOCH);
    }

    @Test
    void followerBeyondTheLogEndIsABrokenInvariant() {
        var leader = leader(1, 1, List.of(2));
        assertThatThrownBy(() -> leader.onFollowerFetch(2, 1, 101, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("101");
    }
}
