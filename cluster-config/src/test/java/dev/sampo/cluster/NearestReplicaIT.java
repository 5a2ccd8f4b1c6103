package dev.sampo.cluster;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Three brokers, each in a rack of its own, and a consumer in one of them (KIP-392). */
final class NearestReplicaIT {
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    private Path temporary;

    private static BrokerSettings rackAware(BrokerSettings settings) {
        return settings.with(Map.of(
                "broker.rack", rack(settings.nodeId()),
                "replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector"));
    }

    private static String rack(int brokerId) {
        return String.valueOf((char) ('a' + brokerId - 1));
    }

    private static void create(LocalCluster cluster) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic("orders", 1, (short) 3)
                            .configs(Map.of("min.insync.replicas", "2"))))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
    }

    private static PlacementGroup group(SampoBroker broker) {
        MetadataImage image = broker.images().current();
        return image.groupOf(Objects.requireNonNull(image.topic("orders")), 0);
    }

    private static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(10_000_000);
        }
    }

    private static void produce(LocalCluster cluster, int from, int to) throws Exception {
        Map<String, Object> config = Map.of(
                "bootstrap.servers", cluster.bootstrapServers(), "acks", "all", "delivery.timeout.ms", "60000",
                "request.timeout.ms", "15000");
        try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            var sent = new ArrayList<Future<RecordMetadata>>();
            for (int i = from; i < to; i++) {
                sent.add(producer.send(new ProducerRecord<>("orders", 0, "k" + i, "value " + i)));
            }
            for (Future<RecordMetadata> one : sent) {
                one.get(60, TimeUnit.SECONDS);
            }
        }
    }

    private static void consume(KafkaConsumer<String, String> consumer, Map<Long, String> seen, int upTo) {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (seen.size() < upTo) {
            assertThat(System.nanoTime()).as("%s of %s records", seen.size(), upTo).isLessThan(deadline);
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                assertThat(seen.put(record.offset(), record.value())).as("offset %s came twice", record.offset()).isNull();
            }
        }
    }

    private static Map<Long, String> wanted(int count) {
        var wanted = new HashMap<Long, String>();
        IntStream.range(0, count).forEach(i -> wanted.put((long) i, "value " + i));
        return wanted;
    }

    /** Bytes of the topic that consumers got from this broker; the bean comes some time after the first. */
    private static long bytesOut(SampoBroker broker) throws JMException {
        return bean(broker, "kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec,topic=orders", "Count");
    }

    private static long logSize(SampoBroker broker) throws JMException {
        return bean(broker, "kafka.log:type=Log,name=Size,topic=orders,partition=0", "Value");
    }

    private static long bean(SampoBroker broker, String name, String attribute) throws JMException {
        MBeanServer beans = Objects.requireNonNull(broker.beanServer());
        var bean = new ObjectName(name);
        return beans.isRegistered(bean) ? ((Number) beans.getAttribute(bean, attribute)).longValue() : 0;
    }

    @Test
    void aConsumerReadsFromTheFollowerInItsRackAndGoesOnWhenItsLeaderIsLost() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(temporary, 3, NearestReplicaIT::rackAware)) {
            // Given
            create(cluster);
            await("all are in sync", () -> group(cluster.broker(1)).inSyncReplicas().size() == 3);
            int leader = group(cluster.broker(1)).leader();
            await("its leader knows that", () -> group(cluster.broker(leader)).inSyncReplicas().size() == 3);
            produce(cluster, 0, 500);
            int near = leader % 3 + 1;
            int far = near % 3 + 1;
            Map<String, Object> config = Map.of(
                    "bootstrap.servers", cluster.bootstrapServers(), "client.rack", rack(near), "auto.offset.reset", "none",
                    "enable.auto.commit", "false");
            var seen = new HashMap<Long, String>();
            try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
                consumer.assign(List.of(ORDERS));
                consumer.seek(ORDERS, 0);

                // When
                consume(consumer, seen, 500);
                produce(cluster, 500, 600);
                consume(consumer, seen, 600);

                // Then
                assertThat(seen).isEqualTo(wanted(600));
                await("the size of the log", () -> logSize(cluster.broker(leader)) > 0);
                await("near: " + near + ", leader: " + leader,
                        () -> bytesOut(cluster.broker(near)) >= logSize(cluster.broker(leader)));
                assertThat(bytesOut(cluster.broker(leader))).isZero();
                assertThat(bytesOut(cluster.broker(far))).isZero();

                // When
                cluster.kill(leader);
                produce(cluster, 600, 700);
                consume(consumer, seen, 700);

                // Then
                assertThat(seen).isEqualTo(wanted(700));
                assertThat(group(cluster.broker(near)).leader()).isNotEqualTo(leader);
            }
        }
    }

    @Test
    void aSelectorThatSampoDoesNotHaveIsRefusedAtTheStart() {
        BrokerSettings settings = BrokerSettings.embedded(temporary.resolve("alone"));

        assertThatThrownBy(() -> settings.with(Map.of("replica.selector.class", "com.example.Nearest")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("replica.selector.class")
                .hasMessageContaining("RackAwareReplicaSelector");
    }
}
