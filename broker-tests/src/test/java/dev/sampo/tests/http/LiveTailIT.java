package dev.sampo.tests.http;

import dev.sampo.tests.http.TailReader.Event;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** Live tails that are cut, slow, begin elsewhere or end. */
final class LiveTailIT {
    private static final int PARTITIONS = 5;
    private static final int RECONNECTS = 200;
    private static final int MOST_RECORDS = 50_000;
    private static final long SEED = Long.getLong("sampo.test.seed", 20_261_122);

    @TempDir
    private static Path folder;

    private static HttpBroker http;

    @BeforeAll
    static void start() {
        http = HttpBroker.start(folder.resolve("data"), settings -> settings.with("sampo.http.heartbeat", "200ms"));
    }

    @AfterAll
    static void stop() {
        http.close();
    }

    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aTailThatIsCut200TimesGetsEachRecordOnceAndInOrderWhileAProducerWrites() throws Exception {
        // Given
        http.post("/v1/topics", "{\"name\":\"cut\",\"partitions\":" + PARTITIONS + "}");
        var stop = new AtomicBoolean();
        CompletableFuture<Map<Integer, Long>> producing = CompletableFuture.supplyAsync(
                () -> produce("cut", stop), task -> Thread.ofPlatform().daemon().start(task)); // not in the pool that libraries share
        var random = new Random(SEED);

        // When
        Map<Integer, Long> next = new HashMap<>();
        String lastId = null;
        int cuts = 0;
        int records = 0;
        Map<Integer, Long> all = null; // known once the producer has ended
        while (!next.equals(all)) {
            int events = all == null ? 1 + random.nextInt(200) : Integer.MAX_VALUE; // the rest in one go
            try (var tail = new TailReader(http.address, "/v1/topics/cut/tail?from=earliest", lastId)) {
                for (int i = 0; i < events && !next.equals(all); i++) {
                    Event event = tail.next();
                    assertThat(event).as("seed %d, after %d cuts", SEED, cuts).isNotNull();
                    if (!event.data().isEmpty()) {
                        assertThat(event.name()).isEqualTo("message");
                        JsonNode record = HttpBroker.JSON.readTree(event.data());
                        int partition = record.get("partition").intValue();
                        assertThat(record.get("offset").longValue())
                                .as("partition %d, seed %d, after %d cuts", partition, SEED, cuts)
                                .isEqualTo(next.getOrDefault(partition, 0L));
                        assertThat(record.get("value").get("data").asString()).isEqualTo(partition + "-" + record.get("offset"));
                        next.merge(partition, 1L, Long::sum);
                        records++;
                    }
                }
                lastId = tail.lastId();
            }
            cuts++;
            if (cuts == RECONNECTS) {
                stop.set(true);
                all = producing.get(1, TimeUnit.MINUTES);
            }
        }

        // Then
        assertThat(cuts).isGreaterThanOrEqualTo(RECONNECTS);
        assertThat(next).hasSize(PARTITIONS);
        System.out.println("live tail: " + records + " records over " + cuts + " connections");
    }

    /** Values tell their place. Returns the number of records by partition. */
    private static Map<Integer, Long> produce(String topic, AtomicBoolean stop) {
        Map<Integer, Long> counts = new HashMap<>();
        var random = new Random(SEED + 1);
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", http.broker.bootstrapServers(), "compression.type", "gzip"),
                new StringSerializer(), new StringSerializer())) {
            int sent = 0;
            while (!stop.get()) {
                int burst = sent < MOST_RECORDS ? random.nextInt(100) : 0;
                for (int i = 0; i < burst; i++) {
                    int partition = random.nextInt(PARTITIONS);
                    long offset = counts.merge(partition, 1L, Long::sum) - 1;
                    producer.send(new ProducerRecord<>(topic, partition, null, partition + "-" + offset));
                }
                sent += burst;
                LockSupport.parkNanos(10_000_000);
            }
        }
        return counts;
    }

    @Test
    void aTailBeginsAtAnOffsetATimeOrTheEndAndSaysThatItIsAlive() throws Exception {
        http.post("/v1/topics", "{\"name\":\"begin\",\"partitions\":1}");
        http.post("/v1/topics/begin/records", "[{\"value\":\"a\",\"timestamp\":1000},{\"value\":\"b\",\"timestamp\":2000}]");
        assertThat(first("/v1/topics/begin/tail?partition=0&offset=1")).isEqualTo("b");
        assertThat(first("/v1/topics/begin/tail?timestamp=1500")).isEqualTo("b");
        assertThat(first("/v1/topics/begin/tail?from=earliest")).isEqualTo("a");
        assertThat(first("/v1/topics/begin/tail?last_event_id=0:1")).isEqualTo("b");
        try (var tail = new TailReader(http.address, "/v1/topics/begin/tail", null)) {
            assertThat(tail.next()).isEqualTo(new Event("message", "0:2", ""));
            http.post("/v1/topics/begin/records", "{\"value\":\"c\"}");
            Event event = tail.next();
            assertThat(event.id()).isEqualTo("0:3");
            assertThat(event.data()).contains("\"c\"");
        }
        assertThat(http.send(http.request("/v1/topics/begin/tail").header("Last-Event-ID", "x").GET()).problem())
                .isEqualTo("invalid-value");
        assertThat(http.get("/v1/topics/none/tail").status()).isEqualTo(404);
    }

    private static String first(String path) throws IOException {
        try (var tail = new TailReader(http.address, path, null)) {
            Event event = tail.next();
            while (event != null && event.data().isEmpty()) {
                event = tail.next();
            }
            return HttpBroker.JSON.readTree(event.data()).get("value").get("data").asString();
        }
    }

    @Test
    void aPartitionAddedMeanwhileIsTailedFromItsBeginningAndADeletedTopicEndsTheTail() throws Exception {
        http.post("/v1/topics", "{\"name\":\"grows\",\"partitions\":1}");
        try (var tail = new TailReader(http.address, "/v1/topics/grows/tail", null)) {
            tail.next();
            http.post("/v1/topics/grows/partitions", "{\"count\":2}");
            http.post("/v1/topics/grows/records", "{\"partition\":1,\"value\":\"new\"}");
            Event event = tail.next();
            assertThat(event.data()).contains("\"new\"");
            assertThat(event.id()).isEqualTo("0:0,1:1");
            http.delete("/v1/topics/grows");
            Event end = tail.next();
            assertThat(end.name()).isEqualTo("problem");
            assertThat(end.data()).contains("urn:sampo:problem:");
            assertThat(tail.next()).isNull();
        }
    }

    @Test
    void whatRetentionHasTakenMeanwhileIsToldAsAGap() throws Exception {
        http.post("/v1/topics", "{\"name\":\"gap\",\"partitions\":1}");
        http.post("/v1/topics/gap/records", "[{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"c\"}]");
        http.delete("/v1/topics/gap/records?partition=0&before_offset=2");
        try (var tail = new TailReader(http.address, "/v1/topics/gap/tail", "0:1")) {
            tail.next();
            Event gap = tail.next();
            assertThat(gap).isEqualTo(new Event("gap", "0:2", "{\"partition\":0,\"from\":1,\"to\":2}"));
            assertThat(tail.next().data()).contains("\"c\"");
        }
    }

    @Test
    void linesOfJsonCarryThePositionAndBlankLinesAreHeartbeats() throws Exception {
        http.post("/v1/topics", "{\"name\":\"lines\",\"partitions\":1}");
        http.post("/v1/topics/lines/records", "{\"value\":\"a\"}");
        HttpRequest request = http.request("/v1/topics/lines/tail?from=earliest")
                .header("Accept", "application/x-ndjson")
                .GET()
                .build();
        HttpResponse<Stream<String>> response = http.client().send(request, HttpResponse.BodyHandlers.ofLines());
        List<String> lines = new ArrayList<>();
        try (Stream<String> all = response.body()) {
            all.limit(4).forEach(lines::add);
        }
        assertThat(lines.getFirst()).isEmpty();
        JsonNode line = HttpBroker.JSON.readTree(lines.get(1));
        assertThat(line.get("position").asString()).isEqualTo("0:1");
        assertThat(line.get("record").get("value").get("data").asString()).isEqualTo("a");
        assertThat(lines.subList(2, 4)).containsOnly("");
    }

    @Test
    void aClientThatDoesNotReadHoldsTheTailBackAndMissesNothing() throws Exception {
        // Given
        http.post("/v1/topics", "{\"name\":\"slow\",\"partitions\":1}");
        String value = "x".repeat(10_000);
        int count = 3_000; // far more than sockets hold
        try (var tail = new TailReader(http.address, "/v1/topics/slow/tail?from=earliest", null)) {
            tail.next();
            try (var producer = new KafkaProducer<>(
                    Map.<String, Object>of("bootstrap.servers", http.broker.bootstrapServers()), new StringSerializer(),
                    new StringSerializer())) {
                for (int i = 0; i < count; i++) {
                    producer.send(new ProducerRecord<>("slow", 0, null, value));
                }
            }

            // Then
            for (int i = 0; i < count; i++) {
                assertThat(HttpBroker.JSON.readTree(tail.next().data()).get("offset").longValue()).isEqualTo(i);
            }
        }
    }
}
