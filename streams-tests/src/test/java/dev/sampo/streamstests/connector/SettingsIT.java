package dev.sampo.streamstests.connector;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.ProducerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.kafka.javadsl.Producer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** A mistake in the settings fails the stream, and the failure names the setting. */
class SettingsIT extends Scenario {
    private interface Run {
        CompletionStage<?> run();
    }

    /** Whether the mistake is found when the stream is built or when it runs is the client's affair. */
    private static String failureOf(Run stream) {
        CompletionStage<?> running;
        try {
            running = stream.run();
        } catch (RuntimeException e) {
            running = CompletableFuture.failedFuture(e);
        }
        return messages(failure(running));
    }

    private String consuming(ConsumerSettings<String, String> settings) {
        return failureOf(() -> Consumer.plainSource(settings, Subscriptions.topics("any")).runWith(Sink.ignore(), system));
    }

    private String producing(ProducerSettings<String, String> settings) {
        return failureOf(() -> Source.single(new ProducerRecord<String, String>("any", "v")).runWith(Producer.plainSink(settings), system));
    }

    @Test
    void aConsumerWithoutBootstrapServersIsToldSo() {
        // Given
        var settings = ConsumerSettings.create(system, new StringDeserializer(), new StringDeserializer()).withGroupId("g");

        // When
        String failure = consuming(settings);

        // Then
        assertThat(failure).contains("bootstrap");
    }

    @Test
    void aProducerWithoutBootstrapServersIsToldSo() {
        // Given
        var settings = ProducerSettings.create(system, new StringSerializer(), new StringSerializer());

        // When
        String failure = producing(settings);

        // Then
        assertThat(failure).contains("bootstrap");
    }

    @Test
    void aSubscriptionWithoutAGroupIdIsToldSo() {
        // Given
        var settings = ConsumerSettings.create(system, new StringDeserializer(), new StringDeserializer())
                .withBootstrapServers(broker().bootstrapServers());

        // When
        String failure = consuming(settings);

        // Then
        assertThat(failure).contains("group.id");
    }

    @ParameterizedTest
    @CsvSource({
        "bootstrap.servers, 127.0.0.1, bootstrap.servers",
        "bootstrap.servers, 127.0.0.1:99999, 99999",
        "auto.offset.reset, sometimes, auto.offset.reset",
        "fetch.max.bytes, -1, fetch.max.bytes",
        "fetch.min.bytes, -5, fetch.min.bytes",
        "max.partition.fetch.bytes, -1, max.partition.fetch.bytes",
        "session.timeout.ms, soon, session.timeout.ms",
        "isolation.level, dirty, isolation.level",
        "partition.assignment.strategy, no.such.Assignor, no.such.Assignor"
    })
    void aBadSettingOfAConsumerIsNamed(String key, String value, String named) {
        // Given
        var settings = consumer("g").withProperty(key, value);

        // When
        String failure = consuming(settings);

        // Then
        assertThat(failure).contains(named);
    }

    @ParameterizedTest
    @CsvSource({
        "bootstrap.servers, 127.0.0.1, bootstrap.servers",
        "acks, most, acks",
        "batch.size, -1, batch.size",
        "buffer.memory, -1, buffer.memory",
        "max.request.size, -1, max.request.size",
        "linger.ms, -1, linger.ms",
        "compression.type, zip, compression.type",
        "max.in.flight.requests.per.connection, 0, max.in.flight.requests.per.connection"
    })
    void aBadSettingOfAProducerIsNamed(String key, String value, String named) {
        // Given
        var settings = producer().withProperty(key, value);

        // When
        String failure = producing(settings);

        // Then
        assertThat(failure).contains(named);
    }

    @Test
    void anIdempotentProducerWithoutAcksOfAllIsToldSo() {
        // Given
        var settings = producer().withProperty("enable.idempotence", "true").withProperty("acks", "1");

        // When
        String failure = producing(settings);

        // Then
        assertThat(failure).contains("acks");
    }

    @Test
    void aBadCommitterSettingIsNamed() {
        // Given
        var config = com.typesafe.config.ConfigFactory.parseString("max-batch = lots")
                .withFallback(system.settings().config().getConfig(OURS ? "sampo.client.committer" : "pekko.kafka.committer"));

        // When
        String failure = failureOf(() -> {
            org.apache.pekko.kafka.CommitterSettings.create(config);
            return CompletableFuture.completedFuture("created");
        });

        // Then
        assertThat(failure).contains("max-batch");
    }
}
