package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.AllocateProducerIds;
import dev.sampo.actors.protocol.Controller.AlterConfigs;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.ConfigAlteration;
import dev.sampo.actors.protocol.Controller.ConfigChange;
import dev.sampo.actors.protocol.Controller.ConfigOperation;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static dev.sampo.partition.controller.Fixture.topic;
import static org.assertj.core.api.Assertions.assertThat;

final class BrokerRulesTest {
    private final Fixture fixture = new Fixture(3);

    @Test
    void aSecondDirectoryUnderALiveBrokerIdIsRefusedNamingBoth() {
        Uuid other = Uuid.randomUuid();
        RegisterBrokerReply reply = fixture.register(1, other, Uuid.randomUuid());
        assertThat(reply.error()).isEqualTo(KafkaError.DUPLICATE_BROKER_REGISTRATION);
        assertThat(reply.errorMessage()).contains(other.toString(), new Uuid(0, 1).toString());
        assertThat(reply.incarnation()).isEqualTo(-1);
    }

    @Test
    void oneDirectoryUnderTwoLiveBrokerIdsIsRefused() {
        assertThat(fixture.register(4, new Uuid(0, 1), Uuid.randomUuid()).error())
                .isEqualTo(KafkaError.DUPLICATE_BROKER_REGISTRATION);
    }

    @Test
    void aFencedBrokersIdMayBeTakenWithANewDirectoryThatIsNowhereInSync() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1)), Map.of()));
        fixture.create(new NewTopic("b", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of()));
        fixture.fence(1);
        assertThat(fixture.register(1, Uuid.randomUuid(), Uuid.randomUuid()).error()).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).inSyncReplicas()).isEmpty();
        assertThat(group("b", 0).inSyncReplicas()).containsExactly(2);
        assertThat(lead("a", 0, 1).error()).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
    }

    @Test
    void theSameProcessGetsItsIncarnationAgainAndAnotherProcessANewOne() {
        Uuid process = Uuid.randomUuid();
        long first = fixture.register(1, new Uuid(0, 1), process).incarnation();
        assertThat(fixture.register(1, new Uuid(0, 1), process).incarnation()).isEqualTo(first);
        assertThat(fixture.register(1, new Uuid(0, 1), Uuid.randomUuid()).incarnation()).isEqualTo(first + 1);
    }

    @Test
    void onlyAnInSyncReplicaInItsCurrentIncarnationLeadsAndEachGrantIsANewEpoch() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of()));
        assertThat(lead("a", 0, 1).leaderEpoch()).isZero();
        assertThat(lead("a", 0, 2).leaderEpoch()).isEqualTo(1);
        assertThat(group("a", 0).leader()).isEqualTo(2);
        assertThat(lead("a", 0, 3).error()).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        assertThat(lead("a", 0, 9).error()).isEqualTo(KafkaError.BROKER_ID_NOT_REGISTERED);
        assertThat(becomeLeader("nope", 1, incarnation(1)).error()).isEqualTo(KafkaError.RESOURCE_NOT_FOUND);
        long old = incarnation(2);
        fixture.register(2, new Uuid(0, 2), Uuid.randomUuid());
        assertThat(group("a", 0).leader()).as("a new incarnation leads nothing").isEqualTo(-1);
        assertThat(becomeLeader(group("a", 0).id(), 2, old).error()).isEqualTo(KafkaError.STALE_BROKER_EPOCH);
        assertThat(lead("a", 0, 1).leaderEpoch()).isEqualTo(2);
    }

    @Test
    void theOnlyReplicaStaysInSyncThroughARestartAndLeadsInTheNextEpoch() {
        fixture.create(topic("a", 1));
        int broker = group("a", 0).replicas().getFirst();
        lead("a", 0, broker);
        fixture.register(broker, new Uuid(0, broker), Uuid.randomUuid());
        assertThat(lead("a", 0, broker).leaderEpoch()).isEqualTo(1);
    }

    @Test
    void aFencedBrokerLeadsNothingAndLeavesEachIsrThatHasAnotherMember() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2), 1, List.of(1, 3)), Map.of()));
        lead("a", 0, 1);
        assertThat(fixture.fence(1)).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).leader()).isEqualTo(-1);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(2);
        assertThat(fixture.fence(1)).isEqualTo(KafkaError.STALE_BROKER_EPOCH);
    }

    @Test
    void aBrokerThatWasSilentForAnotherControllerIsNotFenced() {
        fixture.startEpoch();
        fixture.startEpoch();
        assertThat(fixture.fence(1, 1)).isEqualTo(KafkaError.NOT_CONTROLLER);
        assertThat(fixture.image().isLive(1)).isTrue();
        assertThat(fixture.fence(1, 2)).isEqualTo(KafkaError.NONE);
        assertThat(fixture.image().isLive(1)).isFalse();
    }

    @Test
    void anIsrChangeIsComparedWithTheEpochsThatTheLeaderKnew() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of()));
        lead("a", 0, 1);
        PlacementGroup group = group("a", 0);
        assertThat(isr(group, 1, 0, List.of(1))).isEqualTo(KafkaError.NONE);
        assertThat(isr(group, 1, 0, List.of(1, 2))).isEqualTo(KafkaError.INVALID_UPDATE_VERSION);
        group = group("a", 0);
        assertThat(isr(group, 1, 5, List.of(1, 2))).isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
        assertThat(isr(group, 2, 0, List.of(1, 2))).isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
        assertThat(isr(group, 1, 0, List.of(1, 3))).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        assertThat(isr(group, 1, 0, List.of(2))).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        assertThat(isr(group, 1, 0, List.of(1, 2))).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1, 2);
    }

    @Test
    void theLeaderThatMissedTheAnswerIsGrantedTheSameEpochAgain() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of()));
        String groupId = group("a", 0).id();
        assertThat(becomeLeader(groupId, 1, -1).leaderEpoch()).isZero();
        assertThat(becomeLeader(groupId, 1, -1).leaderEpoch()).as("repeated").isZero();
        assertThat(fixture.lastReplyOffset).isEqualTo(fixture.image().offset());
        assertThat(becomeLeader(groupId, 1, 0).leaderEpoch()).as("another sentinel").isEqualTo(1);
        assertThat(becomeLeader(groupId, 2, -1).leaderEpoch()).as("another broker").isEqualTo(2);
    }

    /** KIP-903: a member that restarted with a shorter log does not come in through a request that was on its way. */
    @Test
    void aDelayedIsrChangeDoesNotBringARestartedBrokerIn() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of()));
        lead("a", 0, 1);
        fixture.fence(2);
        fixture.register(2, new Uuid(0, 2), Uuid.randomUuid());
        PlacementGroup group = group("a", 0);
        long before = incarnation(2);
        fixture.register(2, new Uuid(0, 2), Uuid.randomUuid());
        assertThat(isr(group, 1, 0, List.of(1, 2), List.of(incarnation(1), before)))
                .isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        assertThat(isr(group, 1, 0, List.of(1, 2), List.of(incarnation(1), incarnation(2)))).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1, 2);
    }

    @Test
    void aBrokerThatRestartedWithItsLogsStaysInSyncAndOneThatLostTheirTailsDoesNot() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of()));
        lead("a", 0, 1);
        fixture.register(2, new Uuid(0, 2), Uuid.randomUuid());
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1, 2);
        registerLostTail(2);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1);
        assertThat(group("a", 0).eligible()).isEmpty();
        registerLostTail(1);
        assertThat(group("a", 0).inSyncReplicas()).as("the last one stays").containsExactly(1);
    }

    /** KIP-966: the last one standing lost its tail; a replica that left before it holds all that is committed. */
    @Test
    void theLastMemberThatLostItsTailGivesWayToAnEligibleReplica() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2, 3)), Map.of("min.insync.replicas", "2")));
        lead("a", 0, 1);
        fixture.fence(3);
        assertThat(group("a", 0).eligible()).as("two are still in sync").isEmpty();
        fixture.fence(2);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1);
        assertThat(group("a", 0).eligible()).containsExactly(2);
        fixture.fence(1);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1);
        registerLostTail(1);
        assertThat(group("a", 0).inSyncReplicas()).isEmpty();
        assertThat(group("a", 0).eligible()).containsExactly(2);
        assertThat(lead("a", 0, 1).error()).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        fixture.register(2, new Uuid(0, 2), Uuid.randomUuid());
        assertThat(lead("a", 0, 2).error()).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(2);
        assertThat(group("a", 0).leader()).isEqualTo(2);
    }

    @Test
    void aLostTailCountsOnceForEachProcess() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of("min.insync.replicas", "2")));
        lead("a", 0, 1);
        var once = new Uuid(7, 7);
        registerLostTail(2, once);
        assertThat(isr(group("a", 0), 1, 0, List.of(1, 2), List.of(incarnation(1), incarnation(2))))
                .isEqualTo(KafkaError.NONE);
        fixture.fence(2);
        assertThat(group("a", 0).eligible()).containsExactly(2);
        registerLostTail(2, once); // a copy of the message that comes late
        assertThat(group("a", 0).eligible()).containsExactly(2);
        registerLostTail(2);
        assertThat(group("a", 0).eligible()).isEmpty();
    }

    /** A process that died before it was registered; its request comes when the next one has caught up. */
    @Test
    void aRegistrationThatComesAfterThatOfALaterProcessIsRefused() {
        // Given
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of("min.insync.replicas", "2")));
        lead("a", 0, 1);
        long before = incarnation(2);
        var gone = new Uuid(7, 7);
        var present = new Uuid(8, 8);
        assertThat(registerInPlaceOf(2, present, before, true).error()).isEqualTo(KafkaError.NONE);
        long now = incarnation(2);
        assertThat(isr(group("a", 0), 1, 0, List.of(1, 2), List.of(incarnation(1), now))).isEqualTo(KafkaError.NONE);

        // When
        RegisterBrokerReply late = registerInPlaceOf(2, gone, before, true);

        // Then
        assertThat(late.error()).isEqualTo(KafkaError.STALE_BROKER_EPOCH);
        assertThat(late.incarnation()).isEqualTo(now);
        assertThat(incarnation(2)).isEqualTo(now);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1, 2);
        assertThat(registerInPlaceOf(2, present, before, true).incarnation()).as("repeated").isEqualTo(now);
        assertThat(registerInPlaceOf(2, new Uuid(9, 9), now, false).error()).isEqualTo(KafkaError.NONE);
    }

    @Test
    void aProcessThatDoesNotKnowWhosePlaceItTakesIsTold() {
        assertThat(registerInPlaceOf(2, new Uuid(7, 7), RegisterBroker.NOBODY, false).incarnation())
                .isEqualTo(incarnation(2));
        assertThat(registerInPlaceOf(4, new Uuid(7, 7), 3, false).incarnation()).isEqualTo(RegisterBroker.NOBODY);
        assertThat(registerInPlaceOf(4, new Uuid(7, 7), RegisterBroker.NOBODY, false).error()).isEqualTo(KafkaError.NONE);
    }

    private RegisterBrokerReply registerInPlaceOf(int broker, Uuid processId, long incarnation, boolean lostTail) {
        return fixture.decide(fixture.rules.decide(fixture.image(), new RegisterBroker(
                broker, new Uuid(0, broker), processId, List.of(), null, fixture.replyTo(), null, lostTail, incarnation)));
    }

    @Test
    void anEligibleReplicaIsElectedOnlyWhileNoMemberOfTheIsrIsLiveAndThatMemberIsEligibleThen() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of("min.insync.replicas", "2")));
        lead("a", 0, 1);
        fixture.fence(2);
        fixture.register(2, new Uuid(0, 2), Uuid.randomUuid());
        assertThat(lead("a", 0, 2).error()).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
        fixture.fence(1);
        assertThat(lead("a", 0, 2).error()).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).eligible()).containsExactly(1);
        fixture.register(1, new Uuid(0, 1), Uuid.randomUuid());
        assertThat(isr(group("a", 0), 2, 1, List.of(1, 2))).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).eligible()).as("enough are in sync").isEmpty();
    }

    @Test
    void nobodyIsEligibleAnyMoreOnceAnyTopicOfTheGroupNeedsFewerReplicas() {
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of("min.insync.replicas", "2")));
        fixture.fence(2);
        assertThat(group("a", 0).eligible()).containsExactly(2);
        fixture.decide(fixture.rules.decide(fixture.image(), new AlterConfigs(List.of(new ConfigAlteration(
                new ConfigResource(ConfigResourceType.TOPIC, "a"),
                List.of(new ConfigChange("min.insync.replicas", ConfigOperation.SET, "1")), false)), false,
                fixture.replyTo())));
        assertThat(group("a", 0).eligible()).isEmpty();
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1);
    }

    /** Found by the simulator: the only broker that lived when a topic was made lost its disk, and nobody could lead it. */
    @Test
    void aReplicaThatWasAwayWhenItsGroupWasMadeMayLeadAsLongAsNothingCanBeCommitted() {
        // Given
        fixture.fence(2);
        fixture.create(new NewTopic("a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of("min.insync.replicas", "2")));
        fixture.create(new NewTopic("b", -1, (short) -1, Map.of(0, List.of(2, 1)), Map.of("min.insync.replicas", "1")));
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1);
        assertThat(group("a", 0).eligible()).containsExactly(2);
        assertThat(group("b", 0).eligible()).as("its leader commits alone").isEmpty();

        // When
        fixture.fence(1);
        fixture.register(1, new Uuid(9, 9), Uuid.randomUuid()); // another disk
        fixture.register(2, new Uuid(0, 2), Uuid.randomUuid());

        // Then
        assertThat(group("a", 0).inSyncReplicas()).isEmpty();
        assertThat(lead("a", 0, 2).error()).isEqualTo(KafkaError.NONE);
        assertThat(lead("b", 0, 2).error()).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
    }

    @Test
    void anUncleanLeaderIsElectedOnlyWhereEveryTopicOfTheGroupTakesIt() {
        fixture.create(new NewTopic(
                "a", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of("unclean.leader.election.enable", "true")));
        fixture.create(new NewTopic("b", -1, (short) -1, Map.of(0, List.of(2, 1)), Map.of()));
        fixture.fence(2);
        fixture.fence(1);
        fixture.register(2, new Uuid(0, 2), Uuid.randomUuid());
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(1);
        assertThat(lead("a", 0, 2).error()).isEqualTo(KafkaError.NONE);
        assertThat(group("a", 0).inSyncReplicas()).containsExactly(2);
        assertThat(lead("b", 0, 2).error()).isEqualTo(KafkaError.INELIGIBLE_REPLICA);
    }

    @Test
    void producerIdsAreNeverGivenTwice() {
        long first = allocate(1);
        assertThat(allocate(2)).isEqualTo(first + 1000);
        assertThat(allocate(1)).isEqualTo(first + 2000);
    }

    private long allocate(int broker) {
        return fixture.decide(fixture.rules.decide(fixture.image(),
                new AllocateProducerIds(broker, incarnation(broker), fixture.replyTo()))).first();
    }

    private void registerLostTail(int broker) {
        registerLostTail(broker, Uuid.randomUuid());
    }

    private void registerLostTail(int broker, Uuid processId) {
        fixture.decide(fixture.rules.decide(fixture.image(), new RegisterBroker(
                broker, new Uuid(0, broker), processId, List.of(), null, fixture.replyTo(), null, true, 0)));
    }

    private BecomeLeaderReply becomeLeader(String groupId, int broker, int knownEpoch) {
        return fixture.decide(fixture.rules.decide(fixture.image(), new BecomeLeader(
                groupId, broker, incarnation(broker), fixture.image().offset(), fixture.replyTo(), knownEpoch)));
    }

    private KafkaError isr(PlacementGroup group, int broker, int leaderEpoch, List<Integer> wanted) {
        return isr(group, broker, leaderEpoch, wanted, List.of());
    }

    private KafkaError isr(
            PlacementGroup group, int broker, int leaderEpoch, List<Integer> wanted, List<Long> incarnations) {
        return fixture.decide(fixture.rules.decide(fixture.image(), new ChangeInSyncReplicas(
                        group.id(), broker, incarnation(broker), leaderEpoch, group.partitionEpoch(), wanted,
                        fixture.replyTo(), incarnations)))
                .results().getFirst().error();
    }

    private BecomeLeaderReply lead(String topic, int partition, int broker) {
        return becomeLeader(group(topic, partition).id(), broker, incarnation(broker));
    }

    private BecomeLeaderReply becomeLeader(String groupId, int broker, long incarnation) {
        return fixture.decide(fixture.rules.decide(fixture.image(),
                new BecomeLeader(groupId, broker, incarnation, fixture.image().offset(), fixture.replyTo())));
    }

    private long incarnation(int broker) {
        MetadataImage.Broker registered = fixture.image().brokers().get(broker);
        return registered == null ? -1 : registered.incarnation();
    }

    private PlacementGroup group(String topic, int partition) {
        return fixture.image().groupOf(fixture.image().topic(topic), partition);
    }
}
