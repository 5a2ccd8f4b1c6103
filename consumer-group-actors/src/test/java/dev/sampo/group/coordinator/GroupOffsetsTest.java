package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.DeleteGroup;
import dev.sampo.actors.protocol.Group.DeleteOffsets;
import dev.sampo.actors.protocol.Group.FetchOffsets;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.NamedPartition;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.group.journal.GroupEvent.GroupRemoved;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static dev.sampo.group.coordinator.GroupDriver.GROUP;
import static dev.sampo.group.coordinator.GroupDriver.TOPIC_ID;
import static dev.sampo.group.coordinator.GroupDriver.commitRequest;
import static org.assertj.core.api.Assertions.assertThat;

final class GroupOffsetsTest {
    private static final long WEEK_MS = 604_800_000;
    private final GroupDriver group = new GroupDriver();

    @Test
    void simpleCommitBringsAnEmptyGroupIntoBeing() {
        assertThat(group.commit("", -1, "t", 42)).isEqualTo(KafkaError.NONE);
        assertThat(group.stateName()).isEqualTo("Empty");
        assertThat(group.committed("t")).isEqualTo(42);
        group.crash();
        assertThat(group.committed("t")).isEqualTo(42);
    }

    @Test
    void simpleCommitToAGroupWithMembersIsFromAnUnknownMember() {
        group.stableMember();
        assertThat(group.commit("", -1, "t", 42)).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID);
    }

    @Test
    void commitWithAGenerationToAGroupThatDoesNotExistIsRefusedByVersion() {
        assertThat(group.commit("m", 3, "t", 1)).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        CommitOffsets request = commitRequest("m", 3, "t", 1);
        assertThat(group.call(new CommitOffsets(GROUP, 3, "m", null, false, -1, request.offsets())).errors())
                .containsExactly(KafkaError.ILLEGAL_GENERATION);
    }

    @Test
    void committedOffsetComesBackWithLeaderEpochAndMetadata() {
        group.commit("", -1, "t", 42);
        var all = group.call(new FetchOffsets(GROUP, null, true)).topics();
        assertThat(all).hasSize(1);
        assertThat(all.getFirst().topicId()).isEqualTo(TOPIC_ID);
        var offset = all.getFirst().partitions().getFirst();
        assertThat(offset.leaderEpoch()).isEqualTo(7);
        assertThat(offset.metadata()).isEqualTo("m");
    }

    @Test
    void nothingCommittedIsMinusOneWithoutError() {
        var reply = group.call(new FetchOffsets(
                GROUP, List.of(new TopicPartitions("t", Uuid.ZERO_UUID, List.of(3))), false));
        assertThat(reply.error()).isEqualTo(KafkaError.NONE);
        var offset = reply.topics().getFirst().partitions().getFirst();
        assertThat(offset.offset()).isEqualTo(-1);
        assertThat(offset.leaderEpoch()).isEqualTo(-1);
        assertThat(offset.metadata()).isEmpty();
        assertThat(group.stateName()).isEqualTo("Dead");
    }

    @Test
    void offsetOfAnotherTopicWithTheSameNameIsNotReturned() {
        group.commit("", -1, "t", 42);
        var reply = group.call(new FetchOffsets(
                GROUP, List.of(new TopicPartitions("t", Uuid.randomUuid(), List.of(0))), false));
        assertThat(reply.topics().getFirst().partitions().getFirst().offset()).isEqualTo(-1);
    }

    @Test
    void tooMuchMetadataIsRefusedForItsPartitionOnly() {
        var reply = group.call(new CommitOffsets(GROUP, -1, "", null, true, -1, List.of(
                new OffsetToCommit("t", TOPIC_ID, 0, 1, -1, "x".repeat(4097)),
                new OffsetToCommit("t", TOPIC_ID, 1, 1, -1, "x".repeat(4096)))));
        assertThat(reply.errors()).containsExactly(KafkaError.OFFSET_METADATA_TOO_LARGE, KafkaError.NONE);
    }

    @Test
    void commitKeepsTheSessionAlive() {
        JoinReply member = group.stableMember();
        for (int i = 0; i < 4; i++) {
            group.pass(9000);
            assertThat(group.commit(member.memberId(), 1, "t", i)).isEqualTo(KafkaError.NONE);
        }
    }

    @Test
    void offsetsOfASimpleGroupExpireAWeekAfterTheirCommit() {
        group.commit("", -1, "t", 1);
        group.pass(WEEK_MS - 600_001);
        assertThat(group.committed("t")).isEqualTo(1);
        group.pass(1_200_000);
        assertThat(group.committed("t")).isEqualTo(-1);
        assertThat(group.state.isGone()).isTrue();
        assertThat(group.stored).isEmpty();
    }

    @Test
    void offsetsOfAGroupThatHadMembersExpireAWeekAfterItBecameEmpty() {
        JoinReply member = group.stableMember();
        group.commit(member.memberId(), 1, "t", 9);
        for (long lived = 0; lived < 2 * WEEK_MS; lived += 9000) {
            group.pass(9000);
            group.heartbeat(member.memberId(), 1);
        }
        assertThat(group.committed("t")).isEqualTo(9);
        group.pass(10_000);
        assertThat(group.stateName()).isEqualTo("Empty");
        group.pass(WEEK_MS - 1_200_000);
        assertThat(group.committed("t")).isEqualTo(9);
        group.pass(2_400_000);
        assertThat(group.committed("t")).isEqualTo(-1);
        assertThat(group.stored).isEmpty();
    }

    @Test
    void offsetsWithTheirOwnRetentionExpireByIt() {
        group.call(new CommitOffsets(GROUP, -1, "", null, true, 1000, commitRequest("", -1, "t", 1).offsets()));
        group.pass(600_000);
        assertThat(group.committed("t")).isEqualTo(-1);
    }

    @Test
    void offsetsOfADeletedTopicGoWithItUnlessTheyAreOfItsSuccessor() {
        group.commit("", -1, "t", 1);
        group.perform(group.state.onTopicDeleted("t", Uuid.randomUuid()));
        assertThat(group.committed("t")).isEqualTo(1);
        group.perform(group.state.onTopicDeleted("t", TOPIC_ID));
        assertThat(group.committed("t")).isEqualTo(-1);
    }

    @Test
    void offsetsOfASubscribedTopicCannotBeDeleted() {
        JoinReply member = group.stableMember();
        group.commit(member.memberId(), 1, "t", 1);
        group.commit(member.memberId(), 1, "u", 1);
        var reply = group.call(new DeleteOffsets(GROUP, List.of(new NamedPartition("t", 0), new NamedPartition("u", 0))));
        assertThat(reply.partitions()).containsExactly(KafkaError.GROUP_SUBSCRIBED_TO_TOPIC, KafkaError.NONE);
        assertThat(group.committed("t")).isEqualTo(1);
        assertThat(group.committed("u")).isEqualTo(-1);
    }

    @Test
    void offsetsOfTheGroupWithoutANameCannotBeDeleted() {
        group.commit("", -1, "t", 1);
        assertThat(group.call(new DeleteOffsets("", List.of(new NamedPartition("t", 0)))).error())
                .isEqualTo(KafkaError.INVALID_GROUP_ID);
        assertThat(group.committed("t")).isEqualTo(1);
    }

    @Test
    void onlyAnEmptyGroupCanBeDeleted() {
        assertThat(group.call(new DeleteGroup(GROUP)).error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        assertThat(group.call(new DeleteOffsets(GROUP, List.of())).error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        JoinReply member = group.stableMember();
        group.commit(member.memberId(), 1, "t", 1);
        assertThat(group.call(new DeleteGroup(GROUP)).error()).isEqualTo(KafkaError.NON_EMPTY_GROUP);
        group.pass(10_000);
        assertThat(group.call(new DeleteGroup(GROUP)).error()).isEqualTo(KafkaError.NONE);
        assertThat(group.stored).isEmpty();
        assertThat(group.state.isGone()).isTrue();
    }

    @Test
    void groupThatOnlyCommitsMadeGoesWithARecordOfItsOwn() {
        group.commit("", -1, "t", 1);
        group.call(new DeleteGroup(GROUP));
        assertThat(group.storedInOrder.getLast()).isInstanceOf(GroupRemoved.class);
    }

    @Test
    void emptyGroupExpiresThoughSomebodyWasToldAnId() {
        group.pass(599_000);
        group.newMemberId();
        group.pass(1000);
        assertThat(group.stateName()).isEqualTo("Dead");
        assertThat(group.storedInOrder.getLast()).isInstanceOf(GroupRemoved.class);
    }

    @Test
    void offsetsOfAGroupThatWasEmptyCanBeDeletedUntilItsNextGeneration() {
        group.stableMember();
        group.pass(10_000);
        assertThat(group.stateName()).isEqualTo("Empty");
        group.join(group.newMemberId(), "t");
        assertThat(group.call(new DeleteOffsets(GROUP, List.of(new NamedPartition("t", 0)))).partitions())
                .containsExactly(KafkaError.NONE);
    }
}
