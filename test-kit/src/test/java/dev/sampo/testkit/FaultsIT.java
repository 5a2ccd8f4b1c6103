package dev.sampo.testkit;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Every switch, as Kafka's own clients feel it. */
final class FaultsIT {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final long WAIT_SECONDS = 60;

    @RegisterExtension
    static final SampoCluster SAMPO = SampoCluster.builder().topic("orders", 1).build();

    private final Faults faults = SAMPO.faults();

    @AfterEach
    void theBrokerServesOn() {
        Clients.produce(SAMPO, "orders", "after");
    }

    @Test
    void droppedConnectionsAreThoseOfTheClientIdAndTheClientComesAgain() {
        try (var kept = Clients.producer(SAMPO, "client.id", "kept");
                var dropped = Clients.producer(SAMPO, "client.id", "dropped")) {
            // Given
            send(kept, "a");
            send(dropped, "b");
            double keptBefore = metric(kept, "connection-close-total");
            double droppedBefore = metric(dropped, "connection-close-total");

            // When
            int count = faults.dropConnections("dropped");

            // Then
            assertThat(count).isPositive();
            await("the client sees its connection closed", () -> metric(dropped, "connection-close-total") > droppedBefore);
            send(dropped, "c");
            send(kept, "d");
            assertThat(metric(kept, "connection-close-total")).isEqualTo(keptBefore);
            assertThat(faults.dropConnections()).isGreaterThanOrEqualTo(2);
            assertThat(faults.dropConnections("nobody")).isZero();
        }
    }

    @Test
    void whoComesWhileConnectionsAreRefusedIsServedAfterwards() {
        // Given
        faults.refuseConnections();
        var sent = CompletableFuture.runAsync(() -> Clients.produce(SAMPO, "orders", "late"));
        try (Admin admin = Admin.create(Map.of(
                "bootstrap.servers", SAMPO.bootstrapServers(), "default.api.timeout.ms", "500", "request.timeout.ms",
                "400"))) {
            assertThatThrownBy(() -> admin.describeCluster().nodes().get()).isInstanceOf(ExecutionException.class);
        }
        assertThat(sent).isNotDone();

        // When
        faults.acceptConnections();

        // Then
        assertThat(sent).succeedsWithin(Duration.ofSeconds(WAIT_SECONDS));
    }

    @Test
    void connectionsRefusedForATimeAreAcceptedAgainByThemselves() {
        // When
        faults.refuseConnections(Duration.ofMillis(300));

        // Then
        Clients.produce(SAMPO, "orders", "after a while");
    }

    @Test
    void aFencedEpochIsHigherAndProducerAndConsumerGoOn() {
        try (var producer = Clients.producer(SAMPO, "enable.idempotence", "true");
                var consumer = Clients.consumer(SAMPO)) {
            // Given
            long before = send(producer, "before").offset();
            consumer.assign(List.of(ORDERS));
            consumer.seek(ORDERS, before);
            ConsumerRecord<String, String> first = poll(consumer);
            int oldEpoch = first.leaderEpoch().orElseThrow();

            // When
            int newEpoch = faults.fenceEpoch(ORDERS);

            // Then
            assertThat(newEpoch).isGreaterThan(oldEpoch);
            assertThat(send(producer, "behind").offset()).isEqualTo(before + 1);
            ConsumerRecord<String, String> second = poll(consumer);
            assertThat(second.value()).isEqualTo("behind");
            assertThat(second.leaderEpoch().orElseThrow()).isGreaterThanOrEqualTo(newEpoch);
        }
        assertThatThrownBy(() -> faults.fenceEpoch(new TopicPartition("none", 0)))
                .hasMessageContaining("there is no partition none-0: create the topic first");
    }

    @Test
    void onAFullDiskAppendsFailReadsGoOnAndAppendsWorkAgainWhenThereIsSpace() {
        try (var producer = Clients.producer(SAMPO, "retries", "0", "enable.idempotence", "false");
                var patient = Clients.producer(SAMPO);
                var consumer = Clients.consumer(SAMPO)) {
            // Given
            RecordMetadata stored = send(producer, "stored");

            // When
            faults.fillDisk();

            // Then
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("orders", "refused")).get())
                    .hasCauseInstanceOf(KafkaStorageException.class);
            consumer.assign(List.of(ORDERS));
            consumer.seek(ORDERS, stored.offset());
            assertThat(poll(consumer).value()).isEqualTo("stored");

            // And
            faults.freeDisk();
            assertThat(send(patient, "again").offset()).isEqualTo(stored.offset() + 1);
        }
    }

    @Test
    void retentionFollowsTheClockOfTheTest() {
        // Given
        SAMPO.createTopic("kept-an-hour", 1, Map.of("retention.ms", "3600000"));
        var partition = new TopicPartition("kept-an-hour", 0);
        faults.stopRetentionClock();
        Clients.produce(SAMPO, "kept-an-hour", "old");

        // When
        faults.advanceRetentionClock(Duration.ofMinutes(50));
        Clients.produce(SAMPO, "kept-an-hour", "still there");
        assertThat(earliest(partition)).isZero();
        faults.advanceRetentionClock(Duration.ofMinutes(20));

        // Then
        await("retention removes the records", () -> earliest(partition) == 2);
    }

    @Test
    void compactionFollowsTheClockOfTheTest() throws Exception {
        // Given
        SAMPO.createTopic("newest", 1, Map.of(
                "cleanup.policy", "compact", "max.compaction.lag.ms", "3600000", "min.cleanable.dirty.ratio", "0.01"));
        try (var producer = Clients.producer(SAMPO)) {
            for (int i = 0; i < 3; i++) {
                producer.send(new ProducerRecord<>("newest", "key", "value " + i)).get();
            }

            // When
            faults.advanceRetentionClock(Duration.ofHours(2));
            producer.send(new ProducerRecord<>("newest", "other", "rolls")).get();
        }

        // Then
        await("one record of the key is left", () -> valuesOf("newest").equals(List.of("value 2", "rolls")));
    }

    @Test
    void groupOffsetsExpireByTheClockOfTheTestAndSessionsDoNot() throws Exception {
        try (Admin admin = Admin.create(SAMPO.clientProperties());
                var member = Clients.consumer(SAMPO, "group.id", "alive", "session.timeout.ms", "6000")) {
            // Given
            admin.alterConsumerGroupOffsets("idle", Map.of(ORDERS, new OffsetAndMetadata(0))).all().get();
            member.subscribe(List.of("orders"));
            await("the member has its partition", () -> {
                member.poll(Duration.ofMillis(50));
                return !member.assignment().isEmpty();
            });
            String memberId = member.groupMetadata().memberId();

            // When
            faults.advanceRetentionClock(Duration.ofDays(8));

            // Then
            await("the idle group's offset expires", () -> {
                member.poll(Duration.ofMillis(50));
                return offsets(admin, "idle").isEmpty();
            });
            assertThat(member.groupMetadata().memberId()).isEqualTo(memberId);
            assertThat(member.assignment()).containsExactly(ORDERS);
        }
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(Admin admin, String group) {
        try {
            return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> valuesOf(String topic) {
        try (var consumer = Clients.consumer(SAMPO)) {
            var partition = List.of(new TopicPartition(topic, 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            long end = consumer.endOffsets(partition).values().iterator().next();
            var values = new java.util.ArrayList<String>();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (consumer.position(partition.getFirst()) < end && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(50)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    private static RecordMetadata send(KafkaProducer<String, String> producer, String value) {
        try {
            return producer.send(new ProducerRecord<>("orders", value)).get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("not sent: " + value, e);
        }
    }

    private static ConsumerRecord<String, String> poll(KafkaConsumer<String, String> consumer) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (System.nanoTime() < deadline) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                consumer.seek(ORDERS, record.offset() + 1);
                return record;
            }
        }
        throw new AssertionError("no record came");
    }

    private static long earliest(TopicPartition partition) {
        try (Admin admin = Admin.create(SAMPO.clientProperties())) {
            return admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset();
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static double metric(KafkaProducer<String, String> producer, String name) {
        return producer.metrics().entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(name) && entry.getKey().group().equals("producer-metrics"))
                .map(Map.Entry::getValue)
                .map(Metric::metricValue)
                .mapToDouble(value -> (Double) value)
                .sum();
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(20_000_000);
        }
    }
}
