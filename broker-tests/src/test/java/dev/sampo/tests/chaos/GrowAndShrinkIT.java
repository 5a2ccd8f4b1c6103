package dev.sampo.tests.chaos;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.MavenJars;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.workload.ChaosRun;
import dev.sampo.tests.chaos.workload.Load;
import dev.sampo.tests.chaos.workload.Verdict;
import dev.sampo.tests.client.ChildProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
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

    @Test
    void everythingMovesFromTheFirstBrokerToTheFourthUnderLoad(@TempDir Path folder) throws Exception {
        Path tools = MavenJars.kafkaTools(TOOLS);
        Load load = Load.standard().withGroup(2).withoutClientErrors();
        try (ChaosRun run = ChaosRun.start("grow-and-shrink", ClusterPlan.of(3), load)) {
            // Given
            run.letRun(Duration.ofSeconds(3));
            int coming = run.cluster().addBroker().id();

            // When
            long begin = System.nanoTime();
            Path plan = Files.writeString(folder.resolve("plan.json"), plan(run, coming));
            assertThat(reassign(tools, run, plan, "--execute").output()).contains("Successfully started partition reassignment");
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
