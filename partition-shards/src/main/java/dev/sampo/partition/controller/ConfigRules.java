package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which configuration names exist and which values they take. Pure; equal calls give equal answers. */
public interface ConfigRules {
    /** Why Kafka refuses this value of this name (also: the name is unknown), null when it is fine. */
    @Nullable String problem(ConfigResourceType type, String name, String value);

    /** Whether APPEND and SUBTRACT are allowed: the name holds a comma-separated list. */
    boolean isList(ConfigResourceType type, String name);

    /** The value in force when nothing is set dynamically, null when there is none. */
    @Nullable String defaultValue(ConfigResourceType type, String name);

    /** Why these values do not go together, null when they do. Each is fine by itself. */
    default @Nullable String conflict(ConfigResourceType type, Map<String, String> values) {
        return null;
    }

    /** The first problem of all values of a resource, by name, null when there is none. */
    default @Nullable String problem(ConfigResourceType type, Map<String, String> values) {
        for (Map.Entry<String, String> entry : new TreeMap<>(values).entrySet()) {
            String problem = problem(type, entry.getKey(), entry.getValue());
            if (problem != null) {
                return problem;
            }
        }
        return conflict(type, values);
    }
}
