package dev.sampo.tests.oracle.group;

import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribeReply;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import dev.sampo.actors.protocol.Group.DescribeReply;
import dev.sampo.actors.protocol.Group.DescribedConsumer;
import dev.sampo.actors.protocol.Group.DescribedMember;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.JoinedMember;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue;
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
            case ConsumerGroupHeartbeatReply beat -> new ConsumerGroupHeartbeatReply(
                    beat.error(), beat.errorMessage(), beat.memberId() == null ? null : names.apply(beat.memberId()), beat.memberEpoch(),
                    beat.heartbeatIntervalMs(), beat.assignment());
            case ConsumerGroupDescribeReply group -> new ConsumerGroupDescribeReply(
                    group.error(), group.errorMessage(), group.state(), group.groupEpoch(), group.assignmentEpoch(), group.assignorName(),
                    group.members().stream()
                            .map(member -> new DescribedConsumer(
                                    names.apply(member.memberId()), member.instanceId(), member.rackId(), member.memberEpoch(),
                                    member.clientId(), member.clientHost(), member.subscribedTopicNames(), member.subscribedTopicRegex(),
                                    member.assignment(), member.targetAssignment(), member.classic()))
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
            case ConsumerGroupHeartbeat beat -> beat; // members bring their ids
            case Group.ConsumerGroupDescribe describe -> describe;
            case Group.FetchOffsets fetch -> fetch;
            case Group.Describe describe -> describe;
            case Group.DeleteGroup delete -> delete;
            case Group.DeleteOffsets delete -> delete;
        };
    }

    /** A record as text: key, version of the value, value. */
    static String text(CoordinatorRecord record, Function<String, String> names) {
        var value = record.value();
        return key(record.key(), names) + (value == null ? " -> removed" : " -> v" + value.version() + " " + inOrder(value.message(), names));
    }

    private static ApiMessage key(ApiMessage key, Function<String, String> names) {
        return switch (key) {
            case ConsumerGroupMemberMetadataKey member -> member.duplicate().setMemberId(names.apply(member.memberId()));
            case ConsumerGroupTargetAssignmentMemberKey member -> member.duplicate().setMemberId(names.apply(member.memberId()));
            case ConsumerGroupCurrentMemberAssignmentKey member -> member.duplicate().setMemberId(names.apply(member.memberId()));
            default -> key;
        };
    }

    /** What Kafka writes in the order of a hash map is sorted. */
    private static ApiMessage inOrder(ApiMessage message, Function<String, String> names) {
        return switch (message) {
            case GroupMetadataValue group -> {
                GroupMetadataValue named = group.duplicate();
                named.setLeader(named.leader() == null ? null : names.apply(named.leader()));
                named.members().forEach(member -> member
                        .setMemberId(names.apply(member.memberId()))
                        .setAssignment(assignment(member.assignment()).getBytes(StandardCharsets.UTF_8)));
                named.members().sort(Comparator.comparing(GroupMetadataValue.MemberMetadata::memberId));
                yield named;
            }
            case ConsumerGroupTargetAssignmentMemberValue target -> {
                ConsumerGroupTargetAssignmentMemberValue sorted = target.duplicate();
                sorted.topicPartitions().forEach(topic -> topic.partitions().sort(null));
                sorted.topicPartitions().sort(Comparator.comparing(ConsumerGroupTargetAssignmentMemberValue.TopicPartition::topicId));
                yield sorted;
            }
            case ConsumerGroupCurrentMemberAssignmentValue current -> {
                ConsumerGroupCurrentMemberAssignmentValue sorted = current.duplicate();
                sort(sorted.assignedPartitions());
                sort(sorted.partitionsPendingRevocation());
                yield sorted;
            }
            default -> message;
        };
    }

    private static void sort(List<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions> topics) {
        for (var topic : topics) {
            var epochs = new TreeMap<Integer, Integer>();
            for (int i = 0; i < topic.partitions().size(); i++) {
                epochs.put(topic.partitions().get(i), topic.assignmentEpochs().get(i));
            }
            topic.setPartitions(List.copyOf(epochs.keySet())).setAssignmentEpochs(List.copyOf(epochs.values()));
        }
        topics.sort(Comparator.comparing(ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions::topicId));
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
            case ConsumerGroupHeartbeat beat -> "beat member=" + beat.memberId() + " epoch=" + beat.memberEpoch()
                    + (beat.instanceId() == null ? "" : " instance=" + beat.instanceId())
                    + (beat.rackId() == null ? "" : " rack=" + beat.rackId())
                    + (beat.rebalanceTimeoutMs() == -1 ? "" : " rebalance=" + beat.rebalanceTimeoutMs())
                    + (beat.subscribedTopicNames() == null ? "" : " topics=" + beat.subscribedTopicNames())
                    + (beat.subscribedTopicRegex() == null ? "" : " regex=" + beat.subscribedTopicRegex())
                    + (beat.serverAssignor() == null ? "" : " assignor=" + beat.serverAssignor())
                    + (beat.topicPartitions() == null ? "" : " owned=" + partitions(beat.topicPartitions()))
                    + " v" + (beat.memberIdRequired() ? 1 : 0);
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
                    + assignment(sync.assignment());
            case DescribeReply group -> group.state() + " " + group.error() + " " + group.protocolType() + "/" + group.protocolName() + " "
                    + sorted(group.members().stream()
                            .map(each -> each.memberId() + "/" + each.groupInstanceId() + "/" + each.clientId() + each.clientHost() + ":"
                                    + hex(each.metadata()) + ":" + assignment(each.assignment())).toList());
            case Group.FetchOffsetsReply fetched -> "fetched " + fetched.error() + " "
                    + sorted(fetched.topics().stream()
                            .flatMap(topic -> topic.partitions().stream()
                                    .map(each -> topic.topic() + each)).toList());
            case ConsumerGroupHeartbeatReply beat -> "beat " + beat.error() + " member=" + beat.memberId() + " epoch=" + beat.memberEpoch()
                    + " interval=" + beat.heartbeatIntervalMs()
                    + (beat.assignment() == null ? "" : " assignment=" + partitions(beat.assignment()));
            case ConsumerGroupDescribeReply group -> group.state() + " " + group.error() + " epoch=" + group.groupEpoch() + " assigned="
                    + group.assignmentEpoch() + " " + group.assignorName() + " "
                    + sorted(group.members().stream()
                            .map(each -> each.memberId() + "/" + each.instanceId() + "/" + each.rackId() + "/" + each.clientId()
                                    + each.clientHost() + " epoch=" + each.memberEpoch() + " "
                                    + sorted(each.subscribedTopicNames()) + each.subscribedTopicRegex()
                                    + (each.classic() ? " classic" : "") + " has " + partitions(each.assignment()) + " gets " + partitions(each.targetAssignment())).toList());
            default -> reply.toString();
        };
    }

    private static Map<Uuid, Set<Integer>> partitions(Map<Uuid, Set<Integer>> byTopic) {
        var sorted = new TreeMap<Uuid, Set<Integer>>();
        byTopic.forEach((topic, partitions) -> sorted.put(topic, new TreeSet<>(partitions)));
        return sorted;
    }

    private static List<String> partitions(List<Group.TopicPartitions> topics) {
        return sorted(topics.stream().map(topic -> topic.topic() + topic.topicId() + new TreeSet<>(topic.partitions())).toList());
    }

    private static List<String> sorted(List<String> texts) {
        return texts.stream().sorted().toList();
    }

    /** An assignment of a consumer in order, other bytes as they are. */
    private static String assignment(byte[] bytes) {
        if (bytes.length < 6) {
            return hex(bytes);
        }
        try {
            ConsumerProtocolAssignment assignment = ConsumerProtocol.deserializeConsumerProtocolAssignment(ByteBuffer.wrap(bytes));
            var sorted = new TreeMap<String, Set<Integer>>();
            assignment.assignedPartitions().forEach(topic -> sorted.put(topic.topic(), new TreeSet<>(topic.partitions())));
            return "v" + ByteBuffer.wrap(bytes).getShort() + sorted + " " + bytes.length + " bytes";
        } catch (SchemaException notAnAssignment) {
            return hex(bytes);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
