package dev.sampo.client.internal.consumer;

import dev.sampo.client.AutoSubscription;
import dev.sampo.client.ConsumerSettings;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.jspecify.annotations.Nullable;

/**
 * A source of one substream per partition. A substream ends when its partition is revoked; one that its downstream
 * cancels is emitted again and goes on behind the last record emitted.
 */
public final class PartitionedSource<K, V, T>
        extends AbstractGraphStageWithMaterializedValue<
                SourceShape<Pair<TopicPartition, Source<T, NotUsed>>>, dev.sampo.client.javadsl.Consumer.Control> {
    private final Outlet<Pair<TopicPartition, Source<T, NotUsed>>> out = Outlet.create("KafkaPartitions.out");
    private final ConsumerSettings<K, V> settings;
    private final AutoSubscription subscription;
    private final Emission<K, V, T> emission;
    private final @Nullable ManualOffsets manualOffsets;

    /** Reads what the subscription says. */
    public PartitionedSource(
            ConsumerSettings<K, V> settings,
            AutoSubscription subscription,
            Emission<K, V, T> emission,
            @Nullable ManualOffsets manualOffsets) {
        this.settings = settings;
        this.subscription = subscription;
        this.emission = emission;
        this.manualOffsets = manualOffsets;
    }

    @Override
    public SourceShape<Pair<TopicPartition, Source<T, NotUsed>>> shape() {
        return SourceShape.of(out);
    }

    @Override
    public Pair<GraphStageLogic, dev.sampo.client.javadsl.Consumer.Control> createLogicAndMaterializedValuePair(
            Attributes inherited) {
        var logic = new Logic(shape());
        return Pair.create(
                logic, new StageControl(logic.commands, logic.completed, logic.started, logic.stoppedAt::get));
    }

    private final class Logic extends GraphStageLogic implements ConsumerOwner {
        private final CompletableFuture<Done> completed = new CompletableFuture<>();
        private final CompletableFuture<ConsumerHandle> started = new CompletableFuture<>();
        private final AtomicReference<Map<TopicPartition, Long>> stoppedAt = new AtomicReference<>(Map.of());
        private final AsyncCallback<StageControl.Command> commands = createAsyncCallback(Callbacks.to(this::shutDown));
        private final AsyncCallback<Consumer<ConsumerOwner>> calls =
                createAsyncCallback(Callbacks.to(call -> call.accept(this)));
        private final AsyncCallback<SubSource.Ended> ends = createAsyncCallback(Callbacks.to(this::onEnded));
        private final Deserializers<K, V> deserializers = Deserializers.of(settings);
        private final Map<TopicPartition, SubSource<K, V, T>> open = new HashMap<>();
        private final Map<TopicPartition, Long> emitted = new HashMap<>();
        private final ArrayDeque<Pair<TopicPartition, Long>> waiting = new ArrayDeque<>();
        private @Nullable ConsumerHandle consumer;
        private boolean stopping;
        private boolean keepsConsumer;
        private boolean drained;

        Logic(SourceShape<Pair<TopicPartition, Source<T, NotUsed>>> shape) {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    emit();
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    shutDown(StageControl.Command.SHUTDOWN); // substreams are told, then end on their own
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
                    manualOffsets,
                    null);
            consumer = handle;
            CoordinatedStop.register(materializer().system(), handle, commands);
            started.complete(handle);
        }

        private void shutDown(StageControl.Command command) {
            stopping = true;
            keepsConsumer = command == StageControl.Command.STOP;
            drained = command == StageControl.Command.DRAINED;
            if (consumer != null) {
                consumer.stopFetching();
            }
            waiting.clear();
            setKeepGoing(true); // until the substreams have said what they emitted
            if (!isClosed(out)) {
                complete(out);
            }
            open.values().forEach(SubSource::complete);
            open.values().removeIf(source -> !source.isMaterialised());
            endWhenClosed();
        }

        private void endWhenClosed() {
            if (stopping && open.isEmpty()) {
                completeStage();
            }
        }

        private Map<TopicPartition, Long> targets() {
            return emission.committable() && !drained ? Map.copyOf(emitted) : Map.of();
        }

        private void emit() {
            ConsumerHandle handle = consumer;
            Pair<TopicPartition, Long> next = handle == null || !isAvailable(out) ? null : waiting.poll();
            if (next == null || handle == null) {
                return;
            }
            var source = new SubSource<>(
                    next.first(), next.second(), handle, deserializers, emission, ends::invoke);
            open.put(next.first(), source);
            push(out, Pair.create(next.first(), Source.fromGraph(source)));
        }

        private void onEnded(SubSource.Ended ended) {
            if (ended.emittedEnd() >= 0) {
                emitted.merge(ended.partition(), ended.emittedEnd(), Math::max);
            }
            SubSource<K, V, T> source = open.get(ended.partition());
            if (source != null && source.assignment() == ended.assignment()) {
                open.remove(ended.partition());
                if (ended.cancelled() && !stopping) {
                    waiting.add(Pair.create(ended.partition(), ended.assignment()));
                    emit();
                }
            }
            endWhenClosed();
        }

        @Override
        public void onAssigned(Map<TopicPartition, Long> partitions) {
            partitions.forEach((partition, assignment) -> {
                if (!stopping) {
                    waiting.add(Pair.create(partition, assignment));
                }
            });
            emit();
        }

        @Override
        public void onRevoked(Set<TopicPartition> partitions) {
            waiting.removeIf(next -> partitions.contains(next.first()));
            emitted.keySet().removeAll(partitions);
            for (TopicPartition partition : partitions) {
                SubSource<K, V, T> source = open.remove(partition);
                if (source != null) {
                    source.complete();
                }
            }
            endWhenClosed();
        }

        @Override
        public void onMoved(Set<TopicPartition> partitions) {
            for (TopicPartition partition : partitions) {
                SubSource<K, V, T> source = open.get(partition);
                if (source != null) {
                    source.moved();
                }
            }
        }

        @Override
        public void onPaused(boolean paused) {}

        @Override
        public void onChunk(Chunk chunk) { // its substream was cancelled meanwhile
            if (consumer != null) {
                consumer.detach(chunk.partition(), chunk.assignment(), chunk.fetchOffset());
            }
        }

        @Override
        public void onMark() {} // spans are read by single sources

        @Override
        public void onFailed(Throwable cause) {
            open.values().forEach(source -> source.fail(cause));
            failStage(cause);
        }

        @Override
        public void postStop() {
            open.values().forEach(SubSource::complete);
            stoppedAt.set(targets());
            if (consumer != null && !keepsConsumer) {
                consumer.stop(targets());
            }
            completed.complete(Done.getInstance());
        }
    }
}
