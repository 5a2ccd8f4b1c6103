package dev.sampo.streamstests.broker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What a broker holds, written and read with Kafka's own Java clients: the judge of what a stream did. */
public final class Records implements AutoCloseable {
    private static final long LIMIT_S = 60;

    private final String bootstrapServers;
    private final Admin admin;
    private final KafkaProducer<String, String> producer;

    public Records(TestBroker broker) {
        bootstrapServers = broker.bootstrapServers();
        admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers, "reconnect.backoff.max.ms", 100));
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "reconnect.backoff.max.ms", 100, "linger.ms", 0), new StringSerializer(), new StringSerializer());
    }

    public Admin admin() {
        return admin;
    }

    public void createTopic(String topic, int partitions) {
        createTopic(topic, partitions, Map.of());
    }

    public void createTopic(String topic, int partitions, Map<String, String> configs) {
        get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs))).all());
        // Created is not yet led, nor (Kafka) known where it was created: this is answered by the leaders alone.
        var led = new HashMap<TopicPartition, OffsetSpec>();
        IntStream.range(0, partitions).forEach(partition -> led.put(new TopicPartition(topic, partition), OffsetSpec.latest()));
        Await.until("topic " + topic + " is led", Duration.ofSeconds(LIMIT_S), () -> {
            try {
                get(admin.listOffsets(led).all());
                return true;
            } catch (IllegalStateException e) {
                if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                    return false;
                }
                throw e;
            }
        });
    }

    public void addPartitions(String topic, int total) {
        get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(total))).all());
    }

    public void deleteTopic(String topic) {
        get(admin.deleteTopics(List.of(topic)).all());
    }

    public void deleteRecordsBefore(TopicPartition partition, long offset) {
        get(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset))).all());
    }

    /**
     * Writes {@code count} records round robin over {@code partitions}: record {@code i} has key {@code k-i} and value
     * {@code prefix-i}.
     *
     * @return the values in the order of writing
     */
    public List<String> write(String topic, int partitions, int count, String prefix) {
        return write(IntStream.range(0, count)
                .mapToObj(i -> new ProducerRecord<>(topic, i % partitions, "k-" + i, prefix + "-" + i))
                .toList());
    }

    /** Writes the records in order and waits for all. @return their values */
    public List<String> write(List<ProducerRecord<String, String>> records) {
        var sent = new ArrayList<Future<RecordMetadata>>();
        records.forEach(record -> sent.add(producer.send(record)));
        producer.flush();
        sent.forEach(Records::get);
        return records.stream().map(ProducerRecord::value).toList();
    }

    /** Sends one record and does not wait. */
    public void send(String topic, String value) {
        producer.send(new ProducerRecord<>(topic, value));
    }

    /** Writes with a producer of its own, for codecs and sizes. */
    public void writeBytes(Map<String, Object> settings, List<ProducerRecord<byte[], byte[]>> records) {
        var all = new HashMap<String, Object>(settings);
        all.put("bootstrap.servers", bootstrapServers);
        try (var bytes = new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer())) {
            var sent = records.stream().map(bytes::send).toList();
            bytes.flush();
            sent.forEach(Records::get);
        }
    }

    /** All records of the topic up to the end offsets of now, each partition in order, partition after partition. */
    public List<ConsumerRecord<String, String>> read(String topic) {
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "auto.offset.reset", "earliest", "check.crcs", true), new StringDeserializer(), new StringDeserializer())) {
            return readToEnd(consumer, topic);
        }
    }

    /** As {@link #read}, undecoded. */
    public List<ConsumerRecord<byte[], byte[]>> readBytes(String topic) {
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "auto.offset.reset", "earliest"), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            return readToEnd(consumer, topic);
        }
    }

    private static <T> List<ConsumerRecord<T, T>> readToEnd(KafkaConsumer<T, T> consumer, String topic) {
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).toList();
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<Integer, List<ConsumerRecord<T, T>>> read = new TreeMap<>();
        Await.until("read " + topic + " up to " + ends, Duration.ofSeconds(LIMIT_S), () -> {
            consumer.poll(Duration.ofMillis(100)).forEach(record -> read.computeIfAbsent(record.partition(), p -> new ArrayList<>()).add(record));
            return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        });
        return read.values().stream().flatMap(Collection::stream).toList();
    }

    public long endOffset(TopicPartition partition) {
        return get(admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition)).offset();
    }

    /** Committed offsets of a group by partition of {@code topic}; a partition without one is absent. */
    public Map<Integer, Long> committed(String group, String topic) {
        var offsets = new TreeMap<Integer, Long>();
        committedWithMetadata(group).forEach((partition, offset) -> {
            if (partition.topic().equals(topic) && offset != null) {
                offsets.put(partition.partition(), offset.offset());
            }
        });
        return offsets;
    }

    public Map<TopicPartition, OffsetAndMetadata> committedWithMetadata(String group) {
        return get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    }

    /** Commits for a group without members. */
    public void commit(String group, Map<TopicPartition, Long> offsets) {
        var commits = new HashMap<TopicPartition, OffsetAndMetadata>();
        offsets.forEach((partition, offset) -> commits.put(partition, new OffsetAndMetadata(offset)));
        get(admin.alterConsumerGroupOffsets(group, commits).all());
    }

    /** Members of a group; none when it is unknown, as it is before its first member came. */
    public int members(String group) {
        try {
            return get(admin.describeConsumerGroups(Set.of(group)).describedGroups().get(group)).members().size();
        } catch (IllegalStateException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return 0;
            }
            throw e;
        }
    }

    private static <T> T get(org.apache.kafka.common.KafkaFuture<T> future) {
        return get((Future<T>) future);
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.get(LIMIT_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the broker", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("no answer of the broker within " + LIMIT_S + " s", e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
        admin.close(Duration.ofSeconds(5));
    }
}
