package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribe;
import dev.sampo.actors.protocol.Group.DescribedConsumer;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.SyncReply;
import dev.sampo.group.consumer.EmbeddedProtocol;
import dev.sampo.group.coordinator.ConsumerDriver.Member;
import dev.sampo.group.journal.GroupEvent.GroupRemoved;
import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.Rebalance.Reason;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static dev.sampo.group.coordinator.GroupDriver.GROUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

/** A group changes its type with its members (KIP-848). Kafka's own classes are the judge of the rest, see MixedGroupSimulation. */
final class GroupMigrationTest {
    private final ConsumerDriver driver = new ConsumerDriver();
    private final GroupDriver group = driver.group;
    private final Uuid topicId = driver.topic("t", 2);

    /** A stable classic group of one member with both partitions. */
    private JoinReply classicMember() {
        String memberId = group.newMemberId();
        long join = group.join(memberId, "t");
        group.pass(3_000);
        JoinReply reply = group.joined(join);
        group.sync(reply, Map.of(memberId, EmbeddedProtocol.assignment(
                Map.of(topicId, Set.of(0, 1)), driver.topics(), GroupDriver.subscription("t"))));
        return reply;
    }

    private Set<Integer> partitions(SyncReply reply) {
        assertThat(reply.error()).isEqualTo(KafkaError.NONE);
        return EmbeddedProtocol.partitions(reply.assignment(), driver.topics()).getOrDefault(topicId, Set.of());
    }

    @Test
    void aConsumerThatJoinsAClassicGroupGetsWhatTheClassicMemberHasGivenUp() {
        // Given
        JoinReply classic = classicMember();

        // When
        Member consumer = driver.member("new", "t").beats();

        // Then
        assertThat(group.state.summary().groupType()).isEqualTo("consumer");
        assertThat(group.storedInOrder).contains(new GroupRemoved());
        assertThat(consumer.owns()).isEmpty();
        assertThat(group.heartbeat(classic.memberId(), classic.generationId())).isEqualTo(KafkaError.REBALANCE_IN_PROGRESS);

        // When
        driver.crash();
        JoinReply again = group.joined(group.join(classic.memberId(), "t"));
        Set<Integer> kept = partitions(group.sync(again, Map.of()));
        consumer.beats();

        // Then
        assertThat(kept).hasSize(1);
        assertThat(consumer.owns()).hasSize(1).doesNotContain("t-" + kept.iterator().next());
        assertThat(group.heartbeat(again.memberId(), again.generationId())).isEqualTo(KafkaError.NONE);
        assertThat(group.call(new ConsumerGroupDescribe(GROUP)).members())
                .extracting(DescribedConsumer::memberId, DescribedConsumer::classic)
                .containsExactlyInAnyOrder(
                        tuple(classic.memberId(), true), tuple("new", false));
    }

    @Test
    void whenTheLastConsumerLeavesTheGroupIsAClassicOneThatRebalances() {
        // Given
        JoinReply classic = classicMember();
        Member consumer = driver.member("new", "t").beats();
        JoinReply again = group.joined(group.join(classic.memberId(), "t"));
        group.sync(again, Map.of());

        // When
        consumer.leaves();

        // Then
        assertThat(group.state.summary().groupType()).isEqualTo("classic");
        assertThat(group.stateName()).isEqualTo("PreparingRebalance");
        assertThat(group.state.watched().rebalances().all().getLast().causes())
                .containsExactly(new Cause(Reason.MEMBER_LEFT, "new", null));
        driver.crash();
        assertThat(group.heartbeat(classic.memberId(), again.generationId())).as("the generation is the group's epoch").isNotEqualTo(
                KafkaError.UNKNOWN_MEMBER_ID);
        JoinReply last = group.joined(group.join(classic.memberId(), "t"));
        assertThat(last.leader()).isEqualTo(classic.memberId());
        assertThat(last.generationId()).isGreaterThan(again.generationId());
    }

    @Test
    void aClassicMemberThatDoesNotJoinWhenItHasToIsRemoved() {
        // Given
        JoinReply classic = classicMember();
        Member consumer = driver.member("new", "t").beats();
        consumer.rebalanceTimeoutMs = 300_000;

        // When
        for (int i = 0; i < 7; i++) {
            group.heartbeat(classic.memberId(), classic.generationId());
            consumer.beats();
            group.pass(9_000);
        }

        // Then
        assertThat(group.state.watched().rebalances().all().getLast().causes())
                .containsExactly(new Cause(Reason.JOIN_TIMED_OUT, classic.memberId(), null));
        assertThat(consumer.beats().owns()).containsExactly("t-0", "t-1");
    }

    @Test
    void aClassicGroupWithAssignmentsThatAreNotReadableStaysOne() {
        // Given
        group.stableMember();

        // When
        var reply = driver.member("new", "t").hears();

        // Then
        assertThat(reply.error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        assertThat(reply.errorMessage()).contains("assignment");
        assertThat(group.state.summary().groupType()).isEqualTo("classic");
        assertThat(group.stateName()).isEqualTo("Stable");
        assertThat(group.storedInOrder).doesNotContain(new GroupRemoved());
        assertThat(List.copyOf(group.stored.values())).hasSize(1);
    }
}
