package dev.sampo.kafka.local;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.serialization.SampoMessage;
import dev.sampo.kafka.codec.MessageBytes;
import dev.sampo.partition.placement.BrokerNodes;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.pattern.Patterns;

/**
 * Requests that only the broker knows the answer of that they are about: sizes of its logs, its own settings. Each broker serves
 * them to its peers with the handlers of its Kafka port; they travel between the cluster's nodes as Kafka's own bytes. An
 * answer has to fit a frame of Pekko's remoting (512 KiB): who asks for much asks in parts. Safe for any thread.
 */
public final class PeerRequests {
    /** What peers are served. */
    private static final Set<ApiKeys> SERVED =
            Set.of(ApiKeys.DESCRIBE_LOG_DIRS, ApiKeys.DESCRIBE_CONFIGS, ApiKeys.INCREMENTAL_ALTER_CONFIGS);

    private static final String NAME = "peer-requests";

    /** Both ways. */
    sealed interface Message extends SampoMessage permits Ask, Answer {}

    /** A request's body in this version of its key. */
    record Ask(int apiKey, int version, byte[] request, ActorRef<Message> replyTo) implements Message {}

    /** The response's body in the same version; empty with an error. */
    record Answer(KafkaError error, String message, byte[] response) implements Message {}

    private final ActorSystem<?> system;
    private final int brokerId;
    private final LocalRequests local;
    private final Duration timeout;

    private PeerRequests(ActorSystem<?> system, int brokerId, LocalRequests local, Duration timeout) {
        this.system = system;
        this.brokerId = brokerId;
        this.local = local;
        this.timeout = timeout;
    }

    /** Serves peers through {@code local} until the system ends; once for each system. {@code brokerId} is this broker. */
    public static PeerRequests start(ActorSystem<?> system, int brokerId, LocalRequests local, Duration timeout) {
        var _ = system.systemActorOf(serve(local), NAME, Props.empty());
        return new PeerRequests(system, brokerId, local, timeout);
    }

    private static Behavior<Message> serve(LocalRequests local) {
        return Behaviors.receive(Message.class)
                .onMessage(Ask.class, ask -> {
                    // What cannot be read fails this answer, not the actor, which serves the other peers.
                    var _ = CompletableFuture.completedFuture(ask)
                            .thenCompose(each -> answer(local, each))
                            .whenComplete((answer, failure) ->
                                    ask.replyTo().tell(failure == null ? answer : failed(failure)));
                    return Behaviors.same();
                })
                .build();
    }

    private static CompletableFuture<Answer> answer(LocalRequests local, Ask ask) {
        if (!ApiKeys.hasId(ask.apiKey()) || !SERVED.contains(ApiKeys.forId(ask.apiKey()))
                || !local.serves(ApiKeys.forId(ask.apiKey()), (short) ask.version())) {
            return CompletableFuture.completedFuture(new Answer(
                    KafkaError.UNSUPPORTED_VERSION, "peers are not served key " + ask.apiKey() + " version " + ask.version(),
                    new byte[0]));
        }
        ApiKeys key = ApiKeys.forId(ask.apiKey());
        short version = (short) ask.version();
        return local.call(key, version, MessageBytes.request(key, version, ask.request()))
                .thenApply(response -> new Answer(KafkaError.NONE, "", MessageBytes.of(response, version)));
    }

    private static Answer failed(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        boolean again = cause instanceof TimeoutException || cause instanceof BusyException;
        return new Answer(
                again ? KafkaError.REQUEST_TIMED_OUT : KafkaError.UNKNOWN_SERVER_ERROR, String.valueOf(cause.getMessage()),
                new byte[0]);
    }

    /**
     * Asks a broker, which may be this one.
     *
     * @return the response. Fails as {@link LocalRequests#call} does, with BROKER_NOT_AVAILABLE when the broker is no member
     *     of the cluster, and with what the other broker failed with
     */
    public CompletableFuture<ApiMessage> call(int broker, ApiKeys key, short version, ApiMessage request) {
        if (broker == brokerId) {
            return local.call(key, version, request);
        }
        Optional<ActorSelection> peer = BrokerNodes.actor(system, broker, NAME);
        if (peer.isEmpty()) {
            return CompletableFuture.failedFuture(
                    Errors.BROKER_NOT_AVAILABLE.exception("Broker " + broker + " is not there."));
        }
        return Patterns.askWithReplyTo(
                        peer.get(), replyTo -> new Ask(key.id, version, MessageBytes.of(request, version), Adapter.toTyped(replyTo)),
                        timeout)
                .thenApply(reply -> {
                    Answer answer = (Answer) reply;
                    if (answer.error() != KafkaError.NONE) {
                        throw Errors.forCode(answer.error().code()).exception("Broker " + broker + ": " + answer.message());
                    }
                    return MessageBytes.response(key, version, answer.response());
                })
                .toCompletableFuture();
    }
}
