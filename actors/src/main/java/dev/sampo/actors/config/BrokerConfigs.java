package dev.sampo.actors.config;

import dev.sampo.actors.config.ConfigDefinition.Synonym;
import dev.sampo.actors.config.ConfigDefinition.UpdateMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The broker configs of Kafka 4.4: all names are known; those in {@link #HONOURED} change what Sampo does.
 *
 * @see "Kafka documentation, broker configs; KIP-226 for the dynamic ones"
 */
public final class BrokerConfigs {
    private static final int MAX_VALUE_BYTES = Short.MAX_VALUE;

    private static final ConfigTable TABLE = ConfigTable.load("broker-configs.tsv");

    /** Not among the 379: Kafka takes these three only dynamically. The third is about moves between log folders. */
    private static final Set<String> DYNAMIC_ONLY = Set.of(
            "follower.replication.throttled.rate",
            "leader.replication.throttled.rate",
            "replica.alter.log.dirs.io.max.bytes.per.second");

    /** Those that act when they are set for one broker while it runs, besides the defaults of topics. */
    private static final Set<String> DYNAMIC = Set.of(
            "cordoned.log.dirs", "follower.replication.throttled.rate", "leader.replication.throttled.rate");

    /** Broker configs that give the default of a topic config that acts. */
    private static final Set<String> TOPIC_DEFAULTS = topicDefaults();

    /** Names that act when they stand in the configuration file, besides the defaults of topics. */
    private static final Set<String> STATIC = Set.of(
            "advertised.listeners", "auto.create.topics.enable", "auto.leader.rebalance.enable", "broker.id", "broker.rack",
            "connections.max.idle.ms", "controller.listener.names", "controller.quorum.voters",
            "default.replication.factor",
            "delete.topic.enable", "fetch.max.bytes",
            "group.consumer.assignment.interval.ms", "group.consumer.assignors",
            "group.consumer.heartbeat.interval.ms", "group.consumer.max.assignment.interval.ms",
            "group.consumer.max.heartbeat.interval.ms", "group.consumer.max.session.timeout.ms",
            "group.consumer.max.size", "group.consumer.migration.policy", "group.consumer.min.assignment.interval.ms",
            "group.consumer.min.heartbeat.interval.ms", "group.consumer.min.session.timeout.ms",
            "group.consumer.regex.refresh.interval.ms", "group.consumer.session.timeout.ms",
            "group.initial.rebalance.delay.ms",
            "group.max.session.timeout.ms", "group.max.size", "group.min.session.timeout.ms",
            "inter.broker.listener.name", "listener.security.protocol.map", "listeners", "log.dir", "log.dirs",
            "log.cleaner.backoff.ms", "log.retention.check.interval.ms", "max.connections", "max.connections.per.ip",
            "max.incremental.fetch.session.cache.slots", "node.id", "num.partitions", "offset.metadata.max.bytes",
            "offsets.retention.check.interval.ms", "offsets.retention.minutes", "offsets.topic.num.partitions",
            "offsets.topic.replication.factor", "offsets.topic.segment.bytes", "process.roles",
            "producer.id.expiration.ms", "replica.lag.time.max.ms", "replica.selector.class",
            "security.inter.broker.protocol", "socket.request.max.bytes");

    /** Every name that acts, from a file or at run time. */
    public static final Set<String> HONOURED = union(STATIC, TOPIC_DEFAULTS);

    private BrokerConfigs() {}

    /** By name, sorted. */
    public static Map<String, ConfigDefinition> definitions() {
        return TABLE.definitions();
    }

    /** True for one of the 379 names. */
    public static boolean exists(String name) {
        return definitions().containsKey(name);
    }

    /** True for a known name whose value is a list. */
    public static boolean isList(String name) {
        ConfigDefinition definition = definitions().get(name);
        return definition != null && definition.type() == ConfigDef.Type.LIST;
    }

    /** True for a name that Kafka takes only dynamically, and Sampo too. */
    public static boolean dynamicOnly(String name) {
        return DYNAMIC_ONLY.contains(name) && DYNAMIC.contains(name);
    }

    /** True for a name that each broker has a value of its own for: there is none for all brokers. */
    public static boolean perBroker(String name) {
        ConfigDefinition definition = definitions().get(name);
        return definition != null && definition.updateMode() == UpdateMode.PER_BROKER;
    }

    /** True when a dynamic change of this name takes effect: some, and Kafka's that give a default to topics. */
    public static boolean dynamic(String name) {
        if (DYNAMIC.contains(name)) {
            return true;
        }
        ConfigDefinition definition = definitions().get(name);
        return definition != null
                && definition.updateMode() == UpdateMode.CLUSTER_WIDE
                && TOPIC_DEFAULTS.contains(name);
    }

    /**
     * Names that stand for the same setting, the strongest first: {@code log.retention.ms}, {@code
     * log.retention.minutes}, {@code log.retention.hours}. Only the name itself when it has none.
     */
    public static List<String> synonyms(String name) {
        return switch (name) {
            case "log.retention.ms", "log.retention.minutes", "log.retention.hours" ->
                List.of("log.retention.ms", "log.retention.minutes", "log.retention.hours");
            case "log.roll.ms", "log.roll.hours" -> List.of("log.roll.ms", "log.roll.hours");
            case "log.roll.jitter.ms", "log.roll.jitter.hours" ->
                List.of("log.roll.jitter.ms", "log.roll.jitter.hours");
            case "log.flush.interval.ms" -> List.of("log.flush.interval.ms", "log.flush.scheduler.interval.ms");
            default -> List.of(name);
        };
    }

    /**
     * Judges all dynamic values of one broker, or of all brokers together.
     *
     * @param overrides every dynamic value the resource would have
     * @param changed the names that this change touches; only they are refused as not dynamic, and only when they get a value
     * @return null when they are good, otherwise the text of INVALID_CONFIG or INVALID_REQUEST
     */
    public static @Nullable String validateDynamic(Map<String, String> overrides, Set<String> changed) {
        var unknown = new TreeSet<String>();
        var readOnly = new TreeSet<String>();
        var notActing = new TreeSet<String>();
        for (String name : changed) {
            if (!overrides.containsKey(name)) {
                continue; // removing a value is always fine
            }
            ConfigDefinition definition = definitions().get(name);
            if (definition == null) {
                if (!dynamicOnly(name)) {
                    (DYNAMIC_ONLY.contains(name) ? notActing : unknown).add(name);
                }
            } else if (definition.updateMode() == UpdateMode.READ_ONLY) {
                readOnly.add(name);
            } else if (!dynamic(name)) {
                notActing.add(name);
            }
        }
        if (!readOnly.isEmpty()) {
            return "Cannot update these configs dynamically: " + readOnly;
        }
        if (!unknown.isEmpty()) {
            return "Unknown broker config names: " + unknown + ". Sampo knows the broker configs of Kafka 4.4 only";
        }
        if (!notActing.isEmpty()) {
            return "Changing these broker configs while the broker runs has no effect in this version of Sampo: "
                    + notActing + ". Names that also act from the configuration file take effect there, after a restart";
        }
        return problem(overrides);
    }

    /** As {@link #validateDynamic} for one value of one name. */
    public static @Nullable String validateDynamic(String name, String value) {
        return validateDynamic(Map.of(name, value), Set.of(name));
    }

    /** Judges values by their definitions; null when they are good. */
    public static @Nullable String problem(Map<String, String> values) {
        for (var entry : values.entrySet()) {
            if (utf8Length(entry.getValue()) > MAX_VALUE_BYTES) {
                return "The configuration value cannot be added because it exceeds the maximum value size of "
                        + MAX_VALUE_BYTES + " bytes.";
            }
            if (dynamicOnly(entry.getKey()) && !isRate(entry.getValue())) {
                return "Invalid value " + entry.getValue() + " for configuration " + entry.getKey()
                        + ": bytes per second, a whole number of 0 or more";
            }
            String folders = entry.getValue().strip();
            if (entry.getKey().equals("cordoned.log.dirs") && !folders.isEmpty() && !folders.equals("*")) {
                return "Invalid value " + folders + " for configuration cordoned.log.dirs: a Sampo broker has one log"
                        + " folder, so * (all) or nothing";
            }
            String selector = entry.getKey().equals("replica.selector.class")
                    ? ReplicaSelector.problem(entry.getValue())
                    : null;
            if (selector != null) {
                return selector;
            }
            ConfigDefinition definition = definitions().get(entry.getKey());
            // A class name is never loaded here: values may come over the network.
            if (definition != null && definition.type() != ConfigDef.Type.CLASS) {
                try {
                    parse(definition, entry.getValue());
                } catch (ConfigException e) {
                    return e.getMessage();
                }
            }
        }
        return null;
    }

    private static boolean isRate(String value) {
        try {
            return Long.parseLong(value.trim()) >= 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** The typed value; refuses what type or validator refuse, in Kafka's words. */
    static Object parse(ConfigDefinition definition, String value) {
        Object parsed = ConfigDef.parseType(definition.name(), value, definition.type());
        if (definition.validator() != null) {
            definition.validator().ensureValid(definition.name(), parsed);
        }
        if (parsed == null) {
            throw new ConfigException(definition.name(), value, "Value must be non-null");
        }
        return parsed;
    }

    static int utf8Length(String text) {
        return text.length() <= MAX_VALUE_BYTES / 3 ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** The values that a topic config's broker-side default comes from: synonym and value, the strongest first. */
    static List<Map.Entry<Synonym, String>> present(ConfigDefinition topicConfig, Map<String, String> values) {
        var present = new ArrayList<Map.Entry<Synonym, String>>();
        for (Synonym synonym : topicConfig.synonyms()) {
            String value = values.get(synonym.name());
            if (value != null) {
                present.add(Map.entry(synonym, value));
            }
        }
        return present;
    }

    private static Set<String> topicDefaults() {
        var names = new TreeSet<String>();
        for (ConfigDefinition topicConfig : TopicConfigs.definitions().values()) {
            if (TopicConfigs.acts(topicConfig.name())) {
                topicConfig.synonyms().forEach(s -> names.add(s.name()));
            }
        }
        return Collections.unmodifiableSet(names);
    }

    private static Set<String> union(Set<String> a, Set<String> b) {
        var all = new TreeSet<>(a);
        all.addAll(b);
        return Collections.unmodifiableSet(all);
    }

    /** Over {@code under}, {@code over}. */
    static Map<String, String> merged(Map<String, String> under, Map<String, String> over) {
        var all = new HashMap<>(under);
        all.putAll(over);
        return Map.copyOf(all);
    }
}
