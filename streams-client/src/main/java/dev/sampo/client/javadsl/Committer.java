package dev.sampo.client.javadsl;

import dev.sampo.client.CommitDelivery;
import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerMessage.Committable;
import dev.sampo.client.ConsumerMessage.CommittableOffsetBatch;
import dev.sampo.client.internal.consumer.Commits;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.FlowWithContext;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * Commits in batches: when {@code max-batch} offsets came, when {@code max-interval} is over, and at the end of the
 * stream. Offsets of partitions that were revoked meanwhile are left out, see PartitionRevokedException.
 */
public final class Committer {
    private Committer() {}

    /** Commits and emits {@code Done} per batch. */
    public static <C extends Committable> Flow<C, Done, NotUsed> flow(CommitterSettings settings) {
        return Committer.<C>batchFlow(settings).map(batch -> Done.getInstance());
    }

    /** Commits and emits each batch when it is committed; with SendAndForget when it is sent. */
    public static <C extends Committable> Flow<C, CommittableOffsetBatch, NotUsed> batchFlow(
            CommitterSettings settings) {
        Flow<C, CommittableOffsetBatch, NotUsed> batches = Flow.fromGraph(new Commits.BatchStage<C>(settings));
        if (settings.delivery() == CommitDelivery.SendAndForget) {
            return batches.map(batch -> {
                Commits.sendAndForget(batch);
                return batch;
            });
        }
        return batches.mapAsyncUnordered(settings.parallelism(), batch ->
                Commits.leavingOutRevoked(batch.commitJavadsl()).thenApply(done -> batch));
    }

    /** {@link #batchFlow} for elements with an offset as context; the batch is the context. */
    public static <E, C extends Committable>
            FlowWithContext<E, C, NotUsed, CommittableOffsetBatch, NotUsed> flowWithOffsetContext(
                    CommitterSettings settings) {
        return FlowWithContext.fromPairs(Flow.<Pair<E, C>>create()
                .map(Pair::second)
                .via(Committer.<C>batchFlow(settings))
                .map(batch -> Pair.create(NotUsed.getInstance(), batch)));
    }

    /** Commits; completes when everything is committed. */
    public static <C extends Committable> Sink<C, CompletionStage<Done>> sink(CommitterSettings settings) {
        return Committer.<C>batchFlow(settings).toMat(Sink.ignore(), Keep.right());
    }

    /** {@link #sink} for elements with an offset as context. */
    public static <E, C extends Committable> Sink<Pair<E, C>, CompletionStage<Done>> sinkWithOffsetContext(
            CommitterSettings settings) {
        return Flow.<Pair<E, C>>create().map(Pair::second).toMat(Committer.<C>sink(settings), Keep.right());
    }
}
