package dev.sampo.client.javadsl;

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
}
