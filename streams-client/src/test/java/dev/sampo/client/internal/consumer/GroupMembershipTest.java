package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.consumer.GroupMembership.Assigned;
import dev.sampo.client.internal.consumer.GroupMembership.Effect;
import dev.sampo.client.internal.consumer.GroupMembership.Fail;
import dev.sampo.client.internal.consumer.GroupMembership.ForgetCoordinator;
import dev.sampo.client.internal.consumer.GroupMembership.LoadTopics;
import dev.sampo.client.internal.consumer.GroupMembership.Lost;
import dev.sampo.client.internal.consumer.GroupMembership.PrepareJoin;
import dev.sampo.client.internal.consumer.GroupMembership.RetryLater;
import dev.sampo.client.internal.consumer.GroupMembership.SendHeartbeat;
import dev.sampo.client.internal.consumer.GroupMembership.SendJoin;
import dev.sampo.client.internal.consumer.GroupMembership.SendSync;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class GroupMembershipTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);

    private final GroupMembership eager = membership("org.apache.kafka.clients.consumer.RangeAssignor");
    private final GroupMembership cooperative =
            membership("org.apache.kafka.clients.consumer.CooperativeStickyAssignor");

    private static GroupMembership membership(String assignor) {
        return new GroupMembership(ConsumerProperties.from(Map.of(
                "group.id", "g", "partition.assignment.strategy", assignor)));
    }

    private static <T extends Effect> T only(List<Effect> effects, Class<T> type) {
        assertThat(effects).hasOnlyElementsOfType(type).hasSize(1);
        return type.cast(effects.get(0));
    }

    private static JoinGroupResponseData joined(int generationId, String protocol) {
        return new JoinGroupResponseData()
                .setMemberId("m").setLeader("other").setGenerationId(generationId).setProtocolName(protocol);
    }

    private static SyncGroupResponseData assignment(TopicPartition... partitions) {
        ByteBuffer bytes = ConsumerProtocol.serializeAssignment(
                new ConsumerPartitionAssignor.Assignment(List.of(partitions)));
        byte[] array = new byte[bytes.remaining()];
        bytes.get(array);
        return new SyncGroupResponseData().setAssignment(array);
    }

    /** Joins as a follower and is given these; answers what the sync answer brought. */
    private static List<Effect> join(
            GroupMembership member, List<Effect> begun, int generationId, String protocol, TopicPartition... partitions) {
        PrepareJoin prepare = (PrepareJoin) begun.get(begun.size() - 1);
        SendJoin join = only(member.onReadyToJoin(prepare.attempt()), SendJoin.class);
        SendSync sync = only(member.onJoinResponse(join.attempt(), joined(generationId, protocol), 0), SendSync.class);
        return member.onSyncResponse(sync.attempt(), assignment(partitions), 0);
    }

    @Test
    void aNewMemberJoinsAgainWithTheIdThatTheCoordinatorGave() {
        // Given
        PrepareJoin prepare = only(eager.subscribe(Set.of("t")), PrepareJoin.class);
        SendJoin first = only(eager.onReadyToJoin(prepare.attempt()), SendJoin.class);

        // When
        SendJoin second = only(eager.onJoinResponse(first.attempt(), new JoinGroupResponseData()
                .setErrorCode(Errors.MEMBER_ID_REQUIRED.code()).setMemberId("m-1"), 0), SendJoin.class);

        // Then
        assertThat(first.request().memberId()).isEmpty();
        assertThat(second.request().memberId()).isEqualTo("m-1");
    }

    @Test
    void theLeaderAssignsWhatAllMembersSubscribeTo() {
        // Given
        PrepareJoin prepare = only(eager.subscribe(Set.of("t")), PrepareJoin.class);
        SendJoin join = only(eager.onReadyToJoin(prepare.attempt()), SendJoin.class);
        var response = joined(1, "range").setLeader("m");
        response.members().add(new JoinGroupResponseData.JoinGroupResponseMember()
                .setMemberId("m").setMetadata(join.request().protocols().find("range").metadata()));

        // When
        LoadTopics load = only(eager.onJoinResponse(join.attempt(), response, 0), LoadTopics.class);
        Node node = new Node(1, "h", 1);
        SendSync sync = only(eager.onTopicsLoaded(load.attempt(), new Cluster("c", List.of(node), List.of(
                new PartitionInfo("t", 0, node, new Node[0], new Node[0]),
                new PartitionInfo("t", 1, node, new Node[0], new Node[0])), Set.of(), Set.of())), SendSync.class);

        // Then
        assertThat(load.topics()).containsExactly("t");
        assertThat(sync.request().assignments()).singleElement().satisfies(mine -> assertThat(
                ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(mine.assignment())).partitions())
                .containsExactly(P0, P1));
    }

    @Test
    void anEagerRebalanceAnnouncesAllAndGivesUpOnlyWhatItDoesNotGetBack() {
        // Given
        join(eager, eager.subscribe(Set.of("t")), 1, "range", P0, P1);

        // When
        List<Effect> begun = eager.onHeartbeatResponse(1, Errors.REBALANCE_IN_PROGRESS, 0);
        List<Effect> after = join(eager, begun, 2, "range", P1);

        // Then
        assertThat(only(begun, PrepareJoin.class).announcedRevoked()).containsExactlyInAnyOrder(P0, P1);
        assertThat(after).containsExactly(new Assigned(2, Set.of(P0), Set.of(), Set.of(P1), true));
    }

    @Test
    void aCooperativeMemberThatGaveUpPartitionsJoinsAgain() {
        // Given
        join(cooperative, cooperative.subscribe(Set.of("t")), 1, "cooperative-sticky", P0, P1);

        // When
        List<Effect> begun = cooperative.onHeartbeatResponse(1, Errors.REBALANCE_IN_PROGRESS, 0);
        List<Effect> after = join(cooperative, begun, 2, "cooperative-sticky", P1);

        // Then
        assertThat(only(begun, PrepareJoin.class).announcedRevoked()).isEmpty();
        assertThat(after.get(0)).isEqualTo(new Assigned(2, Set.of(P0), Set.of(), Set.of(P1), false));
        assertThat(after.get(1)).isInstanceOf(PrepareJoin.class);
    }

    @Test
    void untilAJoinIsAnsweredTheGroupMayBeInTheNextGeneration() {
        // Given
        join(cooperative, cooperative.subscribe(Set.of("t")), 1, "cooperative-sticky", P0);
        PrepareJoin prepare = only(cooperative.rejoin(), PrepareJoin.class);
        assertThat(cooperative.isJoining()).isFalse();

        // When
        SendJoin join = only(cooperative.onReadyToJoin(prepare.attempt()), SendJoin.class);

        // Then
        assertThat(cooperative.isJoining()).isTrue();
        cooperative.onJoinResponse(join.attempt(), joined(2, "cooperative-sticky"), 0);
        assertThat(cooperative.isJoining()).isFalse();
        assertThat(cooperative.generationId()).isEqualTo(2);
    }

    @Test
    void aMemberThatTheCoordinatorForgotLosesItsPartitionsAndJoinsAsANewOne() {
        // Given
        join(eager, eager.subscribe(Set.of("t")), 1, "range", P0);

        // When
        List<Effect> effects = eager.onHeartbeatResponse(1, Errors.UNKNOWN_MEMBER_ID, 0);

        // Then
        assertThat(effects.get(0)).isEqualTo(new Lost(Set.of(P0)));
        assertThat(((SendJoin) effects.get(1)).request().memberId()).isEmpty();
        assertThat(eager.generationId()).isEqualTo(-1);
    }

    @Test
    void aMemberHeartbeatsWhenDueAndGivesUpItsSessionWhenNobodyAnswers() {
        // Given
        join(eager, eager.subscribe(Set.of("t")), 1, "range", P0);

        // When
        List<Effect> early = eager.onTick(2_999);
        List<Effect> due = eager.onTick(3_000);
        List<Effect> waiting = eager.onTick(6_000);
        List<Effect> over = eager.onTick(45_000);

        // Then
        assertThat(early).isEmpty();
        only(due, SendHeartbeat.class);
        assertThat(waiting).isEmpty();
        assertThat(over.get(0)).isEqualTo(new Lost(Set.of(P0)));
    }

    @Test
    void aCoordinatorThatMovedIsLookedUpBeforeTheNextJoin() {
        // Given
        PrepareJoin prepare = only(eager.subscribe(Set.of("t")), PrepareJoin.class);
        SendJoin join = only(eager.onReadyToJoin(prepare.attempt()), SendJoin.class);

        // When
        List<Effect> effects = eager.onJoinResponse(join.attempt(),
                new JoinGroupResponseData().setErrorCode(Errors.NOT_COORDINATOR.code()), 0);

        // Then
        assertThat(effects).containsExactly(new ForgetCoordinator(), new RetryLater(join.attempt()));
        only(eager.onRetry(join.attempt()), SendJoin.class);
    }

    @Test
    void aFencedStaticMemberFails() {
        // Given
        join(eager, eager.subscribe(Set.of("t")), 1, "range", P0);

        // When, Then
        assertThat(eager.onHeartbeatResponse(1, Errors.FENCED_INSTANCE_ID, 0))
                .containsExactly(new Fail(Errors.FENCED_INSTANCE_ID));
    }

    @Test
    void nothingIsCommittedInAGenerationWhoseAssignmentIsNotKnownYet() {
        // Given
        join(eager, eager.subscribe(Set.of("t")), 1, "range", P0);
        PrepareJoin prepare = only(eager.rejoin(), PrepareJoin.class);
        SendJoin join = only(eager.onReadyToJoin(prepare.attempt()), SendJoin.class);
        assertThat(eager.mayCommit()).isTrue(); // by the generation before, which the coordinator may refuse

        // When
        SendSync sync = only(eager.onJoinResponse(join.attempt(), joined(2, "range"), 0), SendSync.class);

        // Then
        assertThat(eager.mayCommit()).isFalse();
        eager.onSyncResponse(sync.attempt(), assignment(P1), 0);
        assertThat(eager.mayCommit()).isTrue();
    }
}
