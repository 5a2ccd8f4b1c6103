package dev.sampo.tests.streams;

import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.Subscriptions;
import dev.sampo.client.javadsl.Committer;
import dev.sampo.client.javadsl.Consumer;
import dev.sampo.cluster.LocalCluster;
import dev.sampo.cluster.SampoBroker;
import dev.sampo.gate.StreamNode;
import dev.sampo.tests.broker.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Three brokers in this JVM with a stream each in their own actor systems, and a node that only runs one. */
class BrokerWithStreamsIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String TOPIC = "orders";
    private static final String GROUP = "bills";
    private static final int PARTITIONS = 8;

    @TempDir
    private Path folder;

    /** By value, when and by whom it was first read. */
    private final Map<String, Read> reads = new ConcurrentHashMap<>();

    private record Read(String node, int partition, long nanos) {}

    private void read(ActorSystem<?> system, String node) {
        var settings = ConsumerSettings.create(system, new StringDeserializer(), new StringDeserializer())
                .withClusterTransport()
                .withGroupId(GROUP)
                .withProperty("auto.offset.reset", "earliest");
        var _ = Consumer.committableSource(settings, Subscriptions.topics(TOPIC))
                .map(message -> {
                    reads.putIfAbsent(
                            message.record().value(), new Read(node, message.record().partition(), System.nanoTime()));
                    return message.committableOffset();
                })
                .runWith(Committer.sink(CommitterSettings.create(system).withMaxInterval(Duration.ofMillis(50))), system);
    }

    @Test
    void aBrokerThatDiesWithAStreamAndTheCoordinatorOfItsGroupLeavesNoMemberBehind() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(
                        folder, 3, settings -> settings.with(Map.of("group.initial.rebalance.delay.ms", "0")));
                Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()));
                var producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", cluster.bootstrapServers(), "acks", "all"),
                        new StringSerializer(), new StringSerializer())) {
            // Given
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 3))).all().get();
            ActorSystem<Void> node = StreamNode.start(cluster.brokers().stream()
                    .map(SampoBroker::nodeAddress).collect(Collectors.joining(",")));
            try {
                cluster.brokers().forEach(broker -> read(broker.system(), "broker " + broker.nodeId()));
                read(node, "node");
                Set<String> written = new HashSet<>();
                Await.until("all four share the partitions", LIMIT, () -> {
                    write(producer, written);
                    return assigned(admin).size() == 4 && assigned(admin).values().stream().allMatch(count -> count == 2);
                });
                int coordinator = describe(admin).orElseThrow().coordinator().id();

                // When
                long began = System.nanoTime();
                cluster.kill(coordinator);

                // Then
                var since = new HashMap<Integer, Read>();
                Await.until("the others read all partitions", LIMIT, () -> {
                    write(producer, written);
                    reads.values().stream()
                            .filter(read -> read.nanos() - began > 0 && !read.node().equals("broker " + coordinator))
                            .forEach(read -> since.merge(read.partition(), read, (a, b) -> a.nanos() < b.nanos() ? a : b));
                    return since.size() == PARTITIONS;
                });
                long tookMs = (since.values().stream().mapToLong(Read::nanos).max().orElseThrow() - began) / 1_000_000;
                System.out.println("a broker died with its stream and the coordinator: the last of its partitions was read after "
                        + tookMs + " ms");
                assertThat(tookMs).as("far from a session, on machines without time too").isLessThan(10_000);
                Await.until("nothing is lost", LIMIT, () -> reads.keySet().containsAll(written));
                Await.until("three members are left", LIMIT, () -> assigned(admin).size() == 3);
            } finally {
                node.terminate();
                node.getWhenTerminated().toCompletableFuture().join();
            }
        }
    }

    /** One record to each partition, acknowledged. */
    private static void write(KafkaProducer<String, String> producer, Set<String> written) {
        try {
            int begin = written.size();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                String value = "v" + (begin + partition);
                producer.send(new ProducerRecord<>(TOPIC, partition, null, value)).get();
                written.add(value);
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Optional<ConsumerGroupDescription> describe(Admin admin) {
        try {
            return Optional.of(admin.describeConsumerGroups(List.of(GROUP)).all().get().get(GROUP));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Optional.empty();
            }
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Number of partitions by member. */
    private static Map<String, Integer> assigned(Admin admin) {
        return describe(admin).map(group -> group.members().stream().collect(Collectors.toMap(
                        member -> member.consumerId(), member -> member.assignment().topicPartitions().size())))
                .orElse(Map.of());
    }
}
