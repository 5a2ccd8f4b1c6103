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
}
