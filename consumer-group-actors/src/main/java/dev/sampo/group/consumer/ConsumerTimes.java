package dev.sampo.group.consumer;

import dev.sampo.actors.config.GroupConfigs;
import java.util.Map;

/**
 * How long things last in one group: its own configuration over the broker's. In milliseconds.
 *
 * @see "KIP-848, group configurations"
 */
record ConsumerTimes(int sessionTimeoutMs, int heartbeatIntervalMs, int assignmentIntervalMs, int assignmentQuietMs) {
    /** {@code own}: values that the controller took under Kafka's names. */
    static ConsumerTimes of(ConsumerGroupSettings settings, Map<String, String> own) {
        GroupConfigs.Limits limits = settings.limits();
        return new ConsumerTimes(
                limits.inForce(GroupConfigs.SESSION_TIMEOUT, own), limits.inForce(GroupConfigs.HEARTBEAT_INTERVAL, own),
                limits.inForce(GroupConfigs.ASSIGNMENT_INTERVAL, own),
                own.containsKey(GroupConfigs.ASSIGNMENT_INTERVAL) ? 0 : settings.assignmentQuietMs());
    }
}
