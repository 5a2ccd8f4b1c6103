package dev.sampo.cluster.cli;

import dev.sampo.partition.balance.ThrottledReplicas;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;

/**
 * How fast moves may copy, in the settings that {@code kafka-reassign-partitions} uses (KIP-73), on the side of the brokers that
 * copy: the other side would slow down replicas that do not move as well. Replicas are added to the lists, and taken off them, by
 * the cluster, so that whoever else throttles at the same time loses none.
 */
final class ReplicaThrottle {
    private static final String FOLLOWER = "follower.replication.throttled.";
    private static final String LEADER = "leader.replication.throttled.";
    private static final String REPLICAS = "replicas";
    private static final String RATE = "rate";

    /** One partition's way. */
    record Way(TopicPartition partition, List<Integer> from, List<Integer> to) {}

    private final ThrottledReplicas ours = new ThrottledReplicas();

    /** Holds the new replicas to so many bytes a second into each broker. */
    void set(Admin admin, List<Way> ways, long bytesPerSecond) {
        var wanted = new ThrottledReplicas();
        ways.forEach(way -> wanted.addMove(way.partition().topic(), way.partition().partition(), way.from(), way.to()));
        Map<String, String> before = lists(admin, FOLLOWER, wanted.lists().keySet());
        ours.addAll(wanted.notIn(before));
        // The lists first: who ends a throttle meanwhile sees that the rates are needed.
        alter(admin, topics(FOLLOWER, wanted.addable(before), OpType.APPEND), "the throttle");
        Map<ConfigResource, Collection<AlterConfigOp>> rates = new HashMap<>();
        wanted.brokers().forEach(id -> rates.put(broker(id), set(FOLLOWER + RATE, Long.toString(bytesPerSecond))));
        alter(admin, rates, "the throttle");
    }

    /** Takes away what was set here. */
    void end(Admin admin) {
        end(admin, FOLLOWER, ours);
    }

    /**
     * Takes away what throttles these moves, whoever set it: on the side of the brokers that copy, and on that of those that are
     * copied from, where {@code kafka-reassign-partitions} sets it.
     */
    static void end(Admin admin, Map<TopicPartition, PartitionReassignment> moves) {
        var copying = new ThrottledReplicas();
        var copied = new ThrottledReplicas();
        moves.forEach((id, move) -> {
            copying.addMove(id.topic(), id.partition(), List.of(), move.addingReplicas());
            copied.addMove(id.topic(), id.partition(), move.addingReplicas(), move.replicas());
        });
        Set<String> topics = moves.keySet().stream().map(TopicPartition::topic).collect(Collectors.toSet());
        end(admin, FOLLOWER, copying.in(lists(admin, FOLLOWER, topics)));
        end(admin, LEADER, copied.in(lists(admin, LEADER, topics)));
    }

    /** Takes these off their topics' lists, and the rates of brokers of which nobody throttles anything then. */
    private static void end(Admin admin, String side, ThrottledReplicas those) {
        if (those.isEmpty()) {
            return;
        }
        alter(admin, topics(side, those.lists(), OpType.SUBTRACT), "the end of the throttle");
        Set<Integer> unused = those.onlyTheirs(lists(admin, side, NodeCommands.topics(admin)));
        Map<ConfigResource, Collection<AlterConfigOp>> rates = new HashMap<>();
        NodeCommands.nodes(admin).stream()
                .filter(node -> !node.isFenced() && unused.contains(node.id()))
                .forEach(node -> rates.put(broker(node.id()), delete(side + RATE)));
        alter(admin, rates, "the end of the throttle");
    }

    /** The lists of these topics, those that are not empty. */
    private static Map<String, String> lists(Admin admin, String side, Set<String> topics) {
        Map<String, String> lists = new HashMap<>();
        admin.describeConfigs(topics.stream()
                        .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                        .toList())
                .values()
                .forEach((topic, future) -> unlessGone(() -> {
                    ConfigEntry entry = Failures.await(future, "topic " + topic.name()).get(side + REPLICAS);
                    if (entry != null && entry.value() != null && !entry.value().isBlank()) {
                        lists.put(topic.name(), entry.value());
                    }
                }));
        return lists;
    }

    private static Map<ConfigResource, Collection<AlterConfigOp>> topics(
            String side, Map<String, String> lists, OpType operation) {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        lists.forEach((topic, list) -> changes.put(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                List.of(new AlterConfigOp(new ConfigEntry(side + REPLICAS, list), operation))));
        return changes;
    }

    private static void alter(Admin admin, Map<ConfigResource, Collection<AlterConfigOp>> changes, String subject) {
        if (!changes.isEmpty()) {
            admin.incrementalAlterConfigs(changes).values().values().forEach(future -> unlessGone(() -> Failures.await(future, subject)));
        }
    }

    /** A topic that is gone needs no throttle. */
    private static void unlessGone(Runnable work) {
        try {
            work.run();
        } catch (CliException e) {
            if (!Errors.UNKNOWN_TOPIC_OR_PARTITION.name().equals(e.code())) {
                throw e;
            }
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
