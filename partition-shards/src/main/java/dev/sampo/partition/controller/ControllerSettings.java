package dev.sampo.partition.controller;

import com.typesafe.config.Config;

/**
 * The controller's own settings, below {@code sampo.controller}.
 *
 * @param defaultPartitions of a topic created with -1 ({@code num.partitions})
 * @param defaultReplicationFactor of a topic created with -1 ({@code default.replication.factor})
 * @param maxPartitionsPerRequest the largest number of partitions that one request may create; Kafka has 10,000
 */
public record ControllerSettings(int defaultPartitions, short defaultReplicationFactor, int maxPartitionsPerRequest) {
    /** Kafka's own values. */
    public static final ControllerSettings DEFAULTS = new ControllerSettings(1, (short) 1, 10_000);

    /** Names the bad key. */
    public ControllerSettings {
        positive("num-partitions", defaultPartitions);
        positive("default-replication-factor", defaultReplicationFactor);
        positive("max-partitions-per-request", maxPartitionsPerRequest);
    }

    /** From {@code sampo.controller}. */
    public static ControllerSettings from(Config config) {
        int replicationFactor = config.getInt("default-replication-factor");
        if (replicationFactor > Short.MAX_VALUE) {
            throw new IllegalArgumentException("sampo.controller.default-replication-factor is " + replicationFactor
                    + ": set it to 1 up to the number of brokers");
        }
        return new ControllerSettings(config.getInt("num-partitions"), (short) replicationFactor,
                config.getInt("max-partitions-per-request"));
    }

    private static void positive(String key, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException("sampo.controller." + key + " is " + value + ": set it to at least 1");
        }
    }
}
