package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.DeleteGroup;
import dev.sampo.actors.protocol.Group.DeleteOffsets;
import dev.sampo.actors.protocol.Group.FetchOffsets;
import dev.sampo.actors.protocol.Group.NamedPartition;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.group.coordinator.ConsumerDriver.Member;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static dev.sampo.group.coordinator.GroupDriver.GROUP;
import static org.assertj.core.api.Assertions.assertThat;

final class ConsumerGroupOffsetsTest {
    private static final long WEEK_MS = 604_800_000;
    private final ConsumerDriver driver = new ConsumerDriver();
    private final GroupDriver group = driver.group;

    private CommitOffsets commit(String memberId, int epoch, boolean epochsSupported, int... partitions) {
        var offsets = new ArrayList<OffsetToCommit>();
        for (int partition : partitions) {
            offsets.add(new OffsetToCommit("t", ConsumerDriver.id("t"), partition, 42, -1, ""));
        }
        return new CommitOffsets(GROUP, epoch, memberId, null, epochsSupported, -1, offsets);
    }

    private KafkaError fetch(String memberId, int epoch) {
        return group.call(new FetchOffsets(
                GROUP, memberId, epoch, List.of(new TopicPartitions("t", Uuid.ZERO_UUID, List.of(0))), true)).error();
    }

    @Test
    void memberCommitsInItsEpoch() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        assertThat(group.call(commit("one", one.epoch, true, 0)).errors()).containsExactly(KafkaError.NONE);
        assertThat(group.committed("t")).isEqualTo(42);
        assertThat(group.call(commit("one", one.epoch + 1, true, 0)).errors()).containsExactly(KafkaError.STALE_MEMBER_EPOCH);
        assertThat(group.call(commit("two", one.epoch, true, 0)).errors()).containsExactly(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(group.call(commit("", -1, true, 0)).errors()).containsExactly(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(group.call(commit("one", one.epoch, false, 0)).errors()).containsExactly(KafkaError.UNSUPPORTED_VERSION);
    }

    @Test
    void olderEpochCommitsWhatWasOwnedSinceThen() {
        driver.topic("t", 2);
        Member one = driver.member("one", "t").beats();
        Member two = driver.member("two", "t").beats();
        driver.settle(one, two);
        int kept = one.owned.get(ConsumerDriver.id("t")).iterator().next();
        int given = 1 - kept;
        assertThat(one.epoch).isEqualTo(3);
        assertThat(group.call(commit("one", 2, true, kept)).errors()).containsExactly(KafkaError.NONE);
        assertThat(group.call(commit("one", 2, true, kept, given)).errors())
                .as("all or none").containsExactly(KafkaError.STALE_MEMBER_EPOCH, KafkaError.STALE_MEMBER_EPOCH);
        assertThat(group.call(commit("one", 1, true, kept)).errors()).containsExactly(KafkaError.STALE_MEMBER_EPOCH);
    }

    @Test
    void offsetThatIsNotStoredAnywayIsNotCheckedAgainstTheEpoch() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        var large = new OffsetToCommit("t", ConsumerDriver.id("t"), 0, 42, -1, "x".repeat(4097));
        assertThat(group.call(new CommitOffsets(GROUP, one.epoch - 1, "one", null, true, -1, List.of(large))).errors())
                .containsExactly(KafkaError.OFFSET_METADATA_TOO_LARGE);
    }

    @Test
    void outsiderCommitsToAnEmptyGroup() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        one.leaves();
        assertThat(group.call(commit("", -1, true, 0)).errors()).containsExactly(KafkaError.NONE);
        assertThat(group.state.summary().groupType()).isEqualTo("consumer");
    }

    @Test
    void memberReadsOffsetsInItsEpochAndOutsidersAtAnyTime() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        assertThat(fetch("one", one.epoch)).isEqualTo(KafkaError.NONE);
        assertThat(fetch("one", one.epoch - 1)).isEqualTo(KafkaError.STALE_MEMBER_EPOCH);
        assertThat(fetch("two", one.epoch)).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
        assertThat(fetch(null, -1)).isEqualTo(KafkaError.NONE);
    }

    @Test
    void offsetsOfSubscribedTopicsAreNotDeleted() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        group.call(commit("one", one.epoch, true, 0));
        var delete = new DeleteOffsets(GROUP, List.of(new NamedPartition("t", 0), new NamedPartition("u", 0)));
        assertThat(group.call(delete).partitions()).containsExactly(KafkaError.GROUP_SUBSCRIBED_TO_TOPIC, KafkaError.NONE);
        one.leaves();
        assertThat(group.call(delete).partitions()).containsExactly(KafkaError.NONE, KafkaError.NONE);
        assertThat(group.committed("t")).isEqualTo(-1);
    }

    @Test
    void onlyAnEmptyGroupIsDeletedAndNothingOfItStays() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        group.call(commit("one", one.epoch, true, 0));
        assertThat(group.call(new DeleteGroup(GROUP)).error()).isEqualTo(KafkaError.NON_EMPTY_GROUP);
        one.leaves();
        assertThat(group.call(new DeleteGroup(GROUP)).error()).isEqualTo(KafkaError.NONE);
        assertThat(group.stored).isEmpty();
        assertThat(group.state.isGone()).isTrue();
        assertThat(group.call(new DeleteGroup(GROUP)).error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        one.joinsAgain();
        assertThat(one.epoch).as("another group of the same name").isEqualTo(2);
    }

    @Test
    void offsetsExpireByTheirCommitUnlessAMemberReadsTheTopic() {
        driver.topic("t", 1);
        Member one = driver.member("one", "t").beats();
        group.call(commit("one", one.epoch, true, 0));
        group.commit("one", one.epoch, "other", 7);
        for (long passed = 0; passed < WEEK_MS + 600_000; passed += 40_000) {
            group.pass(40_000);
            one.beats();
        }
        assertThat(group.committed("t")).isEqualTo(42);
        assertThat(group.committed("other")).isEqualTo(-1);
        one.leaves();
        group.pass(600_000);
        assertThat(group.state.isGone()).as("empty and without offsets").isTrue();
        assertThat(group.storedInOrder.getLast()).isInstanceOf(Removed.class);
        assertThat(group.stored).isEmpty();
    }
}
