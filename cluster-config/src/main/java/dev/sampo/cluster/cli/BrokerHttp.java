package dev.sampo.cluster.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Options of commands that show what Kafka's protocol has no words for: they ask the HTTP API of a broker as well. */
final class BrokerHttp {
    static final String DEFAULT = "http://127.0.0.1:8080";
    private static final int CONNECT_TIMEOUT_MS = 1_000;

    @Option(names = "--http", paramLabel = "URL", order = 94, description = {
        "The HTTP API of any broker of the cluster, for what Kafka's protocol has no words for.",
        "Default: SAMPO_HTTP, then " + DEFAULT + " if the cluster answers there. Token: SAMPO_HTTP_TOKEN."})
    private @Nullable String url;

    private String token = "";
    private Duration timeout = Duration.ofSeconds(10);
    private @Nullable String base;

    /**
     * Looks whether this cluster answers.
     *
     * @return false when no URL was named and the default one is not of this cluster
     */
    boolean find(Terminal terminal, Admin admin, Duration patience) {
        timeout = patience;
        token = terminal.environment().getOrDefault("SAMPO_HTTP_TOKEN", "");
        String fromEnvironment = terminal.environment().getOrDefault("SAMPO_HTTP", "");
        String named = url != null ? url : fromEnvironment.isEmpty() ? null : fromEnvironment;
        base = (named == null ? DEFAULT : named).replaceAll("/+$", "");
        try {
            Map<String, Object> cluster = get("/v1/cluster");
            String wanted = Failures.await(admin.describeCluster().clusterId(), "the cluster");
            if (cluster != null && wanted.equals(cluster.get("cluster_id"))) {
                return true;
            }
            if (named != null) {
                throw CliException.usage(base + " is of another cluster than the brokers", "--http URL of one of them");
            }
        } catch (IOException e) {
            if (named != null) {
                throw new CliException(
                        ExitCode.TIMEOUT, "BROKER_NOT_AVAILABLE", base + " does not answer", String.valueOf(e.getMessage()),
                        "--http URL, as the broker's box at its start shows it; SAMPO_HTTP_TOKEN if it wants a token");
            }
        }
        base = null;
        return false;
    }

    /** A segment of a path. */
    static String segment(String name) {
        return URLEncoder.encode(name, UTF_8).replace("+", "%20");
    }

    /**
     * A JSON object, null when the answer is a problem.
     *
     * @throws IOException there is no answer, or one that is no JSON
     */
    @Nullable Map<String, Object> get(String path) throws IOException {
        HttpURLConnection connection;
        try {
            connection = (HttpURLConnection) new URI(base + path).toURL().openConnection();
        } catch (URISyntaxException | ClassCastException | IllegalArgumentException e) {
            throw CliException.usage("\"" + base + "\" is no URL", "--http " + DEFAULT);
        }
        connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
        connection.setReadTimeout((int) timeout.toMillis());
        if (!token.isEmpty()) {
            connection.setRequestProperty("Authorization", "Bearer " + token);
        }
        int status = connection.getResponseCode();
        if (status == HttpURLConnection.HTTP_UNAUTHORIZED) {
            throw new IOException("it wants a token");
        }
        if (status != HttpURLConnection.HTTP_OK) {
            return null;
        }
        try (InputStream body = connection.getInputStream()) {
            return Json.object(body);
        }
    }
}
