package dev.sampo.partition.controller;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.HashTreePSet;
import org.pcollections.PMap;
import org.pcollections.PSet;

/**
 * What the metadata log says up to {@link #offset}: immutable, the same on every broker at the same offset, and also
 * the controller's state. Made only by applying events in order.
 *
 * @param offset of the last record applied, -1 before the first
 * @param brokers by broker id
 * @param topics by topic id
 * @param topicIds topic name to id
 * @param groups placement groups by id ({@code g17}); never removed, so ids are dense
 * @param configs values set dynamically, by resource; a resource without values is absent
 * @param nextProducerId first producer id of the next block
 * @param controllerEpoch of the newest controller incarnation, 0 before the first
 * @param brokerRegistrations how many there were: the newest broker incarnation
 * @param groupPartitions group id to its partitions: derived from {@code topics}; a group without partitions is absent
 * @param collisionNames topic names that hold {@code .} or {@code _}, by their form with {@code _} only: derived
 */
public record MetadataImage(
        long offset,
        PMap<Integer, Broker> brokers,
        PMap<Uuid, Topic> topics,
        PMap<String, Uuid> topicIds,
        PMap<String, PlacementGroup> groups,
        PMap<ConfigResource, Map<String, String>> configs,
        long nextProducerId,
        long controllerEpoch,
        long brokerRegistrations,
        PMap<String, PSet<TopicIdPartition>> groupPartitions,
        PMap<String, String> collisionNames) {
    private static final PSet<TopicIdPartition> NO_PARTITIONS = HashTreePSet.empty();

    /** Before the first event. */
    public static final MetadataImage EMPTY = new MetadataImage(
            -1, HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty(),
            HashTreePMap.empty(), 1000);

    /** With the derived maps computed. */
    public MetadataImage(
            long offset, PMap<Integer, Broker> brokers, PMap<Uuid, Topic> topics, PMap<String, Uuid> topicIds,
            PMap<String, PlacementGroup> groups, PMap<ConfigResource, Map<String, String>> configs,
            long nextProducerId, long controllerEpoch, long brokerRegistrations) {
        this(offset, brokers, topics, topicIds, groups, configs, nextProducerId, controllerEpoch, brokerRegistrations,
                partitionsByGroup(topics), namesByCollisionForm(topicIds));
    }

    /** Before the first controller, or where its counters do not matter. */
    public MetadataImage(
            long offset, PMap<Integer, Broker> brokers, PMap<Uuid, Topic> topics, PMap<String, Uuid> topicIds,
            PMap<String, PlacementGroup> groups, PMap<ConfigResource, Map<String, String>> configs,
            long nextProducerId) {
        this(offset, brokers, topics, topicIds, groups, configs, nextProducerId, 0, 0);
    }

    /**
     * A registered broker; {@code incarnation} is Kafka's broker epoch.
     *
     * @param raftAddress {@code host:port} where the other members of the metadata log reach it, null when not told
     * @param shuttingDown it stops: it leads nothing that another broker can lead. Over with the next registration
     * @param drained an administrator wants it to lead and to receive nothing, until it is undrained
     */
    public record Broker(
            int id, Uuid directoryId, Uuid processId, long incarnation, List<Endpoint> endpoints,
            @Nullable String rack, boolean fenced, @Nullable String raftAddress, boolean shuttingDown,
            boolean drained) {
        /** A broker that neither stops nor is drained. */
        public Broker(int id, Uuid directoryId, Uuid processId, long incarnation, List<Endpoint> endpoints,
                @Nullable String rack, boolean fenced) {
            this(id, directoryId, processId, incarnation, endpoints, rack, fenced, null, false, false);
        }

        Broker asFenced() {
            return new Broker(
                    id, directoryId, processId, incarnation, endpoints, rack, true, raftAddress, false, drained);
        }

        Broker with(boolean nowShuttingDown, boolean nowDrained) {
            return new Broker(id, directoryId, processId, incarnation, endpoints, rack, fenced, raftAddress,
                    nowShuttingDown, nowDrained);
        }
    }

    /**
     * A topic; the place in {@code partitionGroups} is the partition, the value its placement group's id.
     *
     * @param moves partition to the group that it is being copied to, for partitions under way only
     */
    public record Topic(
            Uuid id, String name, List<String> partitionGroups, boolean internal, Map<Integer, String> moves) {
        @SuppressWarnings("all") // null comes from snapshots that were written before there were moves
        public Topic {
            moves = moves == null ? Map.of() : Map.copyOf(moves);
        }

        /** A topic of which nothing moves. */
        public Topic(Uuid id, String name, List<String> partitionGroups, boolean internal) {
            this(id, name, partitionGroups, internal, Map.of());
        }
    }

    /**
     * An ordered replica list and a stripe number: the unit of sharding, election and ISR.
     *
     * @param leader broker id, -1 without one
     * @param leaderEpoch grows with each election, -1 before the first
     * @param partitionEpoch grows with each change of leader or ISR
     * @param inSyncReplicas empty only when the last copy was lost: the group is then offline
     * @param eligible replicas out of the ISR that hold everything committed, since the ISR fell below
     *     {@code min.insync.replicas} when they left it (KIP-966)
     * @param wantedLeader an administrator wants this replica to lead, null for nobody; until the next election
     */
    public record PlacementGroup(
            String id, List<Integer> replicas, int stripe, int leader, int leaderEpoch, int partitionEpoch,
            List<Integer> inSyncReplicas, List<Integer> eligible, @Nullable Integer wantedLeader) {
        @SuppressWarnings("all") // null comes from snapshots that were written before there were eligible replicas
        public PlacementGroup {
            eligible = eligible == null ? List.of() : List.copyOf(eligible);
        }

        /** A group of which no replica is wanted as the leader. */
        public PlacementGroup(String id, List<Integer> replicas, int stripe, int leader, int leaderEpoch,
                int partitionEpoch, List<Integer> inSyncReplicas, List<Integer> eligible) {
            this(id, replicas, stripe, leader, leaderEpoch, partitionEpoch, inSyncReplicas, eligible, null);
        }

        /** A group without eligible replicas outside of its ISR. */
        public PlacementGroup(String id, List<Integer> replicas, int stripe, int leader, int leaderEpoch,
                int partitionEpoch, List<Integer> inSyncReplicas) {
            this(id, replicas, stripe, leader, leaderEpoch, partitionEpoch, inSyncReplicas, List.of());
        }

        PlacementGroup elected(int newLeader, int newLeaderEpoch, List<Integer> inSync) {
            return new PlacementGroup(
                    id, replicas, stripe, newLeader, newLeaderEpoch, partitionEpoch + 1, inSync, eligible);
        }

        PlacementGroup inSync(List<Integer> inSync, List<Integer> newEligible) {
            return new PlacementGroup(
                    id, replicas, stripe, leader, leaderEpoch, partitionEpoch + 1, inSync, newEligible, wantedLeader);
        }

        PlacementGroup wanting(int brokerId) {
            return new PlacementGroup(id, replicas, stripe, leader, leaderEpoch, partitionEpoch, inSyncReplicas, eligible,
                    brokerId);
        }
    }

    /** The topic with this name, null when there is none. */
    public @Nullable Topic topic(String name) {
        Uuid id = topicIds.get(name);
        return id == null ? null : topics.get(id);
    }

    /** The topic with this id, null when there is none. */
    public @Nullable Topic topic(Uuid id) {
        return topics.get(id);
    }

    /** The group that holds a partition. */
    public PlacementGroup groupOf(Topic topic, int partition) {
        String groupId = topic.partitionGroups().get(partition);
        PlacementGroup group = groups.get(groupId);
        if (group == null) {
            throw new IllegalStateException("topic " + topic.name() + " partition " + partition + " names group "
                    + groupId + ", which the image at offset " + offset + " does not hold");
        }
        return group;
    }

    /** Values set dynamically for this resource, empty when none. */
    public Map<String, String> configsOf(ConfigResource resource) {
        return configs.getOrDefault(resource, Map.of());
    }

    /** The partitions of a group, empty when none; the same object as long as nothing changed. */
    public PSet<TopicIdPartition> partitionsOf(String groupId) {
        PSet<TopicIdPartition> partitions = groupPartitions.get(groupId);
        return partitions == null ? NO_PARTITIONS : partitions;
    }

    /** Whether this broker is registered and not fenced. */
    public boolean isLive(int brokerId) {
        Broker broker = brokers.get(brokerId);
        return broker != null && !broker.fenced();
    }

    /** The image after the next event. */
    public MetadataImage apply(ControllerEvent event) {
        return apply(event, offset + 1);
    }

    /** The image after the event at {@code offset}; pure. */
    public MetadataImage apply(ControllerEvent event, long offset) {
        if (offset != this.offset + 1) {
            throw new IllegalStateException(
                    "metadata event at offset " + offset + " applied to an image at offset " + this.offset);
        }
        var next = new Next(offset, this);
        switch (event) {
            case ControllerEvent.EpochStarted e -> next.controllerEpoch = e.controllerEpoch();
            case ControllerEvent.BrokerRegistered e -> registered(e, next);
            case ControllerEvent.BrokerFenced e -> {
                next.brokers = brokers.plus(e.brokerId(), broker(e.brokerId(), offset).asFenced());
                next.groups = withoutLeader(e.brokerId());
            }
            case ControllerEvent.BrokerChanged e -> next.brokers = brokers.plus(
                    e.brokerId(), broker(e.brokerId(), offset).with(e.shuttingDown(), e.drained()));
            case ControllerEvent.BrokerUnregistered e -> next.brokers = brokers.minus(e.brokerId());
            case ControllerEvent.PlacementGroupCreated e -> next.groups = groups.plus(
                    e.groupId(),
                    new PlacementGroup(e.groupId(), e.replicas(), e.stripe(), -1, -1, 0, e.inSyncReplicas()));
            case ControllerEvent.TopicCreated e -> created(e, next);
            case ControllerEvent.PartitionsAdded e -> partitionsAdded(e, next);
            case ControllerEvent.PartitionMoveStarted e -> moveStarted(e, next);
            case ControllerEvent.PartitionMoved e -> moved(e, next);
            case ControllerEvent.TopicDeleted e -> deleted(e, next);
            case ControllerEvent.LeaderElected e -> next.groups = groups.plus(
                    e.groupId(),
                    group(e.groupId(), offset).elected(e.leader(), e.leaderEpoch(), e.inSyncReplicas()));
            case ControllerEvent.LeaderWanted e -> next.groups = groups.plus(
                    e.groupId(), group(e.groupId(), offset).wanting(e.brokerId()));
            case ControllerEvent.InSyncReplicasChanged e -> next.groups = groups.plus(
                    e.groupId(), group(e.groupId(), offset).inSync(e.inSyncReplicas(), e.eligible()));
            case ControllerEvent.ConfigsChanged e -> next.configs = withConfigs(e.resource(), e.values());
            case ControllerEvent.ProducerIdsAllocated e -> next.nextProducerId = e.first() + e.count();
        }
        return next.image();
    }

    /** The fields of the next image: those of this one until they are set. */
    private static final class Next {
        private final long offset;
        private PMap<Integer, Broker> brokers;
        private PMap<Uuid, Topic> topics;
        private PMap<String, Uuid> topicIds;
        private PMap<String, PlacementGroup> groups;
        private PMap<ConfigResource, Map<String, String>> configs;
        private long nextProducerId;
        private long controllerEpoch;
        private long brokerRegistrations;
        private PMap<String, PSet<TopicIdPartition>> groupPartitions;
        private PMap<String, String> collisionNames;

        Next(long offset, MetadataImage from) {
            this.offset = offset;
            brokers = from.brokers;
            topics = from.topics;
            topicIds = from.topicIds;
            groups = from.groups;
            configs = from.configs;
            nextProducerId = from.nextProducerId;
            controllerEpoch = from.controllerEpoch;
            brokerRegistrations = from.brokerRegistrations;
            groupPartitions = from.groupPartitions;
            collisionNames = from.collisionNames;
        }

        MetadataImage image() {
            return new MetadataImage(offset, brokers, topics, topicIds, groups, configs, nextProducerId,
                    controllerEpoch, brokerRegistrations, groupPartitions, collisionNames);
        }
    }

    private void registered(ControllerEvent.BrokerRegistered e, Next next) {
        Broker before = brokers.get(e.brokerId());
        next.brokers = brokers.plus(e.brokerId(), new Broker(e.brokerId(), e.directoryId(), e.processId(),
                e.incarnation(), e.endpoints(), e.rack(), false, e.raftAddress(), false,
                before != null && before.drained()));
        next.groups = withoutLeader(e.brokerId());
        next.brokerRegistrations = Math.max(brokerRegistrations, e.incarnation());
    }

    private Broker broker(int id, long offset) {
        Broker broker = brokers.get(id);
        if (broker == null) {
            throw new IllegalStateException("offset " + offset + " changes broker " + id + ", not registered");
        }
        return broker;
    }

    private PMap<String, PlacementGroup> withoutLeader(int brokerId) {
        PMap<String, PlacementGroup> result = groups;
        for (PlacementGroup g : groups.values()) {
            if (g.leader() == brokerId) {
                result = result.plus(g.id(), g.elected(-1, g.leaderEpoch(), g.inSyncReplicas()));
            }
        }
        return result;
    }

    private void created(ControllerEvent.TopicCreated e, Next next) {
        var topic = new Topic(e.topicId(), e.name(), e.partitionGroups(), e.internal());
        next.topics = topics.plus(topic.id(), topic);
        next.topicIds = topicIds.plus(topic.name(), topic.id());
        next.configs = withConfigs(new ConfigResource(ConfigResourceType.TOPIC, e.name()), e.configs());
        next.groupPartitions = plusPartitions(groupPartitions, topic, 0);
        if (TopicNames.mayCollide(topic.name())) {
            next.collisionNames = collisionNames.plus(TopicNames.collisionForm(topic.name()), topic.name());
        }
    }

    private void partitionsAdded(ControllerEvent.PartitionsAdded e, Next next) {
        Topic old = requireTopic(e.topicId(), next.offset);
        var all = new ArrayList<>(old.partitionGroups());
        all.addAll(e.partitionGroups());
        var topic = new Topic(old.id(), old.name(), List.copyOf(all), old.internal(), old.moves());
        next.topics = topics.plus(topic.id(), topic);
        next.groupPartitions = plusPartitions(groupPartitions, topic, old.partitionGroups().size());
    }

    private void moveStarted(ControllerEvent.PartitionMoveStarted e, Next next) {
        Topic old = requireTopic(e.topicId(), next.offset);
        var moves = new HashMap<>(old.moves());
        if (e.groupId() == null) {
            moves.remove(e.partition());
        } else {
            moves.put(e.partition(), e.groupId());
        }
        next.topics = topics.plus(
                old.id(), new Topic(old.id(), old.name(), old.partitionGroups(), old.internal(), moves));
    }

    private void moved(ControllerEvent.PartitionMoved e, Next next) {
        Topic old = requireTopic(e.topicId(), next.offset);
        var groupsOfTopic = new ArrayList<>(old.partitionGroups());
        String from = groupsOfTopic.set(e.partition(), e.groupId());
        var moves = new HashMap<>(old.moves());
        moves.remove(e.partition());
        next.topics = topics.plus(
                old.id(), new Topic(old.id(), old.name(), List.copyOf(groupsOfTopic), old.internal(), moves));
        var id = new TopicIdPartition(old.id(), e.partition());
        var without = minusPartition(groupPartitions, from, id);
        next.groupPartitions = without.plus(e.groupId(), partitionsOf(without, e.groupId()).plus(id));
    }

    private void deleted(ControllerEvent.TopicDeleted e, Next next) {
        Topic topic = requireTopic(e.topicId(), next.offset);
        var byGroup = groupPartitions;
        for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
            byGroup = minusPartition(
                    byGroup, topic.partitionGroups().get(partition), new TopicIdPartition(topic.id(), partition));
        }
        next.groupPartitions = byGroup;
        next.topics = topics.minus(topic.id());
        next.topicIds = topicIds.minus(topic.name());
        next.configs = configs.minus(new ConfigResource(ConfigResourceType.TOPIC, topic.name()));
        if (TopicNames.mayCollide(topic.name())) {
            next.collisionNames = collisionNames.minus(TopicNames.collisionForm(topic.name()));
        }
    }

    private static PMap<String, PSet<TopicIdPartition>> minusPartition(
            PMap<String, PSet<TopicIdPartition>> byGroup, String groupId, TopicIdPartition id) {
        PSet<TopicIdPartition> left = partitionsOf(byGroup, groupId).minus(id);
        return left.isEmpty() ? byGroup.minus(groupId) : byGroup.plus(groupId, left);
    }

    private PMap<ConfigResource, Map<String, String>> withConfigs(ConfigResource resource, Map<String, String> values) {
        return values.isEmpty() ? configs.minus(resource) : configs.plus(resource, Map.copyOf(values));
    }

    private PlacementGroup group(String groupId, long offset) {
        PlacementGroup group = groups.get(groupId);
        if (group == null) {
            throw new IllegalStateException("offset " + offset + " changes group " + groupId + ", which is not there");
        }
        return group;
    }

    private Topic requireTopic(Uuid id, long offset) {
        Topic topic = topics.get(id);
        if (topic == null) {
            throw new IllegalStateException("offset " + offset + " changes topic " + id + ", which is not there");
        }
        return topic;
    }

    private static PMap<String, PSet<TopicIdPartition>> partitionsByGroup(PMap<Uuid, Topic> topics) {
        PMap<String, PSet<TopicIdPartition>> result = HashTreePMap.empty();
        for (Topic topic : topics.values()) {
            result = plusPartitions(result, topic, 0);
        }
        return result;
    }

    private static PMap<String, PSet<TopicIdPartition>> plusPartitions(
            PMap<String, PSet<TopicIdPartition>> byGroup, Topic topic, int from) {
        PMap<String, PSet<TopicIdPartition>> result = byGroup;
        for (int partition = from; partition < topic.partitionGroups().size(); partition++) {
            String groupId = topic.partitionGroups().get(partition);
            result = result.plus(groupId,
                    partitionsOf(result, groupId).plus(new TopicIdPartition(topic.id(), partition)));
        }
        return result;
    }

    private static PSet<TopicIdPartition> partitionsOf(PMap<String, PSet<TopicIdPartition>> byGroup, String groupId) {
        PSet<TopicIdPartition> partitions = byGroup.get(groupId);
        return partitions == null ? NO_PARTITIONS : partitions;
    }

    private static PMap<String, String> namesByCollisionForm(PMap<String, Uuid> topicIds) {
        PMap<String, String> result = HashTreePMap.empty();
        for (String name : topicIds.keySet()) {
            if (TopicNames.mayCollide(name)) {
                result = result.plus(TopicNames.collisionForm(name), name);
            }
        }
        return result;
    }
}
