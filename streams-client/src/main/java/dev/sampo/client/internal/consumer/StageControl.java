package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.javadsl.Consumer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.Done;
import org.apache.pekko.stream.stage.AsyncCallback;

/** The materialised value of a source: commands go into its stage. */
final class StageControl implements Consumer.Control {
    /** What the stage is told. */
    enum Command {
        /** Emit no more. */
        STOP,
        /** Emit no more; end the consumer when what was emitted is committed, or after stop-timeout. */
        SHUTDOWN,
        /** Emit no more; the stream is drained, end the consumer now. */
        DRAINED
    }

    private final AsyncCallback<Command> commands;
    private final CompletableFuture<Done> completed;
    private final CompletableFuture<ConsumerHandle> consumer;
    private final Supplier<Map<TopicPartition, Long>> stoppedAt;
    private final CompletableFuture<Done> shutdown;

    StageControl(
            AsyncCallback<Command> commands,
            CompletableFuture<Done> completed,
            CompletableFuture<ConsumerHandle> consumer,
            Supplier<Map<TopicPartition, Long>> stoppedAt) {
        this.commands = commands;
        this.completed = completed;
        this.consumer = consumer;
        this.stoppedAt = stoppedAt;
        this.shutdown = consumer.thenCompose(ConsumerHandle::stopped);
    }

    @Override
    public CompletionStage<Done> stop() {
        commands.invoke(Command.STOP);
        return completed.copy();
    }

    @Override
    public CompletionStage<Done> shutdown() {
        commands.invoke(Command.SHUTDOWN);
        var unused = completed.thenCombine(consumer, (done, handle) -> { // a stage that was stopped hears nothing
            handle.stop(stoppedAt.get());
            return done;
        });
        return shutdown.copy();
    }

    @Override
    public <T> CompletionStage<T> drainAndShutdown(CompletionStage<T> streamCompletion, Executor executor) {
        return stop().thenCompose(stopped -> streamCompletion)
                .handleAsync((result, failure) -> {
                    commands.invoke(Command.DRAINED);
                    var unused = consumer.thenAccept(handle -> handle.stop(Map.of()));
                    return shutdown.thenCompose(done -> failure == null
                            ? CompletableFuture.completedFuture(result)
                            : CompletableFuture.<T>failedFuture(KafkaClient.cause(failure)));
                }, executor)
                .thenCompose(stage -> stage);
    }

    @Override
    public CompletionStage<Done> isShutdown() {
        return shutdown.copy();
    }

    @Override
    public CompletionStage<Map<MetricName, Metric>> getMetrics() {
        return consumer.thenCompose(ConsumerHandle::metrics);
    }
}
