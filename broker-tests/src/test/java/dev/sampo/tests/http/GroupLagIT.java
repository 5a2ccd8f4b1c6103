package dev.sampo.tests.http;

import dev.sampo.tests.broker.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** Lag of groups over HTTP, against producers and consumers whose places are known. */
final class GroupLagIT {
    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final int INTERVAL_MS = 200;

    @TempDir
    private static Path folder;

    private static HttpBroker http;

    @BeforeAll
    static void start() {
        http = HttpBroker.start(
                folder.resolve("data"), settings -> settings.with("sampo.group.lag.interval", INTERVAL_MS + "ms"));
    }

    @AfterAll
    static void stop() {
        http.close();
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("bootstrap.servers", http.broker.bootstrapServers());
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(String group) {
        return consumer(group, "classic");
    }

    private static KafkaConsumer<String, String> consumer(String group, String protocol) {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", http.broker.bootstrapServers(), "group.id", group, "enable.auto.commit", "false",
                        "auto.offset.reset", "earliest", "group.protocol", protocol),
                new StringDeserializer(), new StringDeserializer());
    }

    /** As a consumer would that is in no group. */
    private static void commit(Admin admin, String group, String topic, long offset) {
        try {
            admin.alterConsumerGroupOffsets(group, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(offset)))
                    .all().get(30, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode lag(String group) {
        var answer = http.get("/v1/groups/" + group + "/lag");
        assertThat(answer.status()).as(String.valueOf(answer.body())).isEqualTo(200);
        return answer.body();
    }

    private static double seconds(long fromMs) {
        return (System.currentTimeMillis() - fromMs) / 1000.0;
    }

    @Test
    void secondsAreExactInBatchesThatSpanMinutes() throws Exception {
        // Given: 100 records a second for 200 s, in large compressed batches
        http.post("/v1/topics", "{\"name\":\"spans\",\"partitions\":1}");
        long firstMs = System.currentTimeMillis() - 200_000;
        try (var producer = producer(Map.of("compression.type", "gzip", "linger.ms", "1000", "batch.size", "1000000"))) {
            for (int i = 0; i < 20_000; i++) {
                producer.send(new ProducerRecord<>("spans", 0, firstMs + 10L * i, "k", "value " + i));
            }
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", http.broker.bootstrapServers()))) {
            for (long offset : new long[] {0, 1, 4_999, 10_000, 12_345, 19_999}) {
                // When
                commit(admin, "spanning", "spans", offset);
                double before = seconds(firstMs + 10 * offset);
                JsonNode partition = lag("spanning").get("partitions").get(0);
                double after = seconds(firstMs + 10 * offset);

                // Then
                assertThat(partition.get("lag_records").asLong()).isEqualTo(20_000 - offset);
                assertThat(partition.get("lag_seconds").asDouble()).isBetween(before - 0.2, after + 0.2);
            }
            commit(admin, "spanning", "spans", 20_000);
            assertThat(lag("spanning").get("lag_seconds").asDouble()).isZero();
            assertThat(lag("spanning").get("status").asString()).isEqualTo("ok");
        }
    }

    @Test
    void secondsOfAConsumerThatIsHeldBackAreWithinOneSecondNowAndInTheHistory() throws Exception {
        // Given: a record every 20 ms, and a consumer that commits what is three seconds old
        http.post("/v1/topics", "{\"name\":\"held\",\"partitions\":1}");
        int heldMs = 3_000;
        var sentMs = new ArrayList<Long>();
        long startMs = System.currentTimeMillis();
        long steadyFromMs = Long.MAX_VALUE;
        double worst = 0;
        var partition = new TopicPartition("held", 0);
        try (var producer = producer(Map.of("linger.ms", "0")); var consumer = consumer("held-back")) {
            consumer.assign(List.of(partition));

            // When
            while (System.currentTimeMillis() < startMs + heldMs + 5_000) {
                long nowMs = System.currentTimeMillis();
                Future<RecordMetadata> sent = producer.send(new ProducerRecord<>("held", 0, nowMs, "k", "v" + sentMs.size()));
                assertThat(sent.get(30, TimeUnit.SECONDS).offset()).isEqualTo(sentMs.size());
                sentMs.add(nowMs);
                if (nowMs > startMs + heldMs && sentMs.size() % 10 == 0) {
                    int place = 0;
                    while (sentMs.get(place) < nowMs - heldMs) {
                        place++;
                    }
                    consumer.commitSync(Map.of(partition, new OffsetAndMetadata(place)));
                    long askedMs = System.currentTimeMillis();
                    double seen = lag("held-back").get("lag_seconds").asDouble();

                    // Then
                    double expected = (askedMs - sentMs.get(place)) / 1000.0;
                    worst = Math.max(worst, Math.abs(seen - expected));
                    steadyFromMs = Math.min(steadyFromMs, askedMs);
                }
                Await.holds(Duration.ofMillis(20), () -> System.currentTimeMillis() >= nowMs + 20);
            }
        }
        assertThat(worst).isLessThan(1);
        JsonNode points = http.get("/v1/groups/held-back/lag/history?topic=held&partition=0&from=" + (steadyFromMs + 2 * INTERVAL_MS)
                        + "&to=" + (startMs + heldMs + 4_800)).body().get("points");
        assertThat(points.size()).isGreaterThan(15);
        points.forEach(point -> assertThat(point.get("lag_seconds").asDouble()).isBetween(heldMs / 1000.0 - 1, heldMs / 1000.0 + 1));
    }

    @Test
    void statusFollowsTheTrendOfCommits() {
        http.post("/v1/topics", "{\"name\":\"trend\",\"partitions\":1}");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", http.broker.bootstrapServers()));
                var producer = producer(Map.of())) {
            Runnable more = () -> {
                for (int i = 0; i < 100; i++) {
                    producer.send(new ProducerRecord<>("trend", 0, "k", "v"));
                }
                producer.flush();
            };
            more.run();
            int[] offset = {10};
            // Commits go on, the offset stays.
            awaitStatus("stalled", () -> commit(admin, "trending", "trend", offset[0]));
            // No commits.
            awaitStatus("stopped", () -> { });
            // It reads on, and more is written.
            awaitStatus("warning", () -> {
                more.run();
                commit(admin, "trending", "trend", ++offset[0]);
            });
            commit(admin, "trending", "trend", 5);
            assertThat(lag("trending").get("status").asString()).isEqualTo("rewind");
            // It reads faster than is written.
            offset[0] = 5;
            awaitStatus("ok", () -> commit(admin, "trending", "trend", offset[0] += 5));
            JsonNode listed = http.get("/v1/lag?page_size=1000").body().get("groups");
            assertThat(listed).anySatisfy(group -> assertThat(group.get("group_id").asString()).isEqualTo("trending"));
        }
    }

    private static void awaitStatus(String status, Runnable meanwhile) {
        Await.until("the group is " + status, WAIT, () -> {
            meanwhile.run();
            return lag("trending").get("status").asString().equals(status);
        }, () -> String.valueOf(lag("trending")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void whoReadsAndWhyTheGroupRebalancedIsTold(String protocol) {
        // Given
        String topic = "told-" + protocol;
        String group = "told-of-" + protocol;
        http.post("/v1/topics", "{\"name\":\"" + topic + "\",\"partitions\":2}");
        http.post("/v1/topics/" + topic + "/records", "[{\"value\":\"a\",\"partition\":0},{\"value\":\"b\",\"partition\":1}]");
        String member;
        try (var consumer = consumer(group, protocol)) {
            consumer.subscribe(List.of(topic));
            Await.until("two records", WAIT, () -> {
                consumer.poll(Duration.ofMillis(100));
                consumer.commitSync();
                return http.get("/v1/groups/" + group + "/lag").status() == 200 // once it has joined
                        && lag(group).get("partitions").size() == 2 && lag(group).get("lag_records").asLong() == 0;
            });

            // When
            member = consumer.groupMetadata().memberId();
            assertThat(lag(group).get("partitions").get(0).get("member_id").asString()).isEqualTo(member);
        }
        Await.until("the member has left", WAIT, () -> rebalances(group).size() == 2);

        // Then
        JsonNode left = rebalances(group).get(0);
        JsonNode joined = rebalances(group).get(1);
        assertThat(joined.get("causes").get(0).get("reason").asString()).isEqualTo("member_joined");
        assertThat(joined.get("causes").get(0).get("member_id").asString()).isEqualTo(member);
        assertThat(joined.get("completed").asBoolean()).isTrue();
        assertThat(left.get("causes").get(0).get("reason").asString()).isEqualTo("member_left");
        assertThat(left.get("members").asInt()).isZero();
        assertThat(http.get("/v1/groups/nobody/rebalances").problem()).isEqualTo("group-id-not-found");
        assertThat(http.get("/v1/groups/nobody/lag").problem()).isEqualTo("group-id-not-found");
        assertThat(http.get("/v1/groups/" + group + "/lag/history?partition=0").status()).isEqualTo(400);
        assertThat(http.get("/v1/groups/" + group + "/lag/history?from=5&to=5").status()).isEqualTo(400);
    }

    private static JsonNode rebalances(String group) {
        return http.get("/v1/groups/" + group + "/rebalances").body().get("rebalances");
    }

    @Test
    void metricsShowTheLastSample() {
        // Given
        http.post("/v1/topics", "{\"name\":\"measured\",\"partitions\":1}");
        http.post("/v1/topics/measured/records", "[{\"value\":\"a\"},{\"value\":\"b\"}]");

        // When
        http.post("/v1/groups/measuring/offsets", "{\"to\":\"earliest\",\"topics\":[{\"topic\":\"measured\"}]}");

        // Then
        String series = "{consumergroup=\"measuring\",partition=\"0\",topic=\"measured\"}";
        Await.until("a sample", WAIT, () -> metrics().contains("sampo_group_lag_records" + series + " 2.0"), GroupLagIT::metrics);
        assertThat(metrics()).contains(
                "sampo_group_lag_seconds" + series, "sampo_group_committed_offset" + series + " 0.0",
                "sampo_group_rebalances_total{consumergroup=\"measuring\"} 0.0",
                "sampo_group_lag_records_sum{consumergroup=\"measuring\"} 2.0",
                "sampo_group_status{consumergroup=\"measuring\",status=\"ok\"} 1.0");
    }

    private static String metrics() {
        return http.get("/metrics").response().body();
    }
}
