package dev.sampo.streamstests.connector;

import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.kafka.CommitterSettings;
import org.apache.pekko.kafka.ConsumerMessage.Committable;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.ProducerMessage;
import org.apache.pekko.kafka.ProducerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.kafka.javadsl.Producer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** A million records through one stream. */
@Tag("soak")
class MillionIT extends Scenario {
    private static final int COUNT = 1_000_000;
    private static final int PARTITIONS = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Test
    @Timeout(600)
    void aMillionRecordsAreCopiedOnceInOrderAndCommitted() {
        // Given: record i is in partition i % 4, 100 bytes, its number in front
        String source = topic(PARTITIONS);
        String target = topic(PARTITIONS);
        String group = name("group");
        String padding = "x".repeat(92);
        for (int from = 0; from < COUNT; from += 100_000) {
            records.writeBytes(Map.of("linger.ms", 5, "batch.size", 100_000), IntStream.range(from, from + 100_000)
                    .mapToObj(i -> new ProducerRecord<byte[], byte[]>(source, i % PARTITIONS, null, "%08d%s".formatted(i, padding).getBytes(UTF_8)))
                    .toList());
        }
        var consumer = ConsumerSettings.create(system, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .withBootstrapServers(broker().bootstrapServers())
                .withGroupId(group)
                .withProperty("auto.offset.reset", "earliest")
                .withStopTimeout(Duration.ZERO);
        var producer = ProducerSettings.create(system, new ByteArraySerializer(), new ByteArraySerializer())
                .withBootstrapServers(broker().bootstrapServers())
                .withProperty("linger.ms", "5")
                .withProperty("batch.size", "100000");

        // When
        long beginNanos = System.nanoTime();
        var control = Consumer.committableSource(consumer, Subscriptions.topics(source))
                .map(message -> ProducerMessage.<byte[], byte[], Committable>single(
                        new ProducerRecord<>(target, message.record().partition(), null, message.record().value()), message.committableOffset()))
                .toMat(Producer.committableSink(producer, CommitterSettings.create(system).withMaxInterval(Duration.ofMillis(200))), Consumer::createDrainingControl)
                .run(system);
        long each = COUNT / PARTITIONS;
        dev.sampo.streamstests.broker.Await.until("all are committed", PATIENCE,
                () -> records.committed(group, source).equals(Map.of(0, each, 1, each, 2, each, 3, each)));
        double seconds = (System.nanoTime() - beginNanos) / 1e9;
        drain(control);

        // Then
        System.out.printf("%s: %,d records of 100 bytes copied and committed in %.1f s, %,.0f a second%n", OURS ? "ours" : "connector", COUNT, seconds, COUNT / seconds);
        var copied = records.readBytes(target);
        assertThat(copied).hasSize(COUNT);
        int[] next = IntStream.range(0, PARTITIONS).toArray();
        for (var record : copied) {
            int number = Integer.parseInt(new String(record.value(), 0, 8, UTF_8));
            assertThat(number).isEqualTo(next[record.partition()]);
            next[record.partition()] += PARTITIONS;
        }
    }
}
