package dev.sampo.partition.controller;

import dev.sampo.actors.config.BrokerConfigs;
import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.GroupConfigs;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kafka 4.4's configs as Sampo takes them. */
public final class KafkaConfigRules implements ConfigRules {
    private final BrokerDefaults file;
    private final GroupConfigs.Limits groups;

    /**
     * Judges as the controller's own configuration says.
     *
     * @param file for defaults of topics
     * @param groups bounds of what groups may have of their own
     */
    public KafkaConfigRules(BrokerDefaults file, GroupConfigs.Limits groups) {
        this.file = file;
        this.groups = groups;
    }

    @Override
    public @Nullable String problem(ConfigResourceType type, String name, String value) {
        return switch (type) {
            case TOPIC -> TopicConfigs.problem(Map.of(name, value));
            case BROKER -> BrokerConfigs.validateDynamic(name, value);
            case GROUP -> GroupConfigs.problem(Map.of(name, value), groups);
        };
    }

    @Override
    public @Nullable String problem(ConfigResourceType type, Map<String, String> values) {
        return switch (type) {
            case TOPIC -> TopicConfigs.validate(values, file);
            case BROKER -> BrokerConfigs.validateDynamic(values, values.keySet());
            case GROUP -> GroupConfigs.problem(values, groups);
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
            case GROUP -> GroupConfigs.isList(name);
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
