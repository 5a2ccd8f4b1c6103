package dev.sampo.client.internal;

import com.typesafe.config.Config;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigException;

/**
 * What the protocol core needs from Kafka's properties; all times in ms.
 *
 * @param cluster over the gates of brokers, from a node of their cluster; else over sockets
 * @param bootstrapServers unresolved addresses, at least one unless {@code cluster}
 */
public record ClientSettings(
        boolean cluster,
        List<InetSocketAddress> bootstrapServers,
        String clientId,
        long requestTimeoutMs,
        long connectTimeoutMs,
        long reconnectBackoffMs,
        long reconnectBackoffMaxMs,
        long retryBackoffMs,
        long retryBackoffMaxMs,
        long metadataMaxAgeMs,
        boolean allowAutoCreateTopics) {

    /** Beside Kafka's properties: {@code kafka} or {@code cluster}. */
    public static final String TRANSPORT = "sampo.transport";

    /** The key {@code transport} of a section that has one, unless it says what is so anyway. */
    public static Optional<String> transport(Config section) {
        return section.hasPath("transport")
                ? Optional.of(section.getString("transport")).filter(transport -> !transport.equals("kafka"))
                : Optional.empty();
    }

    private static boolean cluster(String transport) {
        if (!transport.equals("kafka") && !transport.equals("cluster")) {
            throw new ConfigException(TRANSPORT, transport, "give kafka or cluster");
        }
        return transport.equals("cluster");
    }

    /**
     * Reads Kafka's common client properties, with Kafka's defaults.
     *
     * @throws ConfigException a property is missing, malformed or asks for what this client does not do
     */
    public static ClientSettings from(Map<String, String> properties) {
        String protocol = properties.getOrDefault("security.protocol", "PLAINTEXT");
        if (!protocol.equals("PLAINTEXT")) {
            throw new ConfigException("security.protocol", protocol, "this client speaks PLAINTEXT only");
        }
        boolean cluster = cluster(properties.getOrDefault(TRANSPORT, "kafka"));
        return new ClientSettings(
                cluster,
                cluster ? List.of() : addresses(properties.getOrDefault("bootstrap.servers", "")),
                properties.getOrDefault("client.id", "sampo-streams"),
                number(properties, "request.timeout.ms", 30_000),
                number(properties, "socket.connection.setup.timeout.ms", 10_000),
                number(properties, "reconnect.backoff.ms", 50),
                number(properties, "reconnect.backoff.max.ms", 1_000),
                number(properties, "retry.backoff.ms", 100),
                number(properties, "retry.backoff.max.ms", 1_000),
                number(properties, "metadata.max.age.ms", 300_000),
                Boolean.parseBoolean(properties.getOrDefault("allow.auto.create.topics", "true")));
    }

    /** A whole number of at least 0, or {@code otherwise} when the property is not set. */
    public static long number(Map<String, String> properties, String name, long otherwise) {
        String value = properties.get(name);
        if (value == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(value.trim());
            if (number < 0) {
                throw new ConfigException(name, value, "give a number of at least 0");
            }
            return number;
        } catch (NumberFormatException e) {
            throw new ConfigException(name, value, "give a whole number");
        }
    }

    private static List<InetSocketAddress> addresses(String servers) {
        var addresses = new ArrayList<InetSocketAddress>();
        for (String server : servers.split(",", -1)) {
            String trimmed = server.trim();
            if (trimmed.isEmpty()) {
                continue;
            }
            int colon = trimmed.lastIndexOf(':');
            int port = colon < 0 ? -1 : port(trimmed.substring(colon + 1));
            if (port < 0 || colon == 0) {
                throw new ConfigException("bootstrap.servers", servers, "give host:port, separated by commas");
            }
            String host = trimmed.substring(0, colon);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            }
            addresses.add(InetSocketAddress.createUnresolved(host, port));
        }
        if (addresses.isEmpty()) {
            throw new ConfigException("bootstrap.servers", servers,
                    "name at least one broker as host:port, for instance withBootstrapServers(\"localhost:9092\")");
        }
        return List.copyOf(addresses);
    }

    private static int port(String digits) {
        try {
            int port = Integer.parseInt(digits);
            return port > 0 && port < 65_536 ? port : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
