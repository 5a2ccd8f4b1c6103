package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/** Configuration of topics and brokers: read, compared, changed. */
final class Configs {
    private static final String CLUSTER_WIDE = "default";

    private Configs() {}

    /** {@code value} and {@code defaultValue} are null where nothing is set, and for secrets. */
    record Difference(String entity, String name, @Nullable String value, @Nullable String defaultValue, String source) {}

    /** {@code before} and {@code after} are what was set on the entity itself, null for nothing. */
    record Changed(String entity, String name, @Nullable String before, @Nullable String after, boolean changed) {}

    /**
     * {@code topic/NAME}, {@code group/NAME}, {@code broker/ID}, or {@code broker/default} for all brokers.
     *
     * @throws CliException it is none of these
     */
    static ConfigResource entity(String text) {
        int slash = text.indexOf('/');
        String name = text.substring(slash + 1);
        if (slash > 0 && !name.isEmpty()) {
            switch (text.substring(0, slash)) {
                case "topic" -> {
                    return new ConfigResource(ConfigResource.Type.TOPIC, name);
                }
                case "group" -> {
                    return new ConfigResource(ConfigResource.Type.GROUP, name);
                }
                case "broker" -> {
                    if (name.equals(CLUSTER_WIDE) || name.matches("\\d{1,9}")) {
                        return new ConfigResource(ConfigResource.Type.BROKER, name.equals(CLUSTER_WIDE) ? "" : name);
                    }
                }
                default -> { }
            }
        }
        throw CliException.usage("\"" + text + "\" has no configuration", "topic/NAME, group/NAME, broker/ID or broker/default");
    }

    /** As {@link #entity} reads it. */
    static String text(ConfigResource entity) {
        return switch (entity.type()) {
            case TOPIC -> "topic/" + entity.name();
            case GROUP -> "group/" + entity.name();
            default -> "broker/" + (entity.name().isEmpty() ? CLUSTER_WIDE : entity.name());
        };
    }

    /** All entries by name; the entity must be there. */
    static Map<String, ConfigEntry> describe(Admin admin, ConfigResource entity) {
        var entries = new TreeMap<String, ConfigEntry>();
        var options = new DescribeConfigsOptions().includeSynonyms(true);
        try {
            Failures.await(admin.describeConfigs(List.of(entity), options).values().get(entity), text(entity))
                    .entries()
                    .forEach(entry -> entries.put(entry.name(), entry));
        } catch (CliException e) {
            if (entity.type() == ConfigResource.Type.BROKER && e.exitCode() == ExitCode.TIMEOUT) {
                throw CliException.notFound(text(entity) + " does not answer", "sampo cluster info lists the brokers");
            }
            throw e;
        }
        return entries;
    }

    /** What is set on the entity itself. */
    static Map<String, ConfigEntry> overrides(Admin admin, ConfigResource entity) {
        var overrides = new TreeMap<String, ConfigEntry>();
        describe(admin, entity).forEach((name, entry) -> {
            if (entry.source() == own(entity)) {
                overrides.put(name, entry);
            }
        });
        return overrides;
    }

    private static ConfigSource own(ConfigResource entity) {
        if (entity.type() == ConfigResource.Type.TOPIC) {
            return ConfigSource.DYNAMIC_TOPIC_CONFIG;
        } else if (entity.type() == ConfigResource.Type.GROUP) {
            return ConfigSource.DYNAMIC_GROUP_CONFIG;
        }
        return entity.name().isEmpty() ? ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG : ConfigSource.DYNAMIC_BROKER_CONFIG;
    }

    /** What is not as it would be without any setting. */
    static List<Difference> differences(Admin admin, ConfigResource entity) {
        var differences = new ArrayList<Difference>();
        for (ConfigEntry entry : describe(admin, entity).values()) {
            String defaultValue = defaultOf(entry);
            boolean isSet = entry.source() != ConfigSource.DEFAULT_CONFIG && entry.source() != ConfigSource.UNKNOWN;
            if (isSet && (entry.isSensitive() || !java.util.Objects.equals(entry.value(), defaultValue))) {
                differences.add(new Difference(text(entity), entry.name(), entry.value(), defaultValue, source(entry)));
            }
        }
        return differences;
    }

    private static @Nullable String defaultOf(ConfigEntry entry) {
        return entry.synonyms().stream()
                .filter(synonym -> synonym.source() == ConfigSource.DEFAULT_CONFIG)
                .map(ConfigEntry.ConfigSynonym::value)
                .filter(java.util.Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Where a value comes from, in words of this command line. */
    static String source(ConfigEntry entry) {
        return switch (entry.source()) {
            case DYNAMIC_TOPIC_CONFIG -> "topic";
            case DYNAMIC_GROUP_CONFIG -> "group";
            case DYNAMIC_BROKER_CONFIG -> "broker";
            case DYNAMIC_DEFAULT_BROKER_CONFIG -> "all brokers";
            case STATIC_BROKER_CONFIG -> "broker's file";
            case DEFAULT_CONFIG -> "default";
            default -> "other";
        };
    }

    /**
     * Brings names of an entity to the wanted values; null unsets. Names that have their value already are told as
     * unchanged.
     */
    static List<Changed> change(
            Admin admin, ConfigResource entity, Map<String, @Nullable String> wanted, boolean dryRun) {
        Map<String, ConfigEntry> present = overrides(admin, entity);
        var changes = new ArrayList<Changed>();
        var operations = new LinkedHashMap<String, AlterConfigOp>();
        for (Map.Entry<String, @Nullable String> each : new TreeMap<>(wanted).entrySet()) {
            ConfigEntry entry = present.get(each.getKey());
            String before = entry == null ? null : entry.value();
            String after = each.getValue();
            boolean isSame = entry == null ? after == null : !entry.isSensitive() && java.util.Objects.equals(before, after);
            changes.add(new Changed(text(entity), each.getKey(), before, after, !isSame));
            if (!isSame) {
                operations.put(each.getKey(), new AlterConfigOp(
                        new ConfigEntry(each.getKey(), after == null ? "" : after),
                        after == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET));
            }
        }
        if (!operations.isEmpty()) {
            Map<ConfigResource, Collection<AlterConfigOp>> request = Map.of(entity, operations.values());
            Failures.await(
                    admin.incrementalAlterConfigs(request, new AlterConfigsOptions().validateOnly(dryRun)).all(),
                    text(entity));
        }
        return changes;
    }

    /** Prints changes for a person. */
    static void print(Terminal terminal, List<Changed> changes, boolean dryRun) {
        for (Changed each : changes) {
            String after = each.after() == null ? "default" : each.after();
            String before = each.before() == null ? "default" : each.before();
            terminal.out().print(each.entity() + " " + each.name() + ": "
                    + (each.changed() ? (dryRun ? "would become " : "") + before + " -> " + after : after + " as before")
                    + "\n");
        }
    }
}
