package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerConfigs;
import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.ConfigDefinition;
import dev.sampo.actors.config.GroupConfigs;
import dev.sampo.actors.config.TopicConfigs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNull;

/** What DescribeConfigs tells about topics, groups and brokers: value, source, synonyms, type. Pure. */
final class ConfigDescriber {
    /** Source ids on the wire (KIP-226). */
    static final byte TOPIC = 1;

    static final byte DYNAMIC_BROKER = 2;
    static final byte DYNAMIC_DEFAULT_BROKER = 3;
    static final byte STATIC_BROKER = 4;
    static final byte DEFAULT = 5;
    static final byte BROKER_LOGGER = 6;
    static final byte GROUP = 8;

    private ConfigDescriber() {}

    /** A place where a value of this setting, or of a synonym, stands. */
    record Synonym(String name, @Nullable String value, byte source) {}

    /**
     * One line.
     *
     * @param value null when there is none, or when it is sensitive
     * @param synonyms the strongest first; the first one is in force
     */
    record Entry(
            String name, @Nullable String value, byte source, boolean readOnly, boolean sensitive, byte type,
            List<Synonym> synonyms, @Nullable String documentation) {}

    /**
     * Every config of a topic; internal ones only when they are set.
     *
     * @param own the topic's own values
     */
    static List<Entry> topic(Map<String, String> own, BrokerDefaults defaults) {
        return topic(own, defaults, inherited(defaults));
    }

    /** What a topic without values of its own has, by name: the same for all topics of a request. */
    static Map<String, Entry> inherited(BrokerDefaults defaults) {
        var entries = new HashMap<String, Entry>();
        for (ConfigDefinition definition : TopicConfigs.definitions().values()) {
            if (!definition.internal()) {
                String value = shown(definition, defaults.topicDefault(definition.name()));
                entries.put(definition.name(), entry(definition, value, false, topicSynonyms(definition, defaults)));
            }
        }
        return entries;
    }

    /** As {@link #topic(Map, BrokerDefaults)}, for many topics: what they inherit is described once. */
    static List<Entry> topic(Map<String, String> own, BrokerDefaults defaults, Map<String, Entry> inherited) {
        var entries = new ArrayList<Entry>(inherited.size());
        for (ConfigDefinition definition : TopicConfigs.definitions().values()) {
            String ownValue = own.get(definition.name());
            if (ownValue != null) {
                String value = shown(definition, ownValue);
                var synonyms = new ArrayList<Synonym>();
                synonyms.add(new Synonym(definition.name(), value, TOPIC));
                synonyms.addAll(topicSynonyms(definition, defaults));
                entries.add(entry(definition, value, false, synonyms));
            } else if (!definition.internal()) {
                entries.add(requireNonNull(inherited.get(definition.name())));
            }
        }
        return entries;
    }

    private static List<Synonym> topicSynonyms(ConfigDefinition definition, BrokerDefaults defaults) {
        return definition.synonyms().isEmpty()
                ? List.of()
                : brokerSynonyms(definition.synonyms().getFirst().name(), defaults);
    }

    /**
     * Every config of a group, whether it exists or not; internal ones only when they are set.
     *
     * @param own the group's own values
     */
    static List<Entry> group(Map<String, String> own, BrokerDefaults defaults) {
        var entries = new ArrayList<Entry>();
        for (ConfigDefinition definition : GroupConfigs.definitions().values()) {
            String name = definition.name();
            String ownValue = own.get(name);
            if (definition.internal() && ownValue == null) {
                continue;
            }
            var synonyms = new ArrayList<Synonym>();
            if (!definition.synonyms().isEmpty()) {
                synonyms.addAll(brokerSynonyms(definition.synonyms().getFirst().name(), defaults));
            } else if (definition.defaultValue() != null) {
                synonyms.add(new Synonym(name, definition.defaultValue(), DEFAULT));
            }
            if (ownValue != null) {
                synonyms.addFirst(new Synonym(name, shown(definition, ownValue), GROUP));
            }
            entries.add(entry(definition, synonyms.isEmpty() ? null : synonyms.getFirst().value(), false, synonyms));
        }
        return entries;
    }

    /** Every config of this broker, and names in its file that are not Kafka's (their values hidden). */
    static List<Entry> broker(BrokerDefaults defaults) {
        var entries = new ArrayList<Entry>();
        for (ConfigDefinition definition : BrokerConfigs.definitions().values()) {
            String name = definition.name();
            if (!definition.internal() || defaults.isSet(name)) {
                boolean none = !defaults.isSet(name) && definition.defaultValue() == null;
                String value = none || definition.sensitive() ? null : shown(definition, defaults.value(name));
                entries.add(entry(definition, value, !BrokerConfigs.dynamic(name), brokerSynonyms(name, defaults)));
            }
        }
        addDynamicOnly(entries, defaults.brokerValues(), DYNAMIC_BROKER);
        addDynamicOnly(entries, defaults.clusterValues(), DYNAMIC_DEFAULT_BROKER);
        for (String name : defaults.fileValues().keySet()) {
            if (!BrokerConfigs.exists(name)) {
                entries.add(new Entry(
                        name, null, STATIC_BROKER, true, true, (byte) 0,
                        List.of(new Synonym(name, null, STATIC_BROKER)), null));
            }
        }
        return entries;
    }

    /** What is set dynamically for all brokers. */
    static List<Entry> allBrokers(BrokerDefaults defaults) {
        var entries = new ArrayList<Entry>();
        for (var set : defaults.clusterValues().entrySet()) {
            ConfigDefinition definition = BrokerConfigs.definitions().get(set.getKey());
            if (definition != null) {
                String value = definition.sensitive() ? null : shown(definition, set.getValue());
                var synonym = new Synonym(definition.name(), value, DYNAMIC_DEFAULT_BROKER);
                entries.add(entry(definition, value, !BrokerConfigs.dynamic(set.getKey()), List.of(synonym)));
            }
        }
        addDynamicOnly(entries, defaults.clusterValues(), DYNAMIC_DEFAULT_BROKER);
        return entries;
    }

    /** Kafka lists these only where they are set. */
    private static void addDynamicOnly(List<Entry> entries, Map<String, String> values, byte source) {
        values.forEach((name, value) -> {
            if (BrokerConfigs.dynamicOnly(name) && entries.stream().noneMatch(entry -> entry.name().equals(name))) {
                entries.add(new Entry(
                        name, value, source, false, false, typeId(ConfigDef.Type.LONG),
                        List.of(new Synonym(name, value, source)), null));
            }
        });
    }

    private static Entry entry(
            ConfigDefinition definition, @Nullable String value, boolean readOnly, List<Synonym> synonyms) {
        return new Entry(
                definition.name(), value, synonyms.isEmpty() ? DEFAULT : synonyms.getFirst().source(), readOnly,
                definition.sensitive(), typeId(definition.type()), List.copyOf(synonyms), definition.documentation());
    }

    /**
     * Each place of {@code name} and its synonyms that has a value: this broker, all brokers, the file, the default;
     * what stands before the first place of {@code name} itself is left out, as in Kafka.
     */
    private static List<Synonym> brokerSynonyms(String name, BrokerDefaults defaults) {
        List<String> names = BrokerConfigs.synonyms(name);
        var synonyms = new ArrayList<Synonym>();
        add(synonyms, names, defaults.brokerValues(), DYNAMIC_BROKER);
        add(synonyms, names, defaults.clusterValues(), DYNAMIC_DEFAULT_BROKER);
        add(synonyms, names, defaults.fileValues(), STATIC_BROKER);
        for (String synonym : names) {
            ConfigDefinition definition = BrokerConfigs.definitions().get(synonym);
            if (definition != null && definition.defaultValue() != null) {
                synonyms.add(new Synonym(
                        synonym, definition.sensitive() ? null : definition.defaultValue(), DEFAULT));
            }
        }
        int first = 0;
        while (first < synonyms.size() && !synonyms.get(first).name().equals(name)) {
            first++;
        }
        return synonyms.subList(first, synonyms.size());
    }

    private static void add(List<Synonym> synonyms, List<String> names, Map<String, String> values, byte source) {
        for (String name : names) {
            String value = values.get(name);
            if (value != null) {
                ConfigDefinition definition = BrokerConfigs.definitions().get(name);
                boolean hidden = definition == null || definition.sensitive();
                synonyms.add(new Synonym(name, hidden ? null : value, source));
            }
        }
    }

    /** The value as Kafka prints it: numbers trimmed, lists without blanks. A class is never loaded. */
    private static @Nullable String shown(ConfigDefinition definition, String value) {
        if (definition.type() == ConfigDef.Type.CLASS) {
            return value;
        }
        return ConfigDef.convertToString(
                ConfigDef.parseType(definition.name(), value, definition.type()), definition.type());
    }

    private static byte typeId(ConfigDef.Type type) {
        return switch (type) {
            case BOOLEAN -> 1;
            case STRING -> 2;
            case INT -> 3;
            case SHORT -> 4;
            case LONG -> 5;
            case DOUBLE -> 6;
            case LIST -> 7;
            case CLASS -> 8;
            case PASSWORD -> 9;
        };
    }
}
