package dev.sampo.cluster;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Three brokers in this JVM: what is acknowledged by all in-sync replicas is in every one's files, byte for byte. */
final class ReplicationIT {
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final int PARTITIONS = 6;

    @TempDir
    private Path temporary;

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(10_000_000);
        }
    }

    private static Admin admin(SampoBroker broker) {
        return Admin.create(Map.of("bootstrap.servers", broker.ownServers(), "request.timeout.ms", "15000"));
    }

    private static KafkaProducer<String, String> producer(LocalCluster cluster) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", cluster.bootstrapServers(), "acks", "all", "delivery.timeout.ms", "60000",
                        "request.timeout.ms", "15000", "linger.ms", "0"),
                new StringSerializer(), new StringSerializer());
    }

    private static void create(LocalCluster cluster) throws Exception {
        try (Admin admin = admin(cluster.broker(1))) {
            admin.createTopics(List.of(new NewTopic("orders", PARTITIONS, (short) 3)
                            .configs(Map.of("min.insync.replicas", "2"))))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
    }

    /** What {@code kafka-log-dirs} shows of a broker. */
    private static Map<TopicPartition, Long> logSizes(LocalCluster cluster, int broker) throws Exception {
        try (Admin admin = admin(cluster.broker(1))) {
            var sizes = new HashMap<TopicPartition, Long>();
            admin.describeLogDirs(List.of(broker)).allDescriptions().get(30, TimeUnit.SECONDS).get(broker).values()
                    .forEach(folder -> folder.replicaInfos().forEach((id, replica) -> sizes.put(id, replica.size())));
            return sizes;
        }
    }

    private static void produce(KafkaProducer<String, String> producer, int from, int to) throws Exception {
        var sent = new ArrayList<Future<RecordMetadata>>();
        for (int i = from; i < to; i++) {
            sent.add(producer.send(new ProducerRecord<>("orders", i % PARTITIONS, "k" + i, "value " + i)));
        }
        for (Future<RecordMetadata> one : sent) {
            one.get(60, TimeUnit.SECONDS);
        }
    }

    /** Where broker {@code id} keeps a partition of the topic. */
    private Path folder(MetadataImage image, int id, int partition) {
        var topic = image.topic("orders");
        assertThat(topic).isNotNull();
        return temporary.resolve("node-" + id)
                .resolve("topics")
                .resolve(new TopicIdPartition(topic.id(), partition).directoryName());
    }

    /** The bytes of all segments, by file name. */
    private static Map<String, byte[]> segments(Path folder) {
        var segments = new TreeMap<String, byte[]>();
        try (var files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".log")).toList()) {
                segments.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return segments;
    }

    private boolean same(MetadataImage image, int one, int other) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            Map<String, byte[]> first = segments(folder(image, one, partition));
            Map<String, byte[]> second = segments(folder(image, other, partition));
            if (!first.keySet().equals(second.keySet())
                    || first.keySet().stream().anyMatch(name -> !Arrays.equals(first.get(name), second.get(name)))) {
                return false;
            }
        }
        return true;
    }

    @Test
    void recordsAreOnEveryReplicaAndSurviveTheLossOfTheirLeaderAndItsReturn() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(temporary, 3)) {
            // Given
            create(cluster);
            try (KafkaProducer<String, String> producer = producer(cluster)) {
                // When
                produce(producer, 0, 300);

                // Then
                MetadataImage image = cluster.broker(1).images().current();
                await("1 and 2 have the same", () -> same(image, 1, 2));
                await("1 and 3 have the same", () -> same(image, 1, 3));
                assertThat(logSizes(cluster, 2)).as("of leaders and followers").hasSize(PARTITIONS).isEqualTo(logSizes(cluster, 1));

                // When a broker is lost
                cluster.kill(2);
                produce(producer, 300, 600);

                // Then the others have it all, and the one that comes back gets it
                await("1 and 3 have the same", () -> same(image, 1, 3));
                cluster.start(2);
                await("1 and 2 have the same", () -> same(image, 1, 2));
                produce(producer, 600, 900);
                await("1 and 2 have the same", () -> same(image, 1, 2));
                await("1 and 3 have the same", () -> same(image, 1, 3));
            }
        }
    }
}
