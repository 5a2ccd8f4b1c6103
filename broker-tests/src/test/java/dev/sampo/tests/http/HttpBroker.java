package dev.sampo.tests.http;

import dev.sampo.cluster.BrokerSettings;
import dev.sampo.cluster.SampoBroker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A broker in this JVM with its HTTP API on a free port, and a client of it. */
final class HttpBroker implements AutoCloseable {
    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    final SampoBroker broker;
    final InetSocketAddress address;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

    private HttpBroker(SampoBroker broker) {
        this.broker = broker;
        this.address = broker.httpAddress().orElseThrow();
    }

    static HttpBroker start(Path folder) {
        return start(folder, settings -> settings);
    }

    static HttpBroker start(Path folder, UnaryOperator<BrokerSettings> change) {
        BrokerSettings settings = BrokerSettings.embedded(folder)
                .with(Map.of("offsets.topic.num.partitions", "3", "group.initial.rebalance.delay.ms", "0"))
                .with("sampo.remoting.port", 0)
                .with("sampo.raft.port", 0)
                .withHttp(0);
        return new HttpBroker(SampoBroker.start(change.apply(settings)));
    }

    /** One that runs already, with its API on; closed with it. */
    static HttpBroker of(SampoBroker broker) {
        return new HttpBroker(broker);
    }

    /** An answer. */
    record Answer(int status, JsonNode body, HttpResponse<String> response) {
        String type() {
            return response.headers().firstValue("content-type").orElse("");
        }

        /** The name of the problem. */
        String problem() {
            return body.path("type").asString("").replace("urn:sampo:problem:", "");
        }
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + address.getPort() + path);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(path)).timeout(TIMEOUT);
    }

    Answer get(String path) {
        return send(request(path).GET());
    }

    Answer delete(String path) {
        return send(request(path).DELETE());
    }

    Answer post(String path, String json) {
        return body("POST", path, "application/json", json);
    }

    Answer patch(String path, String json) {
        return body("PATCH", path, "application/json", json);
    }

    Answer body(String method, String path, String contentType, String body) {
        return send(request(path)
                .header("Content-Type", contentType)
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            String type = response.headers().firstValue("content-type").orElse("");
            boolean json = type.startsWith("application/json") || type.startsWith("application/problem+json");
            return new Answer(
                    response.statusCode(), json ? JSON.readTree(response.body()) : JSON.nullNode(), response);
        } catch (IOException e) {
            throw new AssertionError("no answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    HttpClient client() {
        return client;
    }

    @Override
    public void close() {
        client.close();
        broker.close();
    }
}
