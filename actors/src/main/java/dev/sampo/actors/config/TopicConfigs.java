package dev.sampo.actors.config;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The topic configs of Kafka 4.4: all known, all listed, all validated with Kafka's rules and texts. A name that Sampo
 * does not act on yet is refused when it is set to anything but its default.
 *
 * @see "Kafka documentation, topic configs; TopicConfig and LogConfig of Kafka 4.4"
 */
public final class TopicConfigs {
    /** The largest value stored, in bytes of UTF-8: Kafka's limit for a string on the wire. */
    private static final int MAX_VALUE_BYTES = Short.MAX_VALUE;

    private static final ConfigTable TABLE = ConfigTable.load("topic-configs.tsv");
    private static final ConfigDef DEF = TABLE.configDef();

    private static final Set<String> NOT_ACTING = Set.of(
            "errors.deadletterqueue.group.enable",
            "local.retention.bytes",
            "local.retention.ms",
            "remote.copy.lag.bytes",
            "remote.copy.lag.ms",
            "remote.log.copy.disable",
            "remote.log.delete.on.disable",
            "remote.storage.enable");

    private TopicConfigs() {}

    /** By name, in Kafka's order of definition. */
    public static Map<String, ConfigDefinition> definitions() {
        return TABLE.definitions();
    }

    /** True for a name that Kafka 4.4 knows. */
    public static boolean exists(String name) {
        return definitions().containsKey(name);
    }

    /** True for a known name whose value is a list: append and subtract work on it. */
    public static boolean isList(String name) {
        ConfigDefinition definition = definitions().get(name);
        return definition != null && definition.type() == ConfigDef.Type.LIST;
    }

    /** True when a value of this name changes what Sampo does. */
    public static boolean acts(String name) {
        return exists(name) && !NOT_ACTING.contains(name);
    }

    /** As {@link #validate(Map, BrokerDefaults)} with Kafka's own defaults. */
    public static @Nullable String validate(Map<String, ? extends @Nullable String> overrides) {
        return validate(overrides, BrokerDefaults.KAFKAS);
    }

    /**
     * Judges all of a topic's own values together.
     *
     * @param overrides every value the topic would have of its own
     * @return null when they are good, otherwise the text of INVALID_CONFIG
     */
    public static @Nullable String validate(
            Map<String, ? extends @Nullable String> overrides, BrokerDefaults defaults) {
        String problem = problem(overrides);
        return problem != null ? problem : conflict(overrides, defaults);
    }

    /** Judges each value by itself. */
    public static @Nullable String problem(Map<String, ? extends @Nullable String> overrides) {
        var nulls = new TreeSet<String>();
        for (var entry : overrides.entrySet()) {
            String value = entry.getValue();
            if (value == null) {
                nulls.add(entry.getKey());
            } else if (BrokerConfigs.utf8Length(value) > MAX_VALUE_BYTES) {
                return "The configuration value cannot be added because it exceeds the maximum value size of "
                        + MAX_VALUE_BYTES + " bytes.";
            }
        }
        if (!nulls.isEmpty()) {
            return "Null value not supported for topic configs: " + String.join(",", nulls);
        }
        for (String name : overrides.keySet()) {
            if (!exists(name)) {
                return "Unknown topic config name: " + name;
            }
        }
        Map<String, Object> parsed;
        try {
            parsed = DEF.parse(overrides);
        } catch (ConfigException e) {
            return e.getMessage();
        }
        for (String name : overrides.keySet()) {
            if (NOT_ACTING.contains(name) && !isDefault(name, parsed)) {
                return "Topic config " + name + " has no effect in this version of Sampo, so it can only be set to its "
                        + "default, '" + Objects.requireNonNull(definitions().get(name)).defaultValue() + "'";
            }
        }
        return null;
    }

    /** Why these values, each good by itself, do not go together; null when they do. */
    public static @Nullable String conflict(
            Map<String, ? extends @Nullable String> overrides, BrokerDefaults defaults) {
        long minLagMs = longOf(overrides, defaults, "min.compaction.lag.ms");
        long maxLagMs = longOf(overrides, defaults, "max.compaction.lag.ms");
        if (minLagMs > maxLagMs) {
            return "conflict topic config setting min.compaction.lag.ms (" + minLagMs
                    + ") > max.compaction.lag.ms (" + maxLagMs + ")";
        }
        return null;
    }

    /**
     * The values in force.
     *
     * @param overrides the topic's own values, which {@link #validate} has passed
     * @throws ConfigException a value cannot be read, with name and value
     */
    public static TopicSettings settings(Map<String, String> overrides, BrokerDefaults defaults) {
        var values = new Values(overrides, defaults);
        List<String> policy = values.list("cleanup.policy");
        String compression = values.string("compression.type");
        return new TopicSettings(
                policy.contains("delete"),
                policy.contains("compact"),
                compression,
                switch (compression) {
                    case "gzip" -> values.integer("compression.gzip.level");
                    case "lz4" -> values.integer("compression.lz4.level");
                    default -> values.integer("compression.zstd.level");
                },
                values.number("delete.retention.ms"),
                values.number("file.delete.delay.ms"),
                values.number("flush.messages"),
                values.number("flush.ms"),
                values.integer("index.interval.bytes"),
                values.number("max.compaction.lag.ms"),
                values.integer("max.decompressed.message.bytes"),
                values.integer("max.message.bytes"),
                values.number("message.timestamp.after.max.ms"),
                values.number("message.timestamp.before.max.ms"),
                values.string("message.timestamp.type").equals("LogAppendTime"),
                (Double) values.get("min.cleanable.dirty.ratio"),
                values.number("min.compaction.lag.ms"),
                values.integer("min.insync.replicas"),
                (Boolean) values.get("preallocate"),
                values.number("retention.bytes"),
                values.number("retention.ms"),
                overrides.containsKey("internal.segment.bytes")
                        ? values.integer("internal.segment.bytes")
                        : values.integer("segment.bytes"),
                values.integer("segment.index.bytes"),
                values.number("segment.jitter.ms"),
                values.number("segment.ms"),
                (Boolean) values.get("unclean.leader.election.enable"));
    }

    private static boolean isDefault(String name, Map<String, Object> parsed) {
        return Objects.equals(parsed.get(name), Objects.requireNonNull(DEF.configKeys().get(name)).defaultValue);
    }

    private static long longOf(
            Map<String, ? extends @Nullable String> overrides, BrokerDefaults defaults, String name) {
        String own = overrides.get(name);
        return Long.parseLong((own != null ? own : defaults.topicDefault(name)).trim());
    }

    /** Typed values: the topic's own, else the broker's default. */
    private record Values(Map<String, String> overrides, BrokerDefaults defaults) {
        Object get(String name) {
            String own = overrides.get(name);
            String value = own != null ? own : defaults.topicDefault(name);
            ConfigDef.Type type = Objects.requireNonNull(definitions().get(name)).type();
            return Objects.requireNonNull(ConfigDef.parseType(name, value, type));
        }

        String string(String name) {
            return (String) get(name);
        }

        int integer(String name) {
            return (Integer) get(name);
        }

        long number(String name) {
            return (Long) get(name);
        }

        List<String> list(String name) {
            return ((List<?>) get(name)).stream().map(Object::toString).toList();
        }
    }
}
