package dev.sampo.group.consumer;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.sampo.actors.config.GroupConfigs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;

/**
 * What the operator decides about consumer groups; keys below {@code sampo.group.consumer}, see reference.conf. Times in
 * milliseconds.
 *
 * @param rebalanceHeartbeatIntervalMs instead of heartbeatIntervalMs, where it is shorter, while a group changes
 * @param maxSize most members of one group
 * @param assignmentIntervalMs shortest time from one target assignment to the next, 0 for none
 * @param assignmentQuietMs that wait is over when the group has not changed for so long; 0 for not before its time
 * @param regexRefreshIntervalMs after this long regular expressions are resolved again, come new topics or not
 * @param migrationPolicy whether groups with members change their protocol
 * @param assignors names are unique, the first is for groups whose members want none
 */
public record ConsumerGroupSettings(
        int sessionTimeoutMs, int minSessionTimeoutMs, int maxSessionTimeoutMs, int heartbeatIntervalMs,
        int minHeartbeatIntervalMs, int maxHeartbeatIntervalMs, int rebalanceHeartbeatIntervalMs, int maxSize,
        int assignmentIntervalMs, int assignmentQuietMs, int minAssignmentIntervalMs, int maxAssignmentIntervalMs,
        int regexRefreshIntervalMs, MigrationPolicy migrationPolicy, List<ConsumerGroupPartitionAssignor> assignors) {
    public ConsumerGroupSettings {
        between("session-timeout", sessionTimeoutMs, minSessionTimeoutMs, maxSessionTimeoutMs);
        between("heartbeat-interval", heartbeatIntervalMs, minHeartbeatIntervalMs, maxHeartbeatIntervalMs);
        between("heartbeat-interval", heartbeatIntervalMs, 1, sessionTimeoutMs - 1);
        between("rebalance-heartbeat-interval", rebalanceHeartbeatIntervalMs, 1, Integer.MAX_VALUE);
        between("assignment-interval", assignmentIntervalMs, Math.max(0, minAssignmentIntervalMs), maxAssignmentIntervalMs);
        between("assignment-quiet-time", assignmentQuietMs, 0, Integer.MAX_VALUE);
        between("max-size", maxSize, 1, Integer.MAX_VALUE);
        between("regex-refresh-interval", regexRefreshIntervalMs, 10_000, Integer.MAX_VALUE);
        assignors = List.copyOf(assignors);
        var names = new HashSet<String>();
        for (ConsumerGroupPartitionAssignor assignor : assignors) {
            if (!names.add(assignor.name())) {
                throw bad("assignors", "has two of the name " + assignor.name());
            }
        }
        if (assignors.isEmpty()) {
            throw bad("assignors", "is empty");
        }
    }

    private static void between(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw bad(key, "is " + value + ", must be from " + least + " to " + most);
        }
    }

    private static ConfigException bad(String key, String reason) {
        return new ConfigException.BadValue("sampo.group.consumer." + key, reason);
    }

    /** What groups may have of their own, and what they have without. */
    public GroupConfigs.Limits limits() {
        return new GroupConfigs.Limits(
                new GroupConfigs.Bounds(minSessionTimeoutMs, maxSessionTimeoutMs, sessionTimeoutMs),
                new GroupConfigs.Bounds(minHeartbeatIntervalMs, maxHeartbeatIntervalMs, heartbeatIntervalMs),
                new GroupConfigs.Bounds(minAssignmentIntervalMs, maxAssignmentIntervalMs, assignmentIntervalMs));
    }

    /** Reads {@code sampo.group.consumer} of a whole configuration; the classes of assignors are made here. */
    public static ConsumerGroupSettings from(Config config) {
        Config consumer = config.getConfig("sampo.group.consumer");
        var assignors = new ArrayList<ConsumerGroupPartitionAssignor>();
        consumer.getStringList("assignors").forEach(name -> assignors.add(assignor(name)));
        return new ConsumerGroupSettings(
                millis(consumer, "session-timeout"), millis(consumer, "min-session-timeout"),
                millis(consumer, "max-session-timeout"), millis(consumer, "heartbeat-interval"),
                millis(consumer, "min-heartbeat-interval"), millis(consumer, "max-heartbeat-interval"),
                millis(consumer, "rebalance-heartbeat-interval"),
                consumer.getInt("max-size"), millis(consumer, "assignment-interval"), millis(consumer, "assignment-quiet-time"),
                millis(consumer, "min-assignment-interval"), millis(consumer, "max-assignment-interval"),
                millis(consumer, "regex-refresh-interval"), migrationPolicy(consumer.getString("migration-policy")), assignors);
    }

    private static MigrationPolicy migrationPolicy(String name) {
        MigrationPolicy policy = MigrationPolicy.of(name);
        if (policy == null) {
            throw bad("migration-policy", "is " + name + ", must be disabled, upgrade, downgrade or bidirectional");
        }
        return policy;
    }

    private static ConsumerGroupPartitionAssignor assignor(String name) {
        return switch (name) {
            case UniformAssignor.NAME -> new UniformAssignor();
            case RangeAssignor.NAME -> new RangeAssignor();
            default -> {
                try {
                    yield Class.forName(name).asSubclass(ConsumerGroupPartitionAssignor.class)
                            .getDeclaredConstructor().newInstance();
                } catch (ReflectiveOperationException | ClassCastException unusable) {
                    throw bad("assignors", "names neither an assignor nor a class that is one: " + name + ": " + unusable);
                }
            }
        };
    }

    private static int millis(Config config, String key) {
        return Math.toIntExact(config.getDuration(key, TimeUnit.MILLISECONDS));
    }
}
