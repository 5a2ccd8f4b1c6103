package dev.sampo.http.metrics;

import com.typesafe.config.Config;
import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code GET /metrics}: what a broker measures, for Prometheus and whoever reads its text. Needs no token. */
public final class MetricsRoutes {
    private static final String PATH = "/metrics";

    private final MetricsText text;
    private final Executor blocking;

    private MetricsRoutes(MetricsText text, Executor blocking) {
        this.text = text;
        this.blocking = blocking;
    }

    /** The endpoint of the broker with this actor system, as {@code sampo.metrics} wants it. */
    public static List<Endpoint> endpoints(ActorSystem<?> system) {
        Config config = system.settings().config().getConfig("sampo.metrics");
        var text = new MetricsText(
                BrokerMetrics.get(system), config.getBoolean("kafka-names"), config.getBoolean("http-partitions"));
        CoordinatedShutdown.get(system).addTask(
                CoordinatedShutdown.PhaseServiceStop(), "metrics-text", () -> {
                    text.close();
                    return CompletableFuture.completedFuture(org.apache.pekko.Done.done());
                });
        var routes = new MetricsRoutes(
                text, system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.blocking.dispatcher")));
        return List.of(Endpoint.of("GET", PATH, "Shows everything measured, as OpenMetrics or Prometheus text.")
                .open()
                .header("Accept", "application/openmetrics-text for OpenMetrics.")
                .answers(200, null, "text/plain", "application/openmetrics-text")
                .handle(routes::scrape));
    }

    private CompletionStage<HttpResponse> scrape(Call call) {
        String accept = call.header("Accept"); // with the version that Prometheus adds, which no media type here has
        String type = MetricsText.contentType(accept == null ? "" : accept);
        return CompletableFuture.supplyAsync(() -> text.scrape(type), blocking)
                .thenApply(body -> HttpResponse.create().withEntity(
                        HttpEntities.create(contentType(type), body.getBytes(StandardCharsets.UTF_8))));
    }

    private static ContentType contentType(String type) {
        return ContentTypes.parse(type);
    }
}
