package dev.sampo.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.http.HttpSettings;
import dev.sampo.partition.controller.ControllerSettings;
import dev.sampo.partition.placement.GroupAllocation;
import dev.sampo.partition.sharding.PartitionShards;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;

/** A broker's settings in the words of the libraries and rooms below it. */
final class BrokerConfig {
    /** In the place of a unit: names with commas between. */
    private static final String LIST = "[]";

    /** Kafka's name to Sampo's key, and the unit that a bare number has there. */
    private static final Map<String, String> KAFKA_TO_SAMPO = Map.ofEntries(
            Map.entry("auto.leader.rebalance.enable", "sampo.partition.auto-leader-rebalance "),
            Map.entry("group.min.session.timeout.ms", "sampo.group.min-session-timeout ms"),
            Map.entry("group.max.session.timeout.ms", "sampo.group.max-session-timeout ms"),
            Map.entry("group.initial.rebalance.delay.ms", "sampo.group.initial-rebalance-delay ms"),
            Map.entry("group.max.size", "sampo.group.max-size "),
            Map.entry("group.consumer.session.timeout.ms", "sampo.group.consumer.session-timeout ms"),
            Map.entry("group.consumer.min.session.timeout.ms", "sampo.group.consumer.min-session-timeout ms"),
            Map.entry("group.consumer.max.session.timeout.ms", "sampo.group.consumer.max-session-timeout ms"),
            Map.entry("group.consumer.heartbeat.interval.ms", "sampo.group.consumer.heartbeat-interval ms"),
            Map.entry("group.consumer.min.heartbeat.interval.ms", "sampo.group.consumer.min-heartbeat-interval ms"),
            Map.entry("group.consumer.max.heartbeat.interval.ms", "sampo.group.consumer.max-heartbeat-interval ms"),
            Map.entry("group.consumer.assignment.interval.ms", "sampo.group.consumer.assignment-interval ms"),
            Map.entry("group.consumer.min.assignment.interval.ms", "sampo.group.consumer.min-assignment-interval ms"),
            Map.entry("group.consumer.max.assignment.interval.ms", "sampo.group.consumer.max-assignment-interval ms"),
            Map.entry("group.consumer.regex.refresh.interval.ms", "sampo.group.consumer.regex-refresh-interval ms"),
            Map.entry("group.consumer.max.size", "sampo.group.consumer.max-size "),
            Map.entry("group.consumer.migration.policy", "sampo.group.consumer.migration-policy "),
            Map.entry("group.consumer.assignors", "sampo.group.consumer.assignors " + LIST),
            Map.entry("offsets.retention.minutes", "sampo.group.offsets-retention m"),
            Map.entry("offsets.retention.check.interval.ms", "sampo.group.offsets-retention-check-interval ms"),
            Map.entry("offset.metadata.max.bytes", "sampo.group.offset-metadata-max-size "),
            Map.entry("offsets.topic.num.partitions", "sampo.group.offsets-topic.num-partitions "),
            Map.entry("offsets.topic.replication.factor", "sampo.group.offsets-topic.replication-factor "),
            Map.entry("offsets.topic.segment.bytes", "sampo.group.offsets-topic.segment-size "),
            Map.entry("socket.request.max.bytes", "sampo.listener.socket-request-max "),
            Map.entry("connections.max.idle.ms", "sampo.listener.max-idle ms"),
            Map.entry("max.connections", "sampo.listener.max-connections "),
            Map.entry("max.connections.per.ip", "sampo.listener.max-connections-per-address "));

    private static final String RELAXED = "sampo.cluster.relaxed";

    private BrokerConfig() {}

    /** The actor system's configuration: Kafka's names over the file's own keys over the modules' defaults. */
    static Config of(BrokerSettings settings) {
        try {
            Config own = ClusterSettings.completed(
                    settings.config(), settings.defaults().fileValues(), settings.nodeId());
            return fromKafka(settings.defaults())
                    .withFallback(own)
                    .withFallback(wholeWaits(settings.defaults()))
                    .withFallback(relaxed(own))
                    .withFallback(ConfigFactory.parseMap(Map.of(
                            "pekko.cluster.roles",
                            List.of(PartitionShards.ROLE, GroupAllocation.role(settings.nodeId())))))
                    .withFallback(ConfigFactory.defaultApplication())
                    .withFallback(ConfigFactory.defaultReference())
                    .resolve();
        } catch (ConfigException e) {
            throw new StartException("configuration: " + e.getMessage(), e);
        }
    }

    /** Patience for starved machines, when it was asked for. */
    private static Config relaxed(Config own) {
        return own.hasPath(RELAXED) && own.getBoolean(RELAXED)
                ? ConfigFactory.parseResources("sampo-relaxed.conf")
                : ConfigFactory.empty();
    }

    /** Who gives a wait by Kafka's name means all of it. */
    private static Config wholeWaits(BrokerDefaults defaults) {
        Config config = ConfigFactory.empty();
        if (defaults.isSet("group.initial.rebalance.delay.ms")) {
            config = config.withFallback(ConfigFactory.parseString(
                    "sampo.group { initial-rebalance-quiet-time = 0, rebalance-quiet-time = 0 }"));
        }
        if (defaults.isSet("group.consumer.assignment.interval.ms")) {
            config = config.withFallback(ConfigFactory.parseString("sampo.group.consumer.assignment-quiet-time = 0"));
        }
        return config;
    }

    private static Config fromKafka(BrokerDefaults defaults) {
        Config config = ConfigFactory.empty();
        for (Map.Entry<String, String> entry : KAFKA_TO_SAMPO.entrySet()) {
            if (defaults.isSet(entry.getKey())) {
                String[] target = entry.getValue().split(" ", -1);
                String value = defaults.value(entry.getKey()).strip();
                config = config.withValue(target[0], target[1].equals(LIST)
                        ? ConfigValueFactory.fromIterable(List.of(value.split("\\s*,\\s*")))
                        : ConfigValueFactory.fromAnyRef(value + target[1]));
            }
        }
        return config;
    }

    /** The HTTP API's settings, refused when they would open it to others unprotected. */
    static HttpSettings http(Config config) {
        try {
            HttpSettings http = HttpSettings.from(config);
            String refusal = http.refusal();
            if (refusal != null) {
                throw new StartException(refusal);
            }
            return http;
        } catch (ConfigException e) {
            throw new StartException("configuration: " + e.getMessage(), e);
        }
    }

    static ControllerSettings controller(BrokerSettings settings) {
        BrokerDefaults defaults = settings.defaults();
        return new ControllerSettings(
                defaults.numPartitions(), (short) defaults.defaultReplicationFactor(),
                ControllerSettings.DEFAULTS.maxPartitionsPerRequest());
    }

    /** What clients of a bound listener are told: the advertised address, else where it listens. */
    static Endpoint advertised(BrokerSettings settings, Endpoint bound, int port) {
        Endpoint advertised = settings.advertised().get(bound.listener());
        if (advertised != null) {
            return advertised.port() == 0
                    ? new Endpoint(advertised.listener(), advertised.host(), port, advertised.securityProtocol())
                    : advertised;
        }
        return new Endpoint(bound.listener(), reachable(bound.host()), port, bound.securityProtocol());
    }

    static String reachable(String host) {
        if (!host.isEmpty() && !host.equals("0.0.0.0") && !host.equals("::")) {
            return host;
        }
        try {
            return InetAddress.getLocalHost().getCanonicalHostName();
        } catch (UnknownHostException e) {
            throw new StartException("this machine's own name cannot be looked up (" + e.getMessage()
                    + "): say how clients reach it with advertised.listeners", e);
        }
    }
}
