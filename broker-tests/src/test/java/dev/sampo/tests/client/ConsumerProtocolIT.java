package dev.sampo.tests.client;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.BrokerUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Kafka's consumers with {@code group.protocol=consumer} (KIP-848), and what Kafka's tools show of them. */
class ConsumerProtocolIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static BrokerUnderTest broker;
    private static Admin admin;
    private static KafkaProducer<String, String> producer;

    @BeforeAll
    static void start(@TempDir Path folder) {
        broker = BrokerUnderTest.start(folder, Map.of(
                "offsets.topic.num.partitions", "4",
                "group.consumer.min.session.timeout.ms", "4000", "group.consumer.session.timeout.ms", "4000",
                "group.consumer.min.heartbeat.interval.ms", "300", "group.consumer.heartbeat.interval.ms", "300",
                "group.consumer.assignment.interval.ms", "200"));
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()));
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrap()), new StringSerializer(), new StringSerializer());
    }

    @AfterAll
    static void stop() {
        producer.close();
        admin.close();
        broker.close();
    }

    /** A consumer on a thread of its own that commits what it has read. */
    private static final class Member implements AutoCloseable {
        private final KafkaConsumer<String, String> consumer;
        private final Thread thread;
        private final Set<String> read;
        final AtomicInteger rebalances = new AtomicInteger();
        volatile Set<TopicPartition> assigned = Set.of();
        private volatile boolean running = true;
        private volatile GroupMembershipOperation onClose = GroupMembershipOperation.DEFAULT;
        private volatile @Nullable Throwable failure;

        Member(String group, @Nullable String instanceId, Set<String> read, String topic) {
            this(group, instanceId, read, topic, false);
        }

        Member(String group, @Nullable String instanceId, Set<String> read, String topic, boolean regex) {
            this.read = read;
            var config = new HashMap<String, Object>(Map.of(
                    "bootstrap.servers", broker.bootstrap(), "group.id", group, "group.protocol", "consumer",
                    "auto.offset.reset", "earliest", "enable.auto.commit", "false"));
            if (instanceId != null) {
                config.put("group.instance.id", instanceId);
            }
            consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
            thread = Thread.ofPlatform().start(() -> run(topic, regex));
        }

        private void run(String topic, boolean regex) {
            try (consumer) {
                var listener = new ConsumerRebalanceListener() {
                    @Override
                    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                        rebalances.addAndGet(partitions.size());
                    }

                    @Override
                    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                        rebalances.addAndGet(partitions.size());
                    }
                };
                if (regex) {
                    consumer.subscribe(new SubscriptionPattern(topic), listener);
                } else {
                    consumer.subscribe(List.of(topic), listener);
                }
                while (running) {
                    var records = consumer.poll(Duration.ofMillis(100));
                    records.forEach(record -> read.add(record.value()));
                    if (!records.isEmpty()) {
                        consumer.commitSync();
                    }
                    assigned = Set.copyOf(consumer.assignment());
                }
                consumer.close(CloseOptions.groupMembershipOperation(onClose));
            } catch (Throwable unexpected) {
                failure = unexpected;
            }
        }

        /** Ends without a word to the coordinator. */
        void vanish() {
            onClose = GroupMembershipOperation.REMAIN_IN_GROUP;
            close();
        }

        @Override
        public void close() {
            running = false;
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            assertThat(failure).isNull();
        }
    }

    private static void create(String topic, int partitions) {
        try {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    private static Set<String> produce(String topic, int partitions, String what) {
        var values = new HashSet<String>();
        IntStream.range(0, 20 * partitions).forEach(i -> {
            String value = topic + what + i;
            producer.send(new ProducerRecord<>(topic, i % partitions, null, value));
            values.add(value);
        });
        producer.flush();
        return values;
    }

    /** Waits until every member has its share and nobody shares a partition. */
    private static void shares(Member[] members, Integer... sizes) {
        List<Integer> wanted = Arrays.stream(sizes).sorted().toList();
        Await.until("shares of " + wanted, LIMIT, () -> {
            var all = new ArrayList<TopicPartition>();
            List<Integer> now = Arrays.stream(members).map(member -> {
                Set<TopicPartition> assigned = member.assigned;
                all.addAll(assigned);
                return assigned.size();
            }).sorted().toList();
            return now.equals(wanted) && new HashSet<>(all).size() == all.size();
        });
    }

    private static void isRead(Set<String> read, Set<String> written) {
        Await.until("everything is read", LIMIT, () -> read.containsAll(written));
    }

    private static long committed(String group) {
        try {
            return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values().stream()
                    .mapToLong(offset -> offset == null ? 0 : offset.offset()).sum();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void membersThatComeLeaveAndVanishShareThePartitions() {
        create("shared", 6);
        Set<String> read = ConcurrentHashMap.newKeySet();
        try (var one = new Member("sharing", null, read, "shared");
                var two = new Member("sharing", null, read, "shared")) {
            var three = new Member("sharing", null, read, "shared");
            shares(new Member[] {one, two, three}, 2, 2, 2);
            isRead(read, produce("shared", 6, "-three-"));

            var four = new Member("sharing", null, read, "shared");
            shares(new Member[] {one, two, three, four}, 2, 2, 1, 1);
            isRead(read, produce("shared", 6, "-four-"));

            three.close();
            shares(new Member[] {one, two, four}, 2, 2, 2);
            isRead(read, produce("shared", 6, "-left-"));

            four.vanish();
            shares(new Member[] {one, two}, 3, 3);
            isRead(read, produce("shared", 6, "-vanished-"));
        }
        assertThat(committed("sharing")).isEqualTo(4 * 20 * 6);
        Set<String> again = ConcurrentHashMap.newKeySet();
        try (var later = new Member("sharing", null, again, "shared")) {
            Set<String> written = produce("shared", 6, "-resumed-");
            isRead(again, written);
            shares(new Member[] {later}, 6);
            assertThat(again).as("what was committed is not read again").isEqualTo(written);
        }
    }

    @Test
    void groupGoesOnAfterItsBrokerWasKilled() {
        create("killed", 4);
        Set<String> read = ConcurrentHashMap.newKeySet();
        try (var one = new Member("survivors", null, read, "killed");
                var two = new Member("survivors", null, read, "killed")) {
            shares(new Member[] {one, two}, 2, 2);
            isRead(read, produce("killed", 4, "-before-"));
            Set<TopicPartition> before = one.assigned;
            broker.kill9();
            broker.restart();
            isRead(read, produce("killed", 4, "-after-"));
            shares(new Member[] {one, two}, 2, 2);
            assertThat(one.assigned).isEqualTo(before);
        }
        assertThat(committed("survivors")).isEqualTo(2 * 20 * 4);
    }

    @Test
    void staticMemberThatRestartsIsNoRebalance() {
        create("static", 4);
        Set<String> read = ConcurrentHashMap.newKeySet();
        try (var one = new Member("statics", "box-1", read, "static")) {
            var two = new Member("statics", "box-2", read, "static");
            shares(new Member[] {one, two}, 2, 2);
            isRead(read, produce("static", 4, "-before-"));
            int rebalances = one.rebalances.get();
            Set<TopicPartition> owned = two.assigned;
            two.close();
            try (var again = new Member("statics", "box-2", read, "static")) {
                shares(new Member[] {one, again}, 2, 2);
                isRead(read, produce("static", 4, "-after-"));
                assertThat(again.assigned).isEqualTo(owned);
                assertThat(one.rebalances.get()).isEqualTo(rebalances);
            }
        }
    }

    @Test
    void regularExpressionFindsTopicsThatComeLater() {
        create("pattern-1", 1);
        create("other", 1);
        Set<String> read = ConcurrentHashMap.newKeySet();
        try (var one = new Member("patterns", null, read, "pattern-.*", true)) {
            isRead(read, produce("pattern-1", 1, "-"));
            create("pattern-2", 1);
            isRead(read, produce("pattern-2", 1, "-"));
            assertThat(one.assigned).containsExactlyInAnyOrder(
                    new TopicPartition("pattern-1", 0), new TopicPartition("pattern-2", 0));
        }
    }

    @Test
    void partitionsThatAreAddedAreRead() throws Exception {
        create("growing", 1);
        Set<String> read = ConcurrentHashMap.newKeySet();
        try (var one = new Member("growers", null, read, "growing")) {
            shares(new Member[] {one}, 1);
            admin.createPartitions(Map.of("growing", NewPartitions.increaseTo(3))).all().get();
            shares(new Member[] {one}, 3);
            isRead(read, produce("growing", 3, "-"));
        }
    }

    @Test
    void kafkasToolsShowGroupsAndMembers() throws Exception {
        create("tooled", 2);
        KafkaTools tools = KafkaTools.against(broker.bootstrap());
        Set<String> read = ConcurrentHashMap.newKeySet();
        try (var one = new Member("tooling", "box", read, "tooled")) {
            shares(new Member[] {one}, 2);
            isRead(read, produce("tooled", 2, "-"));
            String command = "consumer.group.ConsumerGroupCommand";
            assertThat(tools.run(command, "--list", "--type", "consumer").orFail().output()).containsPattern("tooling\\s+Consumer");
            assertThat(tools.run(command, "--list", "--type", "classic").orFail().output()).doesNotContain("tooling");
            assertThat(tools.run(command, "--list", "--state").orFail().output()).containsPattern("tooling\\s+Stable");
            assertThat(tools.run(command, "--describe", "--group", "tooling").orFail().output().lines()
                            .filter(line -> line.startsWith("tooling ")))
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line.split("\\s+")[5]).as("lag in " + line).isEqualTo("0"));
            assertThat(tools.run(command, "--describe", "--group", "tooling", "--members", "--verbose").orFail().output())
                    .contains("box").contains("tooled:0,1");
            assertThat(tools.run(command, "--describe", "--group", "tooling", "--state").orFail().output())
                    .contains("uniform").contains("Stable");
            var described = admin.describeConsumerGroups(List.of("tooling")).all().get().get("tooling");
            assertThat(described.type()).isEqualTo(GroupType.CONSUMER);
            assertThat(described.groupState()).isEqualTo(GroupState.STABLE);
            assertThat(described.members()).singleElement()
                    .satisfies(member -> assertThat(member.groupInstanceId()).contains("box"));
        }
        Await.until("the group is empty after its session", LIMIT, () -> {
            try {
                return admin.describeConsumerGroups(List.of("tooling")).all().get().get("tooling").groupState()
                        == GroupState.EMPTY;
            } catch (InterruptedException | ExecutionException e) {
                throw new AssertionError(e);
            }
        });
        admin.deleteConsumerGroups(List.of("tooling")).all().get();
        assertThat(admin.listGroups().all().get()).noneMatch(group -> group.groupId().equals("tooling"));
    }
}
