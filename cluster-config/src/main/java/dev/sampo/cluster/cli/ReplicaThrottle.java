package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/**
 * How fast moves may copy, in the settings that {@code kafka-reassign-partitions} uses (KIP-73), on the side of the brokers that
 * copy: the other side would slow down replicas that do not move as well.
 */
final class ReplicaThrottle {
    private static final String REPLICAS = "follower.replication.throttled.replicas";
    private static final String RATE = "follower.replication.throttled.rate";

    /** One partition's way. */
    record Way(TopicPartition partition, List<Integer> from, List<Integer> to) {}

    private final Set<String> topics = new TreeSet<>();
    private final Set<Integer> brokers = new TreeSet<>();

    /** Holds the new replicas to so many bytes a second into each broker. */
    void set(Admin admin, List<Way> ways, long bytesPerSecond) {
        var perTopic = new TreeMap<String, List<String>>();
        for (Way way : ways) {
            way.to().stream().filter(id -> !way.from().contains(id)).forEach(id -> {
                brokers.add(id);
                perTopic.computeIfAbsent(way.partition().topic(), _ -> new ArrayList<>())
                        .add(way.partition().partition() + ":" + id);
            });
        }
        topics.addAll(perTopic.keySet());
        var changes = new HashMap<ConfigResource, Collection<AlterConfigOp>>();
        perTopic.forEach((topic, list) -> changes.put(
                new ConfigResource(ConfigResource.Type.TOPIC, topic), set(REPLICAS, String.join(",", list))));
        brokers.forEach(id -> changes.put(broker(id), set(RATE, String.valueOf(bytesPerSecond))));
        if (!changes.isEmpty()) {
            Failures.await(admin.incrementalAlterConfigs(changes).all(), "the throttle");
        }
    }

    /** Takes away what was set here. */
    void end(Admin admin) {
        end(admin, topics, brokers);
    }

    /** Those of these topics of which single replicas are throttled; one that is throttled as a whole was not for a move. */
    static Set<String> topics(Admin admin, Set<String> topics) {
        var throttled = new TreeSet<String>();
        admin.describeConfigs(topics.stream()
                        .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                        .toList())
                .values()
                .forEach((resource, future) -> {
                    ConfigEntry entry = Failures.await(future, "topic " + resource.name()).get(REPLICAS);
                    if (entry != null && entry.value() != null && !entry.value().isBlank() && !entry.value().trim().equals("*")) {
                        throttled.add(resource.name());
                    }
                });
        return throttled;
    }

    /** Takes away what anybody set for these. */
    static void end(Admin admin, Set<String> topics, Set<Integer> brokers) {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        topics.forEach(topic -> changes.put(new ConfigResource(ConfigResource.Type.TOPIC, topic), delete(REPLICAS)));
        brokers.forEach(id -> changes.put(broker(id), delete(RATE)));
        if (!changes.isEmpty()) {
            Failures.await(admin.incrementalAlterConfigs(changes).all(), "the end of the throttle");
        }
    }

    static ConfigResource broker(int node) {
        return new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(node));
    }

    static Collection<AlterConfigOp> set(String name, String value) {
        return List.of(new AlterConfigOp(new ConfigEntry(name, value), OpType.SET));
    }

    static Collection<AlterConfigOp> delete(String name) {
        return List.of(new AlterConfigOp(new ConfigEntry(name, null), OpType.DELETE));
    }
}
