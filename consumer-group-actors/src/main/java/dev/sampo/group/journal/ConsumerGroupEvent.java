package dev.sampo.group.journal;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A fact about a consumer group (KIP-848). Each kind is one of Kafka's records; names are unique within a kind. */
public sealed interface ConsumerGroupEvent extends GroupEvent {
    @Override
    ConsumerKey key();

    /** Which record of Kafka's holds the fact. */
    enum Kind {
        EPOCH,
        /** Written by no version that is in use, but removed with the group, as Kafka does. */
        PARTITION_METADATA,
        MEMBER,
        TARGET_EPOCH,
        TARGET,
        CURRENT,
        REGULAR_EXPRESSION
    }

    /** Key of a fact; {@code name} is a member id or a regular expression, empty for what there is once. */
    record ConsumerKey(Kind kind, String name) implements GroupEvent.Key {
        /** Key of what there is once. */
        public static ConsumerKey of(Kind kind) {
            return new ConsumerKey(kind, "");
        }
    }

    /** Where a member stands on its way to its target. */
    enum MemberState {
        /** It owns what it should, as far as that was free. */
        STABLE(0),
        /** It has to give partitions up and has not confirmed that yet. */
        UNREVOKED_PARTITIONS(1),
        /** It waits for partitions that others still own. */
        UNRELEASED_PARTITIONS(2),
        /** Written by a version that knows more states. */
        UNKNOWN(127);

        private final byte code;

        MemberState(int code) {
            this.code = (byte) code;
        }

        /** The number in Kafka's record. */
        public byte code() {
            return code;
        }

        /** UNKNOWN for a number that is not known here. */
        static MemberState of(byte code) {
            for (MemberState state : values()) {
                if (state.code == code) {
                    return state;
                }
            }
            return UNKNOWN;
        }
    }

    /**
     * What a member wants.
     *
     * @param rebalanceTimeoutMs how long it may take to give partitions up
     * @param topicRegex null or empty without one
     * @param assignor null when any will do
     */
    record Subscription(
            @Nullable String instanceId, @Nullable String rackId, String clientId, String clientHost,
            int rebalanceTimeoutMs, Set<String> topicNames, @Nullable String topicRegex, @Nullable String assignor) {
        /** Of a member that has said nothing yet. */
        public static final Subscription NONE = new Subscription(null, null, "", "", -1, Set.of(), "", null);
    }

    /**
     * What a member owns: by topic id and partition, the epoch in which it was assigned.
     *
     * @param memberEpoch -1 when it has left, -2 when it is a static member that will be back
     * @param assigned without {@code pendingRevocation}
     */
    record CurrentAssignment(
            int memberEpoch, int previousMemberEpoch, MemberState state, Map<Uuid, Map<Integer, Integer>> assigned,
            Map<Uuid, Map<Integer, Integer>> pendingRevocation) {
        /** Of a member that joins. */
        public static final CurrentAssignment NONE = new CurrentAssignment(0, -1, MemberState.STABLE, Map.of(), Map.of());
    }

    /** What a regular expression matched. {@code version} is that of the topics, {@code timestampMs} wall clock. */
    record ResolvedRegex(Set<String> topics, long version, long timestampMs) {}

    /** The group's epoch: grows with each change that asks for another assignment. */
    record EpochStored(int epoch, long metadataHash) implements ConsumerGroupEvent {
        @Override
        public ConsumerKey key() {
            return ConsumerKey.of(Kind.EPOCH);
        }
    }

    /** A member came, or wants something else. */
    record MemberStored(String memberId, Subscription subscription) implements ConsumerGroupEvent {
        @Override
        public ConsumerKey key() {
            return new ConsumerKey(Kind.MEMBER, memberId);
        }
    }

    /** A target assignment is complete; the time is 0 where the next one need not wait for it. */
    record TargetEpochStored(int assignmentEpoch, long timestampMs) implements ConsumerGroupEvent {
        @Override
        public ConsumerKey key() {
            return ConsumerKey.of(Kind.TARGET_EPOCH);
        }
    }

    /** What a member should own, by topic id. */
    record TargetStored(String memberId, Map<Uuid, Set<Integer>> partitions) implements ConsumerGroupEvent {
        @Override
        public ConsumerKey key() {
            return new ConsumerKey(Kind.TARGET, memberId);
        }
    }

    /** A member owns something else, or is elsewhere on its way. */
    record CurrentStored(String memberId, CurrentAssignment assignment) implements ConsumerGroupEvent {
        @Override
        public ConsumerKey key() {
            return new ConsumerKey(Kind.CURRENT, memberId);
        }
    }

    /** The topics of a regular expression were looked up. */
    record RegexStored(String regex, ResolvedRegex resolved) implements ConsumerGroupEvent {
        @Override
        public ConsumerKey key() {
            return new ConsumerKey(Kind.REGULAR_EXPRESSION, regex);
        }
    }

    /** The fact under this key is no more. */
    record Removed(ConsumerKey key) implements ConsumerGroupEvent {}
}
