package dev.sampo.group.consumer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** The cluster's topics at one moment, as groups see them. Immutable. */
public interface Topics {
    /** A topic. */
    record Topic(Uuid id, String name, int partitionCount) {}

    /** No topics, before everything. */
    Topics NONE = of(-1, Map.of());

    /** Grows with each change of the metadata. */
    long version();

    /** The version that brought the newest topic. */
    long newestTopicVersion();

    /** All names, in any order. */
    Collection<String> names();

    /** Null when there is none. */
    @Nullable Topic topic(String name);

    /** Null when there is none. */
    @Nullable Topic topic(Uuid id);

    /**
     * Racks of a partition's replicas, those without one left out; one for each replica, in any order.
     *
     * @param partition below the topic's count
     */
    List<String> racks(Topic topic, int partition);

    /** Topics written down one by one, without order; each partition as the racks of its replicas. */
    static Topics of(long version, Map<Topic, List<List<String>>> racksByTopic) {
        Map<String, Topic> byName = new LinkedHashMap<>();
        Map<Uuid, Topic> byId = new LinkedHashMap<>();
        racksByTopic.keySet().forEach(topic -> {
            byName.put(topic.name(), topic);
            byId.put(topic.id(), topic);
        });
        return new Topics() {
            @Override
            public long version() {
                return version;
            }

            @Override
            public long newestTopicVersion() {
                return version;
            }

            @Override
            public Collection<String> names() {
                return byName.keySet();
            }

            @Override
            public @Nullable Topic topic(String name) {
                return byName.get(name);
            }

            @Override
            public @Nullable Topic topic(Uuid id) {
                return byId.get(id);
            }

            @Override
            public List<String> racks(Topic topic, int partition) {
                List<List<String>> racks = racksByTopic.getOrDefault(topic, List.of());
                return partition < racks.size() ? new ArrayList<>(racks.get(partition)) : List.of();
            }
        };
    }
}
