package dev.sampo.client.scaladsl;

import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerMessage.Committable;
import dev.sampo.client.ConsumerMessage.CommittableOffsetBatch;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.scaladsl.Flow;
import org.apache.pekko.stream.scaladsl.Sink;
import scala.Tuple2;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/** Commits in batches; see the Java one. */
public final class Committer {
    private Committer() {}

    /** Commits and emits {@code Done} per batch. */
    public static <C extends Committable> Flow<C, Done, NotUsed> flow(CommitterSettings settings) {
        return dev.sampo.client.javadsl.Committer.<C>flow(settings).asScala();
    }

    /** Commits and emits each batch. */
    public static <C extends Committable> Flow<C, CommittableOffsetBatch, NotUsed> batchFlow(
            CommitterSettings settings) {
        return dev.sampo.client.javadsl.Committer.<C>batchFlow(settings).asScala();
    }

    /** Commits; completes when everything is committed. */
    public static <C extends Committable> Sink<C, Future<Done>> sink(CommitterSettings settings) {
        return dev.sampo.client.javadsl.Committer.<C>sink(settings)
                .<Future<Done>>mapMaterializedValue(FutureConverters::asScala)
                .asScala();
    }

    /** {@link #sink} for elements with an offset as context. */
    public static <E, C extends Committable> Sink<Tuple2<E, C>, Future<Done>> sinkWithOffsetContext(
            CommitterSettings settings) {
        return org.apache.pekko.stream.javadsl.Flow.<Tuple2<E, C>>create()
                .map(Tuple2::_2)
                .toMat(dev.sampo.client.javadsl.Committer.<C>sink(settings), Keep.right())
                .<Future<Done>>mapMaterializedValue(FutureConverters::asScala)
                .asScala();
    }
}
