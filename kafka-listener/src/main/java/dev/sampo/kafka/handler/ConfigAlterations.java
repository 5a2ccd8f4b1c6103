package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerConfigs;
import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.ConfigAlteration;
import dev.sampo.actors.protocol.Controller.ConfigChange;
import dev.sampo.actors.protocol.Controller.ConfigOperation;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.partition.controller.ConfigsInForce;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * What AlterConfigs and IncrementalAlterConfigs have in common: the broker that received the request refuses what is
 * wrong on its face, changes its own loggers, judges broker configs, and gives the rest to the controller.
 */
public final class ConfigAlterations {
    private static final ItemResult DONE = new ItemResult(KafkaError.NONE, null);
    private static final Set<String> LEVELS = new TreeSet<>(
            List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"));

    private final int brokerId;
    private final MetadataImages images;
    private final BrokerDefaults file;
    private final LoggerLevels loggers;
    private final ControllerClient controller;

    /** {@code file} holds what this broker's configuration file says. */
    public ConfigAlterations(
            int brokerId, MetadataImages images, BrokerDefaults file, LoggerLevels loggers,
            ControllerClient controller) {
        this.brokerId = brokerId;
        this.images = images;
        this.file = file;
        this.loggers = loggers;
        this.controller = controller;
    }

    /** One change as it came; {@code operation} is the wire's. */
    record Change(String name, byte operation, @Nullable String value) {}

    /** One resource as it came. */
    record Resource(byte type, String name, List<Change> changes) {}

    /** One result for each resource, in order. */
    CompletionStage<List<ItemResult>> alter(List<Resource> resources, boolean replaceAll, boolean validateOnly) {
        MetadataImage image = images.current();
        var results = new ArrayList<@Nullable ItemResult>();
        var forwarded = new ArrayList<ConfigAlteration>();
        var forwardedIndexes = new ArrayList<Integer>();
        for (int i = 0; i < resources.size(); i++) {
            Resource resource = resources.get(i);
            ItemResult result = countOf(resources, resource) > 1
                    ? invalid("Each resource must appear at most once.")
                    : judge(resource, replaceAll, validateOnly, image);
            results.add(result);
            if (result == null) {
                forwarded.add(alteration(resource, replaceAll));
                forwardedIndexes.add(i);
            }
        }
        if (forwarded.isEmpty()) {
            return CompletableFuture.completedFuture(complete(results));
        }
        CompletionStage<ItemsReply> answer =
                controller.ask(replyTo -> new Controller.AlterConfigs(forwarded, validateOnly, replyTo));
        return answer.thenApply(reply -> {
            for (int i = 0; i < forwardedIndexes.size(); i++) {
                results.set(forwardedIndexes.get(i), reply.results().get(i));
            }
            return complete(results);
        });
    }

    private static List<ItemResult> complete(List<@Nullable ItemResult> results) {
        var complete = new ArrayList<ItemResult>(results.size());
        for (ItemResult result : results) {
            complete.add(Objects.requireNonNull(result, "a resource without a result"));
        }
        return complete;
    }

    private static long countOf(List<Resource> resources, Resource wanted) {
        return resources.stream()
                .filter(r -> r.type() == wanted.type() && r.name().equals(wanted.name()))
                .count();
    }

    /** The result, or null when the controller decides. */
    private @Nullable ItemResult judge(
            Resource resource, boolean replaceAll, boolean validateOnly, MetadataImage image) {
        var names = new HashSet<String>();
        var nulls = new ArrayList<String>();
        for (Change change : resource.changes()) {
            if (!names.add(change.name())) {
                return invalid("Error due to duplicate config keys");
            }
            if (change.value() == null && (replaceAll || change.operation() != 1)) {
                nulls.add(change.name());
            }
        }
        if (!nulls.isEmpty()) {
            return invalid("Null value not supported for : " + String.join(", ", nulls));
        }
        return switch (ConfigResource.Type.forId(resource.type())) {
            case BROKER_LOGGER -> replaceAll ? unknownType(resource) : alterLoggers(resource, validateOnly);
            case BROKER -> judgeBroker(resource, replaceAll, image);
            case TOPIC, GROUP -> operationProblem(resource);
            case CLIENT_METRICS ->
                invalid("Client metrics subscriptions are not part of this version of Sampo");
            case UNKNOWN -> unknownType(resource);
        };
    }

    private static ItemResult unknownType(Resource resource) {
        return invalid("Unknown resource type " + resource.type());
    }

    private static ItemResult invalid(String message) {
        return new ItemResult(KafkaError.INVALID_REQUEST, message);
    }

    private static @Nullable ItemResult operationProblem(Resource resource) {
        for (Change change : resource.changes()) {
            if (operation(change.operation()) == null) {
                return invalid("Unknown operations type " + change.operation());
            }
        }
        return null;
    }

    private static @Nullable ConfigOperation operation(byte id) {
        return switch (id) {
            case 0 -> ConfigOperation.SET;
            case 1 -> ConfigOperation.DELETE;
            case 2 -> ConfigOperation.APPEND;
            case 3 -> ConfigOperation.SUBTRACT;
            default -> null;
        };
    }

    private @Nullable ItemResult judgeBroker(Resource resource, boolean replaceAll, MetadataImage image) {
        if (!resource.name().isEmpty()) {
            String problem = idProblem(resource.name(), "Unexpected broker id, expected ");
            if (problem != null) {
                return invalid(problem);
            }
        }
        ItemResult operationProblem = operationProblem(resource);
        if (operationProblem != null) {
            return operationProblem;
        }
        Map<String, String> current =
                image.configsOf(new Controller.ConfigResource(ConfigResourceType.BROKER, resource.name()));
        Map<String, String> changed = replaceAll ? new HashMap<>() : new HashMap<>(current);
        var names = new HashSet<String>();
        for (Change change : resource.changes()) {
            String name = change.name();
            names.add(name);
            String value = change.operation() == 1 ? null : change.value(); // kafka-configs deletes with an empty value
            if (value != null && resource.name().isEmpty() && BrokerConfigs.perBroker(name) && BrokerConfigs.dynamic(name)) {
                return invalid("Cannot update these configs at default cluster level: [" + name + "]");
            }
            if (value == null) {
                changed.remove(name);
            } else if (change.operation() == 0) {
                changed.put(name, value);
            } else if (BrokerConfigs.isList(name)) {
                BrokerDefaults inForce = ConfigsInForce.broker(file, image, brokerId);
                changed.put(name, combined(current.getOrDefault(name, inForce.value(name)), change));
            } else {
                return new ItemResult(
                        KafkaError.INVALID_CONFIG,
                        "Config value " + (change.operation() == 2 ? "append" : "subtract")
                                + " is not allowed for config key: " + name);
            }
        }
        String problem = BrokerConfigs.validateDynamic(changed, names);
        return problem == null ? null : invalid(problem);
    }

    private static String combined(String before, Change change) {
        List<String> values = new ArrayList<>(split(before));
        List<String> given = split(change.value() == null ? "" : change.value());
        values.removeAll(given);
        if (change.operation() == 2) {
            values.addAll(given);
        }
        return String.join(",", values);
    }

    private static List<String> split(String list) {
        return Arrays.stream(list.split(",", -1)).map(String::trim).filter(s -> !s.isEmpty()).toList();
    }

    private ItemResult alterLoggers(Resource resource, boolean validateOnly) {
        String idProblem = idProblem(resource.name(), "Unexpected node id. Expected ");
        if (idProblem != null) {
            return invalid(idProblem);
        }
        Map<String, String> known = loggers.levels();
        var wanted = new TreeMap<String, @Nullable String>();
        for (Change change : resource.changes()) {
            String logger = change.name();
            String level = change.value();
            ConfigOperation operation = operation(change.operation());
            if (operation == null) {
                return invalid("Unknown operation type " + change.operation()
                        + " is not allowed for the BROKER_LOGGER resource");
            }
            if (operation != ConfigOperation.SET && operation != ConfigOperation.DELETE) {
                return invalid(operation + " operation is not allowed for the BROKER_LOGGER resource");
            }
            if (!known.containsKey(logger)) {
                return new ItemResult(KafkaError.INVALID_CONFIG, "Logger " + logger + " does not exist!");
            }
            if (operation == ConfigOperation.DELETE) {
                if (logger.equals(LoggerLevels.ROOT)) {
                    return invalid("Removing the log level of the root logger is not allowed");
                }
                wanted.put(logger, null);
            } else if (level == null || !LEVELS.contains(level)) {
                return new ItemResult(
                        KafkaError.INVALID_CONFIG,
                        "Cannot set the log level of " + logger + " to " + level
                                + " as it is not a supported log level. Valid log levels are "
                                + String.join(", ", LEVELS));
            } else {
                wanted.put(logger, level);
            }
        }
        if (!validateOnly) {
            wanted.forEach((logger, level) -> {
                if (level == null) {
                    loggers.unset(logger);
                } else {
                    loggers.set(logger, level);
                }
            });
        }
        return DONE;
    }

    private @Nullable String idProblem(String name, String unexpected) {
        try {
            return Integer.parseInt(name) == brokerId ? null : unexpected + brokerId + ", but received " + name;
        } catch (NumberFormatException e) {
            return "Node id must be an integer, but it is: " + name;
        }
    }

    private static ConfigAlteration alteration(Resource resource, boolean replaceAll) {
        var type = switch (ConfigResource.Type.forId(resource.type())) {
            case TOPIC -> ConfigResourceType.TOPIC;
            case BROKER -> ConfigResourceType.BROKER;
            case GROUP -> ConfigResourceType.GROUP;
            case BROKER_LOGGER, CLIENT_METRICS, UNKNOWN ->
                throw new IllegalStateException("resource type " + resource.type() + " is not the controller's");
        };
        var changes = new ArrayList<ConfigChange>();
        for (Change change : resource.changes()) {
            ConfigOperation operation = operation(change.operation());
            if (operation == null) {
                throw new IllegalStateException("operation " + change.operation() + " was not refused");
            }
            changes.add(new ConfigChange(change.name(), operation, change.value()));
        }
        return new ConfigAlteration(new Controller.ConfigResource(type, resource.name()), changes, replaceAll);
    }
}
