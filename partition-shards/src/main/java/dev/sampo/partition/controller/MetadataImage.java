package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.Endpoint;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/**
 * What the metadata log says up to {@link #offset}: immutable, the same on every broker at the same offset, and also
 * the controller's state. Made only by applying events in order.
 *
 * @param offset of the last record applied, -1 before the first
 * @param brokers by broker id
 * @param topics by topic id
 * @param topicIds topic name to id
 * @param groups placement groups by id ({@code g17})
 * @param configs values set dynamically, by resource
 * @param nextProducerId first producer id of the next block
 */
public record MetadataImage(
        long offset,
        PMap<Integer, Broker> brokers,
        PMap<Uuid, Topic> topics,
        PMap<String, Uuid> topicIds,
        PMap<String, PlacementGroup> groups,
        PMap<ConfigResource, Map<String, String>> configs,
        long nextProducerId) {
    /** Before the first event. */
    public static final MetadataImage EMPTY = new MetadataImage(
            -1, HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty(),
            HashTreePMap.empty(), 1000);

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
}
