package dev.sampo.tests.http;

import dev.sampo.cluster.LocalCluster;
import dev.sampo.tests.broker.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** What moves partitions and leaders over HTTP: three brokers that a fourth joins and leaves again, in this order. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class HttpMovesIT {
    private static final Duration WAIT = Duration.ofSeconds(90);
    private static final int RECORDS = 400;

    @TempDir
    private static Path folder;

    private static LocalCluster cluster;
    private static HttpBroker http;

    @BeforeAll
    static void start() {
        cluster = LocalCluster.start(folder, 3, settings -> settings.nodeId() == 1 ? settings.withHttp(0) : settings);
        http = HttpBroker.of(cluster.broker(1));
        assertThat(http.post("/v1/topics", "{\"name\":\"moved\",\"partitions\":12,\"replication_factor\":3,"
                + "\"configs\":{\"min.insync.replicas\":\"2\"}}").status()).isEqualTo(201);
        var text = new StringSerializer();
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", cluster.bootstrapServers()), text, text)) {
            IntStream.range(0, RECORDS).forEach(i -> producer.send(new ProducerRecord<>("moved", "key-" + i, "x".repeat(2_000))));
        }
        cluster.start(4);
        await("four brokers", () -> states().equals(List.of("live", "live", "live", "live")));
    }

    @AfterAll
    static void stop() {
        http.client().close();
        cluster.close();
    }

    private static void await(String what, BooleanSupplier condition) {
        Await.until(what, WAIT, condition::getAsBoolean);
    }

    private static List<String> states() {
        return http.get("/v1/brokers").body().get("brokers").valueStream().map(broker -> broker.get("state").asString()).toList();
    }

    private static int replicas(int broker) {
        return http.get("/v1/brokers/" + broker).body().get("replicas").intValue();
    }

    private static boolean nothingMoves() {
        return http.get("/v1/reassignments").body().get("reassignments").isEmpty();
    }

    private static String throttled() {
        return http.get("/v1/topics/moved/configs").body().get("configs").valueStream()
                .filter(entry -> entry.get("name").asString().equals("follower.replication.throttled.replicas"))
                .findFirst().orElseThrow().get("value").asString();
    }

    private static void configure(String changes) {
        assertThat(http.patch("/v1/topics/moved/configs", changes).status()).isEqualTo(200);
    }

    private static String rate(Admin admin, int broker) {
        var resource = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker));
        ConfigEntry entry = admin.describeConfigs(List.of(resource)).values().get(resource).toCompletionStage().toCompletableFuture().join()
                .get("follower.replication.throttled.rate");
        return entry == null || entry.value() == null ? "" : entry.value();
    }

    private static List<List<Integer>> lists() {
        return http.get("/v1/topics/moved").body().get("partitions").valueStream()
                .map(partition -> partition.get("replicas").valueStream().map(JsonNode::intValue).toList()).toList();
    }

    @Test
    @Order(1)
    void aBrokerThatJoinedGetsItsShareByThePlanThatWasShown() {
        // Given
        var plan = http.get("/v1/balance").body();
        assertThat(plan.get("moves").get(0).get("reason").asString()).startsWith("broker 4 holds 0 of ");
        assertThat(plan.get("bytes_to_move").longValue()).isPositive();
        assertThat(plan.get("dry_run").booleanValue()).isTrue();
        assertThat(http.post("/v1/balance?dry_run=true", "{}").body().get("moves")).hasSameSizeAs(plan.get("moves"));
        assertThat(replicas(4)).isZero();
        assertThat(http.post("/v1/balance", "{\"throttle_bytes_per_second\":0}").problem()).isEqualTo("invalid-value");

        // When
        var begun = http.post("/v1/balance", "{\"throttle_bytes_per_second\":50000000}");

        // Then
        assertThat(begun.status()).as(begun.body().toString()).isEqualTo(202);
        assertThat(begun.body().get("moves")).hasSameSizeAs(plan.get("moves"));
        await("moves end", HttpMovesIT::nothingMoves);
        await("the plan is empty", () -> http.get("/v1/balance").body().get("moves").isEmpty());
        int mean = IntStream.rangeClosed(1, 4).map(HttpMovesIT::replicas).sum() / 4;
        assertThat(IntStream.rangeClosed(1, 4).map(HttpMovesIT::replicas).boxed()).allSatisfy(held -> assertThat(held).isBetween(mean - 3, mean + 3));
        await("the throttle ends", () -> throttled().isEmpty());
        assertThat(consumed()).containsExactlyInAnyOrderElementsOf(IntStream.range(0, RECORDS).mapToObj(i -> "key-" + i).toList());
    }

    private static List<String> consumed() {
        var keys = new ArrayList<String>();
        Map<String, Object> settings = Map.of("bootstrap.servers", cluster.bootstrapServers(), "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(IntStream.range(0, 12).mapToObj(p -> new TopicPartition("moved", p)).toList());
            await("records are read", () -> {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> keys.add(record.key()));
                return keys.size() >= RECORDS;
            });
        }
        return keys;
    }

    @Test
    @Order(2)
    void aMoveIsShownWhileItGoesOnAndCancelled() {
        // Given
        List<List<Integer>> before = lists();
        int partition = IntStream.range(0, 12).filter(p -> !before.get(p).contains(4)).findFirst().orElseThrow();
        List<Integer> target = before.get(partition).stream().map(id -> id.equals(before.get(partition).getLast()) ? Integer.valueOf(4) : id).toList();
        String wanted = "{\"reassignments\":[{\"topic\":\"moved\",\"partition\":" + partition + ",\"replicas\":" + target
                + "}],\"throttle_bytes_per_second\":1}";

        // When
        assertThat(http.post("/v1/reassignments?dry_run=true", wanted).status()).isEqualTo(200);
        assertThat(nothingMoves()).isTrue();
        var begun = http.post("/v1/reassignments", wanted);

        // Then
        assertThat(begun.status()).as(begun.body().toString()).isEqualTo(202);
        await("it moves", () -> !nothingMoves());
        var moving = http.get("/v1/reassignments").body().get("reassignments").get(0);
        assertThat(moving.get("adding_replicas").valueStream().map(JsonNode::intValue)).containsExactly(4);
        assertThat(http.get("/v1/balance").body().get("moves").valueStream().map(move -> move.get("partition").intValue() + move.get("topic").asString()))
                .doesNotContain(partition + "moved");
        assertThat(http.delete("/v1/reassignments?topic=moved&dry_run=true").body().get("moves")).hasSize(1);
        assertThat(http.delete("/v1/balance").body().get("moves")).hasSize(1);
        await("it does not move", HttpMovesIT::nothingMoves);
        assertThat(lists()).isEqualTo(before);
        await("the throttle ends", () -> throttled().isEmpty());
        assertThat(http.delete("/v1/reassignments?topic=moved").problem()).isEqualTo("no-reassignment-in-progress");
        var refused = http.post("/v1/reassignments", "{\"reassignments\":[{\"topic\":\"moved\",\"partition\":0,\"replicas\":[9]}]}");
        assertThat(refused.status()).isEqualTo(207);
        assertThat(refused.body().get("moves").get(0).get("error").asString()).isEqualTo("INVALID_REPLICA_ASSIGNMENT");
        assertThat(http.post("/v1/reassignments", "{\"reassignments\":[]}").problem()).isEqualTo("invalid-value");
    }

    @Test
    @Order(3)
    void movesThatAreBegunAtOnceShareTheThrottleAndAnOperatorsStays() {
        // Given
        List<List<Integer>> before = lists();
        List<Integer> others = before.stream().map(list -> 10 - list.stream().mapToInt(Integer::intValue).sum()).toList(); // of 1 to 4
        configure("{\"set\":{\"follower.replication.throttled.replicas\":\"11:9\"}}");

        // When
        List<CompletableFuture<HttpBroker.Answer>> posts = IntStream.range(0, 2)
                .mapToObj(p -> CompletableFuture.supplyAsync(() -> http.post("/v1/reassignments", "{\"reassignments\":[{\"topic\":\"moved\","
                        + "\"partition\":" + p + ",\"replicas\":" + List.of(others.get(p), before.get(p).get(0), before.get(p).get(1))
                        + "}],\"throttle_bytes_per_second\":1}")))
                .toList();

        // Then
        posts.forEach(post -> assertThat(post.join().status()).isEqualTo(202));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            assertThat(throttled().split(",", -1)).containsExactlyInAnyOrder("11:9", "0:" + others.get(0), "1:" + others.get(1));
            assertThat(rate(admin, others.getFirst())).isEqualTo("1");
            assertThat(http.delete("/v1/balance").body().get("moves")).hasSize(2);
            await("the throttle of the moves ends", () -> throttled().equals("11:9"));
            await("the rate ends", () -> rate(admin, others.getFirst()).isEmpty());
            assertThat(lists()).isEqualTo(before);
        }
        configure("{\"reset\":[\"follower.replication.throttled.replicas\"]}");
    }

    @Test
    @Order(4)
    void leadersAreElectedAndTheQuorumIsShown() {
        await("preferred leaders lead", () -> http.post("/v1/elections?dry_run=true", "{\"type\":\"preferred\"}").body().get("results").isEmpty());
        assertThat(http.post("/v1/elections", "{\"type\":\"preferred\"}").body().get("results")).isEmpty();
        var unknown = http.post("/v1/elections", "{\"type\":\"preferred\",\"topics\":[{\"topic\":\"moved\",\"partitions\":[99]}]}");
        assertThat(unknown.status()).isEqualTo(207);
        assertThat(unknown.body().get("results").get(0).get("error").asString()).isEqualTo("UNKNOWN_TOPIC_OR_PARTITION");
        assertThat(http.post("/v1/elections", "{\"type\":\"any\"}").problem()).isEqualTo("invalid-value");
        var quorum = http.get("/v1/quorum").body();
        assertThat(quorum.get("members").valueStream().map(member -> member.get("role").asString()))
                .containsExactly("leader", "voter", "voter", "observer");
        assertThat(quorum.get("members").get(0).get("broker_id")).isEqualTo(quorum.get("leader_id"));
        assertThat(quorum.get("members").get(0).get("lag").longValue()).isZero();
    }

    @Test
    @Order(5)
    void aBrokerIsDrainedPutToUseDrainedAgainAndForgotten() {
        // A broker other than the one that is asked.
        var dry = http.post("/v1/brokers/4/drain?dry_run=true", "{}").body();
        assertThat(dry.get("moves")).hasSize(replicas(4));
        assertThat(dry.get("state").asString()).isEqualTo("live");
        assertThat(dry.get("replicas").intValue()).isEqualTo(replicas(4));
        var leadersOnly = http.post("/v1/brokers/4/drain", "{\"leaders_only\":true}").body();
        assertThat(leadersOnly.get("moves")).isEmpty();
        assertThat(leadersOnly.get("replicas")).isEqualTo(dry.get("replicas"));
        await("it is drained", () -> states().get(3).equals("drained") && http.get("/v1/brokers/4").body().get("leads").intValue() == 0);
        assertThat(http.post("/v1/brokers/4/drain", "{\"leaders_only\":true}").body().get("leads").intValue()).isZero();
        assertThat(http.delete("/v1/brokers/4/drain").body().get("state").asString()).isEqualTo("live");
        await("it is live", () -> states().get(3).equals("live"));
        assertThat(http.post("/v1/brokers/9/drain", "{}").problem()).isEqualTo("unknown-broker");
        assertThat(http.delete("/v1/brokers/4?dry_run=true").problem()).isEqualTo("broker-in-use");

        var drained = http.post("/v1/brokers/4/drain", "{\"throttle_bytes_per_second\":50000000}");
        assertThat(drained.status()).as(drained.body().toString()).isEqualTo(202);
        await("it holds nothing", () -> replicas(4) == 0);
        assertThat(lists()).allSatisfy(list -> assertThat(list).hasSize(3).doesNotContain(4));
        assertThat(http.delete("/v1/brokers/4").problem()).isEqualTo("invalid-request");
        await("the throttle ends", () -> throttled().isEmpty());
        cluster.stop(4);
        await("it is down", () -> states().get(3).equals("down"));
        assertThat(http.post("/v1/brokers/4/drain", "{}").problem()).isEqualTo("broker-not-available");
        assertThat(http.delete("/v1/brokers/4?dry_run=true").status()).isEqualTo(200);
        assertThat(http.delete("/v1/brokers/4").body().get("state").asString()).isEqualTo("removed");
        await("it is forgotten", () -> states().size() == 3);
    }
}
