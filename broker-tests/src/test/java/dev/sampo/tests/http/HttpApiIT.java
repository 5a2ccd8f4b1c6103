package dev.sampo.tests.http;

import dev.sampo.tests.broker.Await;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** What clients of the HTTP API are answered, with Kafka's own clients beside. */
final class HttpApiIT {
    @TempDir
    private static Path folder;

    private static HttpBroker http;

    @BeforeAll
    static void start() {
        http = HttpBroker.start(folder.resolve("data"));
    }

    @AfterAll
    static void stop() {
        http.close();
    }

    @Test
    void aTopicIsMadeDescribedGrownAndDeletedAndEachDryRunChangesNothing() {
        // A dry run gives the same body and makes nothing.
        String orders = "{\"name\":\"life\",\"partitions\":3,\"configs\":{\"retention.ms\":\"1000\"}}";
        var dry = http.post("/v1/topics?dry_run=true", orders);
        assertThat(dry.status()).isEqualTo(200);
        assertThat(dry.body().get("partitions").intValue()).isEqualTo(3);
        assertThat(http.get("/v1/topics/life").problem()).isEqualTo("unknown-topic-or-partition");

        var made = http.post("/v1/topics", orders);
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.body().propertyNames()).isEqualTo(dry.body().propertyNames());
        assertThat(http.post("/v1/topics", orders).status()).isEqualTo(409);
        assertThat(http.post("/v1/topics?dry_run=true", orders).problem()).isEqualTo("topic-already-exists");
        var topic = http.get("/v1/topics/life").body();
        assertThat(topic.get("topic_id")).isEqualTo(made.body().get("topic_id"));
        assertThat(topic.get("partitions").get(2).get("leader").intValue()).isEqualTo(1);

        assertThat(http.post("/v1/topics/life/partitions?dry_run=true", "{\"count\":5}").body().get("before").intValue())
                .isEqualTo(3);
        assertThat(http.get("/v1/topics/life").body().get("partitions")).hasSize(3);
        assertThat(http.post("/v1/topics/life/partitions", "{\"count\":5}").status()).isEqualTo(200);
        assertThat(http.get("/v1/topics/life/partitions").body().get("partitions")).hasSize(5);
        var fewer = http.post("/v1/topics/life/partitions", "{\"count\":2}");
        assertThat(fewer.status()).isEqualTo(400);
        assertThat(fewer.body().get("field").asString()).isEqualTo("count");

        assertThat(http.delete("/v1/topics/life?dry_run=true").status()).isEqualTo(200);
        assertThat(http.get("/v1/topics/life").status()).isEqualTo(200);
        assertThat(http.delete("/v1/topics/life").body().get("topic_id")).isEqualTo(made.body().get("topic_id"));
        assertThat(http.get("/v1/topics/life").status()).isEqualTo(404);
        assertThat(http.delete("/v1/topics/life").status()).isEqualTo(404);
    }

    @Test
    void topicsComeInPagesThatAPrefixFilters() {
        for (int i = 0; i < 5; i++) {
            http.post("/v1/topics", "{\"name\":\"page-" + i + "\",\"partitions\":1}");
        }
        var first = http.get("/v1/topics?prefix=page-&page_size=2").body();
        assertThat(names(first)).containsExactly("page-0", "page-1");
        var second = http.get("/v1/topics?prefix=page-&page_size=2&page_token=" + first.get("next_page_token").asString()).body();
        assertThat(names(second)).containsExactly("page-2", "page-3");
        var last = http.get("/v1/topics?prefix=page-&page_size=2&page_token=" + second.get("next_page_token").asString()).body();
        assertThat(names(last)).containsExactly("page-4");
        assertThat(last.get("next_page_token").isNull()).isTrue();
    }

    private static List<String> names(JsonNode page) {
        return page.get("topics").valueStream().map(topic -> topic.get("name").asString()).toList();
    }

    @Test
    void settingsAreShownWithSourceAndDefaultSetAndReset() {
        http.post("/v1/topics", "{\"name\":\"settings\",\"partitions\":1}");
        assertThat(setting("settings", "retention.ms").get("source").asString()).isEqualTo("DEFAULT_CONFIG");

        String change = "{\"set\":{\"retention.ms\":\"5000\"}}";
        var dry = http.patch("/v1/topics/settings/configs?dry_run=true", change).body();
        assertThat(dry.get("changes").get(0).get("after").asString()).isEqualTo("5000");
        assertThat(setting("settings", "retention.ms").get("value").asString()).isEqualTo("604800000");
        assertThat(http.patch("/v1/topics/settings/configs", change).body().get("changes")).isEqualTo(dry.get("changes"));
        var set = setting("settings", "retention.ms");
        assertThat(set.get("value").asString()).isEqualTo("5000");
        assertThat(set.get("default_value").asString()).isEqualTo("604800000");
        assertThat(set.get("is_default").booleanValue()).isFalse();

        assertThat(http.patch("/v1/topics/settings/configs", "{\"reset\":[\"retention.ms\"]}").status()).isEqualTo(200);
        assertThat(setting("settings", "retention.ms").get("is_default").booleanValue()).isTrue();
        var wrong = http.patch("/v1/topics/settings/configs", "{\"set\":{\"retention.ms\":\"soon\"}}");
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.problem()).isEqualTo("invalid-config");
        assertThat(http.get("/v1/brokers/1/configs").body().get("configs").size()).isGreaterThan(50);
    }

    private static JsonNode setting(String topic, String name) {
        return http.get("/v1/topics/" + topic + "/configs").body().get("configs").valueStream()
                .filter(entry -> entry.get("name").asString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void recordsWrittenHereAreReadByKafkasConsumerFromThePartitionThatKafkasProducerWouldChoose() throws Exception {
        // Given
        http.post("/v1/topics", "{\"name\":\"both\",\"partitions\":7}");
        Map<String, Integer> byProducer = new HashMap<>();
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", http.broker.bootstrapServers()), new StringSerializer(),
                new StringSerializer())) {
            for (int i = 0; i < 50; i++) {
                byProducer.put("key-" + i, producer.send(new ProducerRecord<>("both", "key-" + i, "p")).get().partition());
            }
        }

        // When
        for (int i = 0; i < 50; i++) {
            var answer = http.post(
                    "/v1/topics/both/records",
                    "{\"key\":\"key-" + i + "\",\"value\":{\"type\":\"JSON\",\"data\":{\"n\":" + i + "}},"
                            + "\"headers\":[{\"key\":\"h\",\"value\":{\"type\":\"BINARY\",\"data\":\"AAE=\"}}],\"timestamp\":7}");

            // Then
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body().get("records").get(0).get("partition").intValue()).isEqualTo(byProducer.get("key-" + i));
        }
        List<ConsumerRecord<String, String>> read = consume("both", 100).stream().filter(r -> r.timestamp() == 7).toList();
        assertThat(read).hasSize(50).allSatisfy(record -> {
            assertThat(record.value()).isEqualTo("{\"n\":" + record.key().substring(4) + "}");
            assertThat(record.headers().lastHeader("h").value()).containsExactly(0, 1);
        });
    }

    @Test
    void aRangeOfAPartitionIsReadByOffsetAndByTime() {
        http.post("/v1/topics", "{\"name\":\"range\",\"partitions\":1}");
        String records = String.join(",", IntStream.range(0, 20)
                .mapToObj(i -> "{\"value\":\"v" + i + "\",\"timestamp\":" + 1000 * (i + 1) + "}")
                .toList());
        assertThat(http.post("/v1/topics/range/records", "[" + records + "]").body().get("records")).hasSize(20);

        var page = http.get("/v1/topics/range/partitions/0/records?offset=3&limit=2").body();
        assertThat(page.get("records").get(0).get("value").get("data").asString()).isEqualTo("v3");
        assertThat(page.get("next_offset").longValue()).isEqualTo(5);
        assertThat(page.get("high_watermark").longValue()).isEqualTo(20);
        assertThat(http.get("/v1/topics/range/partitions/0/records?timestamp=10500&limit=1").body().get("records").get(0)
                        .get("offset").longValue())
                .isEqualTo(10);
        assertThat(http.get("/v1/topics/range/partitions/0/records?timestamp=1970-01-01T00:00:05Z&limit=1").body()
                        .get("records").get(0).get("offset").longValue())
                .isEqualTo(4);
        assertThat(http.get("/v1/topics/range/partitions/0/records?offset=20").body().get("records")).isEmpty();
        var outside = http.get("/v1/topics/range/partitions/0/records?offset=21");
        assertThat(outside.status()).isEqualTo(400);
        assertThat(outside.problem()).isEqualTo("offset-out-of-range");
        assertThat(outside.body().get("kafka_error_code").intValue()).isEqualTo(1);

        assertThat(http.delete("/v1/topics/range/records?partition=0&before_offset=5&dry_run=true").body()
                        .get("partitions").get(0).get("log_start_offset").longValue())
                .isEqualTo(5);
        assertThat(http.get("/v1/topics/range/partitions/0").body().get("log_start_offset").longValue()).isZero();
        assertThat(http.delete("/v1/topics/range/records?partition=0&before_offset=5").status()).isEqualTo(200);
        assertThat(http.get("/v1/topics/range/partitions/0").body().get("log_start_offset").longValue()).isEqualTo(5);
        assertThat(http.delete("/v1/topics/range/records?partition=0&before_offset=99").problem())
                .isEqualTo("offset-out-of-range");
    }

    @Test
    void bytesAreWrittenAsTheyAreAndLinesAreAnsweredOneByOne() {
        http.post("/v1/topics", "{\"name\":\"raw\",\"partitions\":1}");
        var raw = http.send(http.request("/v1/topics/raw/records?key=k")
                .header("Content-Type", "application/octet-stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {-1, 0, 1})));
        assertThat(raw.status()).isEqualTo(200);
        var read = http.get("/v1/topics/raw/partitions/0/records").body().get("records").get(0);
        assertThat(read.get("value").get("type").asString()).isEqualTo("BINARY");
        assertThat(read.get("value").get("data").asString()).isEqualTo("/wAB");
        assertThat(read.get("key").get("data").asString()).isEqualTo("k");

        var lines = http.body(
                "POST", "/v1/topics/raw/records", "application/x-ndjson",
                "{\"value\":\"a\"}\n\nnonsense\n{\"value\":\"b\",\"partition\":9}\n{\"value\":\"c\"}");
        assertThat(lines.status()).isEqualTo(200);
        String[] answers = lines.response().body().split("\n", -1);
        assertThat(answers).hasSize(5);
        assertThat(HttpBroker.JSON.readTree(answers[0]).get("offset").longValue()).isEqualTo(1);
        assertThat(answers[1]).contains("urn:sampo:problem:invalid-json");
        assertThat(answers[2]).contains("urn:sampo:problem:unknown-topic-or-partition");
        assertThat(HttpBroker.JSON.readTree(answers[3]).get("offset").longValue()).isEqualTo(2);
    }

    @Test
    void aGroupIsShownWithItsLagAndItsOffsetsAreMovedAndRemoved() throws Exception {
        // Given
        http.post("/v1/topics", "{\"name\":\"lagging\",\"partitions\":2}");
        String old = Long.toString(System.currentTimeMillis() - 60_000);
        http.post("/v1/topics/lagging/records", "[{\"partition\":0,\"value\":\"1\",\"timestamp\":1},{\"partition\":0,"
                + "\"value\":\"2\",\"timestamp\":" + old + "},{\"partition\":0,\"value\":\"3\"},{\"partition\":1,\"value\":\"4\"}]");
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("group.id", "readers"))) {
            consumer.subscribe(List.of("lagging"));
            consumer.poll(Duration.ofSeconds(20));
            consumer.commitSync(Map.of(
                    new TopicPartition("lagging", 0), new OffsetAndMetadata(1, "here"),
                    new TopicPartition("lagging", 1), new OffsetAndMetadata(1)));

            // Then
            var group = http.get("/v1/groups/readers").body();
            assertThat(group.get("state").asString()).isEqualTo("Stable");
            assertThat(group.get("members").get(0).get("assignment").get(0).get("partitions")).hasSize(2);
            JsonNode offset = group.get("offsets").get(0);
            assertThat(offset.get("metadata").asString()).isEqualTo("here");
            assertThat(offset.get("lag_records").longValue()).isEqualTo(2);
            assertThat(offset.get("lag_seconds").doubleValue()).isBetween(60.0, 120.0);
            assertThat(group.get("offsets").get(1).get("lag_seconds").doubleValue()).isZero();
            assertThat(http.post("/v1/groups/readers/offsets", "{\"to\":\"earliest\"}").problem()).isEqualTo("non-empty-group");
            assertThat(http.delete("/v1/groups/readers").status()).isEqualTo(409);
            assertThat(http.delete("/v1/groups/readers/offsets?topic=lagging").problem()).isEqualTo("group-subscribed-to-topic");
            assertThat(http.get("/v1/groups?state=Stable").body().get("groups").get(0).get("group_id").asString())
                    .isEqualTo("readers");
        }
        Await.until("the group is empty", Duration.ofSeconds(30), () -> http.get("/v1/groups/readers").body().get("state").asString().equals("Empty"));

        assertThat(seek("{\"to\":\"earliest\"}", true)).containsExactly(0L, 0L);
        assertThat(committed()).containsExactly(1L, 1L);
        assertThat(seek("{\"to\":\"latest\"}", false)).containsExactly(3L, 1L);
        assertThat(committed()).containsExactly(3L, 1L);
        assertThat(seek("{\"shift_by\":-2}", false)).containsExactly(1L, 0L);
        assertThat(seek("{\"to_offset\":2,\"topics\":[{\"topic\":\"lagging\",\"partitions\":[0]}]}", false)).containsExactly(2L);
        assertThat(seek("{\"by_duration\":\"PT2M\"}", false)).containsExactly(1L, 0L);
        assertThat(seek("{\"to_time\":\"" + old + "\"}", false)).containsExactly(1L, 0L);
        assertThat(http.post("/v1/groups/readers/offsets", "{\"to\":\"latest\",\"shift_by\":1}").status()).isEqualTo(400);

        assertThat(http.delete("/v1/groups/readers/offsets?topic=lagging&partition=1").status()).isEqualTo(200);
        assertThat(committed()).containsExactly(1L);
        assertThat(http.delete("/v1/groups/readers?dry_run=true").status()).isEqualTo(200);
        assertThat(http.delete("/v1/groups/readers").status()).isEqualTo(200);
        assertThat(http.get("/v1/groups/readers").problem()).isEqualTo("group-id-not-found");

        // A group that was never there gets its first offsets.
        assertThat(http.post("/v1/groups/fresh/offsets", "{\"to\":\"latest\",\"topics\":[{\"topic\":\"lagging\"}]}").status())
                .isEqualTo(200);
        assertThat(http.get("/v1/groups/fresh").body().get("lag_records").longValue()).isZero();
    }

    private static List<Long> seek(String body, boolean dryRun) {
        var answer = http.post("/v1/groups/readers/offsets?dry_run=" + dryRun, body);
        assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
        return answer.body().get("offsets").valueStream().map(offset -> offset.get("after").longValue()).toList();
    }

    private static List<Long> committed() {
        return http.get("/v1/groups/readers/offsets").body().get("offsets").valueStream()
                .map(offset -> offset.get("committed_offset").longValue())
                .toList();
    }

    @Test
    void theClusterItsBrokerItsFoldersAndThePlacementAreShown() {
        http.post("/v1/topics", "{\"name\":\"placed\",\"partitions\":2}");
        http.post("/v1/topics/placed/records", "{\"partition\":1,\"value\":\"x\"}");
        var cluster = http.get("/v1/cluster").body();
        assertThat(cluster.get("cluster_id").asString()).isEqualTo(http.broker.clusterId());
        assertThat(http.get("/v1/brokers/1").body()).isEqualTo(cluster.get("brokers").get(0));
        assertThat(http.get("/v1/brokers/9").problem()).isEqualTo("unknown-broker");
        assertThat(http.get("/v1/brokers/x").status()).isEqualTo(400);
        long size = http.get("/v1/topics/placed/partitions/1").body().get("size_bytes").longValue();
        assertThat(size).isPositive();
        assertThat(http.get("/v1/brokers/1/log-dirs").body().get("log_dirs").get(0).get("partitions").valueStream())
                .anySatisfy(partition -> {
                    assertThat(partition.get("topic").asString()).isEqualTo("placed");
                    assertThat(partition.get("size_bytes").longValue()).isEqualTo(size);
                });
        assertThat(http.get("/v1/placement").body().get("groups").valueStream()
                        .flatMap(group -> group.get("partitions").valueStream())
                        .filter(partition -> partition.get("topic").asString().equals("placed")))
                .hasSize(2);
    }

    @Test
    void healthNeedsNoTokenAndListsEachCheck() {
        var ready = http.get("/health/ready");
        assertThat(ready.status()).isEqualTo(200);
        assertThat(ready.body().get("checks").valueStream().map(check -> check.get("name").asString()))
                .containsExactly("cluster-member", "metadata", "log-recovery", "kafka-listener");
        assertThat(http.get("/health/live").body().get("status").asString()).isEqualTo("up");
    }

    @Test
    void whatIsWrongWithARequestIsAProblemWithAStatusOfItsKind() {
        http.post("/v1/topics", "{\"name\":\"wrong\",\"partitions\":1}");
        assertProblem(http.get("/v1/nothing"), 404, "no-such-path");
        assertProblem(http.get("/v1/topics/wrong/"), 404, "no-such-path");
        assertProblem(http.body("PUT", "/v1/topics", "application/json", "{}"), 405, "method-not-allowed");
        assertProblem(http.body("BREW", "/v1/topics", "application/json", "{}"), 405, "unreadable-request");
        assertProblem(http.post("/v1/topics", "{\"name\":"), 400, "invalid-json");
        assertProblem(http.post("/v1/topics", "{\"name\":\"a\",\"partitons\":1}"), 400, "invalid-value");
        assertProblem(http.body("POST", "/v1/topics", "text/plain", "{}"), 415, "unsupported-type");
        assertProblem(http.send(http.request("/v1/topics").header("Accept", "text/html").GET()), 406, "not-acceptable");
        assertProblem(http.get("/v1/topics?dryrun=true"), 400, "unknown-parameter");
        assertProblem(http.post("/v1/topics/wrong/records", "{\"value\":\"" + "x".repeat(9_000_000) + "\"}"), 413, "body-too-large");
        assertProblem(http.post("/v1/topics/wrong/records", "{\"value\":\"" + "x".repeat(2_000_000) + "\"}"), 413, "message-too-large");
        assertProblem(http.post("/v1/topics/none/records", "{\"value\":\"x\"}"), 404, "unknown-topic-or-partition");
        assertProblem(http.post("/v1/topics/__consumer_offsets2/records", "{}"), 400, "invalid-value");
        assertProblem(http.post("/v1/topics", "{\"name\":\"a b\"}"), 400, "invalid-topic-exception");
        assertProblem(http.get("/v1/groups/none"), 404, "group-id-not-found");
        var field = http.post("/v1/topics/wrong/records", "[{\"value\":\"a\"},{\"value\":{\"type\":\"BINARY\",\"data\":\"?\"}}]");
        assertThat(field.body().get("field").asString()).isEqualTo("[1].value.data");
        var options = http.send(http.request("/v1/topics").method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
        assertThat(options.response().headers().firstValue("allow")).hasValue("GET, HEAD, POST");
        var head = http.send(http.request("/v1/cluster").method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.response().headers().firstValue("cache-control")).hasValue("no-store");
        assertThat(head.response().headers().firstValue("access-control-allow-origin")).isEmpty();
    }

    private static void assertProblem(HttpBroker.Answer answer, int status, String name) {
        assertThat(answer.status()).as(answer.body().toString()).isEqualTo(status);
        assertThat(answer.problem()).isEqualTo(name);
        assertThat(answer.type()).startsWith("application/problem+json");
        assertThat(answer.body().get("status").intValue()).isEqualTo(status);
    }

    private static KafkaConsumer<String, String> consumer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(Map.of(
                "bootstrap.servers", http.broker.bootstrapServers(), "auto.offset.reset", "earliest",
                "enable.auto.commit", "false"));
        settings.putAll(more);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    private static List<ConsumerRecord<String, String>> consume(String topic, int count) {
        var records = new java.util.ArrayList<ConsumerRecord<String, String>>();
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            consumer.assign(consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList());
            consumer.seekToBeginning(consumer.assignment());
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (records.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        return records;
    }
}
