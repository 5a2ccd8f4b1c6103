package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.consumer.OffsetBatch.RecordOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;

/** A consumer actor as stages and offsets see it. Every method may be called from any thread. */
public final class ConsumerHandle {
    private final ActorRef actor;
    private final CompletableFuture<Done> stopped;
    private volatile boolean closing;

    ConsumerHandle(ActorRef actor, CompletableFuture<Done> stopped) {
        this.actor = actor;
        this.stopped = stopped;
    }

    /** Commits these offsets, per partition the last one. */
    CompletableFuture<Done> commit(List<RecordOffset> offsets) {
        var done = new CompletableFuture<Done>();
        tell(actor -> actor.commit(offsets, done), done);
        return done;
    }

    /** Commits what the application names, for handlers. */
    CompletableFuture<Done> commitNamed(Map<TopicPartition, OffsetAndMetadata> offsets) {
        var done = new CompletableFuture<Done>();
        tell(actor -> actor.commitNamed(offsets, done), done);
        return done;
    }

    private void tell(Consumer<ConsumerActor> message, CompletableFuture<?> answer) {
        run(message);
        if (closing) { // told before, so the actor still answers; told after, nobody does
            var unused = stopped.whenComplete((done, failure) -> answer.completeExceptionally(ConsumerActor.ended()));
        }
    }

    /** From now on the actor may be gone before it reads a message. The actor sends itself its last message after this. */
    void markClosing() {
        closing = true;
    }

    /** The stream of this partition pulls: fetch it from now on. */
    void want(TopicPartition partition) {
        run(actor -> actor.want(partition));
    }

    /** The stream pulls: fetch all its partitions from now on. */
    void wantAll() {
        run(ConsumerActor::wantAll);
    }

    private void run(Consumer<ConsumerActor> message) {
        actor.tell(new ConsumerActor.Run(message), ActorRef.noSender());
    }

    /** The stream is through with this chunk. */
    void consumed(Chunk chunk) {
        run(actor -> actor.consumed(chunk));
    }

    /** Registers where the chunks of one partition go. */
    void attach(TopicPartition partition, ConsumerActor.ChunkListener listener) {
        run(actor -> actor.attach(partition, listener));
    }

    /** The substream of a partition was cancelled; fetching goes on at this offset when it is attached again. */
    void detach(TopicPartition partition, long assignment, long nextOffset) {
        run(actor -> actor.detach(partition, assignment, nextOffset));
    }

    /** The stream emits no more; fetching ends, membership and commits go on until {@link #stop}. */
    void stopFetching() {
        run(ConsumerActor::stopFetching);
    }

    /**
     * Ends the consumer: at once, or when all of {@code emitted} is committed, at the latest after stop-timeout.
     *
     * @param emitted per partition the offset behind the last record that may still be committed
     */
    void stop(Map<TopicPartition, Long> emitted) {
        run(actor -> actor.stop(emitted));
    }

    /** A snapshot of the consumer's metrics. */
    CompletionStage<Map<MetricName, Metric>> metrics() {
        var answer = new CompletableFuture<Map<MetricName, Metric>>();
        tell(actor -> answer.complete(actor.metrics()), answer);
        return answer;
    }

    /** Moves the position, for handlers. */
    void seek(TopicPartition partition, long offset) {
        run(actor -> actor.seek(partition, offset));
    }

    /** Answers from the actor's thread, for handlers. */
    <T> CompletableFuture<T> ask(Function<ConsumerActor, CompletionStage<T>> question) {
        var answer = new CompletableFuture<T>();
        tell(
                actor -> {
                    var unused = question.apply(actor).whenComplete((result, failure) -> {
                        if (failure == null) {
                            answer.complete(result);
                        } else {
                            answer.completeExceptionally(failure);
                        }
                    });
                },
                answer);
        return answer;
    }

    /** Completes when the actor has ended and its connections are closed. */
    CompletableFuture<Done> stopped() {
        return stopped;
    }
}
