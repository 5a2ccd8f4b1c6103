package dev.sampo.client.scaladsl;

import dev.sampo.client.ProducerMessage.Envelope;
import dev.sampo.client.ProducerMessage.Results;
import dev.sampo.client.ProducerSettings;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/** {@link dev.sampo.client.javadsl.SendProducer} with Scala's futures. */
public final class SendProducer<K, V> {
    private final ProducerSettings<K, V> settings;
    private final dev.sampo.client.javadsl.SendProducer<K, V> producer;

    /** Connects with the first send. */
    public SendProducer(ProducerSettings<K, V> settings, ActorSystem system) {
        this.settings = settings;
        this.producer = new dev.sampo.client.javadsl.SendProducer<>(settings, system);
    }

    /** Connects with the first send. */
    public static <K, V> SendProducer<K, V> apply(ProducerSettings<K, V> settings, ActorSystem system) {
        return new SendProducer<>(settings, system);
    }

    /** Connects with the first send. */
    public static <K, V> SendProducer<K, V> apply(ProducerSettings<K, V> settings, ClassicActorSystemProvider system) {
        return new SendProducer<>(settings, system.classicSystem());
    }

    /** The settings given. */
    public ProducerSettings<K, V> settings() {
        return settings;
    }

    /** Sends an envelope; completes when all its records are acknowledged. */
    public <PT> Future<Results<K, V, PT>> sendEnvelope(Envelope<K, V, PT> envelope) {
        return FutureConverters.asScala(producer.sendEnvelope(envelope));
    }

    /** Sends one record; completes when it is acknowledged. */
    public Future<RecordMetadata> send(ProducerRecord<K, V> record) {
        return FutureConverters.asScala(producer.send(record));
    }

    /** Waits for what was sent, at most {@code close-timeout}, and closes the connections. */
    public Future<Done> close() {
        return FutureConverters.asScala(producer.close());
    }

    @Override
    public String toString() {
        return producer.toString();
    }
}
