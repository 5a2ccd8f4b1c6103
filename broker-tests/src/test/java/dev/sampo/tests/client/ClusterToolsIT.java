package dev.sampo.tests.client;

import dev.sampo.cluster.LocalCluster;
import dev.sampo.tests.broker.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Kafka's own tools for clusters, on four brokers in this JVM; the last test ends one. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterToolsIT {
    private static final String REASSIGN = "reassign.ReassignPartitionsCommand";
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private static LocalCluster cluster;
    private static KafkaTools tools;
    @TempDir
    private Path folder;

    @BeforeAll
    static void start(@TempDir Path folder) {
        cluster = LocalCluster.start(folder, 3);
        cluster.start(4);
        tools = KafkaTools.against(cluster.bootstrapServers());
        run("TopicCommand", "--create", "--topic", "orders", "--replica-assignment", "1:2:3,2:3:1", "--config", "min.insync.replicas=2").orFail();
        String lines = IntStream.range(0, 1_000).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());
        tools.runWithInput("ConsoleProducer", lines, "--topic", "orders").orFail();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    @Order(1)
    void reassignPartitionsToolPlansMovesThrottlesListsAndVerifies() throws IOException {
        // Given
        Path topics = write("topics.json", "{\"topics\":[{\"topic\":\"orders\"}],\"version\":1}");
        String plan = run(REASSIGN, "--generate", "--topics-to-move-json-file", topics.toString(), "--broker-list", "2,3,4").orFail().output();
        assertThat(plan).contains("Current partition replica assignment").contains("Proposed partition reassignment configuration");
        Path moves = write("moves.json", assignment("[4,2,3]", "[2,3,4]"));

        // When
        assertThat(reassign(moves, "--execute", "--throttle", "50000000").orFail().output()).contains("Successfully started partition reassignments");

        // Then
        assertThat(run("ConfigCommand", "--describe", "--entity-type", "topics", "--entity-name", "orders").orFail().output())
                .contains("leader.replication.throttled.replicas=").contains("follower.replication.throttled.replicas=");
        Await.until("moves are complete", LIMIT, () -> {
            String verified = reassign(moves, "--verify").orFail().output();
            return verified.contains("Reassignment of partition orders-0 is completed") && verified.contains("Reassignment of partition orders-1 is completed");
        });
        assertThat(run(REASSIGN, "--list").orFail().output()).contains("No partition reassignments found");
        assertThat(run("ConfigCommand", "--describe", "--entity-type", "topics", "--entity-name", "orders").orFail().output())
                .as("the tool takes the throttles away again").doesNotContain("throttled");
        assertThat(described()).contains("Replicas: 4,2,3").contains("Replicas: 2,3,4").doesNotContain("Replicas: 1");
        assertThat(run("consumer.ConsoleConsumer", "--topic", "orders", "--from-beginning", "--max-messages", "1000", "--timeout-ms", "30000").orFail()
                .output().lines().filter(line -> line.startsWith("line ")).distinct()).hasSize(1_000);
    }

    @Test
    @Order(2)
    void leaderElectionToolElectsThePreferredLeader() {
        Await.until("it is elected, or leads already", LIMIT, () ->
                run("LeaderElectionCommand", "--election-type", "PREFERRED", "--topic", "orders", "--partition", "0").exitCode() == 0
                        && described().contains("Partition: 0\tLeader: 4"));
        assertThat(run("LeaderElectionCommand", "--election-type", "PREFERRED", "--topic", "nosuch", "--partition", "0").exitCode()).isNotZero();
    }

    @Test
    @Order(3)
    void metadataQuorumToolDescribesAndChangesVoters() {
        String status = run("MetadataQuorumCommand", "describe", "--status").orFail().output();
        assertThat(status).contains("ClusterId:").contains("LeaderId:").contains("CurrentVoters:").contains("CurrentObservers:");
        assertThat(run("MetadataQuorumCommand", "describe", "--replication").orFail().output().lines().filter(line -> line.contains("Follower"))).hasSize(2);
        String directory = cluster.broker(4).images().current().brokers().get(4).directoryId().toString();
        assertThat(run("MetadataQuorumCommand", "remove-controller", "--controller-id", "4", "--controller-directory-id", directory).exitCode())
                .as("it is no voter").isNotZero();
    }

    @Test
    @Order(4)
    void clusterToolListsEndpointsAndUnregistersABrokerThatHoldsNothing() {
        assertThat(run("ClusterTool", "cluster-id").orFail().output()).contains("Cluster ID: " + cluster.broker(1).clusterId());
        assertThat(run("ClusterTool", "list-endpoints").orFail().output().lines().filter(line -> line.contains("127.0.0.1"))).hasSize(4);
        assertThat(run("ClusterTool", "unregister", "--id", "4").output()).as("it lives and holds partitions").doesNotContain("is no longer registered");
    }

    @Test
    @Order(5)
    void topicsToolShowsWhatABrokersEndLeavesUnderReplicated() {
        // Given
        assertThat(run("TopicCommand", "--describe", "--under-replicated-partitions").orFail().output()).doesNotContain("orders");

        // When
        cluster.kill(3);

        // Then
        Await.until("both partitions lack a replica", LIMIT, () ->
                run("TopicCommand", "--describe", "--under-replicated-partitions").orFail().output().lines().filter(line -> line.contains("Topic: orders")).count() == 2);
        assertThat(run("TopicCommand", "--describe", "--unavailable-partitions").orFail().output()).doesNotContain("orders");
        assertThat(run("TopicCommand", "--describe", "--at-min-isr-partitions").orFail().output()).contains("orders");
        cluster.start(3);
        Await.until("both are whole again", LIMIT, () ->
                !run("TopicCommand", "--describe", "--under-replicated-partitions").orFail().output().contains("orders"));
    }

    private static ChildProgram.Result reassign(Path moves, String... arguments) {
        var all = new ArrayList<>(List.of("--reassignment-json-file", moves.toString()));
        all.addAll(Arrays.asList(arguments));
        return run(REASSIGN, all.toArray(String[]::new));
    }

    private static String described() {
        return run("TopicCommand", "--describe", "--topic", "orders").orFail().output();
    }

    private static String assignment(String first, String second) {
        return "{\"version\":1,\"partitions\":[{\"topic\":\"orders\",\"partition\":0,\"replicas\":" + first
                + "},{\"topic\":\"orders\",\"partition\":1,\"replicas\":" + second + "}]}";
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static ChildProgram.Result run(String tool, String... arguments) {
        return tools.run(tool, arguments);
    }
}
