package dev.sampo.partition.controller;

import dev.sampo.actors.config.BrokerConfigs;
import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kafka 4.4's configs as Sampo takes them. Configs of groups have no effect yet, so none is taken. */
public final class KafkaConfigRules implements ConfigRules {
    private final BrokerDefaults file;

    /** {@code file}: what the controller's configuration file says, for defaults of topics. */
    public KafkaConfigRules(BrokerDefaults file) {
        this.file = file;
    }

    @Override
    public @Nullable String problem(ConfigResourceType type, String name, String value) {
        return switch (type) {
            case TOPIC -> TopicConfigs.problem(Map.of(name, value));
            case BROKER -> BrokerConfigs.validateDynamic(name, value);
            case GROUP -> "Group config " + name + " has no effect in this version of Sampo, so it cannot be set";
        };
    }

    @Override
    public @Nullable String problem(ConfigResourceType type, Map<String, String> values) {
        return switch (type) {
            case TOPIC -> TopicConfigs.validate(values, file);
            case BROKER -> BrokerConfigs.validateDynamic(values, values.keySet());
            case GROUP -> ConfigRules.super.problem(type, values);
        };
    }

    @Override
    public @Nullable String conflict(ConfigResourceType type, Map<String, String> values) {
        return type == ConfigResourceType.TOPIC ? TopicConfigs.conflict(values, file) : null;
    }

    @Override
    public boolean isList(ConfigResourceType type, String name) {
        return switch (type) {
            case TOPIC -> TopicConfigs.isList(name);
            case BROKER -> BrokerConfigs.isList(name);
            case GROUP -> false;
        };
    }

    @Override
    public @Nullable String defaultValue(ConfigResourceType type, String name) {
        return switch (type) {
            case TOPIC -> TopicConfigs.exists(name) ? file.topicDefault(name) : null;
            case BROKER -> BrokerConfigs.exists(name) ? file.value(name) : null;
            case GROUP -> null;
        };
    }
}
