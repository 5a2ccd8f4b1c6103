package dev.sampo.group.journal;

import dev.sampo.group.journal.ConsumerGroupEvent.ClassicMember;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicProtocol;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Kind;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberStored;
import dev.sampo.group.journal.ConsumerGroupEvent.RegexStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import dev.sampo.group.journal.ConsumerGroupEvent.ResolvedRegex;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetEpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import dev.sampo.group.journal.OffsetsRecords.GroupFact;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupPartitionMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataValue;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;
import org.jspecify.annotations.Nullable;

/** Facts of consumer groups to records and back; the layout is that of {@link OffsetsRecords}. */
final class ConsumerGroupRecords {
    private static final short VALUE_VERSION = 0;

    private ConsumerGroupRecords() {}

    static SimpleRecord encode(String groupId, ConsumerGroupEvent event, long timestampMs) {
        ApiMessage value = switch (event) {
            case EpochStored(int epoch, long metadataHash) ->
                new ConsumerGroupMetadataValue().setEpoch(epoch).setMetadataHash(metadataHash);
            case MemberStored(String memberId, Subscription wants) -> value(wants);
            case TargetEpochStored(int assignmentEpoch, long assignedMs) -> new ConsumerGroupTargetAssignmentMetadataValue()
                    .setAssignmentEpoch(assignmentEpoch)
                    .setAssignmentTimestamp(assignedMs);
            case TargetStored(String memberId, var partitions) -> targetValue(partitions);
            case CurrentStored(String memberId, CurrentAssignment assignment) ->
                new ConsumerGroupCurrentMemberAssignmentValue()
                        .setMemberEpoch(assignment.memberEpoch())
                        .setPreviousMemberEpoch(assignment.previousMemberEpoch())
                        .setState(assignment.state().code())
                        .setAssignedPartitions(partitions(assignment.assigned()))
                        .setPartitionsPendingRevocation(partitions(assignment.pendingRevocation()));
            case RegexStored(String regex, ResolvedRegex resolved) -> new ConsumerGroupRegularExpressionValue()
                    .setTopics(resolved.topics().stream().sorted().toList())
                    .setVersion(resolved.version())
                    .setTimestamp(resolved.timestampMs());
            case Removed removed -> null;
        };
        byte[] key = key(groupId, event.key());
        return new SimpleRecord(
                timestampMs, key, value == null ? null : OffsetsRecords.prefixed(VALUE_VERSION, value, VALUE_VERSION));
    }

    private static byte[] key(String groupId, ConsumerKey key) {
        return switch (key.kind()) {
            case EPOCH -> key(
                    CoordinatorRecordType.CONSUMER_GROUP_METADATA, new ConsumerGroupMetadataKey().setGroupId(groupId));
            case PARTITION_METADATA -> key(
                    CoordinatorRecordType.CONSUMER_GROUP_PARTITION_METADATA,
                    new ConsumerGroupPartitionMetadataKey().setGroupId(groupId));
            case MEMBER -> key(
                    CoordinatorRecordType.CONSUMER_GROUP_MEMBER_METADATA,
                    new ConsumerGroupMemberMetadataKey().setGroupId(groupId).setMemberId(key.name()));
            case TARGET_EPOCH -> key(
                    CoordinatorRecordType.CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA,
                    new ConsumerGroupTargetAssignmentMetadataKey().setGroupId(groupId));
            case TARGET -> key(
                    CoordinatorRecordType.CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER,
                    new ConsumerGroupTargetAssignmentMemberKey().setGroupId(groupId).setMemberId(key.name()));
            case CURRENT -> key(
                    CoordinatorRecordType.CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT,
                    new ConsumerGroupCurrentMemberAssignmentKey().setGroupId(groupId).setMemberId(key.name()));
            case REGULAR_EXPRESSION -> key(
                    CoordinatorRecordType.CONSUMER_GROUP_REGULAR_EXPRESSION,
                    new ConsumerGroupRegularExpressionKey().setGroupId(groupId).setRegularExpression(key.name()));
        };
    }

    private static byte[] key(CoordinatorRecordType type, ApiMessage key) {
        return OffsetsRecords.prefixed(type.id(), key, OffsetsRecords.KEY_VERSION);
    }

    private static ConsumerGroupMemberMetadataValue value(Subscription wants) {
        return new ConsumerGroupMemberMetadataValue()
                .setInstanceId(wants.instanceId())
                .setRackId(wants.rackId())
                .setClientId(wants.clientId())
                .setClientHost(wants.clientHost())
                .setSubscribedTopicNames(wants.topicNames().stream().sorted().toList())
                .setSubscribedTopicRegex(wants.topicRegex())
                .setRebalanceTimeoutMs(wants.rebalanceTimeoutMs())
                .setServerAssignor(wants.assignor())
                .setClassicMemberMetadata(classic(wants.classic())); // null has to be said: the default is something else
    }

    private static ConsumerGroupMemberMetadataValue.@Nullable ClassicMemberMetadata classic(@Nullable ClassicMember member) {
        return member == null
                ? null
                : new ConsumerGroupMemberMetadataValue.ClassicMemberMetadata()
                        .setSessionTimeoutMs(member.sessionTimeoutMs())
                        .setSupportedProtocols(member.protocols().stream()
                                .map(protocol -> new ConsumerGroupMemberMetadataValue.ClassicProtocol()
                                        .setName(protocol.name())
                                        .setMetadata(protocol.metadata()))
                                .toList());
    }

    private static ConsumerGroupTargetAssignmentMemberValue targetValue(Map<Uuid, Set<Integer>> partitions) {
        var topics = new ArrayList<ConsumerGroupTargetAssignmentMemberValue.TopicPartition>(partitions.size());
        partitions.forEach((topicId, ids) -> topics.add(new ConsumerGroupTargetAssignmentMemberValue.TopicPartition()
                .setTopicId(topicId)
                .setPartitions(List.copyOf(ids))));
        return new ConsumerGroupTargetAssignmentMemberValue().setTopicPartitions(topics);
    }

    private static List<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions> partitions(
            Map<Uuid, Map<Integer, Integer>> epochs) {
        var topics = new ArrayList<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions>(epochs.size());
        epochs.forEach((topicId, byPartition) -> topics.add(new ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions()
                .setTopicId(topicId)
                .setPartitions(List.copyOf(byPartition.keySet()))
                .setAssignmentEpochs(List.copyOf(byPartition.values()))));
        return topics;
    }

    /** Null for another kind of record. */
    static @Nullable GroupFact decode(short type, ByteBuffer keyBytes, @Nullable ByteBuffer value) {
        var in = new ByteBufferAccessor(keyBytes);
        if (type == CoordinatorRecordType.CONSUMER_GROUP_METADATA.id()) {
            var key = new ConsumerGroupMetadataKey(in, OffsetsRecords.KEY_VERSION);
            return new GroupFact(key.groupId(), value == null ? new Removed(ConsumerKey.of(Kind.EPOCH)) : epoch(value));
        }
        if (type == CoordinatorRecordType.CONSUMER_GROUP_MEMBER_METADATA.id()) {
            var key = new ConsumerGroupMemberMetadataKey(in, OffsetsRecords.KEY_VERSION);
            return new GroupFact(key.groupId(), value == null
                    ? new Removed(new ConsumerKey(Kind.MEMBER, key.memberId()))
                    : new MemberStored(key.memberId(), subscription(value)));
        }
        if (type == CoordinatorRecordType.CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA.id()) {
            var key = new ConsumerGroupTargetAssignmentMetadataKey(in, OffsetsRecords.KEY_VERSION);
            return new GroupFact(
                    key.groupId(), value == null ? new Removed(ConsumerKey.of(Kind.TARGET_EPOCH)) : targetEpoch(value));
        }
        if (type == CoordinatorRecordType.CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER.id()) {
            var key = new ConsumerGroupTargetAssignmentMemberKey(in, OffsetsRecords.KEY_VERSION);
            return new GroupFact(key.groupId(), value == null
                    ? new Removed(new ConsumerKey(Kind.TARGET, key.memberId()))
                    : new TargetStored(key.memberId(), target(value)));
        }
        if (type == CoordinatorRecordType.CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT.id()) {
            var key = new ConsumerGroupCurrentMemberAssignmentKey(in, OffsetsRecords.KEY_VERSION);
            return new GroupFact(key.groupId(), value == null
                    ? new Removed(new ConsumerKey(Kind.CURRENT, key.memberId()))
                    : new CurrentStored(key.memberId(), current(value)));
        }
        if (type == CoordinatorRecordType.CONSUMER_GROUP_REGULAR_EXPRESSION.id()) {
            var key = new ConsumerGroupRegularExpressionKey(in, OffsetsRecords.KEY_VERSION);
            return new GroupFact(key.groupId(), value == null
                    ? new Removed(new ConsumerKey(Kind.REGULAR_EXPRESSION, key.regularExpression()))
                    : new RegexStored(key.regularExpression(), regex(value)));
        }
        return null;
    }

    private static EpochStored epoch(ByteBuffer value) {
        short version = value.getShort();
        var message = new ConsumerGroupMetadataValue(new ByteBufferAccessor(value), version);
        return new EpochStored(message.epoch(), message.metadataHash());
    }

    private static Subscription subscription(ByteBuffer value) {
        short version = value.getShort();
        var message = new ConsumerGroupMemberMetadataValue(new ByteBufferAccessor(value), version);
        return new Subscription(
                message.instanceId(), message.rackId(), message.clientId(), message.clientHost(),
                message.rebalanceTimeoutMs(), new HashSet<>(message.subscribedTopicNames()),
                message.subscribedTopicRegex(), message.serverAssignor(), classic(message.classicMemberMetadata()));
    }

    private static @Nullable ClassicMember classic(ConsumerGroupMemberMetadataValue.@Nullable ClassicMemberMetadata member) {
        return member == null
                ? null
                : new ClassicMember(member.sessionTimeoutMs(), member.supportedProtocols().stream()
                        .map(protocol -> new ClassicProtocol(protocol.name(), protocol.metadata()))
                        .toList());
    }

    private static TargetEpochStored targetEpoch(ByteBuffer value) {
        short version = value.getShort();
        var message = new ConsumerGroupTargetAssignmentMetadataValue(new ByteBufferAccessor(value), version);
        return new TargetEpochStored(message.assignmentEpoch(), message.assignmentTimestamp());
    }

    private static Map<Uuid, Set<Integer>> target(ByteBuffer value) {
        short version = value.getShort();
        var message = new ConsumerGroupTargetAssignmentMemberValue(new ByteBufferAccessor(value), version);
        Map<Uuid, Set<Integer>> partitions = new HashMap<>();
        message.topicPartitions().forEach(topic -> partitions.put(topic.topicId(), new HashSet<>(topic.partitions())));
        return partitions;
    }

    private static CurrentAssignment current(ByteBuffer value) {
        short version = value.getShort();
        var message = new ConsumerGroupCurrentMemberAssignmentValue(new ByteBufferAccessor(value), version);
        return new CurrentAssignment(
                message.memberEpoch(), message.previousMemberEpoch(), MemberState.of(message.state()),
                epochs(message.assignedPartitions(), message.memberEpoch()),
                epochs(message.partitionsPendingRevocation(), message.memberEpoch()));
    }

    /** Records of versions before 4.4 do not say in which epoch a partition was assigned: then it is the member's. */
    private static Map<Uuid, Map<Integer, Integer>> epochs(
            List<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions> topics, int memberEpoch) {
        Map<Uuid, Map<Integer, Integer>> epochs = new HashMap<>();
        for (var topic : topics) {
            List<Integer> own = topic.assignmentEpochs();
            boolean told = own != null && own.size() == topic.partitions().size();
            Map<Integer, Integer> byPartition = new HashMap<>();
            for (int i = 0; i < topic.partitions().size(); i++) {
                byPartition.put(topic.partitions().get(i), told ? own.get(i) : Math.max(memberEpoch, 0));
            }
            epochs.put(topic.topicId(), byPartition);
        }
        return epochs;
    }

    private static ResolvedRegex regex(ByteBuffer value) {
        short version = value.getShort();
        var message = new ConsumerGroupRegularExpressionValue(new ByteBufferAccessor(value), version);
        return new ResolvedRegex(new HashSet<>(message.topics()), message.version(), message.timestamp());
    }
}
