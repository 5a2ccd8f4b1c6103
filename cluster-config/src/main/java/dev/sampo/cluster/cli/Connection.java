package dev.sampo.cluster.cli;

import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say which brokers to ask, and how. */
final class Connection {
    static final String DEFAULT_BOOTSTRAP = "127.0.0.1:9092";
    private static final String BOOTSTRAP = "bootstrap.servers";
    /** A broker that is there accepts at once; this bounds the wait for a machine that is not. */
    private static final int CONNECT_TIMEOUT_MS = 2_500;

    @Option(names = {"-b", "--bootstrap"}, paramLabel = "HOST:PORT", order = 90, description = {
        "Brokers to ask first, comma-separated.",
        "Default: SAMPO_BOOTSTRAP, then bootstrap.servers of the config file, then 127.0.0.1:9092."})
    private @Nullable String bootstrap;

    @Option(names = "--config-file", paramLabel = "FILE", order = 91,
            description = "Client properties (a Kafka client's own names), for example sasl.* and ssl.*.")
    private @Nullable Path configFile;

    @Option(names = "--timeout", paramLabel = "TIME", order = 92, defaultValue = "10s",
            description = "How long to wait for an answer, as in 500ms, 10s, 1m. Default: ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ofSeconds(10);

    @Option(names = "--verbose", order = 93, description = "Let Kafka's client write its log to standard error.")
    @SuppressWarnings("UnusedVariable") // read from the arguments before the first logger exists, see Cli.quietLogs
    private boolean verbose;

    Duration timeout() {
        return timeout;
    }

    /**
     * Settings for any of Kafka's clients, after a look whether a broker listens at all: Kafka's clients try again and
     * again until their time is over, which hides the plain answer.
     */
    Map<String, Object> reach(Terminal terminal) {
        Map<String, Object> settings = settings(terminal);
        probe(String.valueOf(settings.get(BOOTSTRAP)));
        return settings;
    }

    /** An administration client; the caller closes it. */
    Admin admin(Terminal terminal) {
        Map<String, Object> settings = reach(terminal);
        settings.put("retry.backoff.ms", 20L); // a topic just made is asked for again soon
        try {
            return Admin.create(settings);
        } catch (KafkaException e) {
            throw refused(e);
        }
    }

    /** A setting that the client does not take. */
    CliException refused(KafkaException e) {
        Throwable cause = e.getCause() instanceof KafkaException inner ? inner : e;
        return CliException.usage(
                "the client cannot be made: " + cause.getMessage(),
                configFile == null ? null : "mend the settings in " + configFile);
    }

    private Map<String, Object> settings(Terminal terminal) {
        var settings = new HashMap<String, Object>();
        if (configFile != null) {
            read(configFile).forEach((name, value) -> settings.put((String) name, value));
        }
        String fromEnvironment = terminal.environment().getOrDefault("SAMPO_BOOTSTRAP", "");
        if (bootstrap != null) {
            settings.put(BOOTSTRAP, bootstrap);
        } else if (!fromEnvironment.isEmpty()) {
            settings.put(BOOTSTRAP, fromEnvironment);
        }
        settings.putIfAbsent(BOOTSTRAP, DEFAULT_BOOTSTRAP);
        settings.putIfAbsent("client.id", "sampo-cli");
        settings.putIfAbsent("request.timeout.ms", (int) timeout.toMillis());
        settings.putIfAbsent("default.api.timeout.ms", (int) timeout.toMillis());
        settings.putIfAbsent("socket.connection.setup.timeout.ms", 2_000L);
        settings.putIfAbsent("reconnect.backoff.max.ms", 500L);
        // Nobody looks at a command's metrics, and making them takes a tenth of its time.
        settings.putIfAbsent("metric.reporters", List.of());
        settings.putIfAbsent("enable.metrics.push", false);
        return settings;
    }

    private static Properties read(Path file) {
        var properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw CliException.notFound("file " + file + " is not there", "name a file with --config-file");
        } catch (IOException | IllegalArgumentException e) {
            throw CliException.usage("file " + file + " cannot be read: " + e.getMessage(), "key=value lines in UTF-8");
        }
        return properties;
    }

    private static void probe(String servers) {
        var reasons = new ArrayList<String>();
        for (String server : servers.split(",", -1)) {
            InetSocketAddress address = address(server.strip());
            try (var socket = new Socket()) {
                socket.connect(address, CONNECT_TIMEOUT_MS);
                return;
            } catch (UnknownHostException e) {
                reasons.add("there is no host " + address.getHostString());
            } catch (IOException e) {
                reasons.add(String.valueOf(e.getMessage()).toLowerCase(java.util.Locale.ROOT));
            }
        }
        throw new CliException(
                ExitCode.TIMEOUT, "BROKER_NOT_AVAILABLE", "no broker answers at " + servers,
                String.join("; ", reasons),
                "start one with: sampo dev, or name another with --bootstrap HOST:PORT or SAMPO_BOOTSTRAP");
    }

    private static InetSocketAddress address(String server) {
        int colon = server.lastIndexOf(':');
        try {
            String host = server.substring(0, Math.max(0, colon)).replaceAll("^\\[|]$", "");
            int port = Integer.parseInt(server.substring(colon + 1));
            if (!host.isEmpty() && port > 0 && port <= 65_535) {
                return new InetSocketAddress(host, port);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw CliException.usage("\"" + server + "\" is no broker's address", "HOST:PORT, for example " + DEFAULT_BOOTSTRAP);
    }

    /** Whether {@code e} says that a setting is wrong. */
    static boolean isBadSetting(KafkaException e) {
        return e instanceof ConfigException || e.getCause() instanceof ConfigException;
    }
}
