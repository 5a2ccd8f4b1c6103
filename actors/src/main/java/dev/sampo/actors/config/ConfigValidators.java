package dev.sampo.actors.config;

import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The validators of Kafka's definitions from their short form in the tables:
 * {@code range:<min>:<max>} (max may be empty), {@code in:a,b}, {@code in-any-case:a,b},
 * {@code list:<empty allowed>:<null allowed>:a,b} (no values: any), {@code non-empty}, {@code non-null},
 * {@code gzip-level}, {@code throttled-replicas}, {@code non-empty-list}.
 */
final class ConfigValidators {
    private static final Pattern THROTTLED_REPLICA = Pattern.compile("([0-9]+:[0-9]+)?");

    private ConfigValidators() {}

    static ConfigDef.Validator parse(String text) {
        String[] parts = text.split(":", -1);
        return switch (parts[0]) {
            case "range" -> {
                Number min = number(parts[1]);
                yield parts[2].isEmpty() ? ConfigDef.Range.atLeast(min) : ConfigDef.Range.between(min, number(parts[2]));
            }
            case "in" -> ConfigDef.ValidString.in(parts[1].split(",", -1));
            case "in-any-case" -> ConfigDef.CaseInsensitiveValidString.in(parts[1].split(",", -1));
            case "list" -> list(Boolean.parseBoolean(parts[1]), Boolean.parseBoolean(parts[2]), parts[3]);
            case "non-empty" -> new ConfigDef.NonEmptyString();
            case "non-null" -> new ConfigDef.NonNullValidator();
            case "gzip-level" ->
                ConfigDef.LambdaValidator.with(ConfigValidators::ensureGzipLevel, () -> "[1,...,9] or -1");
            case "throttled-replicas" ->
                ConfigDef.LambdaValidator.with(
                        ConfigValidators::ensureThrottledReplicas,
                        () -> "[partitionId]:[brokerId],[partitionId]:[brokerId],...");
            case "non-empty-list" ->
                ConfigDef.LambdaValidator.with(ConfigValidators::ensureList, () -> "non-empty list");
            default -> throw new IllegalStateException("unknown validator in a configuration table: " + text);
        };
    }

    private static Number number(String text) {
        return text.indexOf('.') >= 0 ? (Number) Double.valueOf(text) : (Number) Long.valueOf(text);
    }

    private static ConfigDef.Validator list(boolean emptyAllowed, boolean nullAllowed, String values) {
        return values.isEmpty()
                ? ConfigDef.ValidList.anyNonDuplicateValues(emptyAllowed, nullAllowed)
                : ConfigDef.ValidList.in(emptyAllowed, values.split(",", -1));
    }

    private static void ensureGzipLevel(String name, @Nullable Object value) {
        if (!(value instanceof Integer level) || (level != -1 && (level < 1 || level > 9))) {
            throw new ConfigException(name, value, "Value must be between 1 and 9 or equal to -1");
        }
    }

    private static void ensureThrottledReplicas(String name, @Nullable Object value) {
        if (!(value instanceof List<?> replicas)) {
            throw new ConfigException(name, value, name + " must be a list");
        }
        boolean all = replicas.size() == 1 && replicas.getFirst().equals("*");
        if (!all && !replicas.stream().allMatch(r -> THROTTLED_REPLICA.matcher(r.toString().trim()).matches())) {
            throw new ConfigException(
                    name, value, name + " must be the literal '*' or a list of replicas in the following format: "
                            + "[partitionId]:[brokerId],[partitionId]:[brokerId],...");
        }
    }

    private static void ensureList(String name, @Nullable Object value) {
        if (!(value instanceof List<?>)) {
            throw new ConfigException(name, value, "Must be a list.");
        }
    }
}
