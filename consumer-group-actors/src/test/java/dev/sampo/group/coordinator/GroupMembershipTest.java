package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.Leave;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.actors.protocol.Group.Sync;
import dev.sampo.actors.protocol.Group.SyncReply;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static dev.sampo.group.coordinator.GroupDriver.GROUP;
import static dev.sampo.group.coordinator.GroupDriver.joinRequest;
import static dev.sampo.group.coordinator.GroupDriver.subscription;
import static dev.sampo.group.coordinator.GroupDriver.syncRequest;
import static org.assertj.core.api.Assertions.assertThat;

final class GroupMembershipTest {
    private final GroupDriver group = new GroupDriver();

    @Test
    void firstJoinIsToldTheMemberIdToUseWhichBeginsWithTheClientId() {
        JoinReply reply = group.call(joinRequest("", null, "t"));
        assertThat(reply.error()).isEqualTo(KafkaError.MEMBER_ID_REQUIRED);
        assertThat(reply.memberId()).startsWith("client-");
    }

    @Test
    void memberIdOfAClientWithAVeryLongNameFitsAString() {
        var join = new Join(
                GROUP, "", null, "\u20ac".repeat(10_900), "/h", 10_000, 10_000, "consumer",
                List.of(new Protocol("range", new byte[0])), true, false);
        JoinReply reply = group.call(join);
        assertThat(reply.memberId()).startsWith("\u20ac".repeat(10_000) + "-");
        assertThat(reply.memberId().getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(32_767);
    }

    @Test
    void oldClientWithoutMemberIdJoinsAtOnce() {
        long join = group.ask(new Join(
                GROUP, "", null, "old", "/h", 10_000, 10_000, "consumer", List.of(new Protocol("range", new byte[0])),
                false, false));
        group.pass(3000);
        assertThat(group.joined(join).memberId()).startsWith("old-");
    }

    @Test
    void requestsToAGroupThatDoesNotExistAreFromUnknownMembers() {
        JoinReply join = group.call(joinRequest("stranger", null, "t"));
        assertThat(join.error()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(group.heartbeat("stranger", 1)).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(group.call(new Sync(GROUP, 1, "stranger", null, null, null, Map.of())).error())
                .isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        var leave = group.call(new Leave(GROUP, List.of(new LeavingMember("stranger", null))));
        assertThat(leave.error()).isEqualTo(KafkaError.NONE);
        assertThat(leave.members()).containsExactly(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(group.stateName()).isEqualTo("Dead");
    }

    @Test
    void badRequestsNameTheirError() {
        assertThat(join("", 10_000, "consumer", "range").error()).isEqualTo(KafkaError.INVALID_GROUP_ID);
        assertThat(join(GROUP, 5_999, "consumer", "range").error()).isEqualTo(KafkaError.INVALID_SESSION_TIMEOUT);
        assertThat(join(GROUP, 1_800_001, "consumer", "range").error()).isEqualTo(KafkaError.INVALID_SESSION_TIMEOUT);
        assertThat(join(GROUP, 10_000, "", "range").error()).isEqualTo(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
        assertThat(join(GROUP, 10_000, "consumer").error()).isEqualTo(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
        group.stableMember();
        assertThat(join(GROUP, 10_000, "connect", "range").error()).isEqualTo(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
        assertThat(join(GROUP, 10_000, "consumer", "other").error()).isEqualTo(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
    }

    private JoinReply join(String groupId, int sessionTimeoutMs, String protocolType, String... protocols) {
        return group.call(new Join(
                groupId, "", null, "c", "/h", sessionTimeoutMs, 10_000, protocolType,
                List.of(protocols).stream().map(name -> new Protocol(name, new byte[0])).toList(), true, true));
    }

    @Test
    void emptyGroupWaitsForMoreMembersBeforeItsFirstGeneration() {
        long first = group.join(group.newMemberId(), "t");
        group.pass(2999);
        long second = group.join(group.newMemberId(), "t");
        group.pass(2);
        assertThat(group.replies).doesNotContainKeys(first, second);
        group.pass(3000);
        assertThat(group.joined(first).generationId()).isEqualTo(1);
        assertThat(group.joined(second).generationId()).isEqualTo(1);
    }

    @Test
    void onlyTheLeaderGetsTheMemberListAndItsAssignmentReachesAll() {
        String a = group.newMemberId();
        String b = group.newMemberId();
        long joinA = group.join(a, "t");
        long joinB = group.join(b, "t", "u");
        group.pass(6000);
        JoinReply replyA = group.joined(joinA);
        JoinReply replyB = group.joined(joinB);
        assertThat(replyA.leader()).isEqualTo(a);
        assertThat(replyA.members()).hasSize(2);
        assertThat(replyB.members()).isEmpty();
        assertThat(replyB.leader()).isEqualTo(a);

        long syncB = group.ask(syncRequest(replyB, Map.of()));
        assertThat(group.replies).doesNotContainKey(syncB);
        SyncReply syncA = group.sync(replyA, Map.of(a, new byte[] {1}, b, new byte[] {2}));
        assertThat(syncA.assignment()).containsExactly(1);
        assertThat(((SyncReply) group.answer(syncB)).assignment()).containsExactly(2);
        assertThat(group.stateName()).isEqualTo("Stable");
    }

    @Test
    void heartbeatsDuringARebalanceAskToJoinAgainAndKeepTheSession() {
        JoinReply member = group.stableMember();
        group.join(group.newMemberId(), "t");
        assertThat(group.stateName()).isEqualTo("PreparingRebalance");
        for (int i = 0; i < 5; i++) {
            group.pass(9000);
            assertThat(group.heartbeat(member.memberId(), 1)).isEqualTo(KafkaError.REBALANCE_IN_PROGRESS);
        }
        assertThat(group.sync(member, Map.of()).error()).isEqualTo(KafkaError.REBALANCE_IN_PROGRESS);
        assertThat(group.commit(member.memberId(), 1, "t", 5)).isEqualTo(KafkaError.NONE);
    }

    @Test
    void commitsAreRefusedWhileAssignmentsAreHandedOut() {
        String memberId = group.newMemberId();
        long join = group.join(memberId, "t");
        group.pass(3000);
        JoinReply reply = group.joined(join);
        assertThat(group.commit(memberId, reply.generationId(), "t", 5)).isEqualTo(KafkaError.REBALANCE_IN_PROGRESS);
        assertThat(group.heartbeat(memberId, reply.generationId())).isEqualTo(KafkaError.NONE);
    }

    @Test
    void memberThatDoesNotRejoinInTheRebalanceTimeoutIsOut() {
        JoinReply old = group.stableMember();
        long join = group.join(group.newMemberId(), "t");
        for (int i = 0; i < 7; i++) {
            group.pass(9000);
            group.heartbeat(old.memberId(), 1);
        }
        JoinReply reply = group.joined(join);
        assertThat(reply.generationId()).isEqualTo(2);
        assertThat(reply.members()).hasSize(1);
        assertThat(group.heartbeat(old.memberId(), 1)).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void memberWithoutHeartbeatsIsOutAfterItsSession() {
        JoinReply member = group.stableMember();
        group.pass(9999);
        assertThat(group.stateName()).isEqualTo("Stable");
        group.pass(1);
        assertThat(group.stateName()).isEqualTo("Empty");
        assertThat(group.heartbeat(member.memberId(), 1)).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void memberThatJoinedButNeverSyncsIsOutAfterTheRebalanceTimeout() {
        String a = group.newMemberId();
        long join = group.join(a, "t");
        group.pass(3000);
        group.joined(join);
        for (int i = 0; i < 7; i++) {
            group.pass(9000);
            group.heartbeat(a, 1);
        }
        assertThat(group.stateName()).isEqualTo("Empty");
    }

    @Test
    void oldGenerationsAreRefused() {
        JoinReply member = group.stableMember();
        assertThat(group.heartbeat(member.memberId(), 0)).isEqualTo(KafkaError.ILLEGAL_GENERATION);
        assertThat(group.commit(member.memberId(), 0, "t", 1)).isEqualTo(KafkaError.ILLEGAL_GENERATION);
        assertThat(group.call(new Sync(GROUP, 9, member.memberId(), null, null, null, Map.of())).error())
                .isEqualTo(KafkaError.ILLEGAL_GENERATION);
        assertThat(group.call(new Sync(GROUP, 1, member.memberId(), null, "connect", null, Map.of())).error())
                .isEqualTo(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
    }

    @Test
    void followerThatJoinsAgainUnchangedStaysInItsGenerationButALeaderStartsANewOne() {
        String a = group.newMemberId();
        String b = group.newMemberId();
        long joinA = group.join(a, "t");
        long joinB = group.join(b, "t");
        group.pass(6000);
        group.sync(group.joined(joinA), Map.of());
        group.sync(group.joined(joinB), Map.of());
        assertThat(group.joined(group.join(b, "t")).generationId()).isEqualTo(1);
        group.join(a, "t");
        assertThat(group.stateName()).isEqualTo("PreparingRebalance");
    }

    @Test
    void protocolWithMostVotesIsChosen() {
        long a = group.ask(offering("range", "sticky"));
        long b = group.ask(offering("sticky", "range"));
        group.ask(offering("sticky", "range", "own"));
        group.pass(9000);
        assertThat(group.joined(a).protocolName()).isEqualTo("sticky");
        assertThat(group.joined(b).protocolName()).isEqualTo("sticky");
    }

    private static Join offering(String... names) {
        return new Join(
                GROUP, "", null, "c", "/h", 10_000, 60_000, "connect",
                List.of(names).stream().map(name -> new Protocol(name, name.getBytes())).toList(), false, true);
    }

    @Test
    void fullGroupRefusesOneMore() {
        var s = GroupDriver.SETTINGS;
        var small = new GroupDriver(new GroupSettings(
                s.minSessionTimeoutMs(), s.maxSessionTimeoutMs(), 0, 0, 0, 1, s.newMemberJoinTimeoutMs(),
                s.offsetsRetentionMs(), s.retentionCheckIntervalMs(), 4096, 50, 3, s.offsetsTopicSegmentBytes(), 5000,
                5_242_880, 524_288, s.consumer()));
        small.stableMember();
        JoinReply reply = small.call(joinRequest("", null, "t"));
        assertThat(reply.error()).isEqualTo(KafkaError.GROUP_MAX_SIZE_REACHED);
    }

    @Test
    void leavingMembersCauseOneRebalanceAndErrorsStandPerMember() {
        String a = group.newMemberId();
        String b = group.newMemberId();
        long joinA = group.join(a, "t");
        group.join(b, "t");
        group.pass(6000);
        group.sync(group.joined(joinA), Map.of());
        var reply = group.call(new Leave(GROUP, List.of(
                new LeavingMember(b, null), new LeavingMember("nobody", null), new LeavingMember("", "nobody"))));
        assertThat(reply.members()).containsExactly(
                KafkaError.NONE, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(group.stateName()).isEqualTo("PreparingRebalance");
        assertThat(group.joined(group.join(a, "t")).generationId()).isEqualTo(2);
    }

    @Test
    void lastMemberLeavingEmptiesTheGroupUnderANewGeneration() {
        JoinReply member = group.stableMember();
        group.call(new Leave(GROUP, List.of(new LeavingMember(member.memberId(), null))));
        assertThat(group.stateName()).isEqualTo("Empty");
        group.crash();
        String next = group.newMemberId();
        long join = group.join(next, "t");
        group.pass(3000);
        assertThat(group.joined(join).generationId()).isEqualTo(3);
    }

    @Test
    void staticMemberComesBackWithoutARebalanceAndItsOldIdIsFenced() {
        JoinReply first = staticStable();
        JoinReply back = group.call(joinRequest("", "box-1", "t"));
        assertThat(back.error()).isEqualTo(KafkaError.NONE);
        assertThat(back.generationId()).isEqualTo(1);
        assertThat(back.memberId()).startsWith("box-1-").isNotEqualTo(first.memberId());
        assertThat(back.skipAssignment()).isTrue();
        assertThat(back.leader()).isEqualTo(back.memberId());
        assertThat(group.stateName()).isEqualTo("Stable");
        assertThat(group.call(new Group.Heartbeat(GROUP, 1, first.memberId(), "box-1")).error())
                .isEqualTo(KafkaError.FENCED_INSTANCE_ID);
        assertThat(group.call(joinRequest(first.memberId(), "box-1", "t")).error())
                .isEqualTo(KafkaError.FENCED_INSTANCE_ID);
        assertThat(group.sync(back, Map.of()).assignment()).containsExactly(7);
        group.crash();
        assertThat(group.heartbeat(back.memberId(), 1)).isEqualTo(KafkaError.NONE);
    }

    @Test
    void staticLeaderOfAnOldClientIsNotToldThatItLeads() {
        JoinReply first = staticStable();
        var request = joinRequest("", "box-1", "t");
        JoinReply back = group.call(new Join(
                GROUP, "", "box-1", "client", "/h", 10_000, 60_000, "consumer", request.protocols(), true, false));
        assertThat(back.leader()).isEqualTo(first.memberId());
        assertThat(back.skipAssignment()).isFalse();
        assertThat(back.members()).isEmpty();
    }

    @Test
    void staticMemberWithAnotherSubscriptionCausesARebalance() {
        staticStable();
        long join = group.ask(joinRequest("", "box-1", "t", "u"));
        assertThat(group.joined(join).generationId()).isEqualTo(2);
    }

    @Test
    void staticMemberLeavesByInstanceId() {
        staticStable();
        var reply = group.call(new Leave(GROUP, List.of(new LeavingMember("", "box-1"))));
        assertThat(reply.members()).containsExactly(KafkaError.NONE);
        assertThat(group.stateName()).isEqualTo("Empty");
    }

    @Test
    void waitingJoinOfAStaticMemberIsFencedByItsSuccessor() {
        long first = group.ask(joinRequest("", "box-1", "t"));
        long second = group.ask(joinRequest("", "box-1", "t"));
        assertThat(((JoinReply) group.answer(first)).error()).isEqualTo(KafkaError.FENCED_INSTANCE_ID);
        group.pass(6000);
        assertThat(group.joined(second).generationId()).isEqualTo(1);
    }

    private JoinReply staticStable() {
        long join = group.ask(joinRequest("", "box-1", "t"));
        group.pass(3000);
        JoinReply reply = group.joined(join);
        group.sync(reply, Map.of(reply.memberId(), new byte[] {7}));
        return reply;
    }

    @Test
    void recoveredGroupIsStableWithItsMembersAndTheirSessionsBeginAnew() {
        JoinReply member = group.stableMember();
        group.pass(8000);
        group.crash();
        group.pass(9000);
        assertThat(group.heartbeat(member.memberId(), 1)).isEqualTo(KafkaError.NONE);
        assertThat(group.sync(member, Map.of()).assignment()).containsExactly(1);
        var described = group.call(new Group.Describe(GROUP));
        assertThat(described.state()).isEqualTo("Stable");
        assertThat(described.protocolName()).isEqualTo("range");
        assertThat(described.members().getFirst().metadata()).isEqualTo(subscription("t"));
    }

    @Test
    void describedMembersShowMetadataOnlyInAStableGroupAndTheirLastAssignmentAlways() {
        JoinReply member = group.stableMember();
        group.join(group.newMemberId(), "t");
        var described = group.call(new Group.Describe(GROUP));
        assertThat(described.protocolName()).isEmpty();
        assertThat(described.members()).filteredOn(m -> m.memberId().equals(member.memberId()))
                .allSatisfy(m -> {
                    assertThat(m.metadata()).isEmpty();
                    assertThat(m.assignment()).containsExactly(1);
                });
    }

    @Test
    void unknownGroupIsDescribedAsDead() {
        var described = group.call(new Group.Describe(GROUP));
        assertThat(described.state()).isEqualTo("Dead");
        assertThat(described.error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
    }

    // ---- what the oracle of groups found

    private static Join oldJoin(String instanceId, int sessionTimeoutMs, int rebalanceTimeoutMs, String... names) {
        return new Join(
                GROUP, "", instanceId, "c", "/h", sessionTimeoutMs, rebalanceTimeoutMs, "connect",
                List.of(names).stream().map(name -> new Protocol(name, name.getBytes())).toList(), false, true);
    }

    private static GroupDriver withDelayAndSize(int initialRebalanceDelayMs, int maxSize) {
        return withDelayAndSize(initialRebalanceDelayMs, 0, maxSize);
    }

    private static GroupDriver withDelayAndSize(int initialRebalanceDelayMs, int quietMs, int maxSize) {
        var s = GroupDriver.SETTINGS;
        return new GroupDriver(new GroupSettings(
                s.minSessionTimeoutMs(), s.maxSessionTimeoutMs(), initialRebalanceDelayMs, quietMs, quietMs, maxSize, s.newMemberJoinTimeoutMs(),
                s.offsetsRetentionMs(), s.retentionCheckIntervalMs(), 4096, 50, 3, s.offsetsTopicSegmentBytes(), 5000,
                5_242_880, 524_288, s.consumer()));
    }

    @Test
    void newGroupIsStoredAtItsFirstJoinAndStillThereAfterAFailover() {
        group.newMemberId();
        assertThat(group.storedInOrder).singleElement().isInstanceOfSatisfying(GroupStored.class, stored -> {
            assertThat(stored.protocolType()).isEmpty();
            assertThat(stored.stateTimestampMs()).isEqualTo(group.nowMs);
        });
        group.crash();
        assertThat(group.stateName()).isEqualTo("Empty");
    }

    @Test
    void tieOfVotesGoesByTheOrderOfAHashMapAsInKafka() {
        long a = group.ask(oldJoin(null, 10_000, 60_000, "range", "sticky"));
        group.ask(oldJoin(null, 10_000, 60_000, "sticky", "range"));
        group.pass(6000);
        assertThat(group.joined(a).protocolName()).isEqualTo("sticky");
    }

    @Test
    void firstGenerationWithoutADelayDoesNotWaitForWhoWasOnlyToldItsId() {
        GroupDriver prompt = withDelayAndSize(0, Integer.MAX_VALUE);
        prompt.newMemberId();
        long join = prompt.ask(joinRequest("", "box-1", "t"));
        assertThat(prompt.joined(join).generationId()).isEqualTo(1);
    }

    @Test
    void idThatNobodyCameBackForEndsTheInitialDelayWhenItIsLate() {
        GroupDriver slow = withDelayAndSize(30_000, Integer.MAX_VALUE);
        slow.newMemberId();
        long join = slow.ask(joinRequest("", "box-1", "t"));
        slow.pass(9999);
        assertThat(slow.replies).doesNotContainKey(join);
        slow.pass(1);
        assertThat(slow.joined(join).generationId()).isEqualTo(1);
    }

    @Test
    void initialDelayIsOverWhenNobodyHasComeForAWhile() {
        // Given
        GroupDriver quick = withDelayAndSize(3000, 600, Integer.MAX_VALUE);
        long first = quick.join(quick.newMemberId(), "t");
        quick.pass(599);
        String secondId = quick.newMemberId(); // a sign of one more
        quick.pass(599);
        long second = quick.join(secondId, "t");

        // When
        quick.pass(599);
        boolean early = quick.replies.containsKey(first);
        quick.pass(1);

        // Then
        assertThat(early).isFalse();
        assertThat(quick.joined(first).generationId()).isEqualTo(1);
        assertThat(quick.joined(second).generationId()).isEqualTo(1);
        assertThat(quick.stateName()).isEqualTo("CompletingRebalance");
    }

    @Test
    void initialDelayLastsNoLongerThanItsTimeForMembersThatKeepComing() {
        GroupDriver quick = withDelayAndSize(3000, 2000, Integer.MAX_VALUE);
        long first = quick.join(quick.newMemberId(), "t");
        quick.pass(1500);
        quick.join(quick.newMemberId(), "t");
        quick.pass(1999);
        assertThat(quick.replies).as("somebody came, so the delay is longer, as on Kafka").doesNotContainKey(first);
        quick.pass(1);
        assertThat(quick.joined(first).generationId()).isEqualTo(1);
    }

    @Test
    void rebalanceForANewMemberWaitsAWhileForMore() {
        // Given
        GroupDriver quick = withDelayAndSize(3000, 400, Integer.MAX_VALUE);
        JoinReply old = quick.stableMember();
        long first = quick.join(quick.newMemberId(), "t");
        quick.join(old.memberId(), "t");
        quick.pass(399);
        String secondId = quick.newMemberId(); // a sign of one more
        quick.pass(399);

        // When
        long second = quick.join(secondId, "t");
        quick.pass(399);
        boolean early = quick.replies.containsKey(first);
        quick.pass(1);

        // Then
        assertThat(early).isFalse();
        assertThat(quick.joined(first).generationId()).isEqualTo(old.generationId() + 1);
        assertThat(quick.joined(second).generationId()).isEqualTo(old.generationId() + 1);
    }

    @Test
    void rebalanceForANewMemberWaitsForTheOldOnesAsLongAsTheyMayTake() {
        GroupDriver quick = withDelayAndSize(3000, 400, Integer.MAX_VALUE);
        JoinReply old = quick.stableMember();
        long first = quick.join(quick.newMemberId(), "t");
        quick.pass(5000);
        assertThat(quick.replies).doesNotContainKey(first);
        quick.join(old.memberId(), "t");
        assertThat(quick.joined(first).generationId()).isEqualTo(old.generationId() + 1);
    }

    @Test
    void newMembersThatKeepComingDelayARebalanceNoLongerThanTheInitialDelay() {
        GroupDriver quick = withDelayAndSize(3000, 400, Integer.MAX_VALUE);
        JoinReply old = quick.stableMember();
        long first = quick.join(quick.newMemberId(), "t");
        quick.join(old.memberId(), "t");
        for (int i = 0; i < 9; i++) {
            quick.pass(300);
            quick.join(quick.newMemberId(), "t");
        }
        quick.pass(299);
        assertThat(quick.replies).doesNotContainKey(first);
        quick.pass(1);
        assertThat(quick.joined(first).generationId()).isEqualTo(old.generationId() + 1);
    }

    @Test
    void rebalanceOfTheOldMembersWaitsForNobodyElse() {
        GroupDriver quick = withDelayAndSize(3000, 400, Integer.MAX_VALUE);
        JoinReply old = quick.stableMember();
        long again = quick.join(old.memberId(), "t", "u");
        assertThat(quick.joined(again).generationId()).isEqualTo(old.generationId() + 1);
    }

    @Test
    void waitingJoinOfAMemberThatLeavesIsAnsweredWithoutAMemberId() {
        String memberId = group.newMemberId();
        long join = group.join(memberId, "t");
        group.call(new Leave(GROUP, List.of(new LeavingMember(memberId, null))));
        JoinReply reply = (JoinReply) group.answer(join);
        assertThat(reply.error()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(reply.memberId()).isEmpty();
    }

    @Test
    void storedGenerationBearsTheTimeAtWhichItBegan() {
        long join = group.join(group.newMemberId(), "t");
        group.pass(3000);
        long begunMs = group.nowMs;
        group.pass(500);
        group.sync(group.joined(join), Map.of());
        assertThat(group.storedInOrder.getLast()).isInstanceOfSatisfying(
                GroupStored.class, stored -> assertThat(stored.stateTimestampMs()).isEqualTo(begunMs));
    }

    @Test
    void memberThatFindsNoPlaceInARebalanceIsOut() {
        GroupDriver small = withDelayAndSize(0, 2);
        long first = small.ask(oldJoin("box-1", 600_000, 60_000, "range"));
        String memberId = small.joined(first).memberId();
        small.sync(small.joined(first), Map.of());
        small.ask(oldJoin(null, 10_000, 60_000, "range"));
        small.ask(oldJoin(null, 10_000, 60_000, "range"));
        JoinReply refused = small.call(new Join(
                GROUP, memberId, "box-1", "c", "/h", 600_000, 60_000, "connect", List.of(new Protocol("range", new byte[0])), false, true));
        assertThat(refused.error()).isEqualTo(KafkaError.GROUP_MAX_SIZE_REACHED);
        assertThat(small.call(new Group.Describe(GROUP)).members()).hasSize(2).noneMatch(m -> m.memberId().equals(memberId));
    }

    @Test
    void idThatFindsNoPlaceInARebalanceIsForgotten() {
        GroupDriver small = withDelayAndSize(3000, 1);
        String pending = small.newMemberId();
        small.ask(joinRequest("", "box-1", "t"));
        assertThat(((JoinReply) small.answer(small.join(pending, "t"))).error()).isEqualTo(KafkaError.GROUP_MAX_SIZE_REACHED);
        assertThat(small.call(new Leave(GROUP, List.of(new LeavingMember(pending, null)))).members())
                .containsExactly(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void staticMemberThatIsAwayHasTheRebalanceTimeoutToComeAndSync() {
        long first = group.ask(oldJoin("box-1", 600_000, 60_000, "range"));
        group.pass(3000);
        group.sync(group.joined(first), Map.of());
        long second = group.ask(oldJoin(null, 600_000, 60_000, "range"));
        group.pass(60_000);
        group.sync(group.joined(second), Map.of());
        assertThat(group.call(new Group.Describe(GROUP)).members()).hasSize(2);
        group.pass(60_000);
        assertThat(group.call(new Group.Describe(GROUP)).members()).hasSize(1);
        assertThat(group.stateName()).isEqualTo("PreparingRebalance");
    }

    @Test
    void protocolTypeHoldsAlsoWhenAllHaveLeftTheFirstRebalance() {
        group.ask(joinRequest("", "box-1", "t"));
        group.call(new Leave(GROUP, List.of(new LeavingMember("", "box-1"))));
        assertThat(group.stateName()).isEqualTo("PreparingRebalance");
        assertThat(((JoinReply) group.answer(group.ask(oldJoin(null, 10_000, 60_000, "range")))).error())
                .isEqualTo(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
    }

    @Test
    void idThatWasToldLeavesAlsoWithAnInstanceId() {
        String pending = group.newMemberId();
        assertThat(group.call(new Leave(GROUP, List.of(new LeavingMember(pending, "box-1")))).members())
                .containsExactly(KafkaError.NONE);
    }

    @Test
    void staticMemberThatIsBackIsFirstWatchedByTheSessionThatItHad() {
        long first = group.ask(oldJoin("box-1", 20_000, 60_000, "range"));
        group.pass(3000);
        group.sync(group.joined(first), Map.of());
        group.joined(group.ask(oldJoin("box-1", 6000, 60_000, "range")));
        group.pass(19_999);
        assertThat(group.stateName()).isEqualTo("Stable");
        group.pass(1);
        assertThat(group.stateName()).isEqualTo("Empty");
    }
}
