package dev.sampo.tests.metrics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Real clients that do a known amount of work on one broker. */
final class ExactWork {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final String bootstrap;

    ExactWork(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    private Map<String, Object> with(Object... more) {
        var all = new java.util.HashMap<String, Object>(Map.of("bootstrap.servers", bootstrap));
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i].toString(), more[i + 1]);
        }
        return all;
    }

    void create(String topic, int partitions) throws ExecutionException, InterruptedException, TimeoutException {
        try (var admin = Admin.create(with())) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1)))
                    .all().get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    void delete(String topic) throws ExecutionException, InterruptedException, TimeoutException {
        try (var admin = Admin.create(with())) {
            admin.deleteTopics(List.of(topic)).all().get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** One request for each record, so {@code records} requests. */
    void produce(String topic, int partition, int records)
            throws ExecutionException, InterruptedException, TimeoutException {
        try (var producer = new KafkaProducer<>(
                with("linger.ms", 0, "enable.idempotence", false), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < records; i++) {
                producer.send(new ProducerRecord<>(topic, partition, "key", "value " + i))
                        .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    /** Reads a partition from its beginning until it has so many records. */
    List<String> consume(String topic, int partition, int records) {
        try (var consumer = new KafkaConsumer<>(
                with("enable.auto.commit", false, "auto.offset.reset", "earliest"), new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(new TopicPartition(topic, partition)));
            var values = new ArrayList<String>();
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (values.size() < records && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    values.add(record.value());
                }
            }
            return values;
        }
    }

    /** Joins a group, reads so many records, commits, and leaves. */
    void consumeInGroup(String group, String topic, int records) {
        try (var consumer = new KafkaConsumer<>(
                with("group.id", group, "enable.auto.commit", false, "auto.offset.reset", "earliest"),
                new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            int seen = 0;
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (seen < records && System.nanoTime() < deadline) {
                seen += consumer.poll(Duration.ofMillis(100)).count();
            }
            consumer.commitSync(LIMIT);
        }
    }
}
