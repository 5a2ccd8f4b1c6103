package dev.sampo.cluster;

import dev.sampo.cluster.KafkaProperties.InvalidFileException;
import dev.sampo.cluster.KafkaProperties.Listener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The listeners of a Kafka configuration. The controller's listeners are left out: Sampo's brokers keep the metadata
 * themselves, over their own ports.
 *
 * @param advertised by listener name
 */
record KafkaListeners(List<Listener> listeners, Map<String, Listener> advertised, String interBroker) {
    private static final Pattern LISTENER = Pattern.compile("([^:/]+)://(\\[[^\\]]*\\]|[^:/]*):(-?\\d+)");
    private static final String PLAINTEXT = "PLAINTEXT";

    static KafkaListeners of(PropertyLines lines) throws InvalidFileException {
        Map<String, String> values = lines.values();
        Set<String> controllers = new HashSet<>(names(values.getOrDefault("controller.listener.names", "")));
        List<Listener> all = parse(lines, "listeners", values.getOrDefault("listeners", "PLAINTEXT://:9092"));
        Map<String, String> protocols = protocols(lines);
        var listeners = new ArrayList<Listener>();
        for (Listener listener : all) {
            if (!controllers.contains(listener.name())) {
                String protocol = protocols.getOrDefault(listener.name(), listener.name());
                if (!protocol.equals(PLAINTEXT)) {
                    String key = values.containsKey("listener.security.protocol.map")
                                    && protocols.containsKey(listener.name())
                            ? "listener.security.protocol.map"
                            : "listeners";
                    throw lines.invalid(
                            key, "listener " + listener.name() + " has the security protocol " + protocol
                                    + ", which this version of Sampo does not speak: it would have to be served "
                                    + "unprotected. Use PLAINTEXT on an address that only trusted hosts reach");
                }
                listeners.add(listener);
            }
        }
        if (listeners.isEmpty()) {
            throw lines.invalid(
                    "listeners", "no listener is left for clients: all of them are in controller.listener.names");
        }
        Map<String, Listener> advertised = advertised(lines, listeners, controllers);
        return new KafkaListeners(List.copyOf(listeners), advertised, interBroker(lines, listeners));
    }

    private static Map<String, Listener> advertised(
            PropertyLines lines, List<Listener> listeners, Set<String> controllers) throws InvalidFileException {
        String text = lines.values().get("advertised.listeners");
        if (text == null || text.isBlank()) {
            return Map.of();
        }
        Set<String> known = new HashSet<>();
        listeners.forEach(listener -> known.add(listener.name()));
        Map<String, Listener> advertised = new LinkedHashMap<>();
        for (Listener listener : parse(lines, "advertised.listeners", text)) {
            if (controllers.contains(listener.name())) {
                continue;
            }
            if (!known.contains(listener.name())) {
                throw lines.invalid(
                        "advertised.listeners", "listener " + listener.name() + " is not one of `listeners` " + known);
            }
            if (listener.host().equals("0.0.0.0")) {
                throw lines.invalid(
                        "advertised.listeners",
                        "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.");
            }
            advertised.put(listener.name(), listener);
        }
        return Map.copyOf(advertised);
    }

    private static String interBroker(PropertyLines lines, List<Listener> listeners) throws InvalidFileException {
        Map<String, String> values = lines.values();
        String name = values.get("inter.broker.listener.name");
        if (name != null && values.containsKey("security.inter.broker.protocol")) {
            throw lines.invalid(
                    "security.inter.broker.protocol",
                    "Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.");
        }
        if (name == null) {
            name = values.get("security.inter.broker.protocol");
        }
        if (name == null) {
            return listeners.stream()
                    .map(Listener::name)
                    .filter(PLAINTEXT::equals)
                    .findFirst()
                    .orElse(listeners.getFirst().name());
        }
        String wanted = name.toUpperCase(Locale.ROOT);
        if (listeners.stream().noneMatch(listener -> listener.name().equals(wanted))) {
            String key = values.containsKey("inter.broker.listener.name")
                    ? "inter.broker.listener.name"
                    : "security.inter.broker.protocol";
            throw lines.invalid(key, wanted + " is not one of `listeners`");
        }
        return wanted;
    }

    private static List<Listener> parse(PropertyLines lines, String key, String text) throws InvalidFileException {
        var listeners = new ArrayList<Listener>();
        var names = new HashSet<String>();
        for (String part : names(text)) {
            Matcher matcher = LISTENER.matcher(part);
            if (!matcher.matches()) {
                throw lines.invalid(key, "'" + part + "' is not of the form NAME://host:port");
            }
            String host = matcher.group(2).replace("[", "").replace("]", "");
            int port = Integer.parseInt(matcher.group(3));
            if (port < 0 || port > 65_535) {
                throw lines.invalid(key, "'" + part + "' has the port " + port + ", which is not between 0 and 65535");
            }
            var listener = new Listener(matcher.group(1).toUpperCase(Locale.ROOT), host, port);
            if (!names.add(listener.name())) {
                throw lines.invalid(key, "Each listener must have a different name: " + listener.name());
            }
            listeners.add(listener);
        }
        return listeners;
    }

    private static Map<String, String> protocols(PropertyLines lines) throws InvalidFileException {
        var protocols = new HashMap<String, String>();
        for (String pair : names(lines.values().getOrDefault("listener.security.protocol.map", ""))) {
            int colon = pair.indexOf(':');
            if (colon < 1) {
                throw lines.invalid("listener.security.protocol.map", "'" + pair + "' is not of the form NAME:PROTOCOL");
            }
            protocols.put(
                    pair.substring(0, colon).trim().toUpperCase(Locale.ROOT),
                    pair.substring(colon + 1).trim().toUpperCase(Locale.ROOT));
        }
        return protocols;
    }

    private static List<String> names(String list) {
        var names = new ArrayList<String>();
        for (String part : list.split(",", -1)) {
            if (!part.isBlank()) {
                names.add(part.trim());
            }
        }
        return names;
    }
}
