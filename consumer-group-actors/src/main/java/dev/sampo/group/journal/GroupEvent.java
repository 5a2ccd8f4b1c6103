package dev.sampo.group.journal;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A fact about one group, one record of {@code __consumer_offsets}. A later fact with the same key replaces an earlier
 * one, so the newest per key, in any order, are the whole truth: that is what makes compaction harmless.
 */
public sealed interface GroupEvent
        permits GroupEvent.OffsetCommitted, GroupEvent.OffsetRemoved, GroupEvent.GroupStored, GroupEvent.GroupRemoved,
                ConsumerGroupEvent {
    /** What the record's key holds besides the group id. */
    sealed interface Key permits GroupKey, OffsetKey, ConsumerGroupEvent.ConsumerKey {}

    /** Key of a classic group's own record. */
    record GroupKey() implements Key {}

    /** Key of an offset. */
    record OffsetKey(String topic, int partition) implements Key {}

    /** The key whose newest event counts. */
    Key key();

    /**
     * An offset was committed.
     *
     * @param topicId zero when not known
     * @param leaderEpoch -1 when not known
     * @param commitTimestampMs wall clock
     * @param expireTimestampMs wall clock, -1 for the broker's retention
     */
    record OffsetCommitted(
            OffsetKey key, Uuid topicId, long offset, int leaderEpoch, String metadata, long commitTimestampMs,
            long expireTimestampMs)
            implements GroupEvent {}

    /** An offset is gone. */
    record OffsetRemoved(OffsetKey key) implements GroupEvent {}

    /**
     * A generation of a classic group with its assignments was stored, or the group became empty.
     *
     * @param protocolType empty for a group that never had members
     * @param protocolName null when empty
     * @param leader null when empty
     * @param stateTimestampMs wall clock, -1 when not known
     */
    record GroupStored(
            String protocolType, int generationId, @Nullable String protocolName, @Nullable String leader,
            long stateTimestampMs, List<StoredMember> members)
            implements GroupEvent {
        @Override
        public Key key() {
            return GROUP_KEY;
        }
    }

    /** A member of a stored generation. */
    record StoredMember(
            String memberId, @Nullable String groupInstanceId, String clientId, String clientHost,
            int rebalanceTimeoutMs, int sessionTimeoutMs, byte[] subscription, byte[] assignment) {}

    /** The classic group is gone. */
    record GroupRemoved() implements GroupEvent {
        @Override
        public Key key() {
            return GROUP_KEY;
        }
    }

    /** The one group key. */
    GroupKey GROUP_KEY = new GroupKey();

    /** True for a tombstone. */
    default boolean removes() {
        return this instanceof OffsetRemoved || this instanceof GroupRemoved
                || this instanceof ConsumerGroupEvent.Removed;
    }
}
