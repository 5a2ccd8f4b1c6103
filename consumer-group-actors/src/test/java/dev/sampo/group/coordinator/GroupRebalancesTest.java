package dev.sampo.group.coordinator;

import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.Leave;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.group.lag.Rebalance;
import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.Rebalance.Reason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static dev.sampo.group.coordinator.GroupDriver.GROUP;
import static dev.sampo.group.coordinator.GroupDriver.joinRequest;
import static org.assertj.core.api.Assertions.assertThat;

/** Why a group says that it rebalances. */
final class GroupRebalancesTest {
    private final GroupDriver group = new GroupDriver();

    private Rebalance last() {
        return group.state.watched().rebalances().all().getLast();
    }

    private void assertCauses(Cause... causes) {
        assertThat(last().causes()).containsExactly(causes);
    }

    @Test
    void theFirstMembersOfAGroupMakeOneRebalance() {
        // When
        String first = group.newMemberId();
        long joinFirst = group.join(first, "t");
        String second = group.newMemberId();
        group.join(second, "t");
        group.pass(6_000);
        JoinReply leader = group.joined(joinFirst);
        boolean completedBefore = last().completed();
        group.sync(leader, Map.of());

        // Then
        assertThat(completedBefore).isFalse();
        assertThat(group.state.watched().rebalances().all()).containsExactly(new Rebalance(
                1_000_000, 1_006_000, true, 1, 2,
                List.of(new Cause(Reason.MEMBER_JOINED, first, null), new Cause(Reason.MEMBER_JOINED, second, null)), 0));
    }

    @Test
    void theLastMemberThatLeavesEmptiesTheGroup() {
        // Given
        JoinReply member = group.stableMember();

        // When
        group.call(new Leave(GROUP, List.of(new LeavingMember(member.memberId(), null))));

        // Then
        assertCauses(new Cause(Reason.MEMBER_LEFT, member.memberId(), null));
        assertThat(last()).extracting(Rebalance::completed, Rebalance::generationId, Rebalance::members)
                .containsExactly(true, 2, 0);
    }

    @Test
    void aMemberThatIsNotHeardOfIsTheCause() {
        // Given
        JoinReply member = group.stableMember();

        // When
        group.pass(10_001);

        // Then
        assertCauses(new Cause(Reason.SESSION_EXPIRED, member.memberId(), null));
    }

    @Test
    void aMemberThatDoesNotJoinAgainIsACauseOfTheRebalanceThatGoesOn() {
        // Given
        JoinReply member = group.stableMember();
        String second = group.newMemberId();
        group.join(second, "t");

        // When
        for (int i = 0; i < 10; i++) {
            group.pass(6_000);
            group.heartbeat(member.memberId(), member.generationId());
        }

        // Then
        assertCauses(new Cause(Reason.MEMBER_JOINED, second, null), new Cause(Reason.JOIN_TIMED_OUT, member.memberId(), null));
        assertThat(last().generationId()).isEqualTo(1); // nobody has synced: it goes on
    }

    @Test
    void aLeaderThatJoinsAgainAndOneWithOtherTopicsAreToldApart() {
        // Given
        JoinReply member = group.stableMember();

        // When
        JoinReply again = group.joined(group.join(member.memberId(), "t"));
        assertCauses(new Cause(Reason.LEADER_JOINED_AGAIN, member.memberId(), null));
        group.sync(again, Map.of());
        group.join(member.memberId(), "t", "u");

        // Then
        assertCauses(new Cause(Reason.SUBSCRIPTION_CHANGED, member.memberId(), null));
    }

    @Test
    void aStaticMemberThatComesBackWithOtherTopicsIsTheCause() {
        // Given
        long join = group.ask(joinRequest("", "i", "t"));
        group.pass(3_000);
        JoinReply member = group.joined(join);
        group.call(new Group.Sync(
                GROUP, member.generationId(), member.memberId(), "i", member.protocolType(), member.protocolName(), Map.of()));
        int before = group.state.watched().rebalances().all().size();

        // When
        group.ask(joinRequest("", "i", "t"));
        int same = group.state.watched().rebalances().all().size();
        JoinReply other = (JoinReply) group.answer(group.ask(joinRequest("", "i", "u")));

        // Then
        assertThat(before).isEqualTo(1);
        assertThat(same).isEqualTo(1);
        assertCauses(new Cause(Reason.STATIC_MEMBER_CAME_BACK, other.memberId(), "i"));
    }

    @Test
    void aMemberThatDoesNotSyncIsTheCauseOfTheNextRebalance() {
        // Given
        String memberId = group.newMemberId();
        group.join(memberId, "t");
        group.pass(3_000);

        // When
        for (int i = 0; i < 10; i++) {
            group.heartbeat(memberId, 1);
            group.pass(6_000);
        }

        // Then
        List<Rebalance> all = group.state.watched().rebalances().all();
        assertThat(all).hasSize(2);
        assertThat(all.getFirst().completed()).isFalse();
        assertCauses(new Cause(Reason.SYNC_TIMED_OUT, memberId, null));
    }

    // ---- consumer protocol

    private final ConsumerDriver consumers = new ConsumerDriver();

    private List<Rebalance> allOfConsumers() {
        return consumers.group.state.watched().rebalances().all();
    }

    private void assertLastOfConsumers(Cause cause) {
        assertThat(allOfConsumers().getLast().causes()).containsExactly(cause);
        assertThat(allOfConsumers().getLast().completed()).isTrue();
    }

    @Test
    void aConsumerThatJoinsMakesARebalanceWhichEndsWhenEveryoneHasWhatItShould() {
        // Given
        consumers.topic("t", 2);
        ConsumerDriver.Member first = consumers.member("first", "t").beats();

        // When
        ConsumerDriver.Member second = consumers.member("second", "t").beats();
        boolean goesOn = !allOfConsumers().getLast().completed();
        consumers.settle(first, second);

        // Then
        assertThat(goesOn).isTrue();
        assertThat(allOfConsumers()).containsExactly(
                new Rebalance(1_000_000, 1_000_000, true, 2, 1, List.of(new Cause(Reason.MEMBER_JOINED, "first", null)), 0),
                new Rebalance(1_000_000, 1_000_000, true, 3, 2, List.of(new Cause(Reason.MEMBER_JOINED, "second", null)), 0));
    }

    @Test
    void consumersThatLeaveOrAreLateAreToldApart() {
        // Given
        consumers.topic("t", 2);
        ConsumerDriver.Member first = consumers.member("first", "t").beats();
        ConsumerDriver.Member second = consumers.staticMember("second", "box", "t").beats();
        ConsumerDriver.Member third = consumers.member("third", "t").beats();
        consumers.settle(first, second, third);

        // When
        third.leaves();
        consumers.settle(first, second);

        // Then
        assertLastOfConsumers(new Cause(Reason.MEMBER_LEFT, "third", null));

        // When
        consumers.group.pass(30_000);
        first.beats();
        consumers.group.pass(20_000);
        consumers.settle(first);

        // Then
        assertLastOfConsumers(new Cause(Reason.SESSION_EXPIRED, "second", "box"));
    }

    @Test
    void aConsumerThatDoesNotGivePartitionsUpIsTheCauseOfTheNextRebalance() {
        // Given
        consumers.topic("t", 2);
        ConsumerDriver.Member first = consumers.member("first", "t").beats();
        ConsumerDriver.Member second = consumers.member("second", "t").beats();
        first.hears(); // is told to give one up, and does not

        // When
        consumers.group.pass(30_000);

        // Then
        assertThat(allOfConsumers().getLast().causes()).containsExactly(new Cause(Reason.REVOCATION_TIMED_OUT, "first", null));
        assertThat(allOfConsumers().get(1).completed()).isFalse();
        consumers.settle(second);
        assertThat(allOfConsumers().getLast().completed()).isTrue();
    }

    @Test
    void whatAConsumerWantsAndWhatItsTopicsBecomeAreToldApart() {
        // Given
        consumers.topic("t", 2);
        ConsumerDriver.Member member = consumers.member("member", "t").beats();

        // When, then
        consumers.topic("t", 3);
        member.beats();
        assertLastOfConsumers(new Cause(Reason.TOPICS_CHANGED, "", null));

        member.assignor("range").beats();
        assertLastOfConsumers(new Cause(Reason.ASSIGNOR_CHANGED, "member", null));

        member.topicNames.add("u");
        member.beats();
        assertLastOfConsumers(new Cause(Reason.SUBSCRIPTION_CHANGED, "member", null));

        member.regex("x.*").beats();
        consumers.resolve();
        consumers.topic("x1", 1);
        consumers.group.pass(11_000);
        member.beats();
        consumers.resolve();
        member.beats();
        assertLastOfConsumers(new Cause(Reason.REGEX_RESOLVED, "", null));
    }
}
