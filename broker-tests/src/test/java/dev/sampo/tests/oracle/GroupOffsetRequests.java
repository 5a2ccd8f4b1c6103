package dev.sampo.tests.oracle;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.jspecify.annotations.Nullable;

import static dev.sampo.tests.oracle.Catalogue.name;

/** OffsetCommit, OffsetFetch, OffsetDelete. */
final class GroupOffsetRequests {
    private static final String TOPIC = "grouped";

    private final OracleRun run;
    private final Topics topics;

    GroupOffsetRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    void run() {
        for (int version = 2; version <= 10; version++) {
            commit(version);
        }
        for (int version = 1; version <= 10; version++) {
            fetch(version);
        }
        delete();
    }

    private void commit(int version) {
        String simple = "simple-" + version;
        commit("simple", version, commitRequest(version, simple, TOPIC, 0, 12, "by hand"));
        commit("simple-again", version, commitRequest(version, simple, TOPIC, 0, 13, ""));
        commit("second-partition", version, commitRequest(version, simple, TOPIC, 1, 7, null));
        commit("unknown-topic", version, commitRequest(version, simple, "nowhere", 0, 1, ""));
        commit("unknown-partition", version, commitRequest(version, simple, TOPIC, 9, 1, ""));
        commit("negative-offset", version, commitRequest(version, simple, TOPIC, 0, -1, ""));
        commit("metadata-too-large", version, commitRequest(version, simple, TOPIC, 0, 14, "x".repeat(4097)));
        commit("metadata-just-fits", version, commitRequest(version, "large-" + version, TOPIC, 0, 14, "x".repeat(4096)));
        commit("empty-group", version, commitRequest(version, "", TOPIC, 0, 1, ""));
        commit("generation-of-unknown-group", version,
                commitRequest(version, "nowhere", TOPIC, 0, 1, "").setGenerationIdOrMemberEpoch(3).setMemberId("nobody"));
        commit("no-topics", version, new OffsetCommitRequestData().setGroupId(simple).setTopics(List.of()));

        String group = "committing-" + version;
        var member = new GroupMember(run, group, "committer-" + version);
        member.join(5, "committing-" + version);
        commit("before-sync", version, byMember(version, group, member, 3));
        member.sync(3, "committing-" + version, member.assignment());
        commit("by-member", version, byMember(version, group, member, 4));
        commit("wrong-generation", version, byMember(version, group, member, 5).setGenerationIdOrMemberEpoch(9));
        commit("wrong-member", version, byMember(version, group, member, 5).setMemberId("nobody"));
        commit("simple-while-stable", version, commitRequest(version, group, TOPIC, 0, 5, ""));
        if (version == 10) {
            run.call("offset-delete.v00.while-stable", 0, deleteRequest(group, TOPIC, 0));
            run.call("offset-fetch.v09.while-stable", 9, fetchRequest(9, group, false, new int[] {0, 1}));
        }
        member.leave(3, "committing-" + version);
    }

    private void commit(String what, int version, OffsetCommitRequestData request) {
        run.call(name("offset-commit", version, what), version, request);
    }

    private OffsetCommitRequestData byMember(int version, String group, GroupMember member, long offset) {
        return commitRequest(version, group, TOPIC, 0, offset, "")
                .setGenerationIdOrMemberEpoch(member.generationId())
                .setMemberId(member.memberId());
    }

    private OffsetCommitRequestData commitRequest(int version, String group, String topic, int partition, long offset, @Nullable String metadata) {
        var one = new OffsetCommitRequestPartition().setPartitionIndex(partition).setCommittedOffset(offset).setCommittedMetadata(metadata);
        if (version >= 6) {
            one.setCommittedLeaderEpoch(run.leaderEpoch(TOPIC));
        }
        var data = new OffsetCommitRequestTopic().setPartitions(List.of(one));
        if (version >= 10) {
            data.setTopicId(topics.id(topic));
        } else {
            data.setName(topic);
        }
        return new OffsetCommitRequestData().setGroupId(group).setTopics(new ArrayList<>(List.of(data)));
    }

    private void fetch(int version) {
        fetch("committed", version, fetchRequest(version, "simple-9", false, new int[] {0, 1, 9}));
        fetch("by-member", version, fetchRequest(version, "committing-6", false, new int[] {0, 1}));
        fetch("metadata-just-fits", version, fetchRequest(version, "large-7", false, new int[] {0}));
        fetch("unknown-group", version, fetchRequest(version, "nowhere", false, new int[] {0}));
        fetch("empty-group", version, fetchRequest(version, "", false, new int[] {0}));
        fetch("no-topics", version, fetchRequest(version, "simple-9", false, new int[0]));
        if (version >= 2) {
            fetch("all-topics", version, fetchRequest(version, "simple-9", false, null));
            fetch("all-topics-of-unknown-group", version, fetchRequest(version, "nowhere", false, null));
        }
        if (version >= 7) {
            fetch("stable-only", version, fetchRequest(version, "simple-9", true, new int[] {0}));
        }
        if (version >= 8) {
            var two = fetchRequest(version, "simple-9", false, new int[] {0});
            two.groups().add(fetchRequest(version, "committing-6", false, null).groups().getFirst());
            fetch("two-groups", version, two);
        }
        if (version >= 9) {
            var member = fetchRequest(version, "committing-6", false, null);
            member.groups().getFirst().setMemberId("nobody").setMemberEpoch(3);
            fetch("unknown-member", version, member);
        }
        if (version == 10) {
            fetch("unknown-topic-id", version, new OffsetFetchRequestData().setGroups(List.of(new OffsetFetchRequestGroup().setGroupId("simple-9").setTopics(
                    List.of(new OffsetFetchRequestTopics().setTopicId(Topics.UNKNOWN_ID).setPartitionIndexes(List.of(0)))))));
        } else if (version < 8) {
            fetch("unknown-topic", version, new OffsetFetchRequestData().setGroupId("simple-9").setTopics(
                    List.of(new OffsetFetchRequestTopic().setName("nowhere").setPartitionIndexes(List.of(0)))));
        }
    }

    private void fetch(String what, int version, OffsetFetchRequestData request) {
        run.call(name("offset-fetch", version, what), version, request);
    }

    /** @param partitions of the one topic; null asks for all topics of the group, an empty array for none */
    private OffsetFetchRequestData fetchRequest(int version, String group, boolean stableOnly, int @Nullable [] partitions) {
        List<Integer> indexes = partitions == null ? List.of() : java.util.Arrays.stream(partitions).boxed().toList();
        boolean none = partitions != null && partitions.length == 0;
        var request = new OffsetFetchRequestData();
        if (version >= 7) {
            request.setRequireStable(stableOnly);
        }
        if (version < 8) {
            return request.setGroupId(group).setTopics(partitions == null ? null
                    : none ? List.of() : List.of(new OffsetFetchRequestTopic().setName(TOPIC).setPartitionIndexes(indexes)));
        }
        var topic = new OffsetFetchRequestTopics().setPartitionIndexes(indexes);
        if (version >= 10) {
            topic.setTopicId(topics.id(TOPIC));
        } else {
            topic.setName(TOPIC);
        }
        var one = new OffsetFetchRequestGroup().setGroupId(group).setTopics(partitions == null ? null : none ? List.of() : List.of(topic));
        return request.setGroups(new ArrayList<>(List.of(one)));
    }

    private void delete() {
        run.call("offset-delete.v00.one", 0, deleteRequest("simple-3", TOPIC, 0));
        run.call("offset-delete.v00.again", 0, deleteRequest("simple-3", TOPIC, 0));
        run.call("offset-delete.v00.unknown-topic", 0, deleteRequest("simple-3", "nowhere", 0));
        run.call("offset-delete.v00.unknown-partition", 0, deleteRequest("simple-3", TOPIC, 9));
        run.call("offset-delete.v00.unknown-group", 0, deleteRequest("nowhere", TOPIC, 0));
        run.call("offset-delete.v00.empty-group", 0, deleteRequest("", TOPIC, 0));
        run.call("offset-delete.v00.then-fetched", 5, fetchRequest(5, "simple-3", false, null));
        run.call("delete-groups.v02.with-offsets", 2, GroupRequests.deleteRequest("simple-4"));
        run.call("delete-groups.v02.then-fetched", 5, fetchRequest(5, "simple-4", false, null));
    }

    private static OffsetDeleteRequestData deleteRequest(String group, String topic, int partition) {
        return new OffsetDeleteRequestData().setGroupId(group).setTopics(new OffsetDeleteRequestTopicCollection(List.of(new OffsetDeleteRequestTopic()
                .setName(topic)
                .setPartitions(List.of(new OffsetDeleteRequestPartition().setPartitionIndex(partition)))).iterator()));
    }
}
