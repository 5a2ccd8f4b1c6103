package dev.sampo.actors.protocol;

import dev.sampo.actors.model.KafkaError;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What the coordinator of a group is asked and what it answers. A {@link Request} is plain data, so that the rules can
 * be called without actors; {@link Ask} adds the address. Requests stay on one broker: a client talks to the broker that
 * coordinates its group. Byte arrays are owned by the receiver and never changed.
 */
public interface Group {
    /** To the coordinator of one group. */
    sealed interface Command permits Ask, Internal {}

    /** A shell's private messages. */
    non-sealed interface Internal extends Command {}

    /** One request and where its one answer goes. */
    record Ask(Request<?> request, ActorRef<Reply> replyTo) implements Command {}

    /** A request to one group; {@code R} is the type of its answer. */
    sealed interface Request<R extends Reply>
            permits Join, Sync, Heartbeat, Leave, ConsumerGroupHeartbeat, CommitOffsets, FetchOffsets, Describe,
                    ConsumerGroupDescribe, DeleteGroup, DeleteOffsets {
        /** Never null; empty only where Kafka allows it (simple commits). */
        String groupId();

        /** The answer when the whole request is refused. */
        R refused(KafkaError error);
    }

    /** From the coordinator. */
    sealed interface Reply
            permits JoinReply, SyncReply, HeartbeatReply, LeaveReply, ConsumerGroupHeartbeatReply, CommitOffsetsReply,
                    FetchOffsetsReply, DescribeReply, ConsumerGroupDescribeReply, DeleteGroupReply, DeleteOffsetsReply {}

    /** An assignment strategy that a member offers; {@code metadata} is opaque unless the protocol type is consumer. */
    record Protocol(String name, byte[] metadata) {}

    /**
     * A member wants to be in the next generation.
     *
     * @param memberId empty on the first join
     * @param groupInstanceId set for a static member (KIP-345)
     * @param protocols in the member's order of preference
     * @param requireKnownMemberId an empty member id answers MEMBER_ID_REQUIRED (JoinGroup 4+, KIP-394)
     * @param skipAssignmentSupported JoinGroup 9+ (KIP-814)
     */
    record Join(
            String groupId, String memberId, @Nullable String groupInstanceId, String clientId, String clientHost,
            int sessionTimeoutMs, int rebalanceTimeoutMs, String protocolType, List<Protocol> protocols,
            boolean requireKnownMemberId, boolean skipAssignmentSupported)
            implements Request<JoinReply> {
        private static final int LONGEST_NAME = 10_000; // characters: 3 bytes each fit the 32,767 of a string on the wire

        /** The id of a new member: its instance's name or the client's, and something unique. */
        public String newMemberId(String unique) {
            String name = groupInstanceId != null ? groupInstanceId : clientId;
            return (name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) : name) + "-" + unique;
        }

        @Override
        public JoinReply refused(KafkaError error) {
            return JoinReply.failed(error, memberId);
        }
    }

    /** A member as the leader of a generation sees it. */
    record JoinedMember(String memberId, @Nullable String groupInstanceId, byte[] metadata) {}

    /** {@code members} is filled for the leader only. Generation -1 on error. */
    record JoinReply(
            KafkaError error, String memberId, int generationId, @Nullable String protocolType,
            @Nullable String protocolName, String leader, boolean skipAssignment, List<JoinedMember> members)
            implements Reply {
        /** A refusal. */
        public static JoinReply failed(KafkaError error, String memberId) {
            return new JoinReply(error, memberId, -1, null, null, "", false, List.of());
        }
    }

    /**
     * A member wants its assignment; the leader brings all of them.
     *
     * @param protocolType null below SyncGroup 5
     * @param assignments by member id, empty unless from the leader
     */
    record Sync(
            String groupId, int generationId, String memberId, @Nullable String groupInstanceId,
            @Nullable String protocolType, @Nullable String protocolName, Map<String, byte[]> assignments)
            implements Request<SyncReply> {
        @Override
        public SyncReply refused(KafkaError error) {
            return SyncReply.failed(error);
        }
    }

    /** The assignment is empty on error. */
    record SyncReply(
            KafkaError error, @Nullable String protocolType, @Nullable String protocolName, byte[] assignment)
            implements Reply {
        /** A refusal. */
        public static SyncReply failed(KafkaError error) {
            return new SyncReply(error, null, null, new byte[0]);
        }
    }

    /** A member of a classic group is alive. */
    record Heartbeat(String groupId, int generationId, String memberId, @Nullable String groupInstanceId)
            implements Request<HeartbeatReply> {
        @Override
        public HeartbeatReply refused(KafkaError error) {
            return new HeartbeatReply(error);
        }
    }

    /** REBALANCE_IN_PROGRESS asks the member to join again. */
    record HeartbeatReply(KafkaError error) implements Reply {}

    /** One who leaves; an empty member id leaves by instance id. */
    record LeavingMember(String memberId, @Nullable String groupInstanceId) {}

    /** Members leave at once, one rebalance for all (KIP-345). */
    record Leave(String groupId, List<LeavingMember> members) implements Request<LeaveReply> {
        @Override
        public LeaveReply refused(KafkaError error) {
            return new LeaveReply(error, List.of());
        }
    }

    /** {@code members} has one error per member, in request order, empty when {@code error} refuses the whole. */
    record LeaveReply(KafkaError error, List<KafkaError> members) implements Reply {}

    /**
     * A member of a consumer group (KIP-848) joins (epoch 0), is alive (its epoch), or leaves (-1; -2 a static member that
     * will be back). What is null has not changed since the member's last request.
     *
     * @param memberIdRequired ConsumerGroupHeartbeat 1+: the member brings its id, else an empty one is given one
     * @param rebalanceTimeoutMs -1 when unchanged
     * @param serverAssignor name of an assignor
     * @param topicPartitions what the member owns, by topic id
     */
    record ConsumerGroupHeartbeat(
            String groupId, String memberId, int memberEpoch, @Nullable String instanceId, @Nullable String rackId,
            int rebalanceTimeoutMs, @Nullable List<String> subscribedTopicNames, @Nullable String subscribedTopicRegex,
            @Nullable String serverAssignor, @Nullable Map<Uuid, Set<Integer>> topicPartitions, String clientId,
            String clientHost, boolean memberIdRequired)
            implements Request<ConsumerGroupHeartbeatReply> {
        @Override
        public ConsumerGroupHeartbeatReply refused(KafkaError error) {
            return ConsumerGroupHeartbeatReply.failed(error, null);
        }
    }

    /**
     * Member id null and epoch 0 on error.
     *
     * @param heartbeatIntervalMs until the next request, 0 to one that left
     * @param assignment by topic id; null when it has not changed, empty when everything has to be given up
     */
    record ConsumerGroupHeartbeatReply(
            KafkaError error, @Nullable String errorMessage, @Nullable String memberId, int memberEpoch,
            int heartbeatIntervalMs, @Nullable Map<Uuid, Set<Integer>> assignment)
            implements Reply {
        /** A refusal. */
        public static ConsumerGroupHeartbeatReply failed(KafkaError error, @Nullable String message) {
            return new ConsumerGroupHeartbeatReply(error, message, null, 0, 0, null);
        }
    }

    /**
     * One offset to commit. The topic exists: the handler has checked.
     *
     * @param leaderEpoch -1 when not known (KIP-320)
     * @param metadata empty for null
     */
    record OffsetToCommit(
            String topic, Uuid topicId, int partition, long offset, int leaderEpoch, String metadata) {}

    /**
     * Commits, from a member (generation and member id) or from outside the group protocol (-1 and empty).
     *
     * @param generationId the member epoch when it is from a member of a consumer group
     * @param groupIdNotFoundSupported OffsetCommit 9+, the first that members of consumer groups may use
     * @param retentionTimeMs -1 for the broker's (OffsetCommit 2-4)
     */
    record CommitOffsets(
            String groupId, int generationId, String memberId, @Nullable String groupInstanceId,
            boolean groupIdNotFoundSupported, long retentionTimeMs, List<OffsetToCommit> offsets)
            implements Request<CommitOffsetsReply> {
        @Override
        public CommitOffsetsReply refused(KafkaError error) {
            return new CommitOffsetsReply(java.util.Collections.nCopies(offsets.size(), error));
        }
    }

    /** One error per offset, in request order. */
    record CommitOffsetsReply(List<KafkaError> errors) implements Reply {}

    /** Partitions of one topic; the id is zero when the client does not know it. */
    record TopicPartitions(String topic, Uuid topicId, List<Integer> partitions) {}

    /**
     * Reads committed offsets.
     *
     * @param memberId of a member of a consumer group, null from outside of it
     * @param memberEpoch -1 from outside of a consumer group
     * @param topics null for all
     * @param requireStable UNSTABLE_OFFSET_COMMIT for partitions with a pending transactional commit
     */
    record FetchOffsets(
            String groupId, @Nullable String memberId, int memberEpoch, @Nullable List<TopicPartitions> topics,
            boolean requireStable)
            implements Request<FetchOffsetsReply> {
        /** From outside of a consumer group. */
        public FetchOffsets(String groupId, @Nullable List<TopicPartitions> topics, boolean requireStable) {
            this(groupId, null, -1, topics, requireStable);
        }

        @Override
        public FetchOffsetsReply refused(KafkaError error) {
            return new FetchOffsetsReply(error, List.of());
        }
    }

    /** Offset -1, leader epoch -1 and empty metadata when nothing is committed. */
    record FetchedOffset(int partition, long offset, int leaderEpoch, String metadata, KafkaError error) {}

    /** In request order; in order of names when all were asked for. */
    record FetchedTopic(String topic, Uuid topicId, List<FetchedOffset> partitions) {}

    /** No topics when {@code error} is not NONE. */
    record FetchOffsetsReply(KafkaError error, List<FetchedTopic> topics) implements Reply {}

    /** Describes a group. */
    record Describe(String groupId) implements Request<DescribeReply> {
        @Override
        public DescribeReply refused(KafkaError error) {
            return new DescribeReply(error, "", "", "", List.of());
        }
    }

    /** Metadata is empty unless the group is stable; the assignment is the last one that was handed out. */
    record DescribedMember(
            String memberId, @Nullable String groupInstanceId, String clientId, String clientHost, byte[] metadata,
            byte[] assignment) {}

    /** GROUP_ID_NOT_FOUND with state Dead for a group that does not exist. */
    record DescribeReply(
            KafkaError error, String state, String protocolType, String protocolName, List<DescribedMember> members)
            implements Reply {}

    /** Describes a consumer group (KIP-848). */
    record ConsumerGroupDescribe(String groupId) implements Request<ConsumerGroupDescribeReply> {
        @Override
        public ConsumerGroupDescribeReply refused(KafkaError error) {
            return ConsumerGroupDescribeReply.failed(error, null);
        }
    }

    /**
     * A member of a consumer group; partitions of topics that are gone are left out.
     *
     * @param subscribedTopicNames in order of names
     * @param subscribedTopicRegex empty or null without one
     * @param assignment what it owns, with what it has to give up
     * @param classic it speaks the classic protocol
     */
    record DescribedConsumer(
            String memberId, @Nullable String instanceId, @Nullable String rackId, int memberEpoch, String clientId,
            String clientHost, List<String> subscribedTopicNames, @Nullable String subscribedTopicRegex,
            List<TopicPartitions> assignment, List<TopicPartitions> targetAssignment, boolean classic) {}

    /** GROUP_ID_NOT_FOUND for a group that does not exist or is of another type; members in order of their ids. */
    record ConsumerGroupDescribeReply(
            KafkaError error, @Nullable String errorMessage, String state, int groupEpoch, int assignmentEpoch,
            String assignorName, List<DescribedConsumer> members)
            implements Reply {
        /** A refusal. */
        public static ConsumerGroupDescribeReply failed(KafkaError error, @Nullable String message) {
            return new ConsumerGroupDescribeReply(error, message, "", 0, 0, "", List.of());
        }
    }

    /** Deletes an empty group and its offsets. */
    record DeleteGroup(String groupId) implements Request<DeleteGroupReply> {
        @Override
        public DeleteGroupReply refused(KafkaError error) {
            return new DeleteGroupReply(error);
        }
    }

    /** GROUP_ID_NOT_FOUND or NON_EMPTY_GROUP when nothing was deleted. */
    record DeleteGroupReply(KafkaError error) implements Reply {}

    /** One partition of one topic by name. */
    record NamedPartition(String topic, int partition) {}

    /** Deletes committed offsets of topics that the group is not subscribed to (KIP-496). */
    record DeleteOffsets(String groupId, List<NamedPartition> partitions) implements Request<DeleteOffsetsReply> {
        @Override
        public DeleteOffsetsReply refused(KafkaError error) {
            return new DeleteOffsetsReply(error, List.of());
        }
    }

    /** One error per partition, in request order, none when {@code error} refuses the whole. */
    record DeleteOffsetsReply(KafkaError error, List<KafkaError> partitions) implements Reply {}

    /** One row of ListGroups; {@code groupType} is classic or consumer. */
    record Summary(String groupId, String groupType, String protocolType, String state) {}
}
