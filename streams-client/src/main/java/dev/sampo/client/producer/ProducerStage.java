package dev.sampo.client.producer;

import dev.sampo.client.ProducerMessage.Envelope;
import dev.sampo.client.ProducerMessage.Results;
import dev.sampo.client.ProducerSettings;
import dev.sampo.client.producer.ProducerState.Urgency;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.Supervision;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.InHandler;
import org.apache.pekko.stream.stage.OutHandler;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.DurationConverters;

/**
 * Sends envelopes and emits their results in the order they came. Takes at most {@code parallelism} envelopes and
 * {@code buffer.memory} bytes; back-pressures then. Completes when upstream did and all results are out.
 *
 * <p>An envelope that cannot be serialized or sent goes to the supervision strategy: stop (the default) fails the
 * stream with Kafka's exception, resume and restart leave the envelope out.
 */
public final class ProducerStage<K, V, PassThrough>
        extends GraphStage<FlowShape<Envelope<K, V, PassThrough>, Results<K, V, PassThrough>>> {
    private static final String WAKE = "wake";
    private static final String CLOSE = "close";

    private final Inlet<Envelope<K, V, PassThrough>> in = Inlet.create("Producer.in");
    private final Outlet<Results<K, V, PassThrough>> out = Outlet.create("Producer.out");
    private final FlowShape<Envelope<K, V, PassThrough>, Results<K, V, PassThrough>> shape = FlowShape.of(in, out);
    private final ProducerSettings<K, V> settings;
    private final BiFunction<ActorSystem, Map<String, String>, ProducerWire> wires;

    ProducerStage(ProducerSettings<K, V> settings, BiFunction<ActorSystem, Map<String, String>, ProducerWire> wires) {
        this.settings = settings;
        this.wires = wires;
    }

    /** A stage with connections of its own. */
    public static <K, V, PassThrough> ProducerStage<K, V, PassThrough> create(ProducerSettings<K, V> settings) {
        return new ProducerStage<>(settings, KafkaProducerWire::open);
    }

    @Override
    public FlowShape<Envelope<K, V, PassThrough>, Results<K, V, PassThrough>> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes inherited) {
        return new Logic(inherited);
    }

    private final class Logic extends TimerGraphStageLogic implements InHandler, OutHandler {
        private final ArrayDeque<PendingEnvelope<K, V, PassThrough>> pending = new ArrayDeque<>();
        private final AsyncCallback<Runnable> home = createAsyncCallback(Runnable::run);
        private final AsyncCallback<Long> turn = createAsyncCallback(this::onTurn);
        private final scala.Function1<Throwable, Supervision.Directive> decider;
        private @Nullable ProducerEngine engine;
        private @Nullable RecordSerializer<K, V> serializer;
        private @Nullable Throwable upstreamFailure;
        private boolean finishing;
        private boolean over;
        private boolean turnAsked;
        private long pushes;
        private long wakeAtMs = Long.MAX_VALUE;

        Logic(Attributes inherited) {
            super(shape);
            decider = inherited
                    .getAttribute(ActorAttributes.SupervisionStrategy.class)
                    .map(ActorAttributes.SupervisionStrategy::decider)
                    .orElse(Supervision.stoppingDecider());
            setHandler(in, this);
            setHandler(out, this);
        }

        @Override
        public void preStart() {
            CompletionStage<ProducerSettings<K, V>> enriched = settings.enrichedOrNull();
            if (enriched == null) {
                start(settings);
                return;
            }
            var unused = enriched.whenComplete((complete, failure) -> home.invoke(() -> {
                if (failure != null) {
                    fail(failure);
                } else {
                    start(complete);
                }
            }));
        }

        private void start(ProducerSettings<K, V> complete) {
            var options = ProducerOptions.from(complete.getProperties());
            Map<String, String> properties = new LinkedHashMap<>();
            complete.getProperties().forEach((key, value) -> properties.put(key, value.toString()));
            serializer = new RecordSerializer<>(complete);
            engine = new ProducerEngine(
                    options, wires.apply(materializer().system(), properties), home::invoke, this::advance);
            advance();
        }

        @Override
        public void onPush() {
            pushes++;
            take(grab(in));
            ProducerEngine running = engine;
            if (over || running == null) {
                return;
            }
            if (pending.isEmpty() || running.wantsDrain() || !mayPull(running) || pending.peek().isComplete()) {
                advance();
            } else {
                pull(in);
            }
            askForTurn();
        }

        private void take(Envelope<K, V, PassThrough> envelope) {
            var element = new PendingEnvelope<>(envelope, this::onFailure);
            try {
                List<SerializedRecord> records = serialize(element.records());
                pending.add(element);
                ProducerEngine running = engine;
                for (int i = 0; running != null && i < records.size(); i++) {
                    running.append(element.delivery(i), records.get(i));
                }
            } catch (RuntimeException e) { // a user's serializer may throw anything; the supervision strategy decides
                if (stops(e)) {
                    fail(e);
                } else {
                    element.drop();
                }
            }
        }

        private List<SerializedRecord> serialize(List<ProducerRecord<K, V>> records) {
            RecordSerializer<K, V> ready = serializer;
            if (ready == null) {
                throw new IllegalStateException("an element came before the stage was ready");
            }
            if (records.size() == 1) {
                return List.of(ready.serialize(records.get(0)));
            }
            return records.stream().map(ready::serialize).toList();
        }

        private boolean stops(Throwable cause) {
            return Supervision.stop().equals(decider.apply(cause));
        }

        /** A record was given up: true when the stream goes on without its envelope. */
        private boolean onFailure(RuntimeException cause) {
            if (over) {
                return false;
            }
            if (stops(cause)) {
                fail(cause);
                return false;
            }
            return true;
        }

        private void fail(Throwable cause) {
            over = true;
            failStage(cause);
        }

        /** Results go out, room is used, batches leave, the end is noticed. */
        private void advance() {
            ProducerEngine running = engine;
            if (over || running == null) {
                return;
            }
            emit();
            if (!finishing && mayPull(running) && !hasBeenPulled(in) && !isClosed(in)) {
                pull(in);
            }
            drain(running, finishing ? Urgency.FLUSH : mayPull(running) ? Urgency.NONE : Urgency.BLOCKED);
            if (finishing && !over && pending.isEmpty() && running.isIdle()) {
                finish();
            }
        }

        private void emit() {
            for (PendingEnvelope<K, V, PassThrough> first = pending.peek();
                    first != null && first.isComplete();
                    first = pending.peek()) {
                if (first.isDropped() || isClosed(out)) {
                    pending.remove();
                } else if (isAvailable(out)) {
                    pending.remove();
                    push(out, first.results());
                } else {
                    return;
                }
            }
        }

        private boolean mayPull(ProducerEngine running) {
            return pending.size() < settings.parallelism() && running.hasRoom();
        }

        private void drain(ProducerEngine running, Urgency urgency) {
            long inMs = running.drain(urgency);
            if (over) {
                return;
            }
            if (inMs == Long.MAX_VALUE) {
                return;
            }
            long atMs = System.nanoTime() / 1_000_000 + inMs;
            if (atMs < wakeAtMs) {
                wakeAtMs = atMs;
                scheduleOnce(WAKE, Duration.ofMillis(inMs));
            }
        }

        @Override
        public void onTimer(Object key) {
            if (key.equals(CLOSE)) {
                fail(upstreamFailure != null ? upstreamFailure : new TimeoutException(
                        pending.size() + " element(s) were not acknowledged within close-timeout"));
                return;
            }
            wakeAtMs = Long.MAX_VALUE;
            advance();
        }

        /** Looks again once the upstream had its turn; when no element came until then, it is idle. */
        private void askForTurn() {
            if (!turnAsked && !over) {
                turnAsked = true;
                turn.invoke(pushes);
            }
        }

        private void onTurn(long pushesBefore) {
            turnAsked = false;
            ProducerEngine running = engine;
            if (over || running == null || running.isIdle()) {
                return;
            }
            if (pushes != pushesBefore) {
                askForTurn();
            } else if (!finishing && mayPull(running)) {
                drain(running, Urgency.IDLE);
            }
        }

        @Override
        public void onPull() {
            PendingEnvelope<K, V, PassThrough> first = pending.peek();
            if (first != null && first.isComplete()) {
                advance();
            }
        }

        @Override
        public void onUpstreamFinish() {
            finishing = true;
            if (engine == null && !over) {
                finish();
            } else {
                advance();
            }
        }

        @Override
        public void onUpstreamFailure(Throwable cause) {
            upstreamFailure = cause;
            onUpstreamFinish();
        }

        /** What was taken is still sent, for as long as {@code close-timeout}. */
        @Override
        public void onDownstreamFinish(Throwable cause) {
            finishing = true;
            setKeepGoing(true);
            if (!isClosed(in)) {
                cancel(in, cause);
            }
            scheduleOnce(CLOSE, DurationConverters.toJava(settings.closeTimeout()));
            if (engine == null && !over) {
                finish();
            } else {
                advance();
            }
        }

        private void finish() {
            over = true;
            if (upstreamFailure != null) {
                failStage(upstreamFailure);
            } else {
                completeStage();
            }
        }

        @Override
        public void postStop() {
            over = true;
            if (engine != null) {
                engine.close();
            }
            if (serializer != null) {
                serializer.close();
            }
        }
    }
}
