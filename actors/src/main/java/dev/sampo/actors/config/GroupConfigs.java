package dev.sampo.actors.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The group configs of Kafka 4.4: all known, all listed, validated with Kafka's rules and texts. Those of share and streams
 * groups, and the offloading of assignors, are refused when they are set to anything but their default: they do not act.
 *
 * @see "Kafka documentation, group configs; GroupConfig of Kafka 4.4"
 */
public final class GroupConfigs {
    /** After this long without a heartbeat a member of the consumer protocol is gone. */
    public static final String SESSION_TIMEOUT = "consumer.session.timeout.ms";
    /** How often members of the consumer protocol send heartbeats. */
    public static final String HEARTBEAT_INTERVAL = "consumer.heartbeat.interval.ms";
    /** Shortest time between two assignments of one group. */
    public static final String ASSIGNMENT_INTERVAL = "consumer.assignment.interval.ms";

    private static final ConfigTable TABLE = ConfigTable.load("group-configs.tsv");
    private static final ConfigDef DEF = TABLE.configDef();
    private static final List<String> ACTING = List.of(HEARTBEAT_INTERVAL, SESSION_TIMEOUT, ASSIGNMENT_INTERVAL);

    /** What the operator allows for a setting, and what it is for groups that have no value of their own. */
    public record Bounds(int least, int most, int byDefault) {
        /** The value in force: a stored one that was set under other bounds is moved into these, as in Kafka. */
        int within(@Nullable String own) {
            return own == null ? byDefault : Math.clamp(Integer.parseInt(own.trim()), least, most);
        }
    }

    /** The operator's bounds, in milliseconds. */
    public record Limits(Bounds sessionTimeout, Bounds heartbeatInterval, Bounds assignmentInterval) {
        /** Those that a broker's configuration file gives under Kafka's names. */
        public static Limits of(BrokerDefaults file) {
            return new Limits(
                    bounds(file, "session.timeout"), bounds(file, "heartbeat.interval"), bounds(file, "assignment.interval"));
        }

        private static Bounds bounds(BrokerDefaults file, String setting) {
            return new Bounds(
                    file.intValue("group.consumer.min." + setting + ".ms"),
                    file.intValue("group.consumer.max." + setting + ".ms"), file.intValue("group.consumer." + setting + ".ms"));
        }

        private Bounds of(String name) {
            return switch (name) {
                case SESSION_TIMEOUT -> sessionTimeout;
                case HEARTBEAT_INTERVAL -> heartbeatInterval;
                default -> assignmentInterval;
            };
        }

        /** The value in force, in milliseconds, for a group with these values of its own. */
        public int inForce(String name, Map<String, String> own) {
            return of(name).within(own.get(name));
        }
    }

    private GroupConfigs() {}

    /** By name, sorted. */
    public static Map<String, ConfigDefinition> definitions() {
        return TABLE.definitions();
    }

    /** True for a known name whose value is a list: append and subtract work on it. */
    public static boolean isList(String name) {
        ConfigDefinition definition = definitions().get(name);
        return definition != null && definition.type() == ConfigDef.Type.LIST;
    }

    /**
     * Judges all of a group's own values together.
     *
     * @return null when they are good, otherwise the text of INVALID_CONFIG
     */
    public static @Nullable String problem(Map<String, String> values, Limits limits) {
        for (String name : new TreeSet<>(values.keySet())) {
            if (!definitions().containsKey(name)) {
                return "Unknown group config name: " + name;
            }
        }
        Map<String, Object> parsed;
        try {
            parsed = DEF.parse(values);
        } catch (ConfigException e) {
            return e.getMessage();
        }
        var names = new LinkedHashSet<>(ACTING); // in Kafka's order
        names.retainAll(values.keySet());
        names.addAll(new TreeSet<>(values.keySet()));
        for (String name : names) {
            String problem = ACTING.contains(name)
                    ? outOfBounds(name, (Integer) Objects.requireNonNull(parsed.get(name)), limits.of(name))
                    : notActing(name, parsed);
            if (problem != null) {
                return problem;
            }
        }
        boolean either = values.containsKey(SESSION_TIMEOUT) || values.containsKey(HEARTBEAT_INTERVAL);
        return either && limits.inForce(SESSION_TIMEOUT, values) <= limits.inForce(HEARTBEAT_INTERVAL, values)
                ? SESSION_TIMEOUT + " must be greater than " + HEARTBEAT_INTERVAL
                : null;
    }

    private static @Nullable String outOfBounds(String name, int value, Bounds bounds) {
        return value < bounds.least() || value > bounds.most()
                ? name + " must be in the range " + bounds.least() + " to " + bounds.most() + " inclusive."
                : null;
    }

    private static @Nullable String notActing(String name, Map<String, Object> parsed) {
        Object byDefault = Objects.requireNonNull(DEF.configKeys().get(name)).defaultValue;
        if (Objects.equals(parsed.get(name), byDefault)) {
            return null;
        }
        String text = Objects.requireNonNull(definitions().get(name)).defaultValue();
        return "Group config " + name + " has no effect in this version of Sampo, so it "
                + (text == null ? "cannot be set" : "can only be set to its default, '" + text + "'");
    }
}
