package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.consumer.ConsumerMembership.Assigned;
import dev.sampo.client.internal.consumer.ConsumerMembership.Effect;
import dev.sampo.client.internal.consumer.ConsumerMembership.EpochBegan;
import dev.sampo.client.internal.consumer.ConsumerMembership.Fail;
import dev.sampo.client.internal.consumer.ConsumerMembership.ForgetCoordinator;
import dev.sampo.client.internal.consumer.ConsumerMembership.LoadTopicNames;
import dev.sampo.client.internal.consumer.ConsumerMembership.Lost;
import dev.sampo.client.internal.consumer.ConsumerMembership.Revoke;
import dev.sampo.client.internal.consumer.ConsumerMembership.SendHeartbeat;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ConsumerMembershipTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);
    private static final TopicPartition P2 = new TopicPartition("t", 2);
    private static final Uuid T = new Uuid(1, 1);
    private static final Uuid T_ANEW = new Uuid(2, 2);

    private final ConsumerMembership member = membership(Map.of());

    private static ConsumerMembership membership(Map<String, String> more) {
        var properties = new HashMap<>(Map.of("group.id", "g", "group.protocol", "consumer"));
        properties.putAll(more);
        return new ConsumerMembership(ConsumerProperties.from(properties), "m");
    }

    private static <T extends Effect> T only(List<Effect> effects, Class<T> type) {
        assertThat(effects).hasOnlyElementsOfType(type).hasSize(1);
        return type.cast(effects.get(0));
    }

    private static <T extends Effect> T first(List<Effect> effects, Class<T> type) {
        return effects.stream().filter(type::isInstance).map(type::cast).findFirst()
                .orElseThrow(() -> new AssertionError(type.getSimpleName() + " is not in " + effects));
    }

    private static ConsumerGroupHeartbeatResponseData alive(int epoch) {
        return new ConsumerGroupHeartbeatResponseData().setMemberId("m").setMemberEpoch(epoch).setHeartbeatIntervalMs(5_000);
    }

    private static ConsumerGroupHeartbeatResponseData assigned(int epoch, Uuid topicId, Integer... partitions) {
        return alive(epoch).setAssignment(new ConsumerGroupHeartbeatResponseData.Assignment().setTopicPartitions(
                partitions.length == 0 ? List.of() : List.of(new ConsumerGroupHeartbeatResponseData.TopicPartitions()
                        .setTopicId(topicId).setPartitions(Arrays.asList(partitions)))));
    }

    private static ConsumerGroupHeartbeatResponseData refused(Errors error) {
        return new ConsumerGroupHeartbeatResponseData().setErrorCode(error.code()).setErrorMessage("because");
    }

    private static List<Integer> owned(ConsumerGroupHeartbeatRequestData request) {
        return request.topicPartitions().stream().flatMap(topic -> topic.partitions().stream()).sorted().toList();
    }

    /** Joins and is given these at time 0; answers the heartbeat that says so, answered as well. */
    private static void join(ConsumerMembership member, Integer... partitions) {
        member.onTopicNames(Map.of(T, "t"), 0);
        SendHeartbeat join = only(member.subscribe(Set.of("t"), 0), SendHeartbeat.class);
        List<Effect> effects = member.onHeartbeatResponse(join.attempt(), assigned(1, T, partitions), 0);
        assertThat(owned(first(effects, SendHeartbeat.class).request())).containsExactly(partitions);
        assertThat(member.onHeartbeatResponse(first(effects, SendHeartbeat.class).attempt(), alive(1), 0)).isEmpty();
    }

    @Test
    void aMemberJoinsWithAnIdOfItsOwnAndAllThatTheCoordinatorHasToKnow() {
        // Given
        var picky = membership(Map.of("group.instance.id", "i", "client.rack", "r", "group.remote.assignor", "range"));

        // When
        var request = only(picky.subscribe(Set.of("b", "a"), 0), SendHeartbeat.class).request();

        // Then
        assertThat(request).isEqualTo(new ConsumerGroupHeartbeatRequestData()
                .setGroupId("g").setMemberId("m").setMemberEpoch(0).setInstanceId("i").setRackId("r")
                .setRebalanceTimeoutMs(300_000).setSubscribedTopicNames(List.of("a", "b")).setServerAssignor("range")
                .setTopicPartitions(List.of()));
    }

    @Test
    void whatIsAssignedIsTakenAtOnceAndConfirmed() {
        // Given
        member.onTopicNames(Map.of(T, "t"), 0);
        SendHeartbeat join = only(member.subscribe(Set.of("t"), 0), SendHeartbeat.class);

        // When
        List<Effect> effects = member.onHeartbeatResponse(join.attempt(), assigned(3, T, 0, 1), 0);

        // Then
        assertThat(effects.subList(0, 2))
                .containsExactly(new EpochBegan(), new Assigned(Set.of(P0, P1), Set.of(P0, P1)));
        var confirmation = first(effects, SendHeartbeat.class).request();
        assertThat(confirmation.memberEpoch()).isEqualTo(3);
        assertThat(owned(confirmation)).containsExactly(0, 1);
        assertThat(confirmation.subscribedTopicNames()).isNull();
        assertThat(member.memberEpoch()).isEqualTo(3);
    }

    @Test
    void aPartitionIsConfirmedAsGivenUpOnlyWhenTheShellHasDroppedIt() {
        // Given
        join(member, 0, 1);
        SendHeartbeat heartbeat = only(member.onTick(5_000), SendHeartbeat.class);
        assertThat(heartbeat.request().topicPartitions()).isNull();

        // When
        Revoke revoke = only(member.onHeartbeatResponse(heartbeat.attempt(), assigned(1, T, 0), 5_000), Revoke.class);
        SendHeartbeat meanwhile = only(member.onTick(10_000), SendHeartbeat.class);
        member.onHeartbeatResponse(meanwhile.attempt(), alive(1), 10_000);
        SendHeartbeat confirmation = only(member.onRevoked(revoke.step(), 10_001), SendHeartbeat.class);

        // Then
        assertThat(revoke.partitions()).containsExactly(P1);
        assertThat(meanwhile.request().topicPartitions()).isNull();
        assertThat(owned(confirmation.request())).containsExactly(0);
        assertThat(member.owned()).containsExactly(P0);
    }

    @Test
    void aNewerAssignmentThatComesDuringARevocationIsTakenAfterIt() {
        // Given
        join(member, 0, 1);
        Revoke revoke = only(
                member.onHeartbeatResponse(only(member.onTick(5_000), SendHeartbeat.class).attempt(), assigned(1, T, 0), 5_000),
                Revoke.class);

        // When
        List<Effect> during = member.onHeartbeatResponse(
                only(member.onTick(10_000), SendHeartbeat.class).attempt(), assigned(2, T, 0, 2), 10_000);
        List<Effect> after = member.onRevoked(revoke.step(), 10_000);

        // Then
        assertThat(during).containsExactly(new EpochBegan());
        assertThat(after.get(0)).isEqualTo(new Assigned(Set.of(P2), Set.of(P0, P2)));
        assertThat(owned(first(after, SendHeartbeat.class).request())).containsExactly(0, 2);
    }

    @Test
    void noAssignmentIsNoChangeButAnEmptyOneTakesAll() {
        // Given
        join(member, 0);

        // When
        List<Effect> none = member.onHeartbeatResponse(only(member.onTick(5_000), SendHeartbeat.class).attempt(), alive(1), 5_000);
        List<Effect> empty = member.onHeartbeatResponse(
                only(member.onTick(10_000), SendHeartbeat.class).attempt(), assigned(1, T), 10_000);

        // Then
        assertThat(none).isEmpty();
        assertThat(only(empty, Revoke.class).partitions()).containsExactly(P0);
    }

    @Test
    void aTopicWhoseNameIsNotKnownIsTakenWhenItIs() {
        // Given
        SendHeartbeat join = only(member.subscribePattern("t.*", 0), SendHeartbeat.class);
        assertThat(join.request().subscribedTopicRegex()).isEqualTo("t.*");
        assertThat(join.request().subscribedTopicNames()).isNull();

        // When
        List<Effect> before = member.onHeartbeatResponse(join.attempt(), assigned(1, T, 0), 0);
        List<Effect> after = member.onTopicNames(Map.of(T, "t"), 100);

        // Then
        assertThat(before).containsExactly(new EpochBegan(), new LoadTopicNames(), new Assigned(Set.of(), Set.of()));
        assertThat(after.get(0)).isEqualTo(new Assigned(Set.of(P0), Set.of(P0)));
    }

    @Test
    void aTopicThatWasMadeAnewUnderItsNameIsAnotherTopic() {
        // Given
        join(member, 0);
        member.onTopicNames(Map.of(T_ANEW, "t"), 0);

        // When
        Revoke revoke = only(member.onHeartbeatResponse(
                only(member.onTick(5_000), SendHeartbeat.class).attempt(), assigned(2, T_ANEW, 0), 5_000).subList(1, 2), Revoke.class);
        List<Effect> after = member.onRevoked(revoke.step(), 5_000);

        // Then
        assertThat(revoke.partitions()).containsExactly(P0);
        assertThat(after.get(0)).isEqualTo(new Assigned(Set.of(P0), Set.of(P0)));
        assertThat(first(after, SendHeartbeat.class).request().topicPartitions()).singleElement()
                .satisfies(topic -> assertThat(topic.topicId()).isEqualTo(T_ANEW));
    }

    @Test
    void aFencedMemberLosesItsPartitionsAndJoinsAgainUnderItsId() {
        // Given: one partition is being revoked
        join(member, 0, 1);
        Revoke revoke = only(
                member.onHeartbeatResponse(only(member.onTick(5_000), SendHeartbeat.class).attempt(), assigned(1, T, 0), 5_000),
                Revoke.class);

        // When
        List<Effect> effects = member.onHeartbeatResponse(
                only(member.onTick(10_000), SendHeartbeat.class).attempt(), refused(Errors.FENCED_MEMBER_EPOCH), 10_000);

        // Then
        assertThat(effects.get(0)).isEqualTo(new Lost(Set.of(P0, P1)));
        var join = first(effects, SendHeartbeat.class).request();
        assertThat(join.memberEpoch()).isZero();
        assertThat(join.memberId()).isEqualTo("m");
        assertThat(join.topicPartitions()).isEmpty();
        assertThat(member.memberEpoch()).isEqualTo(-1);
        assertThat(member.isRevoking(revoke.step())).isFalse();
        assertThat(member.onRevoked(revoke.step(), 10_000)).isEmpty();
    }

    @Test
    void aCommitThatWasRefusedForItsEpochCountsOnlyInThatEpoch() {
        // Given
        join(member, 0);

        // When, Then
        assertThat(member.onEpochOver(-1, 0)).isEmpty();
        assertThat(member.onEpochOver(2, 0)).isEmpty();
        assertThat(member.onEpochOver(1, 0).get(0)).isEqualTo(new Lost(Set.of(P0)));
    }

    @Test
    void afterAHeartbeatWithoutAnAnswerAllIsSaidAgainAfterAPause() {
        // Given
        join(member, 0);
        SendHeartbeat heartbeat = only(member.onTick(5_000), SendHeartbeat.class);

        // When
        List<Effect> failed = member.onHeartbeatFailed(heartbeat.attempt(), 6_000);

        // Then
        assertThat(failed).containsExactly(new ForgetCoordinator());
        assertThat(member.onTick(6_099)).isEmpty();
        var again = only(member.onTick(6_100), SendHeartbeat.class).request();
        assertThat(again.memberEpoch()).isEqualTo(1);
        assertThat(again.subscribedTopicNames()).containsExactly("t");
        assertThat(again.rebalanceTimeoutMs()).isEqualTo(300_000);
        assertThat(owned(again)).containsExactly(0);
        assertThat(member.onHeartbeatResponse(heartbeat.attempt(), assigned(7, T), 6_101)).isEmpty();
    }

    @Test
    void anInstanceIdThatIsHeldOrWasTakenAndARefusedSubscriptionFailTheConsumer() {
        // Given
        var held = membership(Map.of("group.instance.id", "i"));
        var taken = membership(Map.of("group.instance.id", "i"));
        join(taken, 0);

        // When
        List<Effect> unreleased = held.onHeartbeatResponse(
                only(held.subscribe(Set.of("t"), 0), SendHeartbeat.class).attempt(), refused(Errors.UNRELEASED_INSTANCE_ID), 0);
        List<Effect> fenced = taken.onHeartbeatResponse(
                only(taken.onTick(5_000), SendHeartbeat.class).attempt(), refused(Errors.FENCED_INSTANCE_ID), 5_000);
        List<Effect> invalid = member.onHeartbeatResponse(
                only(member.subscribePattern("(", 0), SendHeartbeat.class).attempt(), refused(Errors.INVALID_REGULAR_EXPRESSION), 0);

        // Then
        assertThat(only(unreleased, Fail.class).message()).contains("group.instance.id i");
        assertThat(only(fenced, Fail.class).error()).isEqualTo(Errors.FENCED_INSTANCE_ID);
        assertThat(only(invalid, Fail.class).message()).isEqualTo("because");
    }

    @Test
    void aMemberLeavesForGoodAndAStaticOneForAWhile() {
        // Given
        var fixed = membership(Map.of("group.instance.id", "i"));
        assertThat(membership(Map.of()).leave()).isEmpty();
        join(member, 0);
        join(fixed, 0);

        // When, Then
        assertThat(member.leave().orElseThrow().memberEpoch()).isEqualTo(-1);
        assertThat(fixed.leave().orElseThrow().memberEpoch()).isEqualTo(-2);
        assertThat(fixed.leave().orElseThrow().instanceId()).isEqualTo("i");
        assertThat(member.onTick(100_000)).isEmpty();
    }

    @Test
    void whatTheOtherProtocolNeedsIsRefused() {
        assertThatThrownBy(() -> membership(Map.of("session.timeout.ms", "6000")))
                .isInstanceOf(ConfigException.class).hasMessageContaining("session.timeout.ms");
        assertThatThrownBy(() -> membership(Map.of("group.protocol", "classic", "group.remote.assignor", "uniform")))
                .isInstanceOf(ConfigException.class).hasMessageContaining("group.remote.assignor");
        assertThatThrownBy(() -> membership(Map.of("group.protocol", "raft")))
                .isInstanceOf(ConfigException.class).hasMessageContaining("classic or consumer");
    }
}
