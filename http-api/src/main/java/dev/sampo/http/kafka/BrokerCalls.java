package dev.sampo.http.kafka;

import dev.sampo.http.route.Problem;
import dev.sampo.http.route.ProblemException;
import dev.sampo.kafka.local.LocalRequests;
import dev.sampo.kafka.local.PeerRequests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.pattern.Patterns;
import org.jspecify.annotations.Nullable;

/** Requests to this broker, with the time-out of the API. */
public final class BrokerCalls {
    private static final Duration AGAIN = Duration.ofMillis(100);
    private static final int PARALLEL = 8;

    private final LocalRequests requests;
    private final PeerRequests peers;
    private final ActorSystem<?> system;
    private final Duration timeout;

    /** {@code timeout} is what {@code requests} was made with. */
    public BrokerCalls(LocalRequests requests, PeerRequests peers, ActorSystem<?> system, Duration timeout) {
        this.requests = requests;
        this.peers = peers;
        this.system = system;
        this.timeout = timeout;
    }

    /** The answer of type {@code type}. */
    <R extends ApiMessage> CompletableFuture<R> call(ApiKeys key, int version, ApiMessage request, Class<R> type) {
        return requests.call(key, (short) version, request).thenApply(type::cast);
    }

    /** The answer of another broker, or of this one. */
    <R extends ApiMessage> CompletableFuture<R> callAt(int brokerId, ApiKeys key, int version, ApiMessage request, Class<R> type) {
        return peers.call(brokerId, key, (short) version, request).thenApply(type::cast);
    }

    /** Completes after a while. With a value: Pekko's timer never completes with null. */
    CompletionStage<Done> pause(Duration delay) {
        return Patterns.after(
                delay, system.classicSystem(), () -> CompletableFuture.completedFuture(Done.getInstance()));
    }

    /** The answer, to be cancelled by the caller; waits longer than {@code request} itself. */
    CompletableFuture<ApiMessage> waiting(ApiKeys key, int version, ApiMessage request, Duration longest) {
        return requests.call(key, (short) version, request, longest);
    }

    boolean serves(ApiKeys key, int version) {
        return requests.serves(key, (short) version);
    }

    /** Time that the broker is given in requests that say so: a little less than we wait. */
    int timeoutMs() {
        return Math.clamp(timeout.toMillis() * 3 / 4, 1, Integer.MAX_VALUE);
    }

    /** Asks again every 100 ms while the answer is refused by one of {@code errors}, until the time-out is near. */
    <R> CompletionStage<R> patiently(List<Errors> errors, Supplier<? extends CompletionStage<R>> ask) {
        return patiently(errors, ask, System.nanoTime() + timeout.toNanos() / 2);
    }

    private <R> CompletionStage<R> patiently(
            List<Errors> errors, Supplier<? extends CompletionStage<R>> ask, long deadlineNanos) {
        return ask.get().handle((answer, failure) -> {
            if (failure == null) {
                return CompletableFuture.completedFuture(answer);
            }
            Problem problem = problem(failure);
            boolean again = problem != null
                    && problem.kafkaErrorCode() != null
                    && errors.contains(Errors.forCode(problem.kafkaErrorCode().shortValue()))
                    && System.nanoTime() < deadlineNanos;
            if (!again) {
                return CompletableFuture.<R>failedFuture(failure);
            }
            return Patterns.after(AGAIN, system.classicSystem(), () -> patiently(errors, ask, deadlineNanos));
        }).thenCompose(Function.identity());
    }

    /** One stage after the other starts, at most eight at a time; results in the order of {@code inputs}. */
    static <T, R> CompletionStage<List<R>> each(List<T> inputs, Function<T, ? extends CompletionStage<R>> step) {
        var results = new ArrayList<@Nullable R>();
        inputs.forEach(input -> results.add(null));
        var next = new java.util.concurrent.atomic.AtomicInteger();
        var runs = new ArrayList<CompletableFuture<Void>>();
        for (int i = 0; i < Math.min(PARALLEL, inputs.size()); i++) {
            runs.add(run(inputs, step, results, next));
        }
        return CompletableFuture.allOf(runs.toArray(CompletableFuture[]::new)).thenApply(done -> {
            var all = new ArrayList<R>();
            for (R result : results) {
                if (result != null) {
                    all.add(result);
                }
            }
            return all;
        });
    }

    private static <T, R> CompletableFuture<Void> run(
            List<T> inputs, Function<T, ? extends CompletionStage<R>> step, List<@Nullable R> results,
            java.util.concurrent.atomic.AtomicInteger next) {
        int index = next.getAndIncrement();
        if (index >= inputs.size()) {
            return CompletableFuture.completedFuture(null);
        }
        return step.apply(inputs.get(index)).toCompletableFuture().thenComposeAsync(result -> {
            synchronized (results) {
                results.set(index, result);
            }
            return run(inputs, step, results, next);
        });
    }

    /** The problem within a failure, null when it is none. */
    static @Nullable Problem problem(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof ProblemException known ? known.problem() : null;
    }

    /** Refuses a name that no topic can have. */
    static String topicName(String name) {
        try {
            Topic.validate(name);
            return name;
        } catch (InvalidTopicException e) {
            throw KafkaProblems.of(Errors.INVALID_TOPIC_EXCEPTION, e.getMessage()).at("topic").exception();
        }
    }
}
