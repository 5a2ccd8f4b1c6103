package dev.sampo.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka's own clients, in a line each. */
final class Clients {
    private static final Duration WAIT = Duration.ofSeconds(60);

    private Clients() {}

    static KafkaProducer<String, String> producer(SampoCluster cluster, String... more) {
        return new KafkaProducer<>(properties(cluster, more), new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(SampoCluster cluster, String... more) {
        return new KafkaConsumer<>(properties(cluster, more), new StringDeserializer(), new StringDeserializer());
    }

    private static Properties properties(SampoCluster cluster, String... more) {
        Properties properties = cluster.clientProperties();
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return properties;
    }

    static void produce(SampoCluster cluster, String topic, String... values) {
        try (var producer = producer(cluster)) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, value)).get();
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError("not produced", e);
        }
    }

    /** The first {@code count} values, in the order in which they came. */
    static List<String> consume(SampoCluster cluster, String topic, String group, int count) {
        var values = new ArrayList<String>();
        try (var consumer = consumer(cluster, "group.id", group, "auto.offset.reset", "earliest")) {
            consumer.subscribe(List.of(topic));
            long deadline = System.nanoTime() + WAIT.toNanos();
            while (values.size() < count && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    values.add(record.value());
                }
            }
            consumer.commitSync();
        }
        return values;
    }

    /** What a client is told about its cluster. */
    record Description(String clusterId, List<Integer> ports, Set<String> topics) {}

    static Description describe(SampoCluster cluster) {
        try (Admin admin = Admin.create(cluster.clientProperties())) {
            var description = admin.describeCluster();
            return new Description(
                    description.clusterId().get(), description.nodes().get().stream().map(Node::port).toList(),
                    admin.listTopics().names().get());
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError("not described", e);
        }
    }
}
