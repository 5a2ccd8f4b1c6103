package dev.sampo.client.internal.consumer;

import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.Subscription;
import dev.sampo.client.Subscriptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.jspecify.annotations.Nullable;

/** A source of all partitions of one consumer, interleaved; per partition in order. */
public final class SingleSource<K, V, T>
        extends AbstractGraphStageWithMaterializedValue<
                SourceShape<T>, dev.sampo.client.javadsl.Consumer.Control> {
    private final Outlet<T> out = Outlet.create("KafkaSource.out");
    private final ConsumerSettings<K, V> settings;
    private final Subscription subscription;
    private final Emission<K, V, T> emission;
    private final @Nullable Span span;

    /** Reads what the subscription says. */
    public SingleSource(ConsumerSettings<K, V> settings, Subscription subscription, Emission<K, V, T> emission) {
        this(settings, subscription, emission, null);
    }

    /** Reads a span, by no group. */
    public SingleSource(ConsumerSettings<K, V> settings, Span span, Emission<K, V, T> emission) {
        this(settings, Subscriptions.assignment(Set.of()), emission, span);
    }

    private SingleSource(
            ConsumerSettings<K, V> settings,
            Subscription subscription,
            Emission<K, V, T> emission,
            @Nullable Span span) {
        this.settings = settings;
        this.subscription = subscription;
        this.emission = emission;
        this.span = span;
    }

    @Override
    public SourceShape<T> shape() {
        return SourceShape.of(out);
    }

    @Override
    public Pair<GraphStageLogic, dev.sampo.client.javadsl.Consumer.Control> createLogicAndMaterializedValuePair(
            Attributes inherited) {
        var logic = new Logic(shape());
        return Pair.create(logic, new StageControl(logic.commands, logic.completed, logic.started, logic.stoppedAt::get));
    }

    private final class Logic extends GraphStageLogic implements ConsumerOwner {
        private final CompletableFuture<Done> completed = new CompletableFuture<>();
        private final CompletableFuture<ConsumerHandle> started = new CompletableFuture<>();
        private final AsyncCallback<StageControl.Command> commands = createAsyncCallback(Callbacks.to(this::onCommand));
        private final AsyncCallback<Consumer<ConsumerOwner>> calls =
                createAsyncCallback(Callbacks.to(call -> call.accept(this)));
        private final ChunkBuffer<K, V> buffer = new ChunkBuffer<>(Deserializers.of(settings), this::onConsumed);
        private final Map<TopicPartition, Long> emitted = new HashMap<>();
        private @Nullable ConsumerHandle consumer;
        private boolean wanted;
        private final AtomicReference<Map<TopicPartition, Long>> stoppedAt = new AtomicReference<>(Map.of());
        private boolean paused;
        private boolean keepsConsumer;

        Logic(SourceShape<T> shape) {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    if (!wanted && consumer != null) {
                        wanted = true;
                        consumer.wantAll();
                    }
                    emit();
                }
            });
        }

        @Override
        public void preStart() {
            ConsumerHandle handle = ConsumerActor.start(
                    (ExtendedActorSystem) materializer().system(),
                    settings,
                    subscription,
                    new StageOwner(calls, this).asOwner(),
                    null,
                    span);
            consumer = handle;
            CoordinatedStop.register(materializer().system(), handle, commands);
            started.complete(handle);
        }

        private void onCommand(StageControl.Command command) {
            if (consumer != null) {
                if (command == StageControl.Command.STOP) {
                    consumer.stopFetching();
                    stoppedAt.set(targets());
                    keepsConsumer = true;
                } else {
                    consumer.stop(command == StageControl.Command.DRAINED ? Map.of() : targets());
                }
            }
            completeStage();
        }

        private Map<TopicPartition, Long> targets() {
            return emission.committable() ? Map.copyOf(emitted) : Map.of();
        }

        private void onConsumed(Chunk chunk) {
            if (consumer != null) {
                consumer.consumed(chunk);
            }
        }

        private void emit() {
            if (paused || consumer == null || !isAvailable(out)) {
                return;
            }
            ConsumerRecord<K, V> record = buffer.next();
            if (record != null) {
                if (emission.committable()) {
                    emitted.put(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
                }
                push(out, emission.element(record, buffer.assignment(), consumer));
            } else if (buffer.takeMark()) {
                T mark = emission.mark();
                if (mark == null) {
                    completeStage();
                } else {
                    push(out, mark);
                }
            }
        }

        @Override
        public void onMark() {
            buffer.mark();
            emit();
        }

        @Override
        public void onChunk(Chunk chunk) {
            buffer.add(chunk);
            emit();
        }

        @Override
        public void onAssigned(Map<TopicPartition, Long> partitions) {}

        @Override
        public void onRevoked(Set<TopicPartition> partitions) {
            buffer.drop(partitions);
            emitted.keySet().removeAll(partitions);
        }

        @Override
        public void onMoved(Set<TopicPartition> partitions) {
            buffer.drop(partitions);
        }

        @Override
        public void onPaused(boolean now) {
            paused = now;
            emit();
        }

        @Override
        public void onFailed(Throwable cause) {
            failStage(cause);
        }

        @Override
        public void postStop() {
            buffer.clear();
            if (consumer != null && !keepsConsumer) {
                consumer.stop(targets());
            }
            completed.complete(Done.getInstance());
        }
    }
}
