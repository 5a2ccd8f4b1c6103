package dev.sampo.tests.oracle;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;

import static dev.sampo.tests.oracle.Catalogue.name;

/** Consumer groups (KIP-848): a member's life, static members, bad arguments, offsets, and what other requests say of such a group. */
final class ConsumerGroupRequests {
    private static final String TOPIC = "consumed";

    private final OracleRun run;
    private final Topics topics;

    ConsumerGroupRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    void run() {
        topics.create(TOPIC, 2, Map.of());
        for (int version = 0; version <= 1; version++) {
            life(version);
            staticMember(version);
            badArguments(version);
        }
        others();
    }

    private void beat(int version, String what, ConsumerGroupHeartbeatRequestData request) {
        run.call(name("consumer-group-heartbeat", version, what), version, request);
    }

    private static ConsumerGroupHeartbeatRequestData join(String group, String member) {
        return new ConsumerGroupHeartbeatRequestData()
                .setGroupId(group)
                .setMemberId(member)
                .setMemberEpoch(0)
                .setRebalanceTimeoutMs(30_000)
                .setSubscribedTopicNames(List.of(TOPIC))
                .setTopicPartitions(List.of());
    }

    private static ConsumerGroupHeartbeatRequestData alive(String group, String member, int epoch) {
        return new ConsumerGroupHeartbeatRequestData().setGroupId(group).setMemberId(member).setMemberEpoch(epoch);
    }

    private void life(int version) {
        String group = "consumers-" + version;
        beat(version, "unknown-group", alive(group, "m", 2));
        beat(version, "first", join(group, "m"));
        describe(version, "one-member", group);
        beat(version, "alive", alive(group, "m", 2));
        beat(version, "all-said", join(group, "m").setMemberEpoch(2).setTopicPartitions(owned(0, 1)));
        beat(version, "epoch-ahead", alive(group, "m", 3));
        beat(version, "epoch-behind", alive(group, "m", 1));
        beat(version, "unknown-member", alive(group, "nobody", 2));
        beat(version, "other-topic", alive(group, "m", 2).setSubscribedTopicNames(List.of("nowhere")));
        beat(version, "joins-again", join(group, "m"));
        commit(version, group);
        beat(version, "leaves", alive(group, "m", -1));
        describe(version, "empty", group);
        beat(version, "left", alive(group, "m", -1));
    }

    private void staticMember(int version) {
        String group = "static-consumers-" + version;
        beat(version, "static-first", join(group, "one").setInstanceId("box"));
        beat(version, "static-held", join(group, "two").setInstanceId("box"));
        beat(version, "static-fenced", alive(group, "two", 2).setInstanceId("box"));
        beat(version, "static-unknown", alive(group, "one", 2).setInstanceId("crate"));
        beat(version, "static-away", alive(group, "one", -2).setInstanceId("box"));
        describe(version, "static-away", group);
        beat(version, "static-back", join(group, "two").setInstanceId("box"));
        beat(version, "static-leaves", alive(group, "two", -1).setInstanceId("box"));
    }

    private void badArguments(int version) {
        beat(version, "no-group", join("", "m"));
        if (version >= 1) { // below, the broker makes a member id of its own
            beat(version, "no-member", join("bad", ""));
        }
        beat(version, "no-member-alive", alive("bad", "", 1));
        beat(version, "no-instance", join("bad", "m").setInstanceId(""));
        beat(version, "no-rack", join("bad", "m").setRackId(""));
        beat(version, "no-timeout", join("bad", "m").setRebalanceTimeoutMs(-1));
        beat(version, "no-partitions", join("bad", "m").setTopicPartitions(null));
        beat(version, "some-partitions", join("bad", "m").setTopicPartitions(owned(0)));
        beat(version, "no-topics", join("bad", "m").setSubscribedTopicNames(null));
        beat(version, "away-without-instance", alive("bad", "m", -2));
        beat(version, "epoch-minus-three", alive("bad", "m", -3));
        beat(version, "unknown-assignor", join("bad", "m").setServerAssignor("mine"));
        beat(version, "range", join("ranged-" + version, "m").setServerAssignor("range"));
        describe(version, "range", "ranged-" + version);
        if (version >= 1) {
            beat(version, "bad-regex", join("bad", "m").setSubscribedTopicNames(null).setSubscribedTopicRegex("("));
        }
        describe(version, "unknown", "bad");
        describe(version, "no-name", "");
    }

    /** What requests of the classic protocol and of administrators say of a consumer group. */
    private void others() {
        String group = "others";
        beat(1, "for-others", join(group, "m"));
        run.call("list-groups.v05.consumer-groups", 5, new ListGroupsRequestData().setTypesFilter(List.of("Consumer")));
        run.call("list-groups.v05.consumer-groups-stable", 5, new ListGroupsRequestData()
                .setTypesFilter(List.of("consumer")).setStatesFilter(List.of("stable")));
        for (int version : new int[] {5, 6}) {
            run.call(name("describe-groups", version, "consumer-group"), version,
                    new DescribeGroupsRequestData().setGroups(List.of(group)));
        }
        run.call("heartbeat.v04.of-consumer", 4,
                new HeartbeatRequestData().setGroupId(group).setMemberId("m").setGenerationId(2));
        run.call("delete-groups.v02.consumers", 2, new DeleteGroupsRequestData().setGroupsNames(List.of(group)));
        run.call("leave-group.v05.of-consumer", 5, new LeaveGroupRequestData().setGroupId(group).setMembers(List.of(
                new LeaveGroupRequestData.MemberIdentity().setMemberId("m"),
                new LeaveGroupRequestData.MemberIdentity().setMemberId("nobody"))));
        run.call("delete-groups.v02.no-consumers", 2, new DeleteGroupsRequestData().setGroupsNames(List.of(group)));

        var classic = new GroupMember(run, "stays-classic", "stays-classic");
        classic.join(9, "stays-classic");
        classic.sync(5, "stays-classic", classic.assignment());
        describe(1, "classic", "stays-classic");
        beat(1, "alive-in-classic", alive("stays-classic", "m", 2));
        classic.leave(5, "stays-classic");
        beat(1, "takes-empty-classic", join("stays-classic", "m"));
        beat(1, "leaves-it", alive("stays-classic", "m", -1));
        run.call("join-group.v09.unknown-to-empty-consumers", 9, new JoinGroupRequestData()
                .setGroupId("stays-classic").setSessionTimeoutMs(10_000).setRebalanceTimeoutMs(10_000).setMemberId("nobody")
                .setProtocolType("consumer"));
    }

    private void describe(int version, String what, String group) {
        run.call(name("consumer-group-describe", version, what), version,
                new ConsumerGroupDescribeRequestData().setGroupIds(List.of(group)).setIncludeAuthorizedOperations(true));
    }

    private List<TopicPartitions> owned(Integer... partitions) {
        return List.of(new TopicPartitions().setTopicId(topics.id(TOPIC)).setPartitions(List.of(partitions)));
    }

    private void commit(int version, String group) {
        int commit = 9 + version;
        for (int epoch : new int[] {2, 9, 1, -1}) {
            run.call(name("offset-commit", commit, "consumer-in-epoch-" + epoch), commit, committing(commit, group, epoch));
            run.call(name("offset-fetch", commit, "consumer-in-epoch-" + epoch), commit, new OffsetFetchRequestData()
                    .setGroups(List.of(new OffsetFetchRequestGroup()
                            .setGroupId(group)
                            .setMemberId(epoch < 0 ? null : "m")
                            .setMemberEpoch(epoch)
                            .setTopics(List.of(new OffsetFetchRequestTopics()
                                    .setName(commit >= 10 ? "" : TOPIC)
                                    .setTopicId(commit >= 10 ? topics.id(TOPIC) : Uuid.ZERO_UUID)
                                    .setPartitionIndexes(List.of(0)))))));
        }
        if (version == 0) {
            run.call("offset-commit.v08.of-consumer", 8, committing(8, group, 2));
        }
    }

    private OffsetCommitRequestData committing(int version, String group, int epoch) {
        return new OffsetCommitRequestData()
                .setGroupId(group)
                .setMemberId(epoch < 0 ? "" : "m")
                .setGenerationIdOrMemberEpoch(epoch)
                .setTopics(List.of(new OffsetCommitRequestTopic()
                        .setName(version >= 10 ? "" : TOPIC)
                        .setTopicId(version >= 10 ? topics.id(TOPIC) : Uuid.ZERO_UUID)
                        .setPartitions(List.of(new OffsetCommitRequestPartition()
                                .setPartitionIndex(0).setCommittedOffset(5).setCommittedMetadata("")))));
    }
}
