package dev.sampo.cluster;

import dev.sampo.actors.config.BrokerConfigs;
import dev.sampo.actors.config.ConfigDefinition;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** What Sampo does with a name of a Kafka configuration that it does not honour: refuse it, or say why it is idle. */
final class KafkaPropertyRules {
    /** Beginnings of names that protect a Kafka; ignoring one of them would open the cluster. */
    private static final List<String> SECURITY =
            List.of("sasl.", "ssl.", "delegation.token.", "security.providers", "principal.builder.class");

    /** Names whose neglect would lose or expose data, and what to do instead. Refused unless they keep the default. */
    private static final Map<String, String> SAFETY = Map.of(
            "authorizer.class.name", "this version of Sampo has no authorizer, so everything would be allowed to all; "
                    + "remove it and let only trusted hosts reach the listeners",
            "create.topic.policy.class.name", "this version of Sampo loads no policies; remove it",
            "alter.config.policy.class.name", "this version of Sampo loads no policies; remove it",
            "client.quota.callback.class", "this version of Sampo loads no quota callback; remove it",
            "connections.max.reauth.ms", "this version of Sampo has no authentication; remove it",
            "max.connections.per.ip.overrides", "this version of Sampo has one limit for all addresses, "
                    + "max.connections.per.ip; remove it",
            "max.connection.creation.rate", "this version of Sampo does not limit the rate of new connections; remove it",
            "log.cleaner.enable", "Sampo always compacts topics with cleanup.policy=compact; to keep every record set "
                    + "cleanup.policy=delete with retention.ms=-1 on the topic, and remove it",
            "remote.log.storage.system.enable", "this version of Sampo has no tiered storage; remove it");

    private KafkaPropertyRules() {}

    /** Why the file cannot be used with this value, null when it can. */
    static @Nullable String refusal(String name, String value, Map<String, String> all) {
        ConfigDefinition definition = BrokerConfigs.definitions().get(name);
        if (name.equals("process.roles")) {
            List<String> roles = Arrays.stream(value.split(",", -1)).map(String::trim).toList();
            return roles.contains("broker")
                    ? null
                    : "every Sampo node is a broker and keeps metadata; a node that is only '" + value
                            + "' is not needed. Leave it out of the cluster, or set process.roles=broker,controller";
        }
        if (name.startsWith("listener.name.")) {
            return "settings of one listener are about TLS, SASL or its own limits, which this version of Sampo does "
                    + "not have; remove it and let only trusted hosts reach the listener";
        }
        String remedy = SAFETY.get(name);
        if (remedy != null && definition != null && !isDefault(definition, value)) {
            return remedy;
        }
        if (definition != null && isSecurity(name) && securityIsOn(all) && !isDefault(definition, value)) {
            return "this version of Sampo has neither TLS nor SASL; the listeners that it belongs to cannot be served";
        }
        return null;
    }

    /** Why a name that is not honoured does not matter. */
    static String reason(String name) {
        if (name.startsWith("controller.quorum.")
                || name.startsWith("metadata.")) {
            return "Sampo's brokers keep the metadata themselves; the cluster is formed by Sampo's own settings";
        }
        if (name.startsWith("zookeeper.") || name.equals("inter.broker.protocol.version")
                || name.equals("log.message.format.version")) {
            return "of a Kafka before 4.0";
        }
        if (!BrokerConfigs.exists(name)) {
            return "not a broker config of Kafka 4.4";
        }
        if (isSecurity(name)) {
            return "no listener of this file uses TLS or SASL";
        }
        if (name.startsWith("num.") || name.startsWith("background.") || name.startsWith("queued.")
                || name.endsWith(".threads") || name.startsWith("socket.")) {
            return "Sampo's threads and queues are its own";
        }
        return "not acted on by this version of Sampo";
    }

    private static boolean isSecurity(String name) {
        return SECURITY.stream().anyMatch(name::startsWith);
    }

    /** True when a listener, or traffic between brokers, would be protected. */
    private static boolean securityIsOn(Map<String, String> all) {
        String names = all.getOrDefault("listeners", "") + "," + all.getOrDefault("security.inter.broker.protocol", "");
        return names.contains("SSL") || names.contains("SASL");
    }

    private static boolean isDefault(ConfigDefinition definition, String value) {
        if (value.isBlank()) {
            return true;
        }
        String defaultValue = definition.defaultValue();
        if (defaultValue == null || definition.type() == ConfigDef.Type.CLASS) {
            return value.equals(defaultValue);
        }
        try {
            return Objects.equals(
                    ConfigDef.parseType(definition.name(), value, definition.type()),
                    ConfigDef.parseType(definition.name(), defaultValue, definition.type()));
        } catch (ConfigException e) {
            return false; // refused as it stands: the text of the refusal names the key
        }
    }
}
