package dev.sampo.actors.protocol;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.serialization.SampoMessage;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What the controller is asked and what it answers. It answers after the change is committed in the metadata log;
 * {@link Reply#metadataOffset} is where, so that the asker can wait until its own image has it.
 */
public interface Controller {
    /** To the controller. */
    sealed interface Command extends SampoMessage
            permits CreateTopics, DeleteTopics, CreatePartitions, AlterConfigs, BecomeLeader, RegisterBroker,
                    FenceBroker, BrokerStopping, ChangeInSyncReplicas, AllocateProducerIds, AlterReassignments,
                    CompleteMove, ElectLeaders, UnregisterBroker, DescribeQuorum, ChangeVoter, Internal {}

    /** A shell's private messages. */
    non-sealed interface Internal extends Command {}

    /** From the controller. */
    sealed interface Reply extends SampoMessage
            permits CreateTopicsReply, ItemsReply, BecomeLeaderReply, RegisterBrokerReply, AllocateProducerIdsReply,
                    QuorumReply {
        /** Offset of the last record of the change in the metadata log, -1 when nothing was written. */
        long metadataOffset();
    }

    /**
     * One topic wanted.
     *
     * @param partitions -1 for the broker's default; must be -1 with manual assignments
     * @param replicationFactor -1 for the broker's default; must be -1 with manual assignments
     * @param assignments partition -> replica list, empty for automatic placement
     * @param configs values as the client sent them; null values are refused
     */
    record NewTopic(
            String name, int partitions, short replicationFactor, Map<Integer, List<Integer>> assignments,
            Map<String, @Nullable String> configs) {}

    /**
     * Creates topics, each whole or not at all.
     *
     * @param internal created by a coordinator: internal names are allowed
     * @param validateOnly check and answer, write nothing
     */
    record CreateTopics(
            List<NewTopic> topics, boolean validateOnly, boolean internal, ActorRef<? super CreateTopicsReply> replyTo)
            implements Command {}

    /** On error: zero id, -1, -1 and no configs, as Kafka answers. */
    record TopicResult(
            String name, KafkaError error, @Nullable String errorMessage, Uuid topicId, int partitions,
            short replicationFactor) {}

    /** One result per topic wanted, in request order. */
    record CreateTopicsReply(List<TopicResult> results, long metadataOffset) implements Reply {}

    /** By id; the handler has resolved names. An unknown id answers UNKNOWN_TOPIC_ID. */
    record DeleteTopics(List<Uuid> topicIds, ActorRef<? super ItemsReply> replyTo) implements Command {}

    /**
     * More partitions for one topic.
     *
     * @param count the new total
     * @param assignments replica lists of the added ones in order, empty for automatic placement
     */
    record MorePartitions(String topic, int count, List<List<Integer>> assignments) {}

    /** One result per topic, in request order. */
    record CreatePartitions(
            List<MorePartitions> topics, boolean validateOnly, ActorRef<? super ItemsReply> replyTo)
            implements Command {}

    /** What an incremental alteration does to one name. */
    enum ConfigOperation {
        SET,
        DELETE,
        APPEND,
        SUBTRACT
    }

    /** The kinds of resource whose configs live in the metadata log. */
    enum ConfigResourceType {
        TOPIC,
        BROKER,
        GROUP
    }

    /** {@code name} is a topic, a broker id, empty for all brokers, or a group. */
    record ConfigResource(ConfigResourceType type, String name) {}

    /** One change of one name. */
    record ConfigChange(String name, ConfigOperation operation, @Nullable String value) {}

    /**
     * All changes of one resource.
     *
     * @param replaceAll legacy AlterConfigs: names that are not mentioned lose their value
     */
    record ConfigAlteration(ConfigResource resource, List<ConfigChange> changes, boolean replaceAll) {}

    /** One result per resource, in request order; each resource changes whole or not at all. */
    record AlterConfigs(
            List<ConfigAlteration> alterations, boolean validateOnly, ActorRef<? super ItemsReply> replyTo)
            implements Command {}

    /** The result for one item of the request. */
    record ItemResult(KafkaError error, @Nullable String errorMessage) {}

    /** In request order. */
    record ItemsReply(List<ItemResult> results, long metadataOffset) implements Reply {}

    /**
     * A sentinel asks for a leader epoch of its placement group.
     *
     * @param knownEpoch the group's epoch when this sentinel began: if its broker leads in a later one already, that was
     *     granted to this very sentinel and is granted again
     */
    record BecomeLeader(
            String groupId, int brokerId, long incarnation, long imageOffset,
            ActorRef<? super BecomeLeaderReply> replyTo, int knownEpoch)
            implements Command {
        /** Asks for a new epoch in any case. */
        public BecomeLeader(
                String groupId, int brokerId, long incarnation, long imageOffset,
                ActorRef<? super BecomeLeaderReply> replyTo) {
            this(groupId, brokerId, incarnation, imageOffset, replyTo, Integer.MAX_VALUE);
        }
    }

    /** NONE with the epoch granted, or the reason for the refusal. */
    record BecomeLeaderReply(String groupId, KafkaError error, int leaderEpoch, long metadataOffset)
            implements Reply {}

    /** Where a listener of a broker is reached. */
    record Endpoint(String listener, String host, int port, String securityProtocol) {
        /** The listener on which brokers copy from each other. No client is told of it. */
        public static final String REPLICATION = "REPLICATION";
    }

    /**
     * A broker starts (or comes back).
     *
     * @param directoryId id of its data folder; a second folder under one broker id is refused
     * @param raftAddress {@code host:port} where the other members of the metadata log reach it, null when it takes no part
     * @param lostTail its logs may lack records that they had: it was not stopped cleanly, and the machine's page cache is
     *     gone since
     * @param knownIncarnation the one that this registration takes the place of, {@link #NOBODY} for none, 0 for any. A request
     *     that comes late, perhaps from a process that is gone, knows an older one than there is
     */
    record RegisterBroker(
            int brokerId, Uuid directoryId, Uuid processId, List<Endpoint> endpoints, @Nullable String rack,
            ActorRef<? super RegisterBrokerReply> replyTo, @Nullable String raftAddress, boolean lostTail,
            long knownIncarnation)
            implements Command {
        /** There is no such broker yet. */
        public static final long NOBODY = -1;

        /** Without an address of the metadata log, with all of its logs. */
        public RegisterBroker(
                int brokerId, Uuid directoryId, Uuid processId, List<Endpoint> endpoints, @Nullable String rack,
                ActorRef<? super RegisterBrokerReply> replyTo) {
            this(brokerId, directoryId, processId, endpoints, rack, replyTo, null, false, 0);
        }
    }

    /**
     * Whether the broker is registered. STALE_BROKER_EPOCH when the registration was to take the place of another one than there
     * is: ask again with that.
     *
     * @param incarnation counts the registrations of the cluster (Kafka's broker epoch); -1 when refused, or the one that there is
     */
    record RegisterBrokerReply(
            KafkaError error, @Nullable String errorMessage, long incarnation, long metadataOffset)
            implements Reply {}

    /**
     * A broker's session ended or it shuts down: it leads nothing, leaves every ISR that has another member, and must
     * register again. Answers with one result; STALE_BROKER_EPOCH when {@code incarnation} is not the current one,
     * NOT_CONTROLLER when it was decided for another controller than the one that it reaches.
     *
     * @param controllerEpoch whose node found the broker silent: silence proves nothing to a later one; 0 when it is no
     *     matter of who found it
     */
    record FenceBroker(
            int brokerId, long incarnation, ActorRef<? super ItemsReply> replyTo, long controllerEpoch)
            implements Command {
        /** By the broker itself, or with a proof of its death. */
        public FenceBroker(int brokerId, long incarnation, ActorRef<? super ItemsReply> replyTo) {
            this(brokerId, incarnation, replyTo, 0);
        }
    }

    /**
     * A broker is about to stop: from here on it leads nothing that another broker can lead. Over with its next
     * registration. Answers as {@link FenceBroker} does.
     */
    record BrokerStopping(int brokerId, long incarnation, ActorRef<? super ItemsReply> replyTo) implements Command {}

    /**
     * A leader asks for another ISR of its group: compare and set.
     *
     * @param leaderEpoch the asker's, else FENCED_LEADER_EPOCH
     * @param partitionEpoch as the asker's image shows it, else INVALID_UPDATE_VERSION
     * @param inSyncReplicas the leader and live replicas of the group only, else INELIGIBLE_REPLICA
     * @param incarnations of those, as the leader knows them (KIP-903), in their order: an older one is INELIGIBLE_REPLICA
     *     too. Empty for no such check
     */
    record ChangeInSyncReplicas(
            String groupId, int brokerId, long incarnation, int leaderEpoch, int partitionEpoch,
            List<Integer> inSyncReplicas, ActorRef<? super ItemsReply> replyTo, List<Long> incarnations)
            implements Command {
        @SuppressWarnings("all") // null comes from a broker of the release before
        public ChangeInSyncReplicas {
            incarnations = incarnations == null ? List.of() : List.copyOf(incarnations);
        }

        /** Whatever the members' incarnations are. */
        public ChangeInSyncReplicas(
                String groupId, int brokerId, long incarnation, int leaderEpoch, int partitionEpoch,
                List<Integer> inSyncReplicas, ActorRef<? super ItemsReply> replyTo) {
            this(groupId, brokerId, incarnation, leaderEpoch, partitionEpoch, inSyncReplicas, replyTo, List.of());
        }
    }

    /** A block of producer ids for one broker. */
    record AllocateProducerIds(int brokerId, long incarnation, ActorRef<? super AllocateProducerIdsReply> replyTo)
            implements Command {}

    /** Ids {@code first <= id < first + count}; never given twice. */
    record AllocateProducerIdsReply(KafkaError error, long first, int count, long metadataOffset) implements Reply {}

    /**
     * Another replica list for a partition.
     *
     * @param replicas broker ids, preferred leader first; null ends the move that is under way
     */
    record Reassignment(String topic, int partition, @Nullable List<Integer> replicas) {}

    /**
     * Moves partitions to other brokers. One result per partition, in request order: NONE when the move has begun, or was
     * over at once.
     *
     * @param allowReplicationFactorChange false refuses lists of another length than the partition has
     */
    record AlterReassignments(
            List<Reassignment> reassignments, boolean allowReplicationFactorChange, ActorRef<? super ItemsReply> replyTo)
            implements Command {}

    /**
     * The leader of a partition that moves reports that the brokers it moves to have all that is committed, and that its
     * high watermark waits for them from now on, until the image shows another partition epoch or another place of the
     * partition, or this is refused. Compare and set, as {@link ChangeInSyncReplicas}; answers with one result,
     * NO_REASSIGNMENT_IN_PROGRESS when the partition does not move there (any more).
     *
     * @param groupId the group that the partition leaves
     * @param targetGroupId the group that it moves to
     * @param caughtUp broker id to the incarnation that copied
     */
    record CompleteMove(
            String groupId, int brokerId, long incarnation, int leaderEpoch, int partitionEpoch,
            TopicIdPartition partition, String targetGroupId, Map<Integer, Long> caughtUp,
            ActorRef<? super ItemsReply> replyTo)
            implements Command {}

    /** A partition by the name of its topic. */
    record NamedPartition(String topic, int partition) {}

    /**
     * Elects leaders. One result per partition, in request order; NONE: the election was not needed to be written, or is,
     * and the image shows its leader soon.
     *
     * @param unclean false: the preferred one, the first of the replica list; true: any live replica, where no other may
     *     lead. Records that only lost replicas held are then gone for good
     */
    record ElectLeaders(
            List<NamedPartition> partitions, boolean unclean, ActorRef<? super ItemsReply> replyTo) implements Command {}

    /** Forgets a broker. Answers with one result; INVALID_REQUEST while it lives or a partition has a replica on it. */
    record UnregisterBroker(int brokerId, ActorRef<? super ItemsReply> replyTo) implements Command {}

    /** Who keeps the metadata log, and how far each is. */
    record DescribeQuorum(ActorRef<? super QuorumReply> replyTo) implements Command {}

    /**
     * A broker that takes part in the metadata log.
     *
     * @param voter false: it only listens
     * @param address {@code host:port} where the other members reach it
     * @param endOffset in the log's own count, -1 when not known
     * @param silentMs how long the leader has not heard of it, 0 for the leader, -1 when not known
     */
    record QuorumMember(int brokerId, boolean voter, String address, long endOffset, long silentMs) {}

    /**
     * The metadata log's group.
     *
     * @param leaderId -1 for nobody
     * @param term grows with each leader
     * @param committed first offset, in the log's own count, that is not on a majority
     */
    record QuorumReply(int leaderId, long term, long committed, List<QuorumMember> members, long metadataOffset)
            implements Reply {}

    /**
     * A broker becomes a voter of the metadata log, or does not vote any more. Answers with one result when the change is
     * committed: DUPLICATE_VOTER or VOTER_NOT_FOUND when it is so already, INVALID_VOTER_KEY when the broker has another data
     * folder, NOT_CONTROLLER when the leader was to go and another one leads now: ask again.
     *
     * @param directoryId of the broker's data folder, null for any
     */
    record ChangeVoter(
            int brokerId, @Nullable Uuid directoryId, boolean voter, ActorRef<? super ItemsReply> replyTo)
            implements Command {}
}
