package dev.sampo.tests.metrics;

import dev.sampo.cluster.BrokerSettings;
import dev.sampo.cluster.SampoBroker;
import dev.sampo.tests.broker.Await;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What a Prometheus sees of a broker after exact work of real clients. */
class MetricsHttpIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String ACCEPT_OF_PROMETHEUS =
            "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    @TempDir
    static Path folder;

    private static SampoBroker broker;
    private static ExactWork work;
    private static HttpClient http;

    @BeforeAll
    static void start() {
        broker = SampoBroker.start(BrokerSettings.embedded(folder)
                .with("sampo.remoting.port", 0)
                .with("sampo.raft.port", 0)
                .with("sampo.metrics.kafka-names", true)
                .withHttp(0));
        work = new ExactWork(broker.bootstrapServers());
        http = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        http.close();
        broker.close();
    }

    private static HttpResponse<String> scrape(String accept) {
        InetSocketAddress address = broker.httpAddress().orElseThrow();
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + "/metrics"))
                .header("Accept", accept)
                .timeout(LIMIT)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("no answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static void awaitLine(String line) {
        Await.until(line, LIMIT, () -> scrape("text/plain").body().lines().anyMatch(line::equals));
    }

    @Test
    void whatClientsDidIsWhatAScrapeShows() throws Exception {
        // Given
        work.create("orders", 1);

        // When
        work.produce("orders", 0, 8);
        work.consume("orders", 0, 8);

        // Then
        awaitLine("sampo_topic_appended_records_total{topic=\"orders\"} 8.0");
        awaitLine("sampo_topic_produce_requests_total{topic=\"orders\"} 8.0");
        awaitLine("kafka_server_brokertopicmetrics_messagesin_total{topic=\"orders\"} 8.0");
        awaitLine("sampo_request_duration_seconds_count{request=\"Produce\"} 8");
        awaitLine("sampo_controller_active 1.0");
        awaitLine("sampo_partitions_under_replicated 0.0");
        assertThat(scrape("text/plain").body()).contains("sampo_topic_fetched_bytes_total{topic=\"orders\"}")
                .contains("jvm_memory_used_bytes");
    }

    @Test
    void prometheusGetsOpenMetricsAndOthersPlainText() {
        // When
        HttpResponse<String> open = scrape(ACCEPT_OF_PROMETHEUS);
        HttpResponse<String> plain = scrape("*/*");

        // Then
        assertThat(open.statusCode()).isEqualTo(200);
        assertThat(open.headers().firstValue("Content-Type").orElse("")).startsWith("application/openmetrics-text");
        assertThat(open.body()).endsWith("# EOF\n");
        assertThat(plain.statusCode()).isEqualTo(200);
        assertThat(plain.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
        assertThat(plain.body()).contains("# TYPE sampo_partitions gauge");
    }
}
