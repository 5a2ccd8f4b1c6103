package dev.sampo.client.javadsl;

import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerMessage.Committable;
import dev.sampo.client.ProducerMessage;
import dev.sampo.client.ProducerMessage.Envelope;
import dev.sampo.client.ProducerMessage.Results;
import dev.sampo.client.ProducerSettings;
import dev.sampo.client.producer.ProducerStage;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.FlowWithContext;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * Sinks and flows that write to Kafka topics. Each materialisation has connections and a producer id of its own.
 *
 * <p>A failure that another attempt cannot mend fails the stream with Kafka's exception; a supervision strategy that
 * resumes leaves the element out instead. Everything else is tried again until {@code delivery.timeout.ms} is over.
 */
public final class Producer {
    private Producer() {}

    /** Writes records. The value completes when upstream did and every record is acknowledged. */
    public static <K, V> Sink<ProducerRecord<K, V>, CompletionStage<Done>> plainSink(ProducerSettings<K, V> settings) {
        return Flow.<ProducerRecord<K, V>>create()
                .map(record -> ProducerMessage.single(record))
                .via(flexiFlow(settings))
                .toMat(Sink.ignore(), Keep.right());
    }

    /** Writes envelopes and emits their results, with offsets, in the order the envelopes came. */
    public static <K, V, PassThrough> Flow<Envelope<K, V, PassThrough>, Results<K, V, PassThrough>, NotUsed> flexiFlow(
            ProducerSettings<K, V> settings) {
        Flow<Envelope<K, V, PassThrough>, Results<K, V, PassThrough>, NotUsed> flow =
                Flow.fromGraph(ProducerStage.<K, V, PassThrough>create(settings));
        return settings.dispatcher().isEmpty() ? flow : flow.async(settings.dispatcher());
    }

    /** As {@link #flexiFlow}; the context goes along with each envelope and comes out as the results' pass-through too. */
    public static <K, V, C> FlowWithContext<Envelope<K, V, NotUsed>, C, Results<K, V, C>, C, NotUsed> flowWithContext(
            ProducerSettings<K, V> settings) {
        return Flow.<Pair<Envelope<K, V, NotUsed>, C>>create()
                .map(pair -> pair.first().withPassThrough(pair.second()))
                .via(Producer.<K, V, C>flexiFlow(settings))
                .<Envelope<K, V, NotUsed>, C, C>asFlowWithContext(Pair::create, Results::passThrough);
    }

    /**
     * Writes envelopes and commits the offset that each passes through: in order, and each only after all its records,
     * and those before it, were acknowledged. A failure ends the stream with the offsets before it committed, so a
     * restart writes at least once. The value completes when everything is written and committed.
     */
    public static <K, V, IN extends Envelope<K, V, Committable>> Sink<IN, CompletionStage<Done>> committableSink(
            ProducerSettings<K, V> producerSettings, CommitterSettings committerSettings) {
        return Flow.<IN>create()
                .map(envelope -> (Envelope<K, V, Committable>) envelope)
                .via(Producer.<K, V, Committable>flexiFlow(producerSettings))
                .map(Results::passThrough)
                .toMat(Committer.<Committable>sink(committerSettings), Keep.right());
    }

    /** {@link #committableSink} for envelopes whose offset is the context. */
    public static <K, V, IN extends Envelope<K, V, ?>, C extends Committable>
            Sink<Pair<IN, C>, CompletionStage<Done>> committableSinkWithOffsetContext(
                    ProducerSettings<K, V> producerSettings, CommitterSettings committerSettings) {
        return Flow.<Pair<IN, C>>create()
                .map(pair -> {
                    Envelope<K, V, ?> envelope = pair.first();
                    return envelope.<Committable>withPassThrough(pair.second());
                })
                .toMat(Producer.committableSink(producerSettings, committerSettings), Keep.right());
    }
}
