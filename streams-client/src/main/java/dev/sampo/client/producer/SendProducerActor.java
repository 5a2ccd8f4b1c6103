package dev.sampo.client.producer;

import dev.sampo.client.ProducerMessage.Envelope;
import dev.sampo.client.ProducerMessage.Results;
import dev.sampo.client.ProducerSettings;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.producer.ProducerState.Urgency;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.AbstractActorWithTimers;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Props;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.DurationConverters;

/**
 * Sends envelopes that come from anywhere, without a stream: owner of the {@link ProducerEngine} behind a
 * {@code SendProducer}. Each envelope succeeds or fails for itself.
 */
public final class SendProducerActor<K, V> extends AbstractActorWithTimers {
    private static final AtomicLong NUMBER = new AtomicLong();

    private record Send<K, V, P>(Envelope<K, V, P> envelope, CompletableFuture<Results<K, V, P>> outcome) {}

    private record Close(CompletableFuture<Done> done) {}

    private record Turn(long sendsBefore) {}

    private enum Timer {
        WAKE,
        CLOSE
    }

    private final ProducerSettings<K, V> settings;
    private final ArrayDeque<Send<K, V, ?>> waiting = new ArrayDeque<>();
    private @Nullable ProducerEngine engine;
    private @Nullable RecordSerializer<K, V> serializer;
    private @Nullable Throwable startFailure;
    private @Nullable Close closing;
    private boolean turnAsked;
    private long sends;

    private SendProducerActor(ProducerSettings<K, V> settings) {
        this.settings = settings;
    }

    /** Handle of the actor; may be used from any thread. */
    public static final class Handle<K, V> {
        private final ActorRef actor;
        private final CompletableFuture<Done> closed = new CompletableFuture<>();

        private Handle(ActorRef actor) {
            this.actor = actor;
        }

        /** Sends; the stage fails with Kafka's exception, with BufferExhaustedException when too many sends wait. */
        public <P> CompletionStage<Results<K, V, P>> send(Envelope<K, V, P> envelope) {
            var outcome = new CompletableFuture<Results<K, V, P>>();
            if (closed.isDone()) {
                outcome.completeExceptionally(new IllegalStateException("the producer is closed"));
            } else {
                actor.tell(new Send<>(envelope, outcome), ActorRef.noSender());
            }
            return outcome;
        }

        /** Waits for what was sent, at most {@code close-timeout}, and closes the connections. */
        public CompletionStage<Done> close() {
            actor.tell(new Close(closed), ActorRef.noSender());
            return closed;
        }
    }

    /** Starts a producer that lives until it is closed or the system ends. */
    public static <K, V> Handle<K, V> start(ProducerSettings<K, V> settings, ActorSystem system) {
        ActorRef actor = ((ExtendedActorSystem) system).systemActorOf(
                Props.create(SendProducerActor.class, () -> new SendProducerActor<>(settings)),
                "sampo-send-producer-" + NUMBER.incrementAndGet());
        return new Handle<>(actor);
    }

    @Override
    public void preStart() {
        CompletionStage<ProducerSettings<K, V>> enriched = settings.enrichedOrNull();
        if (enriched == null) {
            open(settings);
            return;
        }
        ActorRef self = getSelf();
        var unused = enriched.whenComplete((complete, failure) -> {
            Runnable next = failure == null ? () -> open(complete) : () -> refuseAll(KafkaClient.cause(failure));
            self.tell(next, ActorRef.noSender());
        });
    }

    private void open(ProducerSettings<K, V> complete) {
        ActorRef self = getSelf();
        try {
            var options = ProducerOptions.from(complete.getProperties());
            Map<String, String> properties = new LinkedHashMap<>();
            complete.getProperties().forEach((key, value) -> properties.put(key, value.toString()));
            serializer = new RecordSerializer<>(complete);
            engine = new ProducerEngine(
                    options,
                    KafkaProducerWire.open(getContext().getSystem(), properties),
                    task -> self.tell(task, ActorRef.noSender()),
                    this::advance);
        } catch (RuntimeException e) { // settings that cannot be used: every send fails with the reason
            refuseAll(e);
            return;
        }
        advance();
    }

    private void refuseAll(Throwable cause) {
        startFailure = cause;
        waiting.forEach(send -> send.outcome().completeExceptionally(cause));
        waiting.clear();
        advance();
    }

    @Override
    public Receive createReceive() {
        return receiveBuilder()
                .match(Runnable.class, Runnable::run)
                .match(Send.class, this::onSend)
                .match(Turn.class, this::onTurn)
                .match(Close.class, this::onClose)
                .matchEquals(Timer.WAKE, timer -> advance())
                .matchEquals(Timer.CLOSE, timer -> getContext().stop(getSelf()))
                .build();
    }

    @SuppressWarnings("unchecked") // only a Handle of this actor makes them, with its types
    private void onSend(Send<?, ?, ?> any) {
        var send = (Send<K, V, ?>) any;
        sends++;
        if (startFailure != null) {
            send.outcome().completeExceptionally(startFailure);
        } else if (closing != null) {
            send.outcome().completeExceptionally(new IllegalStateException("the producer is closed"));
        } else if (waiting.size() >= settings.parallelism()) {
            send.outcome().completeExceptionally(new BufferExhaustedException(waiting.size()
                    + " sends wait because buffer.memory is used up: wait for results before sending more"));
        } else {
            waiting.add(send);
            advance();
        }
    }

    private <P> void take(ProducerEngine running, RecordSerializer<K, V> ready, Send<K, V, P> send) {
        CompletableFuture<Results<K, V, P>> outcome = send.outcome();
        var element = new PendingEnvelope<K, V, P>(send.envelope(), outcome::completeExceptionally, outcome::complete);
        try {
            List<SerializedRecord> records = element.records().stream().map(ready::serialize).toList();
            if (records.isEmpty()) {
                outcome.complete(element.results());
            }
            for (int i = 0; i < records.size(); i++) {
                running.append(element.delivery(i), records.get(i));
            }
        } catch (RuntimeException e) { // a user's serializer may throw anything; it is this send's failure
            outcome.completeExceptionally(e);
        }
    }

    private void advance() {
        ProducerEngine running = engine;
        RecordSerializer<K, V> ready = serializer;
        if (running != null && ready != null) {
            while (running.hasRoom() && !waiting.isEmpty()) {
                take(running, ready, waiting.remove());
            }
            boolean blocked = !waiting.isEmpty();
            drain(running, closing != null ? Urgency.FLUSH : blocked ? Urgency.BLOCKED : Urgency.NONE);
            if (!turnAsked && !running.isIdle()) {
                turnAsked = true;
                getSelf().tell(new Turn(sends), getSelf());
            }
        }
        boolean idle = running == null ? startFailure != null : waiting.isEmpty() && running.isIdle();
        if (closing != null && idle) {
            getContext().stop(getSelf());
        }
    }

    private void onTurn(Turn turn) {
        turnAsked = false;
        ProducerEngine running = engine;
        if (running == null || running.isIdle()) {
            return;
        }
        if (turn.sendsBefore() != sends) {
            turnAsked = true;
            getSelf().tell(new Turn(sends), getSelf());
        } else {
            drain(running, Urgency.IDLE);
        }
    }

    private void drain(ProducerEngine running, Urgency urgency) {
        long inMs = running.drain(urgency);
        if (inMs != Long.MAX_VALUE) {
            getTimers().startSingleTimer(Timer.WAKE, Timer.WAKE, Duration.ofMillis(inMs));
        }
    }

    private void onClose(Close close) {
        if (closing == null) {
            closing = close;
            getTimers().startSingleTimer(Timer.CLOSE, Timer.CLOSE, DurationConverters.toJava(settings.closeTimeout()));
            advance();
        }
    }

    @Override
    public void postStop() {
        if (engine != null) {
            engine.abandon(new TimeoutException("the producer was closed before this record was acknowledged"));
            engine.close();
        }
        waiting.forEach(send -> send.outcome().completeExceptionally(
                new TimeoutException("the producer was closed before this record was sent")));
        if (serializer != null) {
            serializer.close();
        }
        if (closing != null) {
            closing.done().complete(Done.getInstance());
        }
    }
}
