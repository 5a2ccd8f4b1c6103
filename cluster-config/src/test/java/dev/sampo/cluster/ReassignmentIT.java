package dev.sampo.cluster;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.placement.Holders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Four brokers in this JVM: everything moves off one under load, it is drained, stopped and forgotten. */
final class ReassignmentIT {
    private static final Duration WAIT = Duration.ofSeconds(90);
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

    @Test
    void everythingMovesOffABrokerUnderLoadAndTheBrokerIsForgotten() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(temporary, 3)) {
            // Given
            cluster.start(4);
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.broker(2).ownServers()))) {
                await("four brokers", () -> nodes(admin) == 4);
                Map<Integer, List<Integer>> lists = new HashMap<>();
                IntStream.range(0, PARTITIONS).forEach(p -> lists.put(p, List.of(List.of(1, 2, 3), List.of(2, 3, 1),
                        List.of(3, 1, 2)).get(p % 3)));
                admin.createTopics(List.of(new NewTopic("orders", lists).configs(Map.of("min.insync.replicas", "2"))))
                        .all().get(30, TimeUnit.SECONDS);
                var acknowledged = new ArrayList<String>();
                var stop = new AtomicBoolean();
                var load = Thread.ofPlatform().start(() -> produce(cluster.bootstrapServers(), stop, acknowledged));

                // When
                Map<TopicPartition, Optional<NewPartitionReassignment>> moves = new HashMap<>();
                lists.forEach((p, list) -> moves.put(new TopicPartition("orders", p), Optional.of(
                        new NewPartitionReassignment(list.stream().map(id -> id == 1 ? Integer.valueOf(4) : id).toList()))));
                await("records flow", () -> size(acknowledged) > 200);
                long began = System.nanoTime();
                admin.alterPartitionReassignments(moves).all().get(30, TimeUnit.SECONDS);
                await("moves end", () -> ongoing(admin) == 0);
                System.out.println("moved in ms: " + (System.nanoTime() - began) / 1_000_000);
                int then = size(acknowledged);
                await("records flow on", () -> size(acknowledged) > then + 200);

                // Then
                assertThat(replicas(admin)).noneMatch(list -> list.contains(1)).allMatch(list -> list.size() == 3);
                MetadataImage image = cluster.broker(2).images().current();
                for (int p = 0; p < PARTITIONS; p++) {
                    assertThat(Holders.of(image, image.topic("orders"), p)).doesNotContain(1);
                }
                await("copies on broker 1 are deleted", () -> folders(1, image.topic("orders").id().toString()) == 0);
                var partition = new TopicPartition("orders", 0);
                await("the preferred leader leads", () -> leader(admin, 0) == 4);
                assertThatThrownBy(() -> admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions().get()
                        .get(partition).map(e -> { throw (RuntimeException) e; }).orElseThrow())
                        .isInstanceOf(ElectionNotNeededException.class);
                QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get(20, TimeUnit.SECONDS);
                assertThat(quorum.voters()).extracting(QuorumInfo.ReplicaState::replicaId).containsExactlyInAnyOrder(1, 2, 3);
                assertThat(quorum.observers()).extracting(QuorumInfo.ReplicaState::replicaId).containsExactly(4);
                assertThat(quorum.voters()).allSatisfy(voter -> assertThat(voter.logEndOffset()).isPositive());

                drain(admin, 4, true);
                await("a drained broker leads nothing", () -> IntStream.range(0, PARTITIONS).noneMatch(p -> leader(admin, p) == 4));
                drain(admin, 4, false);
                await("an undrained one leads again", () -> leader(admin, 0) == 4);

                stop.set(true);
                load.join();
                assertThat(consumed(cluster.broker(2).ownServers(), acknowledged.size())).containsAll(acknowledged);
                assertThatThrownBy(() -> admin.unregisterBroker(1).all().get(20, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(InvalidRequestException.class);
                cluster.broker(1).close();
                await("broker 1 is gone", () -> nodes(admin) == 3);
                await("broker 1 can be forgotten", () -> unregistered(admin));
            }
        }
    }

    private static boolean unregistered(Admin admin) {
        try {
            admin.unregisterBroker(1).all().get(20, TimeUnit.SECONDS);
            return true;
        } catch (Exception e) {
            return false;
        }
    }

    private static void drain(Admin admin, int broker, boolean on) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker));
        Collection<AlterConfigOp> change = List.of(new AlterConfigOp(new ConfigEntry("cordoned.log.dirs", on ? "*" : null),
                on ? AlterConfigOp.OpType.SET : AlterConfigOp.OpType.DELETE));
        admin.incrementalAlterConfigs(Map.of(resource, change)).all().get(20, TimeUnit.SECONDS);
    }

    private static void produce(String servers, AtomicBoolean stop, List<String> acknowledged) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", servers, "acks", "all", "delivery.timeout.ms", "60000",
                        "request.timeout.ms", "15000", "linger.ms", "0"),
                new StringSerializer(), new StringSerializer())) {
            for (int i = 0; !stop.get(); i++) {
                String value = "v" + i;
                producer.send(new ProducerRecord<>("orders", i % PARTITIONS, null, value), (metadata, failure) -> {
                    assertThat(failure).isNull();
                    synchronized (acknowledged) {
                        acknowledged.add(value);
                    }
                });
                LockSupport.parkNanos(2_000_000);
            }
        }
    }

    private static Set<String> consumed(String servers, int atLeast) {
        var values = new HashSet<String>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", servers, "auto.offset.reset", "earliest"),
                new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition("orders", p)).toList());
            await("all records are read", () -> {
                consumer.poll(Duration.ofMillis(200)).forEach(record ->
                        assertThat(values.add(record.value())).as("twice: " + record.value()).isTrue());
                return values.size() >= atLeast;
            });
        }
        return values;
    }

    private static int size(List<String> list) {
        synchronized (list) {
            return list.size();
        }
    }

    private int folders(int node, String topicId) {
        try (var files = Files.list(temporary.resolve("node-" + node).resolve("topics"))) {
            return (int) files.filter(file -> file.getFileName().toString().startsWith(topicId)).count();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static int nodes(Admin admin) {
        return get(() -> admin.describeCluster().nodes().get(20, TimeUnit.SECONDS).size());
    }

    private static int ongoing(Admin admin) {
        return get(() -> admin.listPartitionReassignments().reassignments().get(20, TimeUnit.SECONDS).size());
    }

    private static int leader(Admin admin, int partition) {
        return get(() -> {
            var node = admin.describeTopics(List.of("orders")).allTopicNames().get(20, TimeUnit.SECONDS).get("orders")
                    .partitions().get(partition).leader();
            return node == null ? -1 : node.id();
        });
    }

    private static List<List<Integer>> replicas(Admin admin) {
        return get(() -> admin.describeTopics(List.of("orders")).allTopicNames().get(20, TimeUnit.SECONDS).get("orders")
                .partitions().stream().map(p -> p.replicas().stream().map(org.apache.kafka.common.Node::id).toList()).toList());
    }

    private static <T> T get(java.util.concurrent.Callable<T> call) {
        try {
            return call.call();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
