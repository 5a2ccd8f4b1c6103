package dev.sampo.tests.client;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.BrokerUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Kafka's consumers of a group are restarted one after the other with the other protocol, while it reads (KIP-848). */
class ProtocolSwitchIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int PARTITIONS = 6;

    private static BrokerUnderTest broker;
    private static Admin admin;

    @BeforeAll
    static void start(@TempDir Path folder) {
        broker = BrokerUnderTest.start(folder, Map.of(
                "offsets.topic.num.partitions", "4", "group.initial.rebalance.delay.ms", "0",
                "group.consumer.min.heartbeat.interval.ms", "200", "group.consumer.heartbeat.interval.ms", "200",
                "group.consumer.assignment.interval.ms", "0"));
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()));
    }

    @AfterAll
    static void stop() {
        admin.close();
        broker.close();
    }

    /** A consumer on a thread of its own that commits what it has read. */
    private static final class Member implements AutoCloseable {
        private final KafkaConsumer<String, String> consumer;
        private final Thread thread;
        private final AtomicBoolean running = new AtomicBoolean(true);
        volatile Set<TopicPartition> assigned = Set.of();
        private volatile @Nullable Throwable failure;

        Member(String group, @Nullable Class<?> classicAssignor, Set<String> read, String topic) {
            Map<String, Object> protocol = classicAssignor == null
                    ? Map.of("group.protocol", "consumer")
                    : Map.of("group.protocol", "classic", "partition.assignment.strategy", classicAssignor.getName(),
                            "heartbeat.interval.ms", "200", "session.timeout.ms", "10000");
            var config = new HashMap<String, Object>(protocol);
            config.putAll(Map.of(
                    "bootstrap.servers", broker.bootstrap(), "group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false"));
            consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
            thread = Thread.ofPlatform().start(() -> run(topic, read));
        }

        private void run(String topic, Set<String> read) {
            try (consumer) {
                consumer.subscribe(List.of(topic));
                while (running.get()) {
                    var records = consumer.poll(Duration.ofMillis(100));
                    records.forEach(record -> read.add(record.value()));
                    try {
                        consumer.commitSync();
                    } catch (RebalanceInProgressException | CommitFailedException later) {
                        // whoever gets the partitions reads them again
                    }
                    assigned = Set.copyOf(consumer.assignment());
                }
            } catch (Throwable unexpected) {
                failure = unexpected;
            }
        }

        @Override
        public void close() {
            running.set(false);
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            assertThat(failure).isNull();
        }
    }

    /** Two each, no partition twice. */
    private static void share(List<Member> members) {
        Await.until("two partitions each", LIMIT, () -> {
            var all = new HashSet<TopicPartition>();
            members.forEach(member -> all.addAll(member.assigned));
            return all.size() == PARTITIONS && members.stream().allMatch(member -> member.assigned.size() == PARTITIONS / members.size());
        });
    }

    private static GroupType type(String group) {
        try {
            return admin.listGroups().all().get().stream()
                    .filter(each -> each.groupId().equals(group)).findFirst().orElseThrow().type().orElseThrow();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {RangeAssignor.class, CooperativeStickyAssignor.class})
    void threeMembersSwitchOneAfterTheOtherAndBackAndNoRecordIsSkipped(Class<?> classic) throws Exception {
        // Given
        String topic = "switched-" + classic.getSimpleName();
        String group = "switching-" + classic.getSimpleName();
        admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
        Set<String> read = ConcurrentHashMap.newKeySet();
        Set<String> written = ConcurrentHashMap.newKeySet();
        var producing = new AtomicBoolean(true);
        Thread producer = Thread.ofPlatform().start(() -> produce(topic, written, producing));
        var members = new ArrayList<Member>();
        try {
            for (int i = 0; i < 3; i++) {
                members.add(new Member(group, classic, read, topic));
            }
            share(members);
            assertThat(type(group)).isEqualTo(GroupType.CLASSIC);

            // When
            for (int i = 0; i < 3; i++) {
                members.get(i).close();
                members.set(i, new Member(group, null, read, topic));
                share(members);
                assertThat(type(group)).as("after %d have switched", i + 1).isEqualTo(GroupType.CONSUMER);
            }
            for (int i = 0; i < 3; i++) {
                members.get(i).close();
                members.set(i, new Member(group, classic, read, topic));
                share(members);
                assertThat(type(group)).as("after %d have switched back", i + 1).isEqualTo(i < 2 ? GroupType.CONSUMER : GroupType.CLASSIC);
            }

            // Then
            producing.set(false);
            producer.join();
            Await.until("everything is read", LIMIT, () -> read.containsAll(written));
            assertThat(written).hasSizeGreaterThan(100);
        } finally {
            producing.set(false);
            members.forEach(Member::close);
        }
    }

    private static void produce(String topic, Set<String> written, AtomicBoolean producing) {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrap()), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; producing.get(); i++) {
                String value = topic + "-" + i;
                written.add(value);
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, value));
                LockSupport.parkNanos(2_000_000); // the pace of the load
            }
        }
    }
}
