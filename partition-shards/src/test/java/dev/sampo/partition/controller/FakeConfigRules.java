package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Knows retention.ms (a number), cleanup.policy (a list with default delete), a list without a default and cordoned.log.dirs (anything). */
public final class FakeConfigRules implements ConfigRules {
    private static final String LIST = "follower.replication.throttled.replicas";

    @Override
    public @Nullable String problem(ConfigResourceType type, String name, String value) {
        return switch (name) {
            case "retention.ms" -> value.matches("-?\\d+")
                    ? null
                    : "Invalid value " + value + " for configuration retention.ms: Not a number of type LONG";
            case "cleanup.policy" -> Set.of("delete", "compact").containsAll(Set.of(value.split(",")))
                    ? null
                    : "Invalid value " + value + " for configuration cleanup.policy";
            case LIST, "cordoned.log.dirs", "min.insync.replicas", "unclean.leader.election.enable" -> null;
            default -> "Unknown topic config name: " + name;
        };
    }

    @Override
    public boolean isList(ConfigResourceType type, String name) {
        return name.equals("cleanup.policy") || name.equals(LIST);
    }

    @Override
    public @Nullable String defaultValue(ConfigResourceType type, String name) {
        return name.equals("cleanup.policy") ? "delete" : null;
    }
}
