package dev.sampo.group.journal;

import dev.sampo.group.journal.GroupEvent.GroupRemoved;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.GroupEvent.OffsetRemoved;
import dev.sampo.group.journal.GroupEvent.StoredMember;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.jspecify.annotations.Nullable;

/**
 * Facts to records of {@code __consumer_offsets} and back, in Kafka's published schemas. Layout of key and value, big
 * endian: 2 bytes type (key) or version (value), then the message. A null value removes the key.
 */
public final class OffsetsRecords {
    /** A fact and the group it is about. */
    public record GroupFact(String groupId, GroupEvent event) {}

    static final short KEY_VERSION = 0;
    private static final short GROUP_VALUE_VERSION = 3;
    private static final short OFFSET_VALUE_VERSION = 4;
    private static final short EXPIRING_OFFSET_VALUE_VERSION = 1; // the only one with an expiry of its own

    private OffsetsRecords() {}

    /** The record of one fact. */
    public static SimpleRecord encode(String groupId, GroupEvent event, long timestampMs) {
        return switch (event) {
            case OffsetCommitted committed ->
                new SimpleRecord(timestampMs, key(groupId, committed.key()), bytes(value(committed)));
            case OffsetRemoved removed -> new SimpleRecord(timestampMs, key(groupId, removed.key()), null);
            case GroupStored group ->
                new SimpleRecord(timestampMs, groupKey(groupId), prefixed(
                        GROUP_VALUE_VERSION, value(group), GROUP_VALUE_VERSION));
            case GroupRemoved removed -> new SimpleRecord(timestampMs, groupKey(groupId), null);
            case ConsumerGroupEvent consumer -> ConsumerGroupRecords.encode(groupId, consumer, timestampMs);
        };
    }

    private static byte[] bytes(OffsetCommitValue value) {
        short version = value.expireTimestamp() >= 0 ? EXPIRING_OFFSET_VALUE_VERSION : OFFSET_VALUE_VERSION;
        return prefixed(version, value, version);
    }

    private static byte[] key(String groupId, OffsetKey key) {
        return prefixed(CoordinatorRecordType.OFFSET_COMMIT.id(), new OffsetCommitKey()
                .setGroup(groupId).setTopic(key.topic()).setPartition(key.partition()), KEY_VERSION);
    }

    private static byte[] groupKey(String groupId) {
        return prefixed(
                CoordinatorRecordType.GROUP_METADATA.id(), new GroupMetadataKey().setGroup(groupId), KEY_VERSION);
    }

    private static OffsetCommitValue value(OffsetCommitted event) {
        var value = new OffsetCommitValue()
                .setOffset(event.offset())
                .setMetadata(event.metadata())
                .setCommitTimestamp(event.commitTimestampMs())
                .setExpireTimestamp(event.expireTimestampMs());
        return event.expireTimestampMs() >= 0
                ? value
                : value.setLeaderEpoch(event.leaderEpoch()).setTopicId(event.topicId());
    }

    private static GroupMetadataValue value(GroupStored event) {
        return new GroupMetadataValue()
                .setProtocolType(event.protocolType())
                .setGeneration(event.generationId())
                .setProtocol(event.protocolName())
                .setLeader(event.leader())
                .setCurrentStateTimestamp(event.stateTimestampMs())
                .setMembers(event.members().stream()
                        .map(member -> new GroupMetadataValue.MemberMetadata()
                                .setMemberId(member.memberId())
                                .setGroupInstanceId(member.groupInstanceId())
                                .setClientId(member.clientId())
                                .setClientHost(member.clientHost())
                                .setRebalanceTimeout(member.rebalanceTimeoutMs())
                                .setSessionTimeout(member.sessionTimeoutMs())
                                .setSubscription(member.subscription())
                                .setAssignment(member.assignment()))
                        .toList());
    }

    static byte[] prefixed(short prefix, ApiMessage message, short version) {
        var cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(Short.BYTES + message.size(cache, version));
        buffer.putShort(prefix);
        message.write(new ByteBufferAccessor(buffer), cache, version);
        return buffer.array();
    }

    /**
     * The fact in a record; null for a kind of record that this version does not know.
     *
     * @param key positioned at its first byte; consumed
     * @param value null removes
     * @throws IllegalStateException the bytes are no record of {@code __consumer_offsets}
     */
    public static @Nullable GroupFact decode(@Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        if (key == null || key.remaining() < Short.BYTES) {
            throw new IllegalStateException("a record of __consumer_offsets has no key with a type");
        }
        short type = key.getShort();
        if (type == CoordinatorRecordType.OFFSET_COMMIT.id() || type == CoordinatorRecordType.LEGACY_OFFSET_COMMIT.id()) {
            var message = new OffsetCommitKey(new ByteBufferAccessor(key), KEY_VERSION);
            var offsetKey = new OffsetKey(message.topic(), message.partition());
            return new GroupFact(
                    message.group(), value == null ? new OffsetRemoved(offsetKey) : committed(offsetKey, value));
        }
        if (type == CoordinatorRecordType.GROUP_METADATA.id()) {
            var message = new GroupMetadataKey(new ByteBufferAccessor(key), KEY_VERSION);
            return new GroupFact(message.group(), value == null ? new GroupRemoved() : stored(value));
        }
        return ConsumerGroupRecords.decode(type, key, value);
    }

    private static OffsetCommitted committed(OffsetKey key, ByteBuffer value) {
        short version = value.getShort();
        var message = new OffsetCommitValue(new ByteBufferAccessor(value), version);
        return new OffsetCommitted(
                key, message.topicId(), message.offset(), message.leaderEpoch(), message.metadata(),
                message.commitTimestamp(), message.expireTimestamp());
    }

    private static GroupStored stored(ByteBuffer value) {
        short version = value.getShort();
        var message = new GroupMetadataValue(new ByteBufferAccessor(value), version);
        return new GroupStored(
                Objects.requireNonNullElse(message.protocolType(), ""), message.generation(), message.protocol(),
                message.leader(), message.currentStateTimestamp(),
                message.members().stream()
                        .map(member -> new StoredMember(
                                member.memberId(), member.groupInstanceId(), member.clientId(), member.clientHost(),
                                member.rebalanceTimeout() < 0 ? member.sessionTimeout() : member.rebalanceTimeout(),
                                member.sessionTimeout(), member.subscription(), member.assignment()))
                        .toList());
    }
}
