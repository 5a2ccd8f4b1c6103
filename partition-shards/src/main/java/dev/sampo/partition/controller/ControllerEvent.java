package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.actors.serialization.SampoMessage;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One record of the metadata log. Persisted: components are only ever appended, never moved or retyped, and class ids
 * ({@link ControllerRegistrar}) are never reused. What an event does is {@link MetadataImage#apply}.
 */
public sealed interface ControllerEvent extends SampoMessage {
    /** A controller incarnation starts to write; always its first event. {@code controllerEpoch} counts them. */
    record EpochStarted(long controllerEpoch) implements ControllerEvent {}

    /**
     * A broker process registered. A new incarnation leads nothing until it is elected, so whatever this broker led
     * has no leader from here on.
     *
     * @param incarnation greater than every earlier one of the cluster
     * @param raftAddress {@code host:port} where the other members of the metadata log reach it
     */
    record BrokerRegistered(
            int brokerId, Uuid directoryId, Uuid processId, long incarnation, List<Endpoint> endpoints,
            @Nullable String rack, @Nullable String raftAddress)
            implements ControllerEvent {
        /** Without an address of the metadata log. */
        public BrokerRegistered(int brokerId, Uuid directoryId, Uuid processId, long incarnation,
                List<Endpoint> endpoints, @Nullable String rack) {
            this(brokerId, directoryId, processId, incarnation, endpoints, rack, null);
        }
    }

    /** A broker's session is over: it leads nothing from here on. */
    record BrokerFenced(int brokerId, long incarnation) implements ControllerEvent {}

    /** A broker is shutting down or not, drained or not. */
    record BrokerChanged(int brokerId, boolean shuttingDown, boolean drained) implements ControllerEvent {}

    /** A broker is forgotten; no placement group names it. */
    record BrokerUnregistered(int brokerId) implements ControllerEvent {}

    /**
     * A placement group exists, without a leader.
     *
     * @param groupId {@code g<number>}, dense
     * @param replicas broker ids, preferred leader first
     */
    record PlacementGroupCreated(String groupId, List<Integer> replicas, int stripe, List<Integer> inSyncReplicas)
            implements ControllerEvent {}

    /**
     * A topic exists.
     *
     * @param partitionGroups the place is the partition, the value its group, which exists already
     * @param configs values set for the topic
     */
    record TopicCreated(
            Uuid topicId, String name, List<String> partitionGroups, boolean internal, Map<String, String> configs)
            implements ControllerEvent {}

    /** A topic has more partitions; {@code partitionGroups} are those of the added ones, in order. */
    record PartitionsAdded(Uuid topicId, List<String> partitionGroups) implements ControllerEvent {}

    /** A topic and its configs are gone for good; the id is never used again. */
    record TopicDeleted(Uuid topicId) implements ControllerEvent {}

    /** A placement group has a leader in a new epoch. */
    record LeaderElected(String groupId, int leader, int leaderEpoch, List<Integer> inSyncReplicas)
            implements ControllerEvent {}

    /** An administrator wants this replica to lead its group: leadership moves there when it can, and is elected then. */
    record LeaderWanted(String groupId, int brokerId) implements ControllerEvent {}

    /** A placement group has another ISR; the leader and its epoch stay. */
    record InSyncReplicasChanged(String groupId, List<Integer> inSyncReplicas, List<Integer> eligible)
            implements ControllerEvent {
        @SuppressWarnings("all") // null comes from events that were written before there were eligible replicas
        public InSyncReplicasChanged {
            eligible = eligible == null ? List.of() : List.copyOf(eligible);
        }

        /** Without eligible replicas outside of the ISR. */
        public InSyncReplicasChanged(String groupId, List<Integer> inSyncReplicas) {
            this(groupId, inSyncReplicas, List.of());
        }
    }

    /** A partition is being copied to the brokers of another group, which exists; null: not any more (cancelled). */
    record PartitionMoveStarted(Uuid topicId, int partition, @Nullable String groupId) implements ControllerEvent {}

    /** A partition belongs to another group from here on; every in-sync replica of that group has all of it. */
    record PartitionMoved(Uuid topicId, int partition, String groupId) implements ControllerEvent {}

    /** A resource's dynamic values, all of them: what is not in {@code values} is not set. */
    record ConfigsChanged(ConfigResource resource, Map<String, String> values) implements ControllerEvent {}

    /** Producer ids {@code first <= id < first + count} belong to a broker. */
    record ProducerIdsAllocated(int brokerId, long first, int count) implements ControllerEvent {}
}
