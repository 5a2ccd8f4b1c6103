package dev.sampo.client.scaladsl;

import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerMessage.Committable;
import dev.sampo.client.ProducerMessage.Envelope;
import dev.sampo.client.ProducerMessage.Results;
import dev.sampo.client.ProducerSettings;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.scaladsl.Flow;
import org.apache.pekko.stream.scaladsl.FlowWithContext;
import org.apache.pekko.stream.scaladsl.Sink;
import scala.Tuple2;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/** {@link dev.sampo.client.javadsl.Producer} with Scala's types. */
public final class Producer {
    private Producer() {}

    /** Writes records. The value completes when upstream did and every record is acknowledged. */
    public static <K, V> Sink<ProducerRecord<K, V>, Future<Done>> plainSink(ProducerSettings<K, V> settings) {
        return dev.sampo.client.javadsl.Producer.plainSink(settings)
                .mapMaterializedValue(FutureConverters::asScala)
                .asScala();
    }

    /** Writes envelopes and emits their results, with offsets, in the order the envelopes came. */
    public static <K, V, PassThrough> Flow<Envelope<K, V, PassThrough>, Results<K, V, PassThrough>, NotUsed> flexiFlow(
            ProducerSettings<K, V> settings) {
        return dev.sampo.client.javadsl.Producer.<K, V, PassThrough>flexiFlow(settings).asScala();
    }

    /** As {@link #flexiFlow}; the context goes along with each envelope and comes out as the results' pass-through too. */
    public static <K, V, C> FlowWithContext<Envelope<K, V, NotUsed>, C, Results<K, V, C>, C, NotUsed> flowWithContext(
            ProducerSettings<K, V> settings) {
        return dev.sampo.client.javadsl.Producer.<K, V, C>flowWithContext(settings).asScala();
    }

    /** Writes envelopes and commits the offset that each passes through, in order and after its records. */
    public static <K, V> Sink<Envelope<K, V, Committable>, Future<Done>> committableSink(
            ProducerSettings<K, V> producerSettings, CommitterSettings committerSettings) {
        return dev.sampo.client.javadsl.Producer.<K, V, Envelope<K, V, Committable>>committableSink(
                        producerSettings, committerSettings)
                .mapMaterializedValue(FutureConverters::asScala)
                .asScala();
    }

    /** {@link #committableSink} for envelopes whose offset is the context. */
    public static <K, V> Sink<Tuple2<Envelope<K, V, ?>, Committable>, Future<Done>> committableSinkWithOffsetContext(
            ProducerSettings<K, V> producerSettings, CommitterSettings committerSettings) {
        org.apache.pekko.stream.javadsl.Sink<Pair<Envelope<K, V, ?>, Committable>, CompletionStage<Done>> sink =
                dev.sampo.client.javadsl.Producer.committableSinkWithOffsetContext(producerSettings, committerSettings);
        return sink.<Tuple2<Envelope<K, V, ?>, Committable>>contramap(tuple -> pair(tuple))
                .mapMaterializedValue(FutureConverters::asScala)
                .asScala();
    }

    private static <K, V> Pair<Envelope<K, V, ?>, Committable> pair(Tuple2<Envelope<K, V, ?>, Committable> tuple) {
        return new Pair<>(tuple._1(), tuple._2());
    }
}
