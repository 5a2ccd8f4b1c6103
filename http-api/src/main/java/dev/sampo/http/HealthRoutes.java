package dev.sampo.http;

import dev.sampo.http.body.ClusterBodies;
import dev.sampo.http.route.Answers;
import dev.sampo.http.route.Endpoint;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Whether the process is alive and whether it should get traffic. Needs no token. */
final class HealthRoutes {
    private static final long TIMEOUT_MS = 1_000;
    private static final double NANOS_PER_MS = 1e6;

    private final List<HealthCheck> live;
    private final List<HealthCheck> ready;

    HealthRoutes(List<HealthCheck> live, List<HealthCheck> ready) {
        this.live = live;
        this.ready = ready;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/health/live", "Tells whether the process works at all; restart it when not.")
                        .open()
                        .answers(200, ClusterBodies.Health.class)
                        .answers(503, ClusterBodies.Health.class)
                        .handle(call -> answer(live)),
                Endpoint.of("GET", "/health/ready", "Tells whether the broker serves clients, with each check.")
                        .open()
                        .answers(200, ClusterBodies.Health.class)
                        .answers(503, ClusterBodies.Health.class)
                        .handle(call -> answer(ready)));
    }

    private static CompletionStage<HttpResponse> answer(List<HealthCheck> checks) {
        List<CompletableFuture<ClusterBodies.HealthCheck>> running = checks.stream().map(HealthRoutes::run).toList();
        return CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).thenApply(done -> {
            List<ClusterBodies.HealthCheck> results = running.stream().map(CompletableFuture::join).toList();
            boolean up = results.stream().allMatch(ClusterBodies.HealthCheck::healthy);
            return Answers.json(up ? 200 : 503, new ClusterBodies.Health(up ? "up" : "down", results));
        });
    }

    private static CompletableFuture<ClusterBodies.HealthCheck> run(HealthCheck check) {
        long begin = System.nanoTime();
        CompletableFuture<String> answer;
        try {
            answer = check.check().get().toCompletableFuture().copy();
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.orTimeout(TIMEOUT_MS, TimeUnit.MILLISECONDS).handle((reason, failure) -> {
            double tookMs = (System.nanoTime() - begin) / NANOS_PER_MS;
            if (failure == null) {
                return new ClusterBodies.HealthCheck(check.name(), reason == null, tookMs, reason);
            }
            String why = failure instanceof TimeoutException ? "no answer within " + TIMEOUT_MS + " ms" : failure.toString();
            return new ClusterBodies.HealthCheck(check.name(), false, tookMs, why);
        });
    }
}
