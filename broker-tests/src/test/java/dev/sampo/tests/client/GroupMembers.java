package dev.sampo.tests.client;

import dev.sampo.tests.broker.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Consumers that sit in their groups, each in a thread of its own, and commit nothing. */
final class GroupMembers implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final class Member implements Runnable {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final List<String> topics;
        private final Thread thread = new Thread(this, "group member");
        private volatile Set<TopicPartition> assigned = Set.of();
        private volatile boolean leaves;

        private Member(Map<String, Object> settings, List<String> topics) {
            this.consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            this.topics = topics;
        }

        @Override
        public void run() {
            try (consumer) {
                consumer.subscribe(topics);
                while (!leaves) {
                    consumer.poll(Duration.ofMillis(50));
                    assigned = Set.copyOf(consumer.assignment());
                }
            }
        }
    }

    private final String bootstrap;
    private final List<Member> members = new CopyOnWriteArrayList<>();

    GroupMembers(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    /** Starts one; returns when all members have as many partitions as expected, in any order of members. */
    void join(String group, List<String> topics, Map<String, Object> more, Integer... partitionsOfEach) {
        var settings = new HashMap<String, Object>(Map.of("bootstrap.servers", bootstrap, "group.id", group, "enable.auto.commit", false));
        settings.putAll(more);
        var member = new Member(settings, topics);
        members.add(member);
        member.thread.start();
        List<Integer> expected = List.of(partitionsOfEach);
        Await.until("partitions " + expected, LIMIT, () -> sizes().equals(expected), () -> "they have " + sizes());
    }

    private List<Integer> sizes() {
        var sizes = new ArrayList<Integer>();
        members.forEach(member -> sizes.add(member.assigned.size()));
        return sizes.stream().sorted().toList();
    }

    /** All leave. */
    @Override
    public void close() {
        members.forEach(member -> member.leaves = true);
        for (Member member : members) {
            try {
                member.thread.join(LIMIT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        members.clear();
    }
}
