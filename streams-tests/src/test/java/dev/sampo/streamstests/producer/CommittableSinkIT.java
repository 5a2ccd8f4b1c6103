package dev.sampo.streamstests.producer;

import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerMessage.Committable;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.ProducerMessage;
import dev.sampo.client.ProducerSettings;
import dev.sampo.client.Subscriptions;
import dev.sampo.client.javadsl.Consumer;
import dev.sampo.client.javadsl.Producer;
import dev.sampo.streamstests.broker.TestBroker;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class CommittableSinkIT {
    private static final int PARTITIONS = 3;

    private static TestBroker broker;
    private static TopicReader topics;
    private static ActorSystem system;

    @BeforeAll
    static void startBroker(@TempDir Path folder) {
        broker = TestBroker.start(folder);
        topics = new TopicReader(broker.bootstrapServers());
        system = ActorSystem.create("CommittableSinkIT");
    }

    @AfterAll
    static void stopBroker() {
        system.terminate();
        topics.close();
        broker.close();
    }

    @Test
    void everyRecordIsCopiedOnceAndItsOffsetCommitted() throws Exception {
        copies(20_000, "copy");
    }

    @Test
    @Tag("soak")
    void millionRecordsAreCopiedOnceAndTheirOffsetsCommitted() throws Exception {
        copies(1_000_000, "copy-million");
    }

    @Test
    void offsetsAsContextAreCommittedAfterTheirRecords() throws Exception {
        // Given
        fill("context-in", 3_000);
        topics.create("context-out", 1);
        var arrived = new CountDownLatch(3_000);

        // When
        Consumer.DrainingControl<?> control = Consumer.committableSource(consumer("context-group"), Subscriptions.topics("context-in"))
                .map(message -> {
                    arrived.countDown();
                    return Pair.create(
                            ProducerMessage.<String, String>single(new ProducerRecord<>("context-out", message.record().value())),
                            (Committable) message.committableOffset());
                })
                .toMat(Producer.committableSinkWithOffsetContext(producer(), CommitterSettings.create(system)), Consumer::createDrainingControl)
                .run(system);
        assertThat(arrived.await(60, TimeUnit.SECONDS)).isTrue();
        control.drainAndShutdown(system.dispatcher()).toCompletableFuture().get(60, TimeUnit.SECONDS);

        // Then
        assertThat(topics.read("context-out", 3_000)).hasSize(3_000);
        assertThat(topics.committed("context-group")).isEqualTo(3_000);
    }

    private static void copies(int count, String name) throws Exception {
        // Given
        fill(name + "-in", count);
        topics.create(name + "-out", PARTITIONS);
        var arrived = new CountDownLatch(count);
        long begin = System.nanoTime();

        // When
        Consumer.DrainingControl<?> control = Consumer.committableSource(consumer(name), Subscriptions.topics(name + "-in"))
                .map(message -> {
                    arrived.countDown();
                    ConsumerRecord<String, String> record = message.record();
                    return ProducerMessage.single(
                            new ProducerRecord<>(name + "-out", record.partition(), record.key(), record.value()),
                            (Committable) message.committableOffset());
                })
                .toMat(Producer.committableSink(producer(), CommitterSettings.create(system)), Consumer::createDrainingControl)
                .run(system);
        assertThat(arrived.await(300, TimeUnit.SECONDS)).isTrue();
        control.drainAndShutdown(system.dispatcher()).toCompletableFuture().get(60, TimeUnit.SECONDS);

        // Then
        System.out.printf(
                "%d records from committableSource to committableSink: %d ms%n", count, (System.nanoTime() - begin) / 1_000_000);
        var seen = new BitSet(count);
        int[] last = {-1, -1, -1};
        List<ConsumerRecord<String, String>> copied = topics.read(name + "-out", count);
        for (ConsumerRecord<String, String> record : copied) {
            int number = Integer.parseInt(record.value());
            assertThat(number).isGreaterThan(last[record.partition()]);
            last[record.partition()] = number;
            seen.set(number);
        }
        assertThat(seen.cardinality()).isEqualTo(count);
        assertThat(topics.committed(name)).isEqualTo(count);
    }

    private static void fill(String topic, int count) throws Exception {
        topics.create(topic, PARTITIONS);
        Source.range(0, count - 1)
                .map(i -> new ProducerRecord<String, String>(topic, i % PARTITIONS, null, Integer.toString(i)))
                .runWith(Producer.plainSink(producer()), system)
                .toCompletableFuture()
                .get(120, TimeUnit.SECONDS);
    }

    private static ProducerSettings<String, String> producer() {
        return ProducerSettings.create(system, new StringSerializer(), new StringSerializer())
                .withBootstrapServers(broker.bootstrapServers());
    }

    private static ConsumerSettings<String, String> consumer(String group) {
        return ConsumerSettings.create(system, new StringDeserializer(), new StringDeserializer())
                .withBootstrapServers(broker.bootstrapServers())
                .withGroupId(group)
                .withProperty("auto.offset.reset", "earliest");
    }
}
