package dev.sampo.tests.oracle.group;

import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.DescribeReply;
import dev.sampo.actors.protocol.Group.DescribedMember;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.JoinedMember;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;

/** Member ids of one side put in the place of the other's, and texts to compare: what has no order is sorted. */
final class Translated {
    private Translated() {}

    static Group.Reply reply(Group.Reply reply, Function<String, String> names) {
        return switch (reply) {
            case JoinReply join -> new JoinReply(
                    join.error(), names.apply(join.memberId()), join.generationId(), join.protocolType(), join.protocolName(),
                    names.apply(join.leader()), join.skipAssignment(),
                    join.members().stream()
                            .map(member -> new JoinedMember(names.apply(member.memberId()), member.groupInstanceId(), member.metadata()))
                            .toList());
            case DescribeReply group -> new DescribeReply(
                    group.error(), group.state(), group.protocolType(), group.protocolName(),
                    group.members().stream()
                            .map(member -> new DescribedMember(
                                    names.apply(member.memberId()), member.groupInstanceId(), member.clientId(), member.clientHost(),
                                    member.metadata(), member.assignment()))
                            .toList());
            default -> reply;
        };
    }

    static Group.Request<?> request(Group.Request<?> request, Function<String, String> names) {
        return switch (request) {
            case Group.Join join -> new Group.Join(
                    join.groupId(), names.apply(join.memberId()), join.groupInstanceId(), join.clientId(), join.clientHost(),
                    join.sessionTimeoutMs(), join.rebalanceTimeoutMs(), join.protocolType(), join.protocols(),
                    join.requireKnownMemberId(), join.skipAssignmentSupported());
            case Group.Sync sync -> {
                var assignments = new HashMap<String, byte[]>();
                sync.assignments().forEach((memberId, assignment) -> assignments.put(names.apply(memberId), assignment));
                yield new Group.Sync(
                        sync.groupId(), sync.generationId(), names.apply(sync.memberId()), sync.groupInstanceId(),
                        sync.protocolType(), sync.protocolName(), assignments);
            }
            case Group.Heartbeat heartbeat -> new Group.Heartbeat(
                    heartbeat.groupId(), heartbeat.generationId(), names.apply(heartbeat.memberId()), heartbeat.groupInstanceId());
            case Group.Leave leave -> new Group.Leave(leave.groupId(), leave.members().stream()
                    .map(member -> new Group.LeavingMember(names.apply(member.memberId()), member.groupInstanceId()))
                    .toList());
            case Group.CommitOffsets commit -> new Group.CommitOffsets(
                    commit.groupId(), commit.generationId(), names.apply(commit.memberId()), commit.groupInstanceId(),
                    commit.groupIdNotFoundSupported(), commit.retentionTimeMs(), commit.offsets());
            case Group.FetchOffsets fetch -> fetch;
            case Group.Describe describe -> describe;
            case Group.ConsumerGroupHeartbeat heartbeat -> heartbeat;
            case Group.ConsumerGroupDescribe describe -> describe;
            case Group.DeleteGroup delete -> delete;
            case Group.DeleteOffsets delete -> delete;
        };
    }

    /** A record as text: key, version of the value, value. */
    static String text(CoordinatorRecord record, Function<String, String> names) {
        var value = record.value();
        if (value == null) {
            return record.key() + " -> removed";
        }
        Object message = value.message();
        if (message instanceof GroupMetadataValue group) {
            GroupMetadataValue named = group.duplicate();
            named.setLeader(named.leader() == null ? null : names.apply(named.leader()));
            named.members().forEach(member -> member.setMemberId(names.apply(member.memberId())));
            var members = new ArrayList<>(named.members());
            members.sort(Comparator.comparing(GroupMetadataValue.MemberMetadata::memberId));
            message = named.setMembers(members);
        }
        return record.key() + " -> v" + value.version() + " " + message;
    }

    static String text(Group.Request<?> request) {
        return switch (request) {
            case Group.Join join -> "join member=" + join.memberId() + " instance=" + join.groupInstanceId()
                    + " v" + (join.skipAssignmentSupported() ? 9 : join.requireKnownMemberId() ? 5 : 3)
                    + " session=" + join.sessionTimeoutMs() + " rebalance=" + join.rebalanceTimeoutMs() + " " + join.protocolType()
                    + join.protocols().stream().map(each -> each.name() + ":" + hex(each.metadata())).toList();
            case Group.Sync sync -> "sync generation=" + sync.generationId() + " member=" + sync.memberId() + " instance="
                    + sync.groupInstanceId() + " " + sync.protocolType() + "/" + sync.protocolName() + " " + sync.assignments().keySet();
            case Group.CommitOffsets commit -> "commit generation=" + commit.generationId() + " member=" + commit.memberId()
                    + " instance=" + commit.groupInstanceId() + " retention=" + commit.retentionTimeMs() + " "
                    + commit.offsets().stream().map(each -> each.topic() + "-" + each.partition() + "@" + each.offset()
                            + (each.metadata().length() > 10 ? " large metadata" : "")).toList();
            default -> request.toString();
        };
    }

    /** An answer as text, members in the order of their ids. Topic ids of fetched offsets are the listener's trade. */
    static String text(Group.Reply reply) {
        return switch (reply) {
            case JoinReply join -> "joined " + join.error() + " member=" + join.memberId() + " generation=" + join.generationId() + " "
                    + join.protocolType() + "/" + join.protocolName() + " leader=" + join.leader()
                    + (join.skipAssignment() ? " skips assignment" : "") + " "
                    + sorted(join.members().stream()
                            .map(each -> each.memberId() + "/" + each.groupInstanceId() + ":" + hex(each.metadata())).toList());
            case Group.SyncReply sync -> "synced " + sync.error() + " " + sync.protocolType() + "/" + sync.protocolName() + " "
                    + hex(sync.assignment());
            case DescribeReply group -> group.state() + " " + group.error() + " " + group.protocolType() + "/" + group.protocolName() + " "
                    + sorted(group.members().stream()
                            .map(each -> each.memberId() + "/" + each.groupInstanceId() + "/" + each.clientId() + each.clientHost() + ":"
                                    + hex(each.metadata()) + ":" + hex(each.assignment())).toList());
            case Group.FetchOffsetsReply fetched -> "fetched " + fetched.error() + " "
                    + sorted(fetched.topics().stream()
                            .flatMap(topic -> topic.partitions().stream()
                                    .map(each -> topic.topic() + each)).toList());
            default -> reply.toString();
        };
    }

    private static List<String> sorted(List<String> texts) {
        return texts.stream().sorted().toList();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
