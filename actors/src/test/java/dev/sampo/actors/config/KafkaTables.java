package dev.sampo.actors.config;

import java.lang.reflect.Field;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Renders the tables of {@link ConfigTable} from Kafka's own classes. */
final class KafkaTables {
    private KafkaTables() {}

    /** Topic configs, in Kafka's order of definition. */
    static String topics() {
        return LogConfig.configKeys().values().stream()
                .map(key -> line(key, synonyms(key.name), "READ_ONLY"))
                .collect(Collectors.joining());
    }

    /** Broker configs by name. */
    static String brokers() {
        Map<String, String> modes = DynamicBrokerConfig.dynamicConfigUpdateModes();
        return KafkaConfig.configDef().configKeys().values().stream()
                .sorted(Comparator.comparing(key -> key.name))
                .map(key -> line(key, "", mode(modes.get(key.name))))
                .collect(Collectors.joining());
    }

    /** Group configs by name; the synonym is the broker's name that gives the default. */
    static String groups() {
        return GroupConfig.CONFIG_DEF.configKeys().values().stream()
                .sorted(Comparator.comparing(key -> key.name))
                .map(key -> line(key, GroupConfig.brokerSynonym(key.name).orElse(""), "READ_ONLY"))
                .collect(Collectors.joining());
    }

    private static String mode(String mode) {
        return mode == null ? "READ_ONLY" : mode.equals("per-broker") ? "PER_BROKER" : "CLUSTER_WIDE";
    }

    private static String line(ConfigKey key, String synonyms, String mode) {
        String defaultValue = !key.hasDefault()
                ? "\\required"
                : key.defaultValue == null ? "\\0" : escape(ConfigDef.convertToString(key.defaultValue, key.type));
        return String.join(
                        "\t", key.name, key.type.name(), defaultValue,
                        key.validator == null ? "" : escape(validator(key.validator)), synonyms,
                        String.valueOf(key.internalConfig), mode, escape(key.documentation))
                + "\n";
    }

    private static String synonyms(String name) {
        List<ConfigSynonym> synonyms =
                ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.getOrDefault(name, List.of());
        return synonyms.stream()
                .map(s -> {
                    String factor = s.converter().apply("1");
                    return factor.equals("1") ? s.name() : s.name() + "*" + factor;
                })
                .collect(Collectors.joining(","));
    }

    private static String validator(Validator validator) {
        return switch (validator.getClass().getSimpleName()) {
            case "Range" -> {
                Object max = field(validator, "max");
                yield "range:" + field(validator, "min") + ":" + (max == null ? "" : max);
            }
            case "ValidString" -> "in:" + values(validator);
            case "CaseInsensitiveValidString" -> {
                String text = validator.toString();
                yield "in-any-case:" + text.substring(text.indexOf('[') + 1, text.indexOf(']')).replace(", ", ",");
            }
            case "ValidList" ->
                "list:" + field(validator, "isEmptyAllowed") + ":" + field(validator, "isNullAllowed") + ":"
                        + values(field(validator, "validString"));
            case "NonEmptyString" -> "non-empty";
            case "NonNullValidator" -> "non-null";
            case "Validator" -> ""; // of share.auto.offset.reset, which takes its default only
            case "ThrottledReplicaListValidator" -> "throttled-replicas";
            case "ControllerQuorumVotersValidator", "ControllerQuorumBootstrapServersValidator" -> "non-empty-list";
            case "LambdaValidator" -> {
                if (!validator.toString().equals("[1,...,9] or -1")) {
                    throw new IllegalStateException("a new kind of validator: " + validator);
                }
                yield "gzip-level";
            }
            default -> throw new IllegalStateException("a new kind of validator: " + validator.getClass());
        };
    }

    private static String values(Object validString) {
        return ((List<?>) field(validString, "validStrings"))
                .stream().map(Object::toString).collect(Collectors.joining(","));
    }

    private static Object field(Object owner, String name) {
        try {
            Field field = owner.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "");
    }
}
