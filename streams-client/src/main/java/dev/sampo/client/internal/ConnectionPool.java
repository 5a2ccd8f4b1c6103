package dev.sampo.client.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.actor.ActorSystem;

/**
 * Open connections by place and lane. A connection that failed is opened again by the next request, not sooner than
 * reconnect.backoff.ms allows: requests wait for that pause.
 */
final class ConnectionPool {
    private record Key(Transport.Place place, Lane lane) {}

    private record Failures(int count, long notBeforeNanos) {}

    private final ActorSystem system;
    private final ClientSettings settings;
    private final Transport transport;
    private final Backoff backoff;
    private final ConcurrentHashMap<Key, Connection> connections = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Key, Failures> failures = new ConcurrentHashMap<>();
    private volatile boolean closed;

    ConnectionPool(ActorSystem system, ClientSettings settings, Transport transport) {
        this.system = system;
        this.settings = settings;
        this.transport = transport;
        this.backoff = new Backoff(settings.reconnectBackoffMs(), settings.reconnectBackoffMaxMs(),
                () -> ThreadLocalRandom.current().nextDouble());
    }

    <T extends ApiMessage> CompletionStage<T> send(Node node, Lane lane, ApiRequest<T> request) {
        return send(new Key(transport.place(node), lane), request);
    }

    /** Tries known brokers in random order, or the bootstrap servers, each once. */
    <T extends ApiMessage> CompletionStage<T> sendToAny(ClusterImage image, Lane lane, ApiRequest<T> request) {
        var candidates = new ArrayList<Key>();
        image.brokers().values().forEach(node -> candidates.add(new Key(transport.place(node), lane)));
        Collections.shuffle(candidates, ThreadLocalRandom.current());
        candidates.sort((a, b) -> Boolean.compare(failures.containsKey(a), failures.containsKey(b)));
        var bootstrap = new ArrayList<>(transport.bootstrap());
        Collections.shuffle(bootstrap, ThreadLocalRandom.current());
        for (Transport.Place place : bootstrap) {
            var key = new Key(place, lane);
            if (!candidates.contains(key)) {
                candidates.add(key);
            }
        }
        return candidates.isEmpty()
                ? CompletableFuture.failedFuture(new DisconnectException("no broker is known"))
                : sendToFirst(candidates, request);
    }

    private <T extends ApiMessage> CompletionStage<T> sendToFirst(List<Key> candidates, ApiRequest<T> request) {
        CompletionStage<T> first = send(candidates.get(0), request);
        if (candidates.size() == 1) {
            return first;
        }
        return first.handle((response, failure) -> {
            if (failure == null) {
                return CompletableFuture.completedFuture(response);
            }
            Throwable cause = KafkaClient.cause(failure);
            return cause instanceof RetriableException && !closed
                    ? sendToFirst(candidates.subList(1, candidates.size()), request)
                    : CompletableFuture.<T>failedFuture(cause);
        }).thenCompose(stage -> stage);
    }

    private <T extends ApiMessage> CompletionStage<T> send(Key key, ApiRequest<T> request) {
        if (closed) {
            return CompletableFuture.failedFuture(new DisconnectException("the client is closed"));
        }
        Failures failed = failures.get(key);
        long pauseNanos = failed == null || connections.containsKey(key)
                ? 0
                : failed.notBeforeNanos() - System.nanoTime();
        if (pauseNanos <= 0) {
            return connection(key).send(request).whenComplete((response, failure) -> {
                if (failure == null && failed != null) {
                    failures.remove(key);
                }
            });
        }
        var later = new CompletableFuture<T>();
        system.scheduler().scheduleOnce(
                Duration.ofNanos(pauseNanos),
                () -> {
                    var unused = send(key, request).whenComplete((response, failure) -> {
                        if (failure == null) {
                            later.complete(response);
                        } else {
                            later.completeExceptionally(failure);
                        }
                    });
                },
                system.dispatcher());
        return later;
    }

    private Connection connection(Key key) {
        Connection open = connections.get(key);
        if (open != null && !open.closed().isDone()) {
            return open;
        }
        return connections.compute(key, (k, current) -> {
            if (current != null && !current.closed().isDone()) {
                return current;
            }
            Connection fresh =
                    Connection.open(system, key.place().toString(), transport.connect(key.place(), key.lane()), settings);
            var unused = fresh.closed().whenComplete((done, failure) -> onClosed(key, fresh, failure != null));
            return fresh;
        });
    }

    private void onClosed(Key key, Connection connection, boolean failed) {
        if (failed) {
            failures.compute(key, (k, before) -> {
                int count = before == null ? 1 : before.count() + 1;
                return new Failures(count, System.nanoTime() + backoff.afterFailures(count) * 1_000_000);
            });
        }
        connections.remove(key, connection);
    }

    /** Closes what is open, and what a request in flight might still open. */
    void close() {
        closed = true;
        connections.values().forEach(Connection::close);
    }
}
