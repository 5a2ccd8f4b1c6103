package dev.sampo.tests.client;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.BrokerUnderTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Real input, real clients, a real crash: Debian's own package database goes through the broker three times while the broker is
 * killed with -9, and comes out whole.
 */
class DpkgStatusIT {
    private static final Path STATUS = Path.of("/var/lib/dpkg/status");
    private static final String TOPIC = "dpkg-status";
    private static final String NUMBER = "number";
    private static final int PARTITIONS = 6;
    /** Each package appears this often, so that there is an order to keep for each key. */
    private static final int ROUNDS = 3;
    private static final int CONSUMERS = 3;
    private static final int LARGEST_IN_FLIGHT = 100;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** One record as stored. */
    private record Stored(TopicPartition partition, long offset, int number, String key, String value) {
        static Stored of(ConsumerRecord<String, String> record) {
            String number = new String(record.headers().lastHeader(NUMBER).value(), StandardCharsets.UTF_8);
            return new Stored(new TopicPartition(record.topic(), record.partition()), record.offset(), Integer.parseInt(number), record.key(), record.value());
        }
    }

    private final Queue<String> failedSends = new ConcurrentLinkedQueue<>();
    private final Map<Integer, Long> acknowledged = new ConcurrentHashMap<>(); // number -> offset
    private final Map<String, Stored> consumedByGroup = new ConcurrentHashMap<>(); // partition and offset -> record
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicInteger membersWithPartitions = new AtomicInteger();

    @Test
    void noAcknowledgedStanzaIsLostOrDoubledWhenTheBrokerIsKilled(@TempDir Path folder) throws Exception {
        // Given
        List<String> stanzas = stanzas();
        var settings = Map.of("offsets.topic.num.partitions", "4", "group.initial.rebalance.delay.ms", "500");
        try (var broker = BrokerUnderTest.start(folder, settings); ExecutorService threads = Executors.newCachedThreadPool()) {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
                admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
            }
            List<Future<?>> consumers = new ArrayList<>();
            try {
                for (int i = 0; i < CONSUMERS; i++) {
                    consumers.add(threads.submit(() -> consume(broker.bootstrap())));
                }
                Await.until("each of the three consumers has partitions", LIMIT, () -> membersWithPartitions.get() == CONSUMERS);

                // When
                int records = stanzas.size() * ROUNDS;
                Future<?> producing = threads.submit(() -> produce(broker.bootstrap(), stanzas));
                Await.until("half of the records are acknowledged", LIMIT, () -> acknowledged.size() >= records / 2 || producing.isDone());
                broker.kill9();
                assertThat(acknowledged.size()).as("killed in the middle").isLessThan(records);
                broker.restart();
                producing.get();
                Await.until("the group has read what was acknowledged", LIMIT,
                        () -> consumedByGroup.values().stream().map(Stored::number).distinct().count() >= acknowledged.size()
                                || consumers.stream().anyMatch(Future::isDone));
            } finally {
                done.set(true);
            }
            for (Future<?> consumer : consumers) {
                consumer.get();
            }

            // Then
            assertThat(failedSends).isEmpty();
            assertThat(acknowledged).hasSize(stanzas.size() * ROUNDS);
            List<Stored> log = readAll(broker.bootstrap());
            checkLog(log, stanzas);
            assertThat(consumedByGroup.values()).as("what the group read, and the log").containsExactlyInAnyOrderElementsOf(log);
        }
    }

    private void checkLog(List<Stored> log, List<String> stanzas) {
        Map<Integer, Stored> byNumber = new TreeMap<>();
        for (Stored stored : log) {
            assertThat(byNumber.put(stored.number, stored)).as("stanza " + stored.number + " stored twice").isNull();
            assertThat(acknowledged.get(stored.number)).as("offset acknowledged for stanza " + stored.number).isEqualTo(stored.offset);
        }
        assertThat(byNumber.keySet()).as("stanzas in the log").containsExactlyElementsOf(IntStream.range(0, stanzas.size() * ROUNDS).boxed().toList());

        Map<String, Stored> lastOfKey = new HashMap<>();
        for (Stored stored : log) { // ordered by partition and offset
            Stored before = lastOfKey.put(stored.key, stored);
            if (before != null) {
                assertThat(stored.partition).as("partition of package " + stored.key).isEqualTo(before.partition);
                assertThat(stored.number).as("order of package " + stored.key).isGreaterThan(before.number);
            }
        }
        Stream<String> sent = IntStream.range(0, ROUNDS).boxed().flatMap(round -> stanzas.stream());
        assertThat(sha256(byNumber.values().stream().map(Stored::value))).as("checksum of the whole").isEqualTo(sha256(sent));
    }

    private static List<String> stanzas() throws IOException {
        if (!Files.isReadable(STATUS)) {
            throw new AssertionError(STATUS + " is missing or not readable: this test feeds Debian's package database to the broker; run it on Debian or Ubuntu");
        }
        List<String> stanzas = Stream.of(Files.readString(STATUS).split("\n\n", -1)).filter(stanza -> !stanza.isBlank()).toList();
        assertThat(stanzas).as("stanzas in " + STATUS).hasSizeGreaterThan(50);
        return stanzas;
    }

    private static String packageName(String stanza) {
        return stanza.lines().filter(line -> line.startsWith("Package: ")).findFirst()
                .orElseThrow(() -> new AssertionError(STATUS + " has a stanza without a package name:\n" + stanza))
                .substring("Package: ".length());
    }

    private void produce(String bootstrap, List<String> stanzas) {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("acks", "all");
        properties.put("enable.idempotence", "true");
        properties.put("compression.type", "zstd");
        properties.put("batch.size", "4096");
        properties.put("linger.ms", "2");
        properties.put("delivery.timeout.ms", "120000");
        properties.put("request.timeout.ms", "10000");
        var inFlight = new Semaphore(LARGEST_IN_FLIGHT);
        try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < stanzas.size() * ROUNDS; i++) {
                int number = i;
                String stanza = stanzas.get(i % stanzas.size());
                var record = new ProducerRecord<>(TOPIC, packageName(stanza), stanza);
                record.headers().add(NUMBER, Integer.toString(i).getBytes(StandardCharsets.UTF_8));
                inFlight.acquireUninterruptibly();
                producer.send(record, (metadata, error) -> {
                    if (error == null) {
                        acknowledged.put(number, metadata.offset());
                    } else {
                        failedSends.add("stanza " + number + ": " + error);
                    }
                    inFlight.release();
                });
            }
        }
    }

    private void consume(String bootstrap) {
        try (var consumer = consumer(bootstrap)) {
            consumer.subscribe(List.of(TOPIC));
            boolean counted = false;
            while (!done.get()) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    Stored stored = Stored.of(record);
                    Stored before = consumedByGroup.put(record.partition() + "/" + record.offset(), stored);
                    if (before != null && !before.equals(stored)) {
                        throw new AssertionError("one offset, two records: " + before + " and " + stored);
                    }
                }
                if (!counted && consumer.assignment().size() == PARTITIONS / CONSUMERS) {
                    counted = true;
                    membersWithPartitions.incrementAndGet();
                }
                consumer.commitAsync();
            }
        }
    }

    private static KafkaConsumer<String, String> consumer(String bootstrap) {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("group.id", "dpkg-readers");
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        properties.put("heartbeat.interval.ms", "500");
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    /** The whole log by a reader without a group's progress, ordered by partition and offset. */
    private static List<Stored> readAll(String bootstrap) {
        try (var consumer = consumer(bootstrap)) {
            List<TopicPartition> partitions = IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(TOPIC, p)).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum();
            List<Stored> all = new ArrayList<>();
            Await.until("all " + end + " records are read", LIMIT, () -> {
                consumer.poll(Duration.ofMillis(500)).forEach(record -> all.add(Stored.of(record)));
                return all.size() >= end;
            });
            all.sort(java.util.Comparator.comparingInt((Stored s) -> s.partition.partition()).thenComparingLong(Stored::offset));
            return all;
        }
    }

    private static String sha256(Stream<String> texts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            texts.forEach(text -> digest.update(text.getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
