package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.javadsl.Consumer.Control;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks at an interval, while there is demand, and emits the answers. What fails and is worth another try is asked again
 * after the interval.
 */
final class PolledSource<T> extends AbstractGraphStageWithMaterializedValue<SourceShape<T>, Control> {
    private static final Logger log = LoggerFactory.getLogger(PolledSource.class);

    /** What is asked; belongs to one running stream. */
    interface Poller<T> {
        CompletionStage<T> poll();

        void close();
    }

    private final Outlet<T> out = Outlet.create("KafkaPoll.out");
    private final Function<ActorSystem, Poller<T>> pollers;
    private final Duration interval;
    private final boolean distinct;

    /** @param distinct leave out an answer that equals the one before */
    PolledSource(Function<ActorSystem, Poller<T>> pollers, Duration interval, boolean distinct) {
        if (interval.isNegative() || interval.isZero()) {
            throw new IllegalArgumentException("an interval of " + interval + ": give more than nothing");
        }
        this.pollers = pollers;
        this.interval = interval;
        this.distinct = distinct;
    }

    @Override
    public SourceShape<T> shape() {
        return SourceShape.of(out);
    }

    @Override
    public Pair<GraphStageLogic, Control> createLogicAndMaterializedValuePair(Attributes inherited) {
        var logic = new Logic(shape());
        return Pair.create(logic, new PollControl(logic.stops, logic.completed));
    }

    private record Answer<T>(@Nullable T value, @Nullable Throwable failure) {}

    private final class Logic extends TimerGraphStageLogic {
        private final CompletableFuture<Done> completed = new CompletableFuture<>();
        private final AsyncCallback<NotUsed> stops = createAsyncCallback(Callbacks.to(stop -> completeStage()));
        private final AsyncCallback<Answer<T>> answers = createAsyncCallback(Callbacks.to(this::onAnswer));
        private @Nullable Poller<T> poller;
        private @Nullable T last;
        private boolean polling;
        private long polledNanos;

        Logic(SourceShape<T> shape) {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    pollWhenDue();
                }
            });
        }

        @Override
        public void preStart() {
            poller = pollers.apply(materializer().system());
            polledNanos = System.nanoTime() - interval.toNanos();
        }

        private void pollWhenDue() {
            Poller<T> current = poller;
            if (polling || current == null) {
                return;
            }
            Duration left = interval.minusNanos(System.nanoTime() - polledNanos);
            if (!left.isNegative() && !left.isZero()) {
                scheduleOnce("poll", left);
                return;
            }
            polling = true;
            polledNanos = System.nanoTime();
            var unused = current.poll().whenComplete((value, failure) -> answers.invoke(new Answer<>(value, failure)));
        }

        @Override
        public void onTimer(Object key) {
            pollWhenDue();
        }

        private void onAnswer(Answer<T> answer) {
            polling = false;
            Throwable failure = answer.failure() == null ? null : KafkaClient.cause(answer.failure());
            T value = answer.value();
            if (failure != null && !(failure instanceof RetriableException)) {
                failStage(failure);
            } else if (failure != null || value == null) {
                log.atDebug().addKeyValue("cause", String.valueOf(failure)).log("asking failed, asking again");
                pollWhenDue();
            } else if (distinct && value.equals(last)) {
                pollWhenDue();
            } else {
                last = value;
                push(out, value);
            }
        }

        @Override
        public void postStop() {
            if (poller != null) {
                poller.close();
            }
            completed.complete(Done.getInstance());
        }
    }

    /** Nothing is committed and no group is left: to stop it is to end it. */
    private record PollControl(AsyncCallback<NotUsed> stops, CompletableFuture<Done> completed) implements Control {
        @Override
        public CompletionStage<Done> stop() {
            stops.invoke(NotUsed.getInstance());
            return completed.copy();
        }

        @Override
        public CompletionStage<Done> shutdown() {
            return stop();
        }

        @Override
        public <S> CompletionStage<S> drainAndShutdown(CompletionStage<S> streamCompletion, Executor executor) {
            return stop().thenCompose(done -> streamCompletion);
        }

        @Override
        public CompletionStage<Done> isShutdown() {
            return completed.copy();
        }

        @Override
        public CompletionStage<Map<MetricName, Metric>> getMetrics() {
            return CompletableFuture.completedStage(Map.of());
        }
    }
}
