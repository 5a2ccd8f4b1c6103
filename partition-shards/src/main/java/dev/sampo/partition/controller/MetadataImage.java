package dev.sampo.partition.controller;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.Endpoint;
import java.util.ArrayList;
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

    /** A registered broker; {@code incarnation} is Kafka's broker epoch. */
    public record Broker(
            int id, Uuid directoryId, Uuid processId, long incarnation, List<Endpoint> endpoints,
            @Nullable String rack, boolean fenced) {}

    /** A topic; the place in {@code partitionGroups} is the partition, the value its placement group's id. */
    public record Topic(Uuid id, String name, List<String> partitionGroups, boolean internal) {}

    /**
     * An ordered replica list and a stripe number: the unit of sharding, election and ISR.
     *
     * @param leader broker id, -1 without one
     * @param leaderEpoch grows with each election, -1 before the first
     * @param partitionEpoch grows with each change of leader or ISR
     * @param inSyncReplicas empty only when the last copy was lost: the group is then offline
     */
    public record PlacementGroup(
            String id, List<Integer> replicas, int stripe, int leader, int leaderEpoch, int partitionEpoch,
            List<Integer> inSyncReplicas) {}

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
        return switch (event) {
            case ControllerEvent.EpochStarted e ->
                new MetadataImage(offset, brokers, topics, topicIds, groups, configs, nextProducerId,
                        e.controllerEpoch(), brokerRegistrations, groupPartitions, collisionNames);
            case ControllerEvent.BrokerRegistered e -> registered(e, offset);
            case ControllerEvent.BrokerFenced e -> fenced(e, offset);
            case ControllerEvent.PlacementGroupCreated e ->
                with(offset, groups.plus(e.groupId(), new PlacementGroup(
                        e.groupId(), e.replicas(), e.stripe(), -1, -1, 0, e.inSyncReplicas())));
            case ControllerEvent.TopicCreated e -> created(e, offset);
            case ControllerEvent.PartitionsAdded e -> partitionsAdded(e, offset);
            case ControllerEvent.TopicDeleted e -> deleted(e, offset);
            case ControllerEvent.LeaderElected e -> {
                PlacementGroup g = group(e.groupId(), offset);
                yield with(offset, groups.plus(g.id(), new PlacementGroup(g.id(), g.replicas(), g.stripe(),
                        e.leader(), e.leaderEpoch(), g.partitionEpoch() + 1, e.inSyncReplicas())));
            }
            case ControllerEvent.InSyncReplicasChanged e -> {
                PlacementGroup g = group(e.groupId(), offset);
                yield with(offset, groups.plus(g.id(), new PlacementGroup(g.id(), g.replicas(), g.stripe(),
                        g.leader(), g.leaderEpoch(), g.partitionEpoch() + 1, e.inSyncReplicas())));
            }
            case ControllerEvent.ConfigsChanged e ->
                new MetadataImage(offset, brokers, topics, topicIds, groups, withConfigs(e.resource(), e.values()),
                        nextProducerId, controllerEpoch, brokerRegistrations, groupPartitions, collisionNames);
            case ControllerEvent.ProducerIdsAllocated e ->
                new MetadataImage(offset, brokers, topics, topicIds, groups, configs, e.first() + e.count(),
                        controllerEpoch, brokerRegistrations, groupPartitions, collisionNames);
        };
    }

    private MetadataImage registered(ControllerEvent.BrokerRegistered e, long offset) {
        var broker = new Broker(e.brokerId(), e.directoryId(), e.processId(), e.incarnation(), e.endpoints(),
                e.rack(), false);
        return new MetadataImage(offset, brokers.plus(e.brokerId(), broker), topics, topicIds,
                withoutLeader(e.brokerId()), configs, nextProducerId, controllerEpoch,
                Math.max(brokerRegistrations, e.incarnation()), groupPartitions, collisionNames);
    }

    private MetadataImage fenced(ControllerEvent.BrokerFenced e, long offset) {
        Broker b = brokers.get(e.brokerId());
        if (b == null) {
            throw new IllegalStateException("offset " + offset + " fences broker " + e.brokerId() + ", not registered");
        }
        var fenced = new Broker(b.id(), b.directoryId(), b.processId(), b.incarnation(), b.endpoints(), b.rack(), true);
        return new MetadataImage(offset, brokers.plus(b.id(), fenced), topics, topicIds, withoutLeader(b.id()),
                configs, nextProducerId, controllerEpoch, brokerRegistrations, groupPartitions, collisionNames);
    }

    private PMap<String, PlacementGroup> withoutLeader(int brokerId) {
        PMap<String, PlacementGroup> result = groups;
        for (PlacementGroup g : groups.values()) {
            if (g.leader() == brokerId) {
                result = result.plus(g.id(), new PlacementGroup(g.id(), g.replicas(), g.stripe(), -1,
                        g.leaderEpoch(), g.partitionEpoch() + 1, g.inSyncReplicas()));
            }
        }
        return result;
    }

    private MetadataImage created(ControllerEvent.TopicCreated e, long offset) {
        var topic = new Topic(e.topicId(), e.name(), e.partitionGroups(), e.internal());
        var resource = new ConfigResource(ConfigResourceType.TOPIC, e.name());
        return new MetadataImage(offset, brokers, topics.plus(topic.id(), topic),
                topicIds.plus(topic.name(), topic.id()), groups, withConfigs(resource, e.configs()), nextProducerId,
                controllerEpoch, brokerRegistrations, plusPartitions(groupPartitions, topic, 0),
                TopicNames.mayCollide(topic.name())
                        ? collisionNames.plus(TopicNames.collisionForm(topic.name()), topic.name())
                        : collisionNames);
    }

    private MetadataImage partitionsAdded(ControllerEvent.PartitionsAdded e, long offset) {
        Topic old = requireTopic(e.topicId(), offset);
        var all = new ArrayList<>(old.partitionGroups());
        all.addAll(e.partitionGroups());
        var topic = new Topic(old.id(), old.name(), List.copyOf(all), old.internal());
        return new MetadataImage(offset, brokers, topics.plus(topic.id(), topic), topicIds, groups, configs,
                nextProducerId, controllerEpoch, brokerRegistrations,
                plusPartitions(groupPartitions, topic, old.partitionGroups().size()), collisionNames);
    }

    private MetadataImage deleted(ControllerEvent.TopicDeleted e, long offset) {
        Topic topic = requireTopic(e.topicId(), offset);
        var byGroup = groupPartitions;
        for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
            String groupId = topic.partitionGroups().get(partition);
            PSet<TopicIdPartition> left = partitionsOf(byGroup, groupId)
                    .minus(new TopicIdPartition(topic.id(), partition));
            byGroup = left.isEmpty() ? byGroup.minus(groupId) : byGroup.plus(groupId, left);
        }
        return new MetadataImage(offset, brokers, topics.minus(topic.id()), topicIds.minus(topic.name()), groups,
                configs.minus(new ConfigResource(ConfigResourceType.TOPIC, topic.name())), nextProducerId,
                controllerEpoch, brokerRegistrations, byGroup,
                TopicNames.mayCollide(topic.name())
                        ? collisionNames.minus(TopicNames.collisionForm(topic.name()))
                        : collisionNames);
    }

    private MetadataImage with(long offset, PMap<String, PlacementGroup> groups) {
        return new MetadataImage(offset, brokers, topics, topicIds, groups, configs, nextProducerId, controllerEpoch,
                brokerRegistrations, groupPartitions, collisionNames);
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
