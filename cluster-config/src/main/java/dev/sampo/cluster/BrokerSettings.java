package dev.sampo.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.protocol.Controller.Endpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one broker is started with.
 *
 * @param nodeId the broker id that clients see
 * @param clusterId the id that the data folder must have; null takes the folder's, or a new one for an empty folder
 * @param dataFolder everything that the broker writes is below it
 * @param listeners where the broker binds; port 0 takes a free one
 * @param advertised what clients of each listener are told, by listener name
 * @param rack null for none
 * @param defaults the configuration under Kafka's names
 * @param config the configuration under Sampo's names, over the defaults of all modules
 * @param machine the machine itself, unless a test says otherwise
 */
public record BrokerSettings(
        int nodeId,
        @Nullable String clusterId,
        Path dataFolder,
        List<Endpoint> listeners,
        Map<String, Endpoint> advertised,
        @Nullable String rack,
        BrokerDefaults defaults,
        Config config,
        BrokerMachine machine) {
    /**
     * From names of Kafka's {@code server.properties} and an overlay under Sampo's names.
     *
     * @throws StartException a value that cannot be used, with the name and the remedy
     */
    public static BrokerSettings of(Map<String, String> kafka, Config overlay) {
        return of(kafka, overlay, BrokerMachine.REAL);
    }

    private static BrokerSettings of(Map<String, String> kafka, Config overlay, BrokerMachine machine) {
        BrokerDefaults defaults = defaults(kafka);
        int nodeId = nodeId(kafka);
        Set<String> controllers = new HashSet<>(list(kafka.getOrDefault("controller.listener.names", "")));
        List<Endpoint> listeners = endpoints(
                "listeners", kafka.getOrDefault("listeners", "PLAINTEXT://127.0.0.1:9092"), kafka, controllers);
        if (listeners.isEmpty()) {
            throw new StartException("listeners names no listener for clients: add one, for example "
                    + "listeners=PLAINTEXT://127.0.0.1:9092");
        }
        var advertised = new HashMap<String, Endpoint>();
        for (Endpoint endpoint :
                endpoints("advertised.listeners", kafka.getOrDefault("advertised.listeners", ""), kafka, controllers)) {
            advertised.put(endpoint.listener(), endpoint);
        }
        for (String name : advertised.keySet()) {
            if (listeners.stream().noneMatch(listener -> listener.listener().equals(name))) {
                throw new StartException("advertised.listeners names listener " + name
                        + ", which listeners does not: add it there or remove it here");
            }
        }
        return new BrokerSettings(
                nodeId,
                emptyToNull(kafka.getOrDefault("cluster.id", "")),
                dataFolder(kafka),
                listeners,
                advertised,
                emptyToNull(kafka.getOrDefault("broker.rack", "")),
                defaults,
                overlay,
                machine);
    }

    /** A broker for a test or for development: loopback, free ports, this folder. */
    public static BrokerSettings embedded(Path dataFolder) {
        return of(
                Map.of(
                        "node.id", "1", "log.dirs", dataFolder.toString(), "listeners", "PLAINTEXT://127.0.0.1:0",
                        "offsets.topic.replication.factor", "1"),
                ConfigFactory.parseMap(Map.of("sampo.remoting.port", 0, "sampo.raft.port", 0)));
    }

    /** The same broker with other values under Kafka's names. */
    public BrokerSettings with(Map<String, String> kafka) {
        var all = new HashMap<>(defaults.fileValues());
        all.putAll(kafka);
        return of(all, config, machine);
    }

    /** The same broker with one more setting under Sampo's names. */
    public BrokerSettings with(String path, Object value) {
        return new BrokerSettings(
                nodeId, clusterId, dataFolder, listeners, advertised, rack, defaults,
                config.withValue(path, ConfigValueFactory.fromAnyRef(value)), machine);
    }

    /** The same broker on another machine: for tests. */
    public BrokerSettings on(BrokerMachine other) {
        return new BrokerSettings(
                nodeId, clusterId, dataFolder, listeners, advertised, rack, defaults, config, other);
    }

    /** {@code log.retention.check.interval.ms}. */
    public Duration retentionCheckInterval() {
        return Duration.ofMillis(defaults.longValue("log.retention.check.interval.ms"));
    }

    /** {@code log.cleaner.backoff.ms}. */
    public Duration cleanerBackoff() {
        return Duration.ofMillis(Math.max(1, defaults.longValue("log.cleaner.backoff.ms")));
    }

    private static BrokerDefaults defaults(Map<String, String> kafka) {
        try {
            return BrokerDefaults.of(kafka);
        } catch (org.apache.kafka.common.config.ConfigException e) {
            throw new StartException(e.getMessage(), e);
        }
    }

    private static int nodeId(Map<String, String> kafka) {
        String text = kafka.getOrDefault("node.id", kafka.getOrDefault("broker.id", "1"));
        try {
            int nodeId = Integer.parseInt(text.strip());
            if (nodeId >= 0) {
                return nodeId;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new StartException("node.id is \"" + text + "\": it must be a number from 0 on, another for each broker");
    }

    private static Path dataFolder(Map<String, String> kafka) {
        List<String> folders = list(kafka.getOrDefault("log.dirs", kafka.getOrDefault("log.dir", "data")));
        if (folders.size() != 1) {
            throw new StartException("log.dirs names " + folders.size() + " folders " + folders
                    + ": Sampo keeps the data of a broker in one folder, name exactly one");
        }
        return Path.of(folders.getFirst()).toAbsolutePath().normalize();
    }

    /** {@code NAME://host:port,...}; the names of controller listeners are left out, Sampo has no such listener. */
    private static List<Endpoint> endpoints(
            String key, String value, Map<String, String> kafka, Set<String> leftOut) {
        var endpoints = new ArrayList<Endpoint>();
        for (String text : list(value)) {
            int scheme = text.indexOf("://");
            int colon = text.lastIndexOf(':');
            if (scheme <= 0 || colon < scheme + 3) {
                throw new StartException(key + " holds \"" + text + "\": write NAME://host:port");
            }
            String name = text.substring(0, scheme);
            if (leftOut.contains(name)) {
                continue;
            }
            String host = text.substring(scheme + 3, colon).replaceAll("^\\[|\\]$", "");
            int port;
            try {
                port = Integer.parseInt(text.substring(colon + 1));
            } catch (NumberFormatException e) {
                throw new StartException(key + " holds \"" + text + "\": the port is no number", e);
            }
            if (port < 0 || port > 65_535) {
                throw new StartException(key + " holds \"" + text + "\": a port is 0 to 65535");
            }
            endpoints.add(new Endpoint(name, host, port, protocol(name, kafka)));
        }
        return endpoints;
    }

    private static String protocol(String listener, Map<String, String> kafka) {
        for (String entry : list(kafka.getOrDefault("listener.security.protocol.map", ""))) {
            String[] parts = entry.split(":", -1);
            if (parts.length == 2 && parts[0].equals(listener)) {
                return plaintext(listener, parts[1]);
            }
        }
        return plaintext(listener, listener);
    }

    private static String plaintext(String listener, String protocol) {
        if (!protocol.equals("PLAINTEXT")) {
            throw new StartException("listener " + listener + " asks for security protocol " + protocol
                    + ": this version of Sampo serves PLAINTEXT only; map the name to it with "
                    + "listener.security.protocol.map=" + listener + ":PLAINTEXT, or remove the listener");
        }
        return protocol;
    }

    private static List<String> list(String value) {
        return java.util.Arrays.stream(value.split(",")).map(String::strip).filter(part -> !part.isEmpty()).toList();
    }

    private static @Nullable String emptyToNull(String value) {
        return value.isBlank() ? null : value.strip();
    }
}
