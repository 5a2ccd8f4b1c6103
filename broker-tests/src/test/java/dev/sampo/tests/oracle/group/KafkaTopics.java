package dev.sampo.tests.oracle.group;

import dev.sampo.group.consumer.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataDelta;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.jspecify.annotations.Nullable;

/** The cluster's topics at one time, as both coordinators are shown them. Immutable; each change is a version of its own. */
record KafkaTopics(long version, long newestTopicVersion, Map<String, KafkaTopic> byName) implements CoordinatorMetadataImage, Topics {
    /** Before anything was created. */
    static final KafkaTopics NONE = new KafkaTopics(1, 1, Map.of());

    /**
     * One topic.
     *
     * @param racks of the replicas, for each partition
     */
    record KafkaTopic(String name, Uuid id, List<List<String>> racks) implements TopicMetadata {
        @Override
        public int partitionCount() {
            return racks.size();
        }

        @Override
        public List<String> partitionRacks(int partition) {
            return new ArrayList<>(racks.get(partition)); // Kafka sorts it
        }
    }

    /** What changed since {@code image}; topics that are new have changed too. */
    record Delta(KafkaTopics image, Set<Uuid> createdTopicIds, Set<Uuid> changedTopicIds, Set<Uuid> deletedTopicIds)
            implements CoordinatorMetadataDelta {}

    /** With this topic, new or in the place of the one of its name. */
    KafkaTopics with(KafkaTopic topic) {
        var topics = new TreeMap<>(byName);
        KafkaTopic before = topics.put(topic.name(), topic);
        boolean created = before == null || !before.id().equals(topic.id());
        return new KafkaTopics(version + 1, created ? version + 1 : newestTopicVersion, topics);
    }

    KafkaTopics without(String name) {
        var topics = new TreeMap<>(byName);
        topics.remove(name);
        return new KafkaTopics(version + 1, newestTopicVersion, topics);
    }

    /** After a failover: Kafka's coordinator does not know whether topics are newer than what it has loaded. */
    KafkaTopics loaded() {
        return new KafkaTopics(version, version, byName);
    }

    Delta since(KafkaTopics before) {
        var created = new HashSet<>(topicIds());
        created.removeAll(before.topicIds());
        var deleted = new HashSet<>(before.topicIds());
        deleted.removeAll(topicIds());
        Set<Uuid> changed = byName.values().stream()
                .filter(topic -> !topic.equals(before.byName.get(topic.name())))
                .map(KafkaTopic::id)
                .collect(Collectors.toSet());
        return new Delta(before, created, changed, deleted);
    }

    @Override
    public Set<Uuid> topicIds() {
        return byName.values().stream().map(KafkaTopic::id).collect(Collectors.toSet());
    }

    @Override
    public Set<String> topicNames() {
        return byName.keySet();
    }

    @Override
    public Optional<TopicMetadata> topicMetadata(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    @Override
    public Optional<TopicMetadata> topicMetadata(Uuid id) {
        return byName.values().stream().filter(topic -> topic.id().equals(id)).<TopicMetadata>map(topic -> topic).findFirst();
    }

    @Override
    public Collection<String> names() {
        return byName.keySet();
    }

    @Override
    public @Nullable Topic topic(String name) {
        return named(byName.get(name));
    }

    @Override
    public @Nullable Topic topic(Uuid id) {
        return named(byName.values().stream().filter(topic -> topic.id().equals(id)).findFirst().orElse(null));
    }

    private static @Nullable Topic named(@Nullable KafkaTopic topic) {
        return topic == null ? null : new Topic(topic.id(), topic.name(), topic.partitionCount());
    }

    @Override
    public List<String> racks(Topic topic, int partition) {
        return Objects.requireNonNull(byName.get(topic.name())).partitionRacks(partition);
    }

    @Override
    public CoordinatorMetadataDelta emptyDelta() {
        return new Delta(this, Set.of(), Set.of(), Set.of());
    }

    @Override
    public boolean isEmpty() {
        return byName.isEmpty();
    }
}
