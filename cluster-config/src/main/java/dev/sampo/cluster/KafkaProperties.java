package dev.sampo.cluster;

import dev.sampo.actors.config.BrokerConfigs;
import dev.sampo.actors.config.BrokerDefaults;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * A Kafka {@code server.properties}, read for Sampo: Kafka's names mean here what they mean there. A name that Sampo
 * cannot honour is in {@link #ignored}; one whose neglect would make the cluster less safe than its owner asked for is
 * refused with an {@link InvalidFileException}.
 *
 * @param nodeId -1 when the file names none
 * @param clusterId of {@code meta.properties} in a log folder, null when there is none
 * @param listeners where the broker listens, without the controller's own listeners
 * @param advertisedListeners by listener name; what is not advertised is reached where it listens
 * @param interBrokerListener name of the listener that other brokers use
 * @param logDirs at least one
 * @param rack null when not set
 * @param values every honoured name with its text, for {@link BrokerDefaults#of}
 * @param ignored name to the reason why it has no effect, sorted
 */
public record KafkaProperties(
        int nodeId,
        @Nullable String clusterId,
        List<Listener> listeners,
        Map<String, Listener> advertisedListeners,
        String interBrokerListener,
        List<Path> logDirs,
        @Nullable String rack,
        Map<String, String> values,
        Map<String, String> ignored) {
    /** A listener; {@code host} is empty for all interfaces, IPv6 without brackets. */
    public record Listener(String name, String host, int port) {}

    /** The file cannot be used: names file, line, key and remedy. */
    public static final class InvalidFileException extends Exception {
        private static final long serialVersionUID = 1;

        InvalidFileException(String message) {
            super(message);
        }
    }

    /** Reads the file and the {@code meta.properties} of its log folders. */
    public static KafkaProperties read(Path file) throws IOException, InvalidFileException {
        String text = Files.readString(file, StandardCharsets.UTF_8);
        return parse(file.toString(), text);
    }

    /** Logs each name that has no effect, with the reason. */
    public void logIgnored(Logger log) {
        ignored.forEach((name, reason) -> log.atInfo()
                .addKeyValue("name", name)
                .addKeyValue("reason", reason)
                .log("Kafka configuration name has no effect"));
    }

    /** The settings under Kafka's names that topics, groups and connections take their defaults from. */
    public BrokerDefaults defaults() {
        return BrokerDefaults.of(values);
    }

    static KafkaProperties parse(String file, String text) throws IOException, InvalidFileException {
        var lines = new PropertyLines(file, text);
        var honoured = new HashMap<String, String>();
        var ignored = new TreeMap<String, String>();
        for (Map.Entry<String, String> entry : lines.values().entrySet()) {
            String name = entry.getKey();
            String value = entry.getValue();
            String refusal = KafkaPropertyRules.refusal(name, value, lines.values());
            if (refusal != null) {
                throw lines.invalid(name, refusal);
            }
            if (BrokerConfigs.HONOURED.contains(name)) {
                String problem = BrokerConfigs.problem(Map.of(name, value));
                if (problem != null) {
                    throw lines.invalid(name, problem);
                }
                honoured.put(name, value);
            } else if (!name.equals("cluster.id")) {
                ignored.put(name, KafkaPropertyRules.reason(name));
            }
        }
        KafkaListeners listeners = KafkaListeners.of(lines);
        List<Path> logDirs = logDirs(lines.values());
        return new KafkaProperties(
                nodeId(lines), clusterId(logDirs, lines), listeners.listeners(), listeners.advertised(),
                listeners.interBroker(), logDirs, lines.values().get("broker.rack"), Map.copyOf(honoured),
                Collections.unmodifiableMap(ignored));
    }

    private static int nodeId(PropertyLines lines) throws InvalidFileException {
        String node = lines.values().get("node.id");
        String broker = lines.values().get("broker.id");
        if (node != null && broker != null && !node.trim().equals(broker.trim())) {
            throw lines.invalid("broker.id", "You must set `node.id` to the same value as `broker.id`: it is " + node);
        }
        String id = node != null ? node : broker;
        return id == null ? -1 : Integer.parseInt(id.trim());
    }

    private static List<Path> logDirs(Map<String, String> values) {
        String dirs = values.getOrDefault("log.dirs", values.getOrDefault("log.dir", "/tmp/kafka-logs"));
        var paths = new ArrayList<Path>();
        for (String dir : dirs.split(",", -1)) {
            if (!dir.isBlank()) {
                paths.add(Path.of(dir.trim()));
            }
        }
        return List.copyOf(paths);
    }

    /** All log folders of a node name one cluster; two names are an error of the owner that must not be guessed away. */
    private static @Nullable String clusterId(List<Path> logDirs, PropertyLines lines)
            throws IOException, InvalidFileException {
        var found = new LinkedHashMap<String, Path>();
        for (Path dir : logDirs) {
            Path meta = dir.resolve("meta.properties");
            if (Files.exists(meta)) {
                var properties = new Properties();
                try (Reader in = Files.newBufferedReader(meta)) {
                    properties.load(in);
                }
                String id = properties.getProperty("cluster.id");
                if (id != null) {
                    found.put(id.trim(), meta);
                }
            }
        }
        String given = lines.values().get("cluster.id");
        if (given != null) {
            found.putIfAbsent(given.trim(), Path.of(lines.file()));
        }
        if (found.size() > 1) {
            throw lines.invalid(
                    lines.values().containsKey("log.dirs") ? "log.dirs" : "log.dir",
                    "the log folders belong to different clusters " + found + ": give each node its own folders");
        }
        return found.isEmpty() ? null : found.keySet().iterator().next();
    }
}
