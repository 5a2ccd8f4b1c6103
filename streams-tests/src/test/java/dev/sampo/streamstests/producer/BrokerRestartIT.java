package dev.sampo.streamstests.producer;

import dev.sampo.client.ProducerMessage;
import dev.sampo.client.ProducerMessage.Result;
import dev.sampo.client.ProducerMessage.Results;
import dev.sampo.client.ProducerSettings;
import dev.sampo.client.javadsl.Producer;
import dev.sampo.streamstests.broker.TestBroker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class BrokerRestartIT {
    private static final int COUNT = 100_000;
    private static final int PARTITIONS = 4;

    @Test
    void brokerKilledAndStartedAgainUnderAFlowLosesNothingAndWritesNothingTwice(@TempDir Path folder) throws Exception {
        ActorSystem system = ActorSystem.create("BrokerRestartIT");
        try (TestBroker broker = TestBroker.start(folder);
                TopicReader topics = new TopicReader(broker.bootstrapServers())) {
            // Given
            topics.create("restarted", PARTITIONS);
            var settings = ProducerSettings.create(system, new StringSerializer(), new StringSerializer())
                    .withBootstrapServers(broker.bootstrapServers())
                    .withParallelism(2_000);
            var quarter = new CountDownLatch(COUNT / 4);

            // When
            CompletableFuture<List<Results<String, String, Integer>>> done = Source.range(0, COUNT - 1)
                    .map(i -> ProducerMessage.single(new ProducerRecord<String, String>("restarted", i % PARTITIONS, null, "v" + i), i))
                    .via(Producer.<String, String, Integer>flexiFlow(settings))
                    .map(result -> {
                        quarter.countDown();
                        return result;
                    })
                    .runWith(Sink.seq(), system)
                    .toCompletableFuture();
            assertThat(quarter.await(60, TimeUnit.SECONDS)).isTrue();
            broker.kill9();
            boolean finishedBeforeTheKill = done.isDone();
            broker.restart();
            List<Results<String, String, Integer>> results = done.get(110, TimeUnit.SECONDS);

            // Then
            assertThat(finishedBeforeTheKill).isFalse();
            List<ConsumerRecord<String, String>> read = topics.read("restarted", COUNT);
            var offsets = new ArrayList<String>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                int current = partition;
                List<ConsumerRecord<String, String>> log = read.stream().filter(r -> r.partition() == current).toList();
                for (int i = 0; i < log.size(); i++) {
                    assertThat(log.get(i).value()).isEqualTo("v" + (i * PARTITIONS + partition));
                    offsets.add(log.get(i).value() + "@" + log.get(i).offset());
                }
            }
            assertThat(results).extracting(r -> r.passThrough()).isSorted().hasSize(COUNT);
            assertThat(offsets).hasSize(COUNT);
            assertThat(new HashSet<>(offsets)).isEqualTo(results.stream()
                    .map(r -> "v" + r.passThrough() + "@" + ((Result<String, String, Integer>) r).offset())
                    .collect(Collectors.toSet()));
        } finally {
            system.terminate();
        }
    }
}
