package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribe;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.Describe;
import dev.sampo.actors.protocol.Group.Heartbeat;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.Leave;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.consumer.MigrationPolicy;
import dev.sampo.group.coordinator.ConsumerDriver.Member;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Kind;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetEpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.GroupRemoved;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static dev.sampo.group.coordinator.GroupDriver.GROUP;
import static org.assertj.core.api.Assertions.assertThat;

final class ConsumerGroupTest {
    private final ConsumerDriver driver = new ConsumerDriver();
    private final GroupDriver group = driver.group;

    private static GroupSettings settings(int maxSize, int assignmentIntervalMs) {
        return settings(maxSize, assignmentIntervalMs, MigrationPolicy.BIDIRECTIONAL);
    }

    private static GroupSettings settings(int maxSize, int assignmentIntervalMs, MigrationPolicy policy) {
        return settings(maxSize, assignmentIntervalMs, policy, 15_000, 0);
    }

    private static GroupSettings settings(
            int maxSize, int assignmentIntervalMs, MigrationPolicy policy, int rebalanceHeartbeatMs, int assignmentQuietMs) {
        GroupSettings s = GroupDriver.SETTINGS;
        ConsumerGroupSettings c = s.consumer();
        return new GroupSettings(
                s.minSessionTimeoutMs(), s.maxSessionTimeoutMs(), s.initialRebalanceDelayMs(), 0, 0, s.maxSize(),
                s.newMemberJoinTimeoutMs(), s.offsetsRetentionMs(), s.retentionCheckIntervalMs(), 4096, 50, 3,
                s.offsetsTopicSegmentBytes(), 5000, 5_242_880, 524_288, new ConsumerGroupSettings(
                        c.sessionTimeoutMs(), c.minSessionTimeoutMs(), c.maxSessionTimeoutMs(), c.heartbeatIntervalMs(),
                        c.minHeartbeatIntervalMs(), c.maxHeartbeatIntervalMs(), rebalanceHeartbeatMs, maxSize, assignmentIntervalMs,
                        assignmentQuietMs, 0, 15_000, c.regexRefreshIntervalMs(), policy, c.assignors()));
    }

    // ---- joining and reconciling

    @Test
    void firstMemberGetsAllPartitionsAtOnceInEpochTwo() {
        driver.topic("t", 3);
        Member one = driver.member("one", "t").beats();
        assertThat(one.epoch).isEqualTo(2);
        assertThat(one.owns()).containsExactly("t-0", "t-1", "t-2");
        assertThat(group.state.summary().groupType()).isEqualTo("consumer");
        assertThat(group.stateName()).isEqualTo("Stable");
    }

    @Test
    void factsAreStoredInTheOrderOfKafkasRecords() {
        Uuid id = driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        assertThat(group.storedInOrder).extracting(Object::getClass).isEqualTo(List.of(
                MemberStored.class, EpochStored.class, TargetStored.class, TargetEpochStored.class, CurrentStored.class));
        assertThat(group.storedInOrder.get(2)).isEqualTo(new TargetStored("one", Map.of(id, Set.of(0))));
        one.beats();
        assertThat(group.storedInOrder).as("a heartbeat that says nothing new stores nothing").hasSize(5);
    }

    @Test
    void partitionsGoToANewMemberOnlyAfterTheOldOneHasConfirmed() {
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        Member two = driver.member("two", "t").beats();
        assertThat(two.owns()).isEmpty();
        assertThat(group.stateName()).isEqualTo("Reconciling");

        var revoke = one.hears();
        assertThat(revoke.assignment().values().iterator().next()).hasSize(1);
        assertThat(two.beats().owns()).as("not confirmed yet").isEmpty();
        one.takes(revoke);
        assertThat(revoke.memberEpoch()).as("it stays in its epoch until it has confirmed").isEqualTo(2);
        one.beats();
        assertThat(one.epoch).isEqualTo(3);

        assertThat(two.beats().owns()).hasSize(1);
        ConsumerDriver.assertNoPartitionHasTwoOwners(one, two);
        assertThat(group.stateName()).isEqualTo("Stable");
    }

    @Test
    void assignmentIsToldOnlyWhenItChangedOrEverythingWasSaid() {
        Uuid id = driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        var short1 = new ConsumerGroupHeartbeat(
                GROUP, "one", one.epoch, null, null, -1, null, null, null, null, "client-one", "/127.0.0.1", true);
        assertThat(group.call(short1).assignment()).isNull();
        assertThat(one.hears().assignment()).isEqualTo(Map.of(id, Set.of(0)));
        assertThat(one.hears().heartbeatIntervalMs()).isEqualTo(5000);
    }

    @Test
    void membersAreAskedForHeartbeatsOftenWhileTheGroupChangesAndLessOftenAWhileAfter() {
        // Given
        var driver = new ConsumerDriver(settings(Integer.MAX_VALUE, 0, MigrationPolicy.BIDIRECTIONAL, 500, 0));
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();

        // When
        int stable = one.hears().heartbeatIntervalMs();
        driver.group.pass(30_000);
        int settled = one.hears().heartbeatIntervalMs();
        Member two = driver.member("two", "t").beats();
        int changed = one.hears().heartbeatIntervalMs();

        // Then
        assertThat(List.of(stable, settled, changed)).containsExactly(1000, 5000, 500);
        assertThat(two.epoch).isGreaterThan(2);
    }

    @Test
    void itsOwnConfigurationSaysHowLongThingsLast() {
        // Given
        driver.topic("t", 1);
        group.state.onConfigs(Map.of("consumer.heartbeat.interval.ms", "7000", "consumer.session.timeout.ms", "60000"));
        Member one = driver.member("one", "t").beats();

        // When
        int intervalMs = one.hears().heartbeatIntervalMs();
        group.pass(59_999);
        String before = group.stateName();
        group.pass(1);

        // Then
        assertThat(intervalMs).isEqualTo(7000);
        assertThat(before).isEqualTo("Stable");
        assertThat(group.stateName()).isEqualTo("Empty");

        // When
        group.state.onConfigs(Map.of("consumer.heartbeat.interval.ms", "60000"));

        // Then
        assertThat(one.joinsAgain().hears().heartbeatIntervalMs()).as("moved into the operator's bounds").isEqualTo(15_000);
        group.state.onConfigs(Map.of());
        assertThat(one.hears().heartbeatIntervalMs()).isEqualTo(5000);
    }

    @Test
    void memberThatDoesNotGiveUpWithinItsRebalanceTimeoutIsRemoved() {
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        one.rebalanceTimeoutMs = 10_000;
        Member two = driver.member("two", "t").beats();
        one.hears(); // told to give one up, does not
        group.pass(9_999);
        one.hears();
        group.pass(1);
        assertThat(one.hears().error()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(two.beats().owns()).containsExactly("t-0", "t-1");
    }

    @Test
    void silentMemberIsGoneAfterItsSession() {
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        Member two = driver.member("two", "t").beats();
        driver.settle(one, two);
        group.pass(44_999);
        two.beats();
        group.pass(1);
        assertThat(two.beats().owns()).containsExactly("t-0", "t-1");
        assertThat(one.hears().error()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void memberThatLeavesIsGoneAtOnce() {
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        Member two = driver.member("two", "t").beats();
        driver.settle(one, two);
        assertThat(one.leaves()).isEqualTo(KafkaError.NONE);
        assertThat(group.stateName()).isEqualTo("Assigning");
        assertThat(two.beats().owns()).containsExactly("t-0", "t-1");
        assertThat(two.leaves()).isEqualTo(KafkaError.NONE);
        assertThat(group.stateName()).isEqualTo("Empty");
        assertThat(two.leaves()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void administratorsRemoveMembersByTheClassicRequest() {
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        driver.staticMember("two", "box", "t").beats();
        var reply = group.call(new Leave(GROUP, List.of(
                new LeavingMember("one", null), new LeavingMember("", "box"), new LeavingMember("three", null))));
        assertThat(reply.members()).containsExactly(KafkaError.NONE, KafkaError.NONE, KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(group.stateName()).isEqualTo("Empty");
        assertThat(one.hears().error()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    // ---- fencing

    @Test
    void wrongEpochIsFencedAndTheEpochBeforeIsTolerated() {
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        Map<Uuid, Set<Integer>> all = one.owned;
        Member two = driver.member("two", "t").beats();
        driver.settle(one, two);
        assertThat(group.call(one.request(9, one.owned)).error()).isEqualTo(KafkaError.FENCED_MEMBER_EPOCH);
        assertThat(group.call(one.request(2, one.owned)).error()).as("its answer was lost").isEqualTo(KafkaError.NONE);
        assertThat(group.call(one.request(2, all)).error()).as("more than it owns").isEqualTo(KafkaError.FENCED_MEMBER_EPOCH);
        assertThat(group.call(one.request(2, null)).error()).isEqualTo(KafkaError.FENCED_MEMBER_EPOCH);
        assertThat(group.call(one.request(1, one.owned)).error()).isEqualTo(KafkaError.FENCED_MEMBER_EPOCH);
        assertThat(one.joinsAgain().owns()).as("a fenced member joins again and keeps its target").hasSize(1);
    }

    @Test
    void unknownGroupAndUnknownMemberAreToldApart() {
        driver.topic("t", 1);
        assertThat(group.call(driver.member("one", "t").request(3, Map.of())).error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        assertThat(driver.member("one", "t").leaves()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        assertThat(group.stateName()).isEqualTo("Dead");
        driver.member("one", "t").beats();
        assertThat(group.call(driver.member("two", "t").request(3, Map.of())).error()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void requestsThatSayTooLittleAreInvalid() {
        record Case(String groupId, String memberId, int epoch, String instanceId, String rack, int timeoutMs,
                List<String> names, String regex, Map<Uuid, Set<Integer>> owned) {}
        List<Case> cases = List.of(
                new Case(GROUP, "", 0, null, null, 1, List.of("t"), null, Map.of()),
                new Case("", "m", 0, null, null, 1, List.of("t"), null, Map.of()),
                new Case(GROUP, "m", 0, " ", null, 1, List.of("t"), null, Map.of()),
                new Case(GROUP, "m", 0, null, " ", 1, List.of("t"), null, Map.of()),
                new Case(GROUP, "m", 0, null, null, -1, List.of("t"), null, Map.of()),
                new Case(GROUP, "m", 0, null, null, 1, List.of("t"), null, null),
                new Case(GROUP, "m", 0, null, null, 1, List.of("t"), null, Map.of(ConsumerDriver.id("t"), Set.of(0))),
                new Case(GROUP, "m", 0, null, null, 1, null, null, Map.of()),
                new Case(GROUP, "m", -2, null, null, -1, null, null, null),
                new Case(GROUP, "m", -3, null, null, -1, null, null, null));
        for (Case each : cases) {
            var reply = group.call(new ConsumerGroupHeartbeat(
                    each.groupId, each.memberId, each.epoch, each.instanceId, each.rack, each.timeoutMs, each.names,
                    each.regex, null, each.owned, "c", "/h", true));
            assertThat(reply.error()).as("%s", each).isEqualTo(KafkaError.INVALID_REQUEST);
            assertThat(reply.errorMessage()).isNotEmpty();
        }
        assertThat(driver.member("m", "t").assignor("mine").hears().error()).isEqualTo(KafkaError.UNSUPPORTED_ASSIGNOR);
        assertThat(group.storedInOrder).isEmpty();
    }

    @Test
    void oldMemberWithoutAnIdIsGivenOne() {
        driver.topic("t", 1);
        var reply = group.call(new ConsumerGroupHeartbeat(
                GROUP, "", 0, null, null, 1, List.of("t"), null, null, Map.of(), "c", "/h", false));
        assertThat(reply.error()).isEqualTo(KafkaError.NONE);
        assertThat(reply.memberId()).isNotEmpty();
    }

    @Test
    void fullGroupTakesNobodyButItsOwn() {
        var small = new ConsumerDriver(settings(1, 0));
        small.topic("t", 1);
        Member one = small.staticMember("one", "box", "t").beats();
        assertThat(small.member("two", "t").hears().error()).isEqualTo(KafkaError.GROUP_MAX_SIZE_REACHED);
        one.beats();
        one.leaves(-2);
        small.staticMember("again", "box", "t").beats();
    }

    // ---- static members

    @Test
    void staticMemberComesBackToItsPartitionsWithoutARebalance() {
        driver.topic("t", 4);
        Member one = driver.staticMember("one", "box-1", "t").beats();
        Member two = driver.staticMember("two", "box-2", "t").beats();
        driver.settle(one, two);
        List<String> owned = one.owns();
        int epoch = one.epoch;
        assertThat(one.leaves(-2)).isEqualTo(KafkaError.NONE);
        two.beats();
        assertThat(two.owns()).hasSize(2);

        Member again = driver.staticMember("one-again", "box-1", "t").beats();
        assertThat(again.owns()).isEqualTo(owned);
        assertThat(again.epoch).isEqualTo(epoch);
        assertThat(two.beats().epoch).as("nobody else notices").isEqualTo(epoch);
        assertThat(one.hears().error()).isEqualTo(KafkaError.FENCED_INSTANCE_ID);
        assertThat(one.leaves()).isEqualTo(KafkaError.FENCED_INSTANCE_ID);
        driver.crash();
        assertThat(again.beats().owns()).isEqualTo(owned);
    }

    @Test
    void instanceIdInUseIsNotGivenToAnother() {
        driver.topic("t", 1);
        Member one = driver.staticMember("one", "box", "t").beats();
        assertThat(driver.staticMember("two", "box", "t").hears().error()).isEqualTo(KafkaError.UNRELEASED_INSTANCE_ID);
        assertThat(group.call(driver.staticMember("two", "box", "t").request(2, Map.of())).error())
                .isEqualTo(KafkaError.FENCED_INSTANCE_ID);
        assertThat(group.call(driver.staticMember("one", "other", "t").request(2, Map.of())).error())
                .isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        one.beats();
    }

    @Test
    void staticMemberThatStaysAwayIsGoneAfterItsSession() {
        driver.topic("t", 1);
        Member one = driver.staticMember("one", "box", "t").beats();
        one.leaves(-2);
        group.pass(45_000);
        assertThat(group.stateName()).isEqualTo("Empty");
    }

    // ---- metadata

    @Test
    void newPartitionsAndNewTopicsAreAssignedWithTheNextHeartbeat() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t", "later").beats();
        assertThat(one.owns()).containsExactly("t-0");
        driver.topic("t", 2);
        assertThat(one.beats().owns()).containsExactly("t-0", "t-1");
        driver.topic("later", 1);
        assertThat(one.beats().owns()).containsExactly("later-0", "t-0", "t-1");
        driver.noTopic("t");
        assertThat(one.beats().owns()).containsExactly("later-0");
        driver.settle(one);
        int epoch = one.epoch;
        driver.topic("other", 1);
        assertThat(one.beats().epoch).as("a topic that nobody wants").isEqualTo(epoch);
    }

    @Test
    void topicsThatChangedWhileNobodyCoordinatedAreNoticed() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        driver.topic("t", 3);
        driver.crash();
        assertThat(one.beats().owns()).hasSize(3);
    }

    @Test
    void unchangedTopicsAreNoReasonForAnotherEpochAfterAFailover() {
        driver.topic("t", 3);
        Member one = driver.member("one", "t").beats();
        Member two = driver.member("two", "t").beats();
        driver.settle(one, two);
        int epoch = one.epoch;
        driver.crash();
        assertThat(one.beats().epoch).isEqualTo(epoch);
        assertThat(two.beats().epoch).isEqualTo(epoch);
    }

    // ---- assignors

    @Test
    void mostWantedAssignorDecides() {
        driver.topic("a", 2);
        driver.topic("b", 2);
        Member one = driver.member("one", "a", "b").assignor("range").beats();
        Member two = driver.member("two", "a", "b").assignor("range").beats();
        driver.settle(one, two);
        assertThat(one.owns()).hasSize(2);
        assertThat(one.owns().stream().map(each -> each.substring(2)).distinct()).as("range keeps numbers together").hasSize(1);
        assertThat(group.call(new ConsumerGroupDescribe(GROUP)).assignorName()).isEqualTo("range");
    }

    @Test
    void assignmentsKeepTheirDistanceInTime() {
        var slow = new ConsumerDriver(settings(10, 1000));
        slow.topic("t", 2);
        Member one = slow.member("one", "t").beats();
        Member two = slow.member("two", "t").beats();
        assertThat(two.epoch).as("in the epoch of the assignment that there is").isEqualTo(2);
        assertThat(slow.group.stateName()).isEqualTo("Assigning");
        slow.group.pass(999);
        slow.settle(one, two);
        assertThat(two.owns()).isEmpty();
        slow.group.pass(1);
        slow.settle(one, two);
        assertThat(two.owns()).hasSize(1);
    }

    @Test
    void nextAssignmentComesEarlierWhereTheGroupChangesNoMore() {
        var quick = new ConsumerDriver(settings(10, 1000, MigrationPolicy.BIDIRECTIONAL, 15_000, 200));
        quick.topic("t", 3);
        Member one = quick.member("one", "t").beats();
        Member two = quick.member("two", "t").beats();
        quick.group.pass(199);
        Member three = quick.member("three", "t").beats();
        quick.group.pass(199);
        quick.settle(one, two, three);
        assertThat(two.owns()).as("there may be a fourth").isEmpty();
        quick.group.pass(1);
        quick.settle(one, two, three);
        assertThat(List.of(one, two, three)).allSatisfy(member -> assertThat(member.owns()).hasSize(1));
    }

    @Test
    void intervalThatIsGivenToTheGroupIsKept() {
        var quick = new ConsumerDriver(settings(10, 1000, MigrationPolicy.BIDIRECTIONAL, 15_000, 200));
        quick.topic("t", 2);
        quick.group.state.onConfigs(Map.of("consumer.assignment.interval.ms", "1000"));
        Member one = quick.member("one", "t").beats();
        Member two = quick.member("two", "t").beats();
        quick.group.pass(999);
        quick.settle(one, two);
        assertThat(two.owns()).isEmpty();
        quick.group.pass(1);
        quick.settle(one, two);
        assertThat(two.owns()).hasSize(1);
    }

    @Test
    void membersOfDifferentTopicsGetTheirOwn() {
        driver.topic("a", 2);
        driver.topic("b", 2);
        Member one = driver.member("one", "a").beats();
        Member two = driver.member("two", "b").beats();
        driver.settle(one, two);
        assertThat(one.owns()).containsExactly("a-0", "a-1");
        assertThat(two.owns()).containsExactly("b-0", "b-1");
    }

    @Test
    void topicThatAMemberGivesUpIsRevokedAtOnce() {
        driver.topic("a", 1);
        driver.topic("b", 1);
        Member one = driver.member("one", "a", "b").beats();
        assertThat(one.owns()).hasSize(2);
        var slim = driver.member("one", "b");
        slim.epoch = one.epoch;
        slim.owned = one.owned;
        driver.settle(slim);
        assertThat(slim.owns()).containsExactly("b-0");
    }

    @Test
    void targetIsStoredInAnOrderThatIsTheSameEachTime() {
        Uuid id = driver.topic("t", 7);
        driver.member("one", "t").beats();
        var target = (TargetStored) group.storedInOrder.get(2);
        assertThat(target.partitions().get(id)).as("assignors go by it").containsExactly(0, 1, 2, 3, 4, 5, 6);
    }

    @Test
    void memberThatWantsNothingYetIsStoredAnewAsInKafka() {
        var one = driver.member("one").beats();
        assertThat(group.storedInOrder.getLast()).isEqualTo(new CurrentStored(
                "one", new CurrentAssignment(1, 0, MemberState.STABLE, Map.of(), Map.of())));
        one.regex("t.*").beats();
        assertThat(group.storedInOrder.getLast()).isEqualTo(new CurrentStored(
                "one", new CurrentAssignment(1, 1, MemberState.STABLE, Map.of(), Map.of())));
    }

    @Test
    void topicThatNobodyWantsIsNoReasonForAnotherEpoch() {
        driver.topic("t", 1);
        Member one = driver.member("one").regex("t|u").beats();
        driver.resolve();
        one.beats();
        int stored = group.storedInOrder.size();
        driver.topic("other", 1);
        one.regex("v").beats();
        assertThat(group.storedInOrder.subList(stored, group.storedInOrder.size()))
                .as("what it wants now is not known yet").noneMatch(EpochStored.class::isInstance);
    }

    @Test
    void memberWhoseTopicsAreNotKnownYetTakesNothingFromOthers() {
        var slow = new ConsumerDriver(settings(Integer.MAX_VALUE, 1000));
        slow.topic("t", 2);
        Member one = slow.member("one", "t").beats();
        Member two = slow.member("two", "t").beats();
        slow.group.pass(1000);
        Member three = slow.member("three").regex("u").beats(); // with it two are assigned
        slow.settle(one, two, three);
        assertThat(one.owns()).hasSize(1);
        assertThat(two.owns()).hasSize(1);
    }

    // ---- regular expressions

    @Test
    void regularExpressionIsResolvedAndNewTopicsAreFound() {
        driver.topic("orders-1", 1);
        driver.topic("bills", 1);
        Member one = driver.member("one").regex("orders.*").beats();
        assertThat(one.owns()).as("not known yet").isEmpty();
        assertThat(group.resolving).hasSize(1);
        driver.resolve();
        assertThat(one.beats().owns()).containsExactly("orders-1-0");

        group.pass(10_001); // not more often
        driver.topic("orders-2", 1);
        one.beats();
        driver.resolve();
        assertThat(one.beats().owns()).containsExactly("orders-1-0", "orders-2-0");

        driver.crash();
        assertThat(one.beats().owns()).containsExactly("orders-1-0", "orders-2-0");
        Member two = driver.member("two").regex("orders.*").beats();
        driver.settle(one, two);
        assertThat(two.owns()).as("already resolved").hasSize(1);
        one.leaves();
        assertThat(removed(Kind.REGULAR_EXPRESSION)).isEmpty();
        two.leaves();
        assertThat(removed(Kind.REGULAR_EXPRESSION)).containsExactly("orders.*");
    }

    @Test
    void namesAndARegularExpressionAddUp() {
        driver.topic("a", 1);
        driver.topic("b", 1);
        Member one = driver.member("one", "a").regex("b|c").beats();
        driver.resolve();
        assertThat(one.beats().owns()).containsExactly("a-0", "b-0");
        var plain = driver.member("one", "a").regex("");
        plain.epoch = one.epoch;
        plain.owned = one.owned;
        driver.settle(plain);
        assertThat(plain.owns()).containsExactly("a-0");
        assertThat(removed(Kind.REGULAR_EXPRESSION)).containsExactly("b|c");
    }

    @Test
    void invalidRegularExpressionIsRefusedWithItsReason() {
        var reply = driver.member("one").regex("(").hears();
        assertThat(reply.error()).isEqualTo(KafkaError.INVALID_REGULAR_EXPRESSION);
        assertThat(reply.errorMessage()).contains("(");
        assertThat(group.storedInOrder).isEmpty();
        assertThat(group.stateName()).isEqualTo("Dead");
    }

    private List<String> removed(Kind kind) {
        var names = new ArrayList<String>();
        for (GroupEvent event : group.storedInOrder) {
            if (event instanceof Removed(ConsumerKey key) && key.kind() == kind) {
                names.add(key.name());
            }
        }
        return names;
    }

    // ---- the two types of groups

    @Test
    void emptyClassicGroupBecomesAConsumerGroupAndKeepsItsOffsets() {
        driver.topic("t", 1);
        group.commit("", -1, "t", 42);
        Member one = driver.member("one", "t").beats();
        assertThat(group.state.summary().groupType()).isEqualTo("consumer");
        assertThat(group.storedInOrder).contains(new GroupRemoved());
        assertThat(group.committed("t")).isEqualTo(42);
        driver.crash();
        assertThat(group.state.summary().groupType()).isEqualTo("consumer");
        assertThat(group.committed("t")).isEqualTo(42);
        one.beats();
    }

    @Test
    void emptyConsumerGroupBecomesAClassicGroup() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        one.leaves();
        group.stableMember();
        assertThat(group.state.summary().groupType()).isEqualTo("classic");
        assertThat(removed(Kind.EPOCH)).hasSize(1);
        driver.crash();
        assertThat(group.state.summary().groupType()).isEqualTo("classic");
        assertThat(one.hears().error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
    }

    @Test
    void groupWithMembersRefusesWhoSpeaksTheOtherProtocolWhereItMayNotMigrate() {
        var apart = new ConsumerDriver(settings(Integer.MAX_VALUE, 0, MigrationPolicy.DISABLED));
        var classic = new ConsumerDriver(settings(Integer.MAX_VALUE, 0, MigrationPolicy.DISABLED));
        classic.group.stableMember();
        assertThat(classic.member("one", "t").hears().error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);

        apart.topic("t", 1);
        apart.member("one", "t").beats();
        Join join = GroupDriver.joinRequest("", null, "t");
        assertThat(apart.group.call(join).error()).isEqualTo(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
        assertThat(apart.group.call(new Heartbeat(GROUP, 1, "one", null)).error()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        var described = apart.group.call(new Describe(GROUP));
        assertThat(described.error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        assertThat(described.state()).isEqualTo("Dead");
    }

    @Test
    void classicGroupIsNotDescribedAsAConsumerGroup() {
        assertThat(group.call(new ConsumerGroupDescribe(GROUP)).error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        group.stableMember();
        var reply = group.call(new ConsumerGroupDescribe(GROUP));
        assertThat(reply.error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        assertThat(reply.errorMessage()).contains("classic");
    }

    // ---- views and recovery

    @Test
    void descriptionShowsWhoOwnsAndWhoShould() {
        Uuid id = driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        Member two = driver.staticMember("two", "box", "t");
        two.rack = "r1";
        two.beats();
        one.hears();
        var group1 = group.call(new ConsumerGroupDescribe(GROUP));
        assertThat(group1.state()).isEqualTo("Reconciling");
        assertThat(group1.groupEpoch()).isEqualTo(3);
        assertThat(group1.assignmentEpoch()).isEqualTo(3);
        assertThat(group1.assignorName()).isEqualTo("uniform");
        var first = group1.members().getFirst();
        assertThat(first.memberId()).isEqualTo("one");
        assertThat(first.memberEpoch()).isEqualTo(2);
        assertThat(first.clientId()).isEqualTo("client-one");
        assertThat(first.subscribedTopicNames()).containsExactly("t");
        assertThat(first.assignment()).as("with what it has to give up")
                .containsExactly(new TopicPartitions("t", id, List.of(0, 1)));
        assertThat(first.targetAssignment().getFirst().partitions()).hasSize(1);
        var second = group1.members().get(1);
        assertThat(second.instanceId()).isEqualTo("box");
        assertThat(second.rackId()).isEqualTo("r1");
        assertThat(second.assignment()).isEmpty();
    }

    @Test
    void groupIsRestoredFromItsFactsInAnyOrder() {
        driver.topic("t", 5);
        driver.topic("x-1", 2);
        Member one = driver.member("one", "t").beats();
        Member two = driver.staticMember("two", "box", "t").regex("x.*").beats();
        driver.resolve();
        driver.settle(one, two);
        Member three = driver.member("three", "t").beats();
        one.hears();
        var before = group.call(new ConsumerGroupDescribe(GROUP));
        for (int seed = 0; seed < 20; seed++) {
            var facts = new ArrayList<>(group.stored.values());
            Collections.shuffle(facts, new Random(seed));
            var restored = new GroupState(GROUP, GroupDriver.SETTINGS, () -> "x", group.nowMs);
            facts.forEach(restored::restore);
            restored.restored(group.nowMs);
            restored.onTopics(driver.topics());
            var effect = restored.onRequest(1, new ConsumerGroupDescribe(GROUP), group.nowMs).getFirst();
            assertThat(((GroupEffect.Reply) effect).reply()).as("seed %d", seed).isEqualTo(before);
        }
        driver.crash();
        driver.settle(one, two, three);
        ConsumerDriver.assertNoPartitionHasTwoOwners(one, two, three);
    }

    @Test
    void restoredMembersHaveAWholeSession() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        group.pass(40_000);
        driver.crash();
        group.pass(44_999);
        one.beats();
        group.pass(45_000);
        assertThat(group.stateName()).isEqualTo("Empty");
    }

    @Test
    void restoredMemberThatGivesUpHasItsRebalanceTimeoutAgain() {
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        driver.member("two", "t").beats();
        one.hears();
        driver.crash();
        group.pass(30_000);
        assertThat(one.hears().error()).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void stateOfAMemberThatANewerVersionWroteAsksItToBeginAnew() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        var owns = ((CurrentStored) group.stored.get(new ConsumerKey(Kind.CURRENT, "one"))).assignment();
        group.stored.put(new ConsumerKey(Kind.CURRENT, "one"), new CurrentStored("one",
                new dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment(
                        owns.memberEpoch(), owns.previousMemberEpoch(), MemberState.UNKNOWN, owns.assigned(), Map.of())));
        driver.crash();
        assertThat(one.hears().error()).isEqualTo(KafkaError.FENCED_MEMBER_EPOCH);
        assertThat(one.joinsAgain().owns()).containsExactly("t-0");
    }
}
