package dev.sampo.tests.http;

import dev.sampo.cluster.LocalCluster;
import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.FreePort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** Lag of a group in three brokers: ends of partitions that others lead, and a coordinator that moves. */
final class ClusterLagIT {
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final int PARTITIONS = 12;

    @TempDir
    private Path folder;

    @Test
    void everyBrokerTellsTheSameAlsoAfterTheCoordinatorHasMoved() throws Exception {
        try (var cluster = LocalCluster.start(folder, 3, settings -> settings
                        .with(Map.of("offsets.topic.num.partitions", "3"))
                        .with("sampo.group.lag.interval", "500ms")
                        .withHttp(FreePort.from(21_000 + 100 * settings.nodeId())));
                Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            // Given: in each partition ten records, a second apart, of which the group has read four
            admin.createTopics(List.of(new NewTopic("spread", PARTITIONS, (short) 3))).all().get(60, TimeUnit.SECONDS);
            long firstMs = System.currentTimeMillis() - 100_000;
            try (var producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", cluster.bootstrapServers(), "acks", "all"), new StringSerializer(), new StringSerializer())) {
                for (int i = 0; i < 10 * PARTITIONS; i++) {
                    producer.send(new ProducerRecord<>("spread", i % PARTITIONS, firstMs + 1000L * (i / PARTITIONS), "k", "v"));
                }
            }
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                offsets.put(new TopicPartition("spread", partition), new OffsetAndMetadata(4));
            }
            admin.alterConsumerGroupOffsets("readers", offsets).all().get(60, TimeUnit.SECONDS);
            Set<Integer> leaders = new HashSet<>();
            admin.describeTopics(List.of("spread")).allTopicNames().get(60, TimeUnit.SECONDS).get("spread").partitions()
                    .forEach(partition -> leaders.add(partition.leader().id()));
            assertThat(leaders).as("ends are remote").hasSize(3);

            // When the coordinator moves
            List<HttpBroker> all = cluster.brokers().stream().map(HttpBroker::of).toList();
            all.forEach(broker -> assertKnown(broker, firstMs));
            int first = coordinator(admin);
            Await.until("it has sampled", WAIT, () -> !points(all.getFirst()).isEmpty());
            JsonNode sampled = points(all.getFirst());
            all.getFirst().post("/v1/brokers/" + first + "/drain", "{\"leaders_only\":true}");
            Await.until("another one coordinates", WAIT, () -> coordinator(admin) != first);

            // Then every broker tells the same, and nothing of the history is lost
            all.forEach(broker -> assertKnown(broker, firstMs));
            all.forEach(broker -> Await.until("both parts of the history", WAIT, () -> {
                JsonNode points = points(broker);
                return points.size() > sampled.size() + 2 && points.get(0).equals(sampled.get(0));
            }, () -> points(broker) + " after " + sampled));

            // When it ends
            cluster.stop(coordinator(admin));

            // Then
            cluster.brokers().forEach(broker -> assertKnown(HttpBroker.of(broker), firstMs));
        }
    }

    private static JsonNode points(HttpBroker http) {
        return http.get("/v1/groups/readers/lag/history").body().path("points");
    }

    private static int coordinator(Admin admin) {
        try {
            return admin.describeConsumerGroups(List.of("readers")).all().get(60, TimeUnit.SECONDS).get("readers").coordinator().id();
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertKnown(HttpBroker http, long firstMs) {
        Await.until("all ends are known", WAIT, () -> {
            var answer = http.get("/v1/groups/readers/lag");
            return answer.status() == 200 && answer.body().get("lag_records").asLong() == 6 * PARTITIONS;
        }, () -> String.valueOf(http.get("/v1/groups/readers/lag").body()));
        double before = (System.currentTimeMillis() - firstMs - 4_000) / 1000.0;
        JsonNode lag = http.get("/v1/groups/readers/lag").body();
        double after = (System.currentTimeMillis() - firstMs - 4_000) / 1000.0;
        assertThat(lag.get("partitions")).hasSize(PARTITIONS).allSatisfy(partition -> {
            assertThat(partition.get("end_offset").asLong()).isEqualTo(10);
            assertThat(partition.get("lag_seconds").asDouble()).isBetween(before - 0.2, after + 0.2);
        });
    }
}
