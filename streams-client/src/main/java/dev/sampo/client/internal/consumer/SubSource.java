package dev.sampo.client.internal.consumer;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.jspecify.annotations.Nullable;

/** The records of one partition, in order; with back-pressure of its own. Materialised once. */
final class SubSource<K, V, T> extends GraphStage<SourceShape<T>> {
    private final Outlet<T> out = Outlet.create("KafkaPartition.out");
    private final TopicPartition partition;
    private final long assignment;
    private final ConsumerHandle consumer;
    private final Deserializers<K, V> deserializers;
    private final Emission<K, V, T> emission;
    private final Consumer<Ended> ended;
    private final AtomicReference<@Nullable Logic> logic = new AtomicReference<>();
    private final CompletableFuture<Signal> signal = new CompletableFuture<>();

    /** How a substream ended: by its own downstream, or because it was told to. */
    record Ended(TopicPartition partition, long assignment, long emittedEnd, boolean cancelled) {}

    /** What the outer stage tells it, once. */
    private record Signal(@Nullable Throwable failure) {}

    SubSource(
            TopicPartition partition,
            long assignment,
            ConsumerHandle consumer,
            Deserializers<K, V> deserializers,
            Emission<K, V, T> emission,
            Consumer<Ended> ended) {
        this.partition = partition;
        this.assignment = assignment;
        this.consumer = consumer;
        this.deserializers = deserializers;
        this.emission = emission;
        this.ended = ended;
    }

    /** Ends it; also before it is materialised. */
    void complete() {
        signal.complete(new Signal(null));
    }

    /** Fails it; also before it is materialised. */
    void fail(Throwable cause) {
        signal.complete(new Signal(cause));
    }

    /** Which assignment of the partition it reads. */
    long assignment() {
        return assignment;
    }

    /** True once somebody runs it: only then it will say that it ended. */
    boolean isMaterialised() {
        return logic.get() != null;
    }

    /** What it holds is stale: the position was moved. */
    void moved() {
        Logic running = logic.get();
        if (running != null) {
            running.moves.invoke(NotUsed.getInstance());
        }
    }

    @Override
    public SourceShape<T> shape() {
        return SourceShape.of(out);
    }

    @Override
    public GraphStageLogic createLogic(Attributes inherited) {
        var created = new Logic(shape());
        if (!logic.compareAndSet(null, created)) {
            throw new IllegalStateException("the source of " + partition + " can be materialised once");
        }
        return created;
    }

    private final class Logic extends GraphStageLogic {
        private final AsyncCallback<Chunk> chunks = createAsyncCallback(Callbacks.to(this::onChunk));
        private final AsyncCallback<Signal> signals = createAsyncCallback(Callbacks.to(this::onSignal));
        private final AsyncCallback<NotUsed> moves = createAsyncCallback(Callbacks.to(done -> onMoved()));
        private final ChunkBuffer<K, V> buffer = new ChunkBuffer<>(deserializers, consumer::consumed);
        private boolean wanted;
        private boolean told;
        private long nextOffset = -1;

        Logic(SourceShape<T> shape) {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    if (!wanted) {
                        wanted = true;
                        consumer.want(partition);
                    }
                    emit();
                }
            });
        }

        @Override
        public void preStart() {
            consumer.attach(partition, chunks::invoke);
            var unused = signal.thenAccept(signals::invoke);
        }

        private void onSignal(Signal signal) {
            told = true;
            if (signal.failure() == null) {
                completeStage();
            } else {
                failStage(signal.failure());
            }
        }

        private void onMoved() {
            buffer.drop(Set.of(partition));
            nextOffset = -1;
        }

        private void onChunk(Chunk chunk) {
            buffer.add(chunk);
            if (nextOffset < 0) {
                nextOffset = chunk.fetchOffset();
            }
            emit();
        }

        private void emit() {
            if (isAvailable(out)) {
                ConsumerRecord<K, V> record = buffer.next();
                if (record != null) {
                    nextOffset = record.offset() + 1;
                    push(out, emission.element(record, assignment, consumer));
                }
            }
        }

        @Override
        public void postStop() {
            buffer.clear();
            if (!told) {
                consumer.detach(partition, assignment, nextOffset);
            }
            ended.accept(new Ended(partition, assignment, nextOffset, !told));
        }
    }
}
