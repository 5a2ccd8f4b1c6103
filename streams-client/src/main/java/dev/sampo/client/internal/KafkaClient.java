package dev.sampo.client.internal;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka client without threads: routes requests to brokers and coordinators, keeps the metadata, never blocks. One
 * belongs to one materialised stage, which closes it. May be called from any thread; futures complete on a
 * connection's thread, so a stage takes results home through an async callback and an actor through a message.
 *
 * <p>Errors arrive as kafka-clients' exceptions: {@link RetriableException}s (disconnected, timed out, no leader) are
 * worth another try after a metadata refresh, others are not. Error codes inside a response body are the caller's.
 */
public final class KafkaClient {
    private final ClientSettings settings;
    private final Scheduler scheduler;
    private final ActorSystem system;
    private final Backoff retryBackoff;
    private final ConnectionPool pool;
    private final AtomicReference<@Nullable CompletableFuture<ClusterImage>> refresh = new AtomicReference<>();
    private final Set<String> topics = ConcurrentHashMap.newKeySet();
    private final ConcurrentHashMap<Target.Coordinator, CompletableFuture<Node>> coordinators = new ConcurrentHashMap<>();
    private volatile ClusterImage image = ClusterImage.EMPTY; // written by the one refresh under way
    private volatile boolean allTopics;
    private volatile boolean closed;
    private volatile Consumer<String> whenCalled = groupId -> {};

    private KafkaClient(ActorSystem system, ClientSettings settings) {
        this.system = system;
        this.settings = settings;
        this.scheduler = system.scheduler();
        this.retryBackoff = new Backoff(settings.retryBackoffMs(), settings.retryBackoffMaxMs(),
                () -> ThreadLocalRandom.current().nextDouble());
        Transport transport = settings.cluster()
                ? ClusterTransport.create(system, settings, this::called)
                : new TcpTransport(system, settings);
        this.pool = new ConnectionPool(system, settings, transport);
    }

    /** A client that connects with its first request. */
    public static KafkaClient create(ActorSystem system, ClientSettings settings) {
        return new KafkaClient(system, settings);
    }

    /**
     * Who is told that a group of this client rebalances, by its id, or (empty) that a coordinator's connection has ended: a
     * heartbeat now learns of it. Over the cluster transport only, on a connection's thread.
     */
    public void whenCalled(Consumer<String> listener) {
        whenCalled = listener;
    }

    private void called(String groupId) {
        whenCalled.accept(groupId);
    }

    /** Closes all connections; requests without an answer fail with a {@link DisconnectException}. */
    public void close() {
        closed = true;
        pool.close();
    }

    /** The settings given. */
    public ClientSettings settings() {
        return settings;
    }

    /** What is known now; {@link ClusterImage#EMPTY} before the first response. */
    public ClusterImage cluster() {
        return image;
    }

    /** Sends on the {@link Lane#GENERAL} lane, see {@link #send(Target, Lane, ApiRequest)}. */
    public <T extends ApiMessage> CompletionStage<T> send(Target target, ApiRequest<T> request) {
        return send(target, Lane.GENERAL, request);
    }

    /**
     * Sends one request once; no retries beyond trying each bootstrap server for {@link Target#anyBroker()}.
     *
     * @return the response body, its error codes unread. Fails with a {@link DisconnectException} (sent or not: the
     *     outcome is unknown), a {@link TimeoutException}, a {@link LeaderNotAvailableException} (no address is known
     *     for this broker id), or UnsupportedVersionException
     */
    public <T extends ApiMessage> CompletionStage<T> send(Target target, Lane lane, ApiRequest<T> request) {
        if (closed) {
            return CompletableFuture.failedFuture(new DisconnectException("the client is closed"));
        }
        if (target instanceof Target.Broker broker) {
            Node node = image.brokers().get(broker.brokerId());
            return node == null
                    ? CompletableFuture.failedFuture(new LeaderNotAvailableException(
                            "no address is known for broker " + broker.brokerId()))
                    : pool.send(node, lane, request);
        }
        if (target instanceof Target.Coordinator coordinator) {
            return coordinator(coordinator).thenCompose(node -> pool.send(node, lane, request)
                    .whenComplete((response, failure) -> {
                        if (failure != null) {
                            invalidateCoordinator(coordinator);
                        }
                    }));
        }
        return pool.sendToAny(image, lane, request);
    }

    /** Forgets where this coordinator is: after NOT_COORDINATOR or COORDINATOR_NOT_AVAILABLE. */
    public void invalidateCoordinator(Target coordinator) {
        if (coordinator instanceof Target.Coordinator key) {
            coordinators.remove(key);
        }
    }

    private CompletionStage<Node> coordinator(Target.Coordinator target) {
        var fresh = new CompletableFuture<Node>();
        CompletableFuture<Node> known = coordinators.putIfAbsent(target, fresh);
        if (known != null) {
            return known;
        }
        var unused = findCoordinator(target).whenComplete((node, failure) -> {
            if (failure != null) {
                coordinators.remove(target, fresh);
                fresh.completeExceptionally(cause(failure));
            } else {
                fresh.complete(node);
            }
        });
        return fresh;
    }

    private CompletionStage<Node> findCoordinator(Target.Coordinator target) {
        var request = ApiRequest.of(
                ApiKeys.FIND_COORDINATOR, FindCoordinatorResponseData.class, settings.requestTimeoutMs(), version -> {
                    var data = new FindCoordinatorRequestData();
                    if (version > 0) {
                        data.setKeyType(target.keyType());
                    }
                    return version >= 4
                            ? data.setCoordinatorKeys(List.of(target.key()))
                            : data.setKey(target.key());
                });
        return send(Target.anyBroker(), request).thenApply(response -> {
            if (!response.coordinators().isEmpty()) {
                var found = response.coordinators().get(0);
                Errors.forCode(found.errorCode()).maybeThrow();
                return new Node(found.nodeId(), found.host(), found.port());
            }
            Errors.forCode(response.errorCode()).maybeThrow();
            if (response.host().isEmpty()) {
                throw new CoordinatorNotAvailableException("no coordinator for " + target.key());
            }
            return new Node(response.nodeId(), response.host(), response.port());
        });
    }

    /** From now on every refresh asks for all topics of the cluster; for subscriptions by pattern. */
    public void followAllTopics() {
        allTopics = true;
    }

    /**
     * The metadata with these topics in it. Refreshes until each topic is there with partitions and leaders, or the
     * broker refuses it for good.
     *
     * @return fails with UnknownTopicOrPartitionException and the like after {@code timeout}
     */
    public CompletionStage<ClusterImage> cluster(Collection<String> wanted, Duration timeout) {
        topics.addAll(wanted);
        return retry(timeout, () -> {
            if (missing(image, wanted) == null) {
                return CompletableFuture.completedFuture(image);
            }
            return refresh().thenCompose(after -> {
                String topic = missing(after, wanted);
                if (topic == null) {
                    return CompletableFuture.completedFuture(after);
                }
                ClusterImage.TopicImage found = after.topics().get(topic);
                Errors error = found == null ? Errors.UNKNOWN_TOPIC_OR_PARTITION : found.error();
                return CompletableFuture.failedFuture(
                        error == Errors.NONE
                                ? new LeaderNotAvailableException("a partition of topic " + topic + " has no leader")
                                : error.exception("topic " + topic + ": " + error.message()));
            });
        });
    }

    private static @Nullable String missing(ClusterImage image, Collection<String> wanted) {
        for (String topic : wanted) {
            ClusterImage.TopicImage found = image.topic(topic);
            if (found == null
                    || found.partitions().stream().anyMatch(p -> !image.brokers().containsKey(p.leaderId()))) {
                return topic;
            }
        }
        return null;
    }

    /** Topics that every refresh asks for, added to those named before. */
    public void follow(Collection<String> wanted) {
        topics.addAll(wanted);
    }

    /** Asks a broker for the metadata now; calls while one is under way share its answer. */
    public CompletionStage<ClusterImage> refresh() {
        var fresh = new CompletableFuture<ClusterImage>();
        CompletableFuture<ClusterImage> underWay = refresh.compareAndExchange(null, fresh);
        if (underWay != null) {
            Set<String> asked = new HashSet<>(topics);
            return underWay.thenCompose(after ->
                    allTopics || after.topics().keySet().containsAll(asked)
                            ? CompletableFuture.completedFuture(after)
                            : refresh());
        }
        boolean all = allTopics;
        Set<String> asked = new HashSet<>(topics);
        var request = ApiRequest.of(
                ApiKeys.METADATA, MetadataResponseData.class, settings.requestTimeoutMs(), version -> {
                    var data = new MetadataRequestData();
                    if (version >= 4) {
                        data.setAllowAutoTopicCreation(settings.allowAutoCreateTopics());
                    }
                    return data.setTopics(all ? null : asked.stream()
                            .map(name -> new MetadataRequestData.MetadataRequestTopic().setName(name))
                            .toList());
                }).atLeast(1);
        var unused = send(Target.anyBroker(), request).whenComplete((response, failure) -> {
            if (failure != null) {
                refresh.set(null);
                fresh.completeExceptionally(cause(failure));
                return;
            }
            ClusterImage after = MetadataCache.merge(image, response, all);
            image = after;
            refresh.set(null);
            fresh.complete(after);
        });
        return fresh;
    }

    /**
     * Calls {@code attempt} until it succeeds, fails with something that is not a {@link RetriableException}, or the
     * time is over; pauses between attempts by retry.backoff.ms.
     *
     * @return fails with the last failure
     */
    public <T> CompletionStage<T> retry(Duration timeout, Supplier<CompletionStage<T>> attempt) {
        return retry(System.nanoTime() + timeout.toNanos(), 1, attempt);
    }

    private <T> CompletionStage<T> retry(long deadlineNanos, int attempts, Supplier<CompletionStage<T>> attempt) {
        return attempt.get().handle((result, failure) -> {
            if (failure == null) {
                return CompletableFuture.<T>completedFuture(result);
            }
            Throwable cause = cause(failure);
            long pauseMs = retryBackoff.afterFailures(attempts);
            if (closed || !(cause instanceof RetriableException)
                    || System.nanoTime() + pauseMs * 1_000_000 > deadlineNanos) {
                return CompletableFuture.<T>failedFuture(cause);
            }
            return delay(Duration.ofMillis(pauseMs)).thenCompose(done -> retry(deadlineNanos, attempts + 1, attempt));
        }).thenCompose(stage -> stage);
    }

    /** Completes after this time, by the actor system's scheduler. */
    public CompletionStage<Void> delay(Duration duration) {
        var done = new CompletableFuture<Void>();
        scheduler.scheduleOnce(duration, () -> done.complete(null), system.dispatcher());
        return done;
    }

    /** The exception inside the wrappers that futures add. */
    public static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
