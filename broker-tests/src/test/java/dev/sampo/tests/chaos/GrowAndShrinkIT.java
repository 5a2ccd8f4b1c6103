package dev.sampo.tests.chaos;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.MavenJars;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.cluster.ClusterProcesses;
import dev.sampo.tests.chaos.workload.ChaosRun;
import dev.sampo.tests.chaos.workload.Load;
import dev.sampo.tests.chaos.workload.Verdict;
import dev.sampo.tests.client.ChildProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** A fourth broker comes, the first one is emptied by Kafka's own tool and goes, under load. */
@Tag("chaos")
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class GrowAndShrinkIT {
    /** The newest tools that Maven Central serves. */
    private static final String TOOLS = "4.3.1";
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int LEAVING = 1;
    private static final String BALLAST = "ballast";
    private static final int BALLAST_BYTES = 75_000_000;
    private static final int THROTTLE_BYTES_PER_SECOND = 5_000_000;

    @Test
    void everythingMovesFromTheFirstBrokerToTheFourthUnderLoad(@TempDir Path folder) throws Exception {
        Path tools = MavenJars.kafkaTools(TOOLS);
        Load load = Load.standard().withGroup(2).withoutClientErrors();
        try (ChaosRun run = ChaosRun.start("grow-and-shrink", ClusterPlan.of(3), load)) {
            // Given
            run.letRun(Duration.ofSeconds(3));
            ballast(run);
            int coming = run.cluster().addBroker().id();

            // When
            long begin = System.nanoTime();
            Path plan = Files.writeString(folder.resolve("plan.json"), plan(run, coming));
            assertThat(reassign(tools, run, plan, "--execute", "--throttle", Integer.toString(THROTTLE_BYTES_PER_SECOND)).output())
                    .contains("Successfully started partition reassignment");
            double rate = ballastBytesPerSecond(run, coming);
            run.figure("throttle " + THROTTLE_BYTES_PER_SECOND + " bytes/s, measured " + Math.round(rate));
            Await.until("the moves are done", LIMIT, () -> {
                String verified = reassign(tools, run, plan, "--verify").output();
                return verified.contains("is completed") && !verified.contains("still in progress") && !verified.contains("failed");
            });
            run.figure("all partitions moved", begin);
            Await.until("nothing is left on broker " + LEAVING, LIMIT, () -> topics(run).stream()
                    .noneMatch(topic -> topic.partitions().stream().anyMatch(partition -> ids(partition).contains(LEAVING))));
            run.stalls("while moving", begin);
            long leaving = System.nanoTime();
            run.cluster().broker(LEAVING).stop();
            run.cluster().admin().unregisterBroker(LEAVING).all().get(30, TimeUnit.SECONDS);
            Await.until("broker " + LEAVING + " is unknown", LIMIT, () -> {
                try {
                    return run.cluster().admin().describeCluster().nodes().get(5, TimeUnit.SECONDS).stream().noneMatch(node -> node.id() == LEAVING);
                } catch (Exception notNow) {
                    return false;
                }
            });
            run.expectRecovered();
            run.letRun(Duration.ofSeconds(5));
            run.stalls("while broker " + LEAVING + " leaves", leaving);

            // Then
            Verdict verdict = run.finish();
            assertThat(verdict.violations()).as("%s", verdict).isEmpty();
            assertThat(rate).isBetween(0.9 * THROTTLE_BYTES_PER_SECOND, 1.1 * THROTTLE_BYTES_PER_SECOND);
        }
    }

    /** Something to move that takes longer than the start of a move. */
    private static void ballast(ChaosRun run) throws Exception {
        run.cluster().admin().createTopics(List.of(new NewTopic(BALLAST, 3, (short) 3))).all().get(30, TimeUnit.SECONDS);
        Map<String, Object> settings = new HashMap<>(ClusterProcesses.clientSettings(run.cluster().bootstrap()));
        settings.put("acks", "all");
        byte[] value = new byte[100_000];
        new Random(1).nextBytes(value);
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            var sent = new ArrayList<Future<RecordMetadata>>();
            for (int i = 0; i < BALLAST_BYTES / value.length; i++) {
                sent.add(producer.send(new ProducerRecord<>(BALLAST, i % 3, null, value)));
            }
            for (Future<RecordMetadata> one : sent) {
                one.get(60, TimeUnit.SECONDS);
            }
        }
    }

    /** How fast the copies grow on a broker, between the first and the last tenth. */
    private static double ballastBytesPerSecond(ChaosRun run, int broker) {
        long[] from = new long[2]; // bytes, nanos
        long[] to = new long[2];
        Await.until("the ballast is copied", LIMIT, () -> {
            long bytes = ballastBytes(run, broker);
            long now = System.nanoTime();
            if (bytes > BALLAST_BYTES / 10 && from[0] == 0) {
                from[0] = bytes;
                from[1] = now;
            }
            if (bytes <= BALLAST_BYTES / 10 * 9) {
                to[0] = bytes;
                to[1] = now;
            }
            return bytes >= BALLAST_BYTES;
        });
        return (to[0] - from[0]) * 1e9 / (to[1] - from[1]);
    }

    private static long ballastBytes(ChaosRun run, int broker) {
        try {
            return run.cluster().admin().describeLogDirs(List.of(broker)).allDescriptions().get(10, TimeUnit.SECONDS).get(broker).values().stream()
                    .flatMap(folder -> folder.replicaInfos().entrySet().stream())
                    .filter(replica -> replica.getKey().topic().equals(BALLAST))
                    .mapToLong(replica -> replica.getValue().size())
                    .sum();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static ChildProgram.Result reassign(Path tools, ChaosRun run, Path plan, String... action) {
        var arguments = new ArrayList<>(List.of("org.apache.kafka.tools.reassign.ReassignPartitionsCommand", "--bootstrap-server", run.cluster().broker(2).bootstrap(),
                "--reassignment-json-file", plan.toString()));
        arguments.addAll(List.of(action));
        return ChildProgram.java(tools, LIMIT, arguments.toArray(String[]::new)).orFail();
    }

    /** What {@code kafka-reassign-partitions} reads: each replica on the leaving broker goes to the coming one. */
    private static String plan(ChaosRun run, int coming) throws IOException {
        return topics(run).stream().flatMap(topic -> topic.partitions().stream()
                        .filter(partition -> ids(partition).contains(LEAVING))
                        .map(partition -> "{\"topic\":\"%s\",\"partition\":%d,\"replicas\":%s}".formatted(topic.name(), partition.partition(),
                                ids(partition).stream().map(id -> id == LEAVING ? coming : id).toList())))
                .collect(Collectors.joining(",", "{\"version\":1,\"partitions\":[", "]}"));
    }

    private static List<TopicDescription> topics(ChaosRun run) {
        try {
            var names = run.cluster().admin().listTopics(new ListTopicsOptions().listInternal(true)).names().get(10, TimeUnit.SECONDS);
            return List.copyOf(run.cluster().admin().describeTopics(names).allTopicNames().get(10, TimeUnit.SECONDS).values());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Integer> ids(TopicPartitionInfo partition) {
        return partition.replicas().stream().map(Node::id).toList();
    }
}
