package dev.sampo.client.javadsl;

import dev.sampo.client.ProducerMessage.Envelope;
import dev.sampo.client.ProducerMessage.Message;
import dev.sampo.client.ProducerMessage.Result;
import dev.sampo.client.ProducerMessage.Results;
import dev.sampo.client.ProducerSettings;
import dev.sampo.client.producer.SendProducerActor;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;

/**
 * Writes records without a stream. May be used from any thread; each send succeeds or fails for itself. There is no
 * back-pressure: at most {@code parallelism} sends wait once {@code buffer.memory} is used up, more are refused.
 */
public final class SendProducer<K, V> {
    private final ProducerSettings<K, V> settings;
    private final SendProducerActor.Handle<K, V> producer;

    /** Connects with the first send. */
    public SendProducer(ProducerSettings<K, V> settings, ActorSystem system) {
        this.settings = settings;
        this.producer = SendProducerActor.start(settings, system);
    }

    /** Connects with the first send. */
    public SendProducer(ProducerSettings<K, V> settings, ClassicActorSystemProvider system) {
        this(settings, system.classicSystem());
    }

    /** Sends an envelope; completes when all its records are acknowledged. */
    public <PT> CompletionStage<Results<K, V, PT>> sendEnvelope(Envelope<K, V, PT> envelope) {
        return producer.send(envelope);
    }

    /** Sends one record; completes when it is acknowledged. */
    public CompletionStage<RecordMetadata> send(ProducerRecord<K, V> record) {
        return producer.send(new Message<>(record, NotUsed.getInstance()))
                .thenApply(results -> ((Result<K, V, NotUsed>) results).metadata());
    }

    /** Waits for what was sent, at most {@code close-timeout}, and closes the connections. */
    public CompletionStage<Done> close() {
        return producer.close();
    }

    @Override
    public String toString() {
        return "SendProducer(" + settings + ")";
    }
}
