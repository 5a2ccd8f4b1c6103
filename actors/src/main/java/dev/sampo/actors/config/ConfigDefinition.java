package dev.sampo.actors.config;

import java.util.List;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/**
 * One configuration name as Kafka defines it.
 *
 * @param defaultValue as DescribeConfigs shows it (lists joined by commas); null for none
 * @param required has no default at all: must be given
 * @param validator null when the type is the only rule
 * @param synonyms for a topic config: the broker's names that give its default, the strongest first
 * @param internal DescribeConfigs leaves it out unless it is set
 * @param updateMode for a broker config: how it can be changed while the broker runs
 */
public record ConfigDefinition(
        String name, ConfigDef.Type type, @Nullable String defaultValue, boolean required,
        ConfigDef.@Nullable Validator validator, String documentation, List<Synonym> synonyms, boolean internal,
        UpdateMode updateMode) {
    /** A broker config that gives a topic config's default; its value times {@code factor} is in the topic's unit. */
    public record Synonym(String name, long factor) {}

    /** How a broker config can be changed while the broker runs. */
    public enum UpdateMode {
        READ_ONLY,
        PER_BROKER,
        CLUSTER_WIDE
    }

    /** Passwords: never shown, never logged. */
    public boolean sensitive() {
        return type == ConfigDef.Type.PASSWORD;
    }
}
