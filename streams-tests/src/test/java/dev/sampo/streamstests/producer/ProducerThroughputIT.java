package dev.sampo.streamstests.producer;

import dev.sampo.client.ProducerSettings;
import dev.sampo.client.javadsl.Producer;
import dev.sampo.streamstests.broker.TestBroker;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Prints how fast plainSink is beside Kafka's producer, both with default settings on one broker; judges only that all arrived. */
@Tag("soak")
class ProducerThroughputIT {
    private static final int COUNT = 1_000_000;
    private static final int ROUNDS = 3;
    private static final byte[] VALUE = new byte[100];

    @Test
    void millionRecordsOfPlainSinkAndOfKafkasProducerAllArrive(@TempDir Path folder) throws Exception {
        ActorSystem system = ActorSystem.create("ProducerThroughputIT");
        try (TestBroker broker = TestBroker.start(folder);
                TopicReader topics = new TopicReader(broker.bootstrapServers())) {
            // Given
            topics.create("stream", 3);
            topics.create("kafka", 3);

            for (int round = 0; round < ROUNDS; round++) {
                // When
                long begin = System.nanoTime();
                Source.range(1, COUNT)
                        .map(i -> new ProducerRecord<byte[], byte[]>("stream", VALUE))
                        .runWith(Producer.plainSink(ProducerSettings.create(system, new ByteArraySerializer(), new ByteArraySerializer())
                                .withBootstrapServers(broker.bootstrapServers())), system)
                        .toCompletableFuture()
                        .get(300, TimeUnit.SECONDS);
                long middle = System.nanoTime();
                try (var producer = new KafkaProducer<>(
                        Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()),
                        new ByteArraySerializer(), new ByteArraySerializer())) {
                    for (int i = 0; i < COUNT; i++) {
                        producer.send(new ProducerRecord<>("kafka", VALUE));
                    }
                }
                long end = System.nanoTime();
                System.out.printf(
                        "1,000,000 records of 100 B, round %d: plainSink %d ms, KafkaProducer %d ms%n",
                        round, (middle - begin) / 1_000_000, (end - middle) / 1_000_000);
            }

            // Then
            assertThat(topics.count("stream")).isEqualTo((long) ROUNDS * COUNT);
            assertThat(topics.count("kafka")).isEqualTo((long) ROUNDS * COUNT);
        } finally {
            system.terminate();
        }
    }
}
