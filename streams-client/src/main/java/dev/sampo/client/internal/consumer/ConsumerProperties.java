package dev.sampo.client.internal.consumer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.config.ConfigException;

import static dev.sampo.client.internal.ClientSettings.number;

/**
 * Kafka's consumer properties, read once, with Kafka's defaults; times in ms, sizes in bytes.
 *
 * @param groupId absent for consumers without a group
 * @param groupInstanceId present for static members (KIP-345)
 * @param sessionTimeoutMs of a classic member, as are {@code heartbeatIntervalMs} and {@code assignors}
 * @param remoteAssignor of a member of a consumer group: the coordinator's assignor that it asks for
 */
record ConsumerProperties(
        GroupProtocol groupProtocol,
        Optional<String> groupId,
        Optional<String> groupInstanceId,
        int sessionTimeoutMs,
        int heartbeatIntervalMs,
        int rebalanceTimeoutMs,
        ResetPolicy resetPolicy,
        IsolationLevel isolationLevel,
        int fetchMinBytes,
        int fetchMaxBytes,
        int maxPartitionFetchBytes,
        int fetchMaxWaitMs,
        boolean checkCrcs,
        String clientRack,
        boolean excludeInternalTopics,
        long retryBackoffMs,
        long metadataMaxAgeMs,
        List<ConsumerPartitionAssignor> assignors,
        Optional<String> remoteAssignor) {

    /** Who assigns partitions: a member of the group, or the coordinator (KIP-848). */
    enum GroupProtocol {
        CLASSIC,
        CONSUMER
    }

    /** What to do without a committed offset, or when an offset is out of range. */
    enum ResetPolicy {
        EARLIEST,
        LATEST,
        NONE;

        /** The timestamp that ListOffsets takes for it. */
        long timestamp() {
            return this == EARLIEST ? -2 : -1;
        }
    }

    static ConsumerProperties from(Map<String, String> properties) {
        GroupProtocol protocol = groupProtocol(properties);
        if (properties.getOrDefault("enable.auto.commit", "false").equalsIgnoreCase("true")) {
            throw new ConfigException("enable.auto.commit", "true",
                    "offsets are committed by the stream: use a committableSource with a Committer, or atMostOnceSource");
        }
        int sessionTimeoutMs = (int) number(properties, "session.timeout.ms", 45_000);
        int heartbeatIntervalMs = (int) number(properties, "heartbeat.interval.ms", 3_000);
        if (heartbeatIntervalMs >= sessionTimeoutMs) {
            throw new ConfigException("heartbeat.interval.ms", heartbeatIntervalMs,
                    "must be less than session.timeout.ms, " + sessionTimeoutMs);
        }
        return new ConsumerProperties(
                protocol,
                Optional.ofNullable(properties.get("group.id")).filter(id -> !id.isEmpty()),
                Optional.ofNullable(properties.get("group.instance.id")).filter(id -> !id.isEmpty()),
                sessionTimeoutMs,
                heartbeatIntervalMs,
                (int) number(properties, "max.poll.interval.ms", 300_000),
                resetPolicy(properties.getOrDefault("auto.offset.reset", "latest")),
                isolationLevel(properties.getOrDefault("isolation.level", "read_uncommitted")),
                (int) number(properties, "fetch.min.bytes", 1),
                (int) number(properties, "fetch.max.bytes", 50 * 1024 * 1024),
                (int) number(properties, "max.partition.fetch.bytes", 1024 * 1024),
                (int) number(properties, "fetch.max.wait.ms", 500),
                Boolean.parseBoolean(properties.getOrDefault("check.crcs", "true")),
                properties.getOrDefault("client.rack", ""),
                Boolean.parseBoolean(properties.getOrDefault("exclude.internal.topics", "true")),
                number(properties, "retry.backoff.ms", 100),
                number(properties, "metadata.max.age.ms", 300_000),
                assignors(properties),
                Optional.ofNullable(properties.get("group.remote.assignor")).filter(name -> !name.isEmpty()));
    }

    private static GroupProtocol groupProtocol(Map<String, String> properties) {
        String value = properties.getOrDefault("group.protocol", "classic");
        boolean classic = value.equalsIgnoreCase("classic");
        if (!classic && !value.equalsIgnoreCase("consumer")) {
            throw new ConfigException("group.protocol", value, "give classic or consumer");
        }
        List<String> ofTheOther = classic
                ? List.of("group.remote.assignor")
                : List.of("partition.assignment.strategy", "heartbeat.interval.ms", "session.timeout.ms");
        ofTheOther.stream().filter(properties::containsKey).forEach(name -> {
            throw new ConfigException(name, properties.get(name), "has no meaning with group.protocol=" + value
                    + (classic ? "" : ": the brokers decide it"));
        });
        return classic ? GroupProtocol.CLASSIC : GroupProtocol.CONSUMER;
    }

    private static ResetPolicy resetPolicy(String value) {
        return switch (value) {
            case "earliest" -> ResetPolicy.EARLIEST;
            case "latest" -> ResetPolicy.LATEST;
            case "none" -> ResetPolicy.NONE;
            default -> throw new ConfigException("auto.offset.reset", value, "give earliest, latest or none");
        };
    }

    private static IsolationLevel isolationLevel(String value) {
        return switch (value) {
            case "read_uncommitted" -> IsolationLevel.READ_UNCOMMITTED;
            case "read_committed" -> IsolationLevel.READ_COMMITTED;
            default -> throw new ConfigException("isolation.level", value, "give read_uncommitted or read_committed");
        };
    }

    private static List<ConsumerPartitionAssignor> assignors(Map<String, String> properties) {
        String names = properties.getOrDefault(
                "partition.assignment.strategy",
                "org.apache.kafka.clients.consumer.RangeAssignor,"
                        + "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
        List<String> classes = Arrays.stream(names.split(",", -1)).map(String::trim).toList();
        return ConsumerPartitionAssignor.getAssignorInstances(classes, new HashMap<>(properties));
    }
}
