package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.AlterConfigs;
import dev.sampo.actors.protocol.Controller.ConfigAlteration;
import dev.sampo.actors.protocol.Controller.ConfigChange;
import dev.sampo.actors.protocol.Controller.ConfigOperation;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Dynamic configs: incremental alterations (KIP-339) and the legacy replacement of all. Pure; answers as Kafka 4.4. */
final class ConfigAlterations {
    private static final ItemResult OK = new ItemResult(KafkaError.NONE, null);
    private static final int MAX_VALUE_LENGTH = Short.MAX_VALUE;

    private final ConfigRules rules;
    private final InSyncRules inSync;

    ConfigAlterations(ConfigRules rules, InSyncRules inSync) {
        this.rules = rules;
        this.inSync = inSync;
    }

    Decision<ItemsReply> alter(MetadataImage image, AlterConfigs command) {
        var times = new HashMap<ConfigResource, Integer>();
        command.alterations().forEach(a -> times.merge(a.resource(), 1, Integer::sum));
        var draft = new Draft(image);
        var results = new ArrayList<ItemResult>();
        for (ConfigAlteration alteration : command.alterations()) {
            try {
                if (times.getOrDefault(alteration.resource(), 0) > 1) {
                    throw new RefusedException(
                            KafkaError.INVALID_REQUEST, "Each resource must appear at most once.");
                }
                Map<String, String> values = altered(draft.image(), alteration);
                if (!values.equals(draft.image().configsOf(alteration.resource()))) {
                    draft.add(new ControllerEvent.ConfigsChanged(alteration.resource(), values));
                    BrokerOperations.onConfigs(draft, alteration.resource(), values);
                }
                results.add(OK);
            } catch (RefusedException e) {
                results.add(e.result());
            }
        }
        inSync.prune(draft);
        return command.validateOnly()
                ? new Decision<>(List.of(), new ItemsReply(results, -1))
                : new Decision<>(draft.events(), new ItemsReply(results, draft.metadataOffset()));
    }

    private Map<String, String> altered(MetadataImage image, ConfigAlteration alteration) throws RefusedException {
        ConfigResource resource = alteration.resource();
        requireWellFormed(alteration.changes());
        requireExists(image, resource);
        Map<String, String> values =
                new TreeMap<>(alteration.replaceAll() ? Map.of() : image.configsOf(resource));
        for (ConfigChange change : alteration.changes()) {
            change(values, resource.type(), change);
        }
        for (ConfigChange change : alteration.changes()) {
            String value = values.get(change.name());
            if (value != null && value.length() > MAX_VALUE_LENGTH) {
                throw new RefusedException(KafkaError.INVALID_CONFIG, "The configuration value cannot be added because"
                        + " it exceeds the maximum value size of " + MAX_VALUE_LENGTH + " bytes.");
            }
        }
        String problem = rules.problem(resource.type(), values);
        if (problem != null) {
            throw new RefusedException(KafkaError.INVALID_CONFIG, problem);
        }
        return Map.copyOf(values);
    }

    private static void requireWellFormed(List<ConfigChange> changes) throws RefusedException {
        var names = new HashSet<String>();
        var nulls = new TreeSet<String>();
        boolean twice = false;
        for (ConfigChange change : changes) {
            twice |= !names.add(change.name());
            if (change.value() == null && change.operation() != ConfigOperation.DELETE) {
                nulls.add(change.name());
            }
        }
        if (twice) {
            throw new RefusedException(KafkaError.INVALID_REQUEST, "Error due to duplicate config keys");
        }
        if (!nulls.isEmpty()) {
            throw new RefusedException(
                    KafkaError.INVALID_REQUEST, "Null value not supported for : " + String.join(",", nulls));
        }
    }

    private void change(Map<String, String> values, ConfigResourceType type, ConfigChange change)
            throws RefusedException {
        String name = change.name();
        switch (change.operation()) {
            case SET -> values.put(name, String.valueOf(change.value()));
            case DELETE -> values.remove(name);
            case APPEND, SUBTRACT -> {
                if (!rules.isList(type, name)) {
                    throw new RefusedException(KafkaError.INVALID_CONFIG, "Can't " + change.operation() + " to key "
                            + name + " because its type is not LIST.");
                }
                Set<String> byDefault = parts(rules.defaultValue(type, name));
                Set<String> parts = values.containsKey(name) ? parts(values.get(name)) : new LinkedHashSet<>(byDefault);
                if (change.operation() == ConfigOperation.APPEND) {
                    parts.addAll(parts(change.value()));
                } else {
                    parts.removeAll(parts(change.value()));
                }
                if (parts.isEmpty() && byDefault.isEmpty() && type == ConfigResourceType.TOPIC) {
                    values.remove(name); // Kafka leaves an empty value, which nobody could unset without a race
                } else {
                    values.put(name, String.join(",", parts));
                }
            }
        }
    }

    private static Set<String> parts(@Nullable String list) {
        Set<String> parts = new LinkedHashSet<>();
        if (list != null) {
            Arrays.stream(list.split(",")).map(String::trim).filter(p -> !p.isEmpty()).forEach(parts::add);
        }
        return parts;
    }

    private static void requireExists(MetadataImage image, ConfigResource resource) throws RefusedException {
        String name = resource.name();
        switch (resource.type()) {
            case TOPIC -> {
                if (name.isEmpty()) {
                    throw new RefusedException(KafkaError.INVALID_REQUEST, "Default topic resources are not allowed.");
                }
                String problem = TopicNames.problem(name);
                if (problem != null) {
                    throw new RefusedException(KafkaError.INVALID_TOPIC_EXCEPTION, problem);
                }
                if (image.topic(name) == null) {
                    throw new RefusedException(
                            KafkaError.UNKNOWN_TOPIC_OR_PARTITION, "The topic '" + name + "' does not exist.");
                }
            }
            case BROKER -> {
                if (!name.isEmpty() && !image.brokers().containsKey(brokerId(name))) {
                    throw new RefusedException(
                            KafkaError.BROKER_ID_NOT_REGISTERED, "No node with id " + name + " found.");
                }
            }
            case GROUP -> {
                if (name.isEmpty()) {
                    throw new RefusedException(KafkaError.INVALID_REQUEST, "Default group resources are not allowed.");
                }
            }
        }
    }

    private static int brokerId(String name) throws RefusedException {
        int id;
        try {
            id = Integer.parseInt(name);
        } catch (NumberFormatException e) {
            throw new RefusedException(
                    KafkaError.INVALID_REQUEST, "Unable to parse broker name as a base 10 number.");
        }
        if (id < 0) {
            throw new RefusedException(KafkaError.INVALID_REQUEST, "Invalid negative broker ID.");
        }
        return id;
    }
}
