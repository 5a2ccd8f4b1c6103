package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.Rebalance.Reason;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

import static dev.sampo.group.coordinator.GroupDriver.GROUP;
import static dev.sampo.group.coordinator.GroupDriver.subscription;
import static org.assertj.core.api.Assertions.assertThat;

/** Which member goes with which node of the cluster. */
final class GroupNodesTest {
    private static final String NODE_A = "pekko://sampo@10.0.0.1:7355#1";
    private static final String NODE_A_AGAIN = "pekko://sampo@10.0.0.1:7355#2";
    private static final String NODE_B = "pekko://sampo@10.0.0.2:7355#3";
    private static final String OUTSIDE = "/10.0.0.1";

    private final GroupDriver group = new GroupDriver();

    private static Join join(String memberId, String instanceId, String host) {
        return new Join(
                GROUP, memberId, instanceId, "client", host, 10_000, 60_000, "consumer",
                List.of(new Protocol("range", subscription("t"))), true, true);
    }

    private String newMemberId(String host) {
        return group.call(join("", null, host)).memberId();
    }

    /** A stable group with one member on each of these hosts, in order; the first leads. */
    private List<String> members(String... hosts) {
        List<String> ids = List.of(hosts).stream().map(this::newMemberId).toList();
        List<Long> joins = IntStream.range(0, hosts.length)
                .mapToObj(i -> group.ask(join(ids.get(i), null, hosts[i])))
                .toList();
        group.pass(6_000);
        List<JoinReply> joined = joins.stream().map(group::joined).toList();
        joined.forEach(member -> group.sync(member, Map.of()));
        group.called.clear();
        return ids;
    }

    private void gone(String node) {
        group.perform(group.state.onNodesGone(node::equals, group.nowMs));
    }

    @Test
    void aMemberWhoseNodeIsGoneIsGoneAtOnceAndTheOthersAreCalled() {
        // Given
        List<String> ids = members(NODE_A, NODE_B);

        // When
        gone(NODE_A);

        // Then: the other one is all that the rebalance waits for
        assertThat(group.called).containsExactly(Set.of(NODE_B));
        assertThat(group.heartbeat(ids.get(1), 1)).isEqualTo(KafkaError.REBALANCE_IN_PROGRESS);
        JoinReply joined = group.joined(group.ask(join(ids.get(1), null, NODE_B)));
        assertThat(joined.leader()).isEqualTo(ids.get(1));
        assertThat(joined.members()).hasSize(1);
        assertThat(group.state.watched().rebalances().all().getLast().causes())
                .containsExactly(new Cause(Reason.NODE_LEFT, ids.get(0), null));
    }

    @Test
    void onlyThatRunOfThatNodeIsMeant() {
        // Given
        List<String> ids = members(NODE_A, NODE_B, OUTSIDE);

        // When
        gone(NODE_A_AGAIN);

        // Then
        assertThat(group.stateName()).isEqualTo("Stable");
        ids.forEach(id -> assertThat(group.heartbeat(id, 1)).isEqualTo(KafkaError.NONE));
    }

    @Test
    void theLastMemberThatGoesWithItsNodeEmptiesTheGroup() {
        // Given
        members(NODE_A);

        // When
        gone(NODE_A);

        // Then
        assertThat(group.stateName()).isEqualTo("Empty");
        assertThat(group.called).isEmpty();
    }

    @Test
    void aStaticMemberIsKeptForItsSession() {
        // Given
        long join = group.ask(join("", "static", NODE_A));
        group.pass(3_000);
        group.sync(group.joined(join), Map.of());

        // When
        gone(NODE_A);

        // Then
        assertThat(group.stateName()).isEqualTo("Stable");
    }

    @Test
    void whoWasOnlyToldItsIdHoldsNobodyUpAfterItsNode() {
        // Given: B has joined again, and the group waits for A, which has its id and has not come back with it
        String b = members(NODE_B).getFirst();
        newMemberId(NODE_A);
        long join = group.ask(new Join(
                GROUP, b, null, "client", NODE_B, 10_000, 60_000, "consumer",
                List.of(new Protocol("range", subscription("t", "other"))), true, true));
        assertThat(group.replies).doesNotContainKey(join);

        // When
        gone(NODE_A);

        // Then
        assertThat(group.joined(join).members()).hasSize(1);
    }

    @Test
    void aMemberThatWaitsForTheOthersGoesWithItsNode() {
        // Given: A and B are stable, C joins and waits for them
        List<String> ids = members(NODE_A, NODE_B);
        String c = newMemberId("pekko://sampo@10.0.0.3:7355#4");
        group.ask(join(c, null, "pekko://sampo@10.0.0.3:7355#4"));
        assertThat(group.called).containsExactly(Set.of(NODE_A, NODE_B));

        // When
        gone("pekko://sampo@10.0.0.3:7355#4");
        long first = group.ask(join(ids.get(0), null, NODE_A));
        group.ask(join(ids.get(1), null, NODE_B));

        // Then
        assertThat(group.joined(first).members()).hasSize(2);
    }

    @Test
    void theNextCoordinatorKnowsWhereMembersLived() {
        // Given
        List<String> ids = members(NODE_A, NODE_B);
        group.crash();

        // When: the node died while nobody coordinated
        group.perform(group.state.onNodesGone(host -> host.equals(NODE_B), group.nowMs));

        // Then
        assertThat(group.called).containsExactly(Set.of(NODE_A));
        assertThat(group.heartbeat(ids.get(1), 1)).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void membersOutsideOfTheClusterAreNotCalled() {
        // Given
        members(OUTSIDE, NODE_A);

        // When
        gone(NODE_A);

        // Then
        assertThat(group.called).isEmpty();
        assertThat(group.stateName()).isEqualTo("PreparingRebalance");
    }

    @Test
    void aMemberOfAConsumerGroupGoesWithItsNodeToo() {
        // Given
        var a = consumer(NODE_A);
        var b = consumer(NODE_B);
        int epoch = b.memberEpoch();

        // When
        gone(NODE_A);

        // Then
        assertThat(group.call(heartbeat(a.memberId(), a.memberEpoch(), NODE_A)).error())
                .isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(group.call(heartbeat(b.memberId(), epoch, NODE_B)).memberEpoch()).isEqualTo(epoch + 1);
        assertThat(group.called).containsExactly(Set.of(NODE_B));
    }

    @Test
    void whenAMemberOfAConsumerGroupLeavesTheOthersAreCalled() {
        // Given
        var a = consumer(NODE_A);
        consumer(NODE_B);

        // When
        group.call(heartbeat(a.memberId(), -1, NODE_A));

        // Then
        assertThat(group.called).containsExactly(Set.of(NODE_B));
    }

    private Group.ConsumerGroupHeartbeatReply consumer(String host) {
        return group.call(new ConsumerGroupHeartbeat(
                GROUP, "", 0, null, null, 60_000, List.of("t"), null, null, Map.of(), "client", host, false));
    }

    private static ConsumerGroupHeartbeat heartbeat(String memberId, int epoch, String host) {
        return new ConsumerGroupHeartbeat(
                GROUP, memberId, epoch, null, null, -1, null, null, null, null, "client", host, true);
    }
}
