package dev.sampo.streamstests.producer;

import dev.sampo.client.ProducerSettings;
import dev.sampo.client.javadsl.SendProducer;
import dev.sampo.streamstests.broker.TestBroker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SendProducerIT {
    private static TestBroker broker;
    private static TopicReader topics;
    private static ActorSystem system;

    @BeforeAll
    static void startBroker(@TempDir Path folder) {
        broker = TestBroker.start(folder);
        topics = new TopicReader(broker.bootstrapServers());
        system = ActorSystem.create("SendProducerIT");
    }

    @AfterAll
    static void stopBroker() {
        system.terminate();
        topics.close();
        broker.close();
    }

    @Test
    void sendsCompleteWithTheirOffsetsAndKeepTheirOrder() throws Exception {
        // Given
        topics.create("sent", 1);
        var producer = producer();
        var sent = new ArrayList<CompletableFuture<RecordMetadata>>();

        // When
        for (int i = 0; i < 1_000; i++) {
            sent.add(producer.send(new ProducerRecord<>("sent", "v" + i)).toCompletableFuture());
        }
        producer.close().toCompletableFuture().get(60, TimeUnit.SECONDS);

        // Then
        List<Long> offsets = sent.stream().map(stage -> stage.getNow(null).offset()).toList();
        assertThat(offsets).containsExactlyElementsOf(IntStream.range(0, 1_000).mapToObj(Long::valueOf).toList());
        assertThat(topics.values("sent", 1_000)).containsExactlyElementsOf(IntStream.range(0, 1_000).mapToObj(i -> "v" + i).toList());
    }

    @Test
    void sendThatFailsLeavesTheOthersAlone() throws Exception {
        // Given
        topics.create("sent-small", 1, "max.message.bytes", "2000");
        var producer = producer();

        // When
        var before = producer.send(new ProducerRecord<>("sent-small", "a")).toCompletableFuture();
        before.get(60, TimeUnit.SECONDS);
        var refused = producer.send(new ProducerRecord<>("sent-small", "x".repeat(5_000))).toCompletableFuture();
        var after = producer.send(new ProducerRecord<>("sent-small", "b")).toCompletableFuture();

        // Then
        assertThat(after.get(60, TimeUnit.SECONDS).offset()).isEqualTo(1);
        assertThatThrownBy(() -> refused.get(60, TimeUnit.SECONDS)).cause().isInstanceOf(RecordTooLargeException.class);
        producer.close().toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(topics.values("sent-small", 2)).containsExactly("a", "b");
    }

    @Test
    void closedProducerRefusesSends() throws Exception {
        // Given
        var producer = producer();
        producer.close().toCompletableFuture().get(60, TimeUnit.SECONDS);

        // When
        var late = producer.send(new ProducerRecord<>("sent-late", "v")).toCompletableFuture();

        // Then
        assertThatThrownBy(() -> late.get(10, TimeUnit.SECONDS)).cause().isInstanceOf(IllegalStateException.class);
    }

    private static SendProducer<String, String> producer() {
        return new SendProducer<>(
                ProducerSettings.create(system, new StringSerializer(), new StringSerializer())
                        .withBootstrapServers(broker.bootstrapServers()),
                system);
    }
}
