package dev.sampo.cluster.cli;

import dev.sampo.cluster.LocalCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code balance ...} and {@code cluster quorum} against a cluster that a broker joins. */
final class BalanceCommandsIT {
    private static final String REPLICAS = "follower.replication.throttled.replicas";
    private static final String[] PATIENT = {"--timeout", "60s"};

    @TempDir
    private Path folder;

    @Test
    @Verb({"balance plan", "balance apply", "balance cancel", "cluster quorum"})
    void aBrokerThatJoinsGetsItsShareAndNothingIsLost() {
        try (LocalCluster cluster = LocalCluster.start(folder, 3)) {
            // Given
            CommandRun asks = CommandRun.alone().with("SAMPO_BOOTSTRAP", cluster.bootstrapServers());
            asks.run("topic", "create", "orders", "-p", "12", "-r", "3", "-c", "min.insync.replicas=2", "--timeout", "60s").ok();
            asks.run("topic", "create", "big", "-p", "1", "-r", "1", "--timeout", "60s").ok();
            String lines = IntStream.range(0, 500).mapToObj(i -> "record-" + i + "\n").collect(Collectors.joining());
            asks.input(lines).run("produce", "orders", "--timeout", "60s").ok();
            asks.input(("x".repeat(1000) + "\n").repeat(500)).run("produce", "big", "--timeout", "60s").ok();
            cluster.start(4);
            await(() -> asks.json("node list", PATIENT).size() == 4);

            // When
            JsonNode plan = asks.json("balance plan", PATIENT);

            // Then
            assertThat(plan.get("moves")).isNotEmpty().allSatisfy(move -> assertThat(move.get("reason").asString()).isNotBlank());
            assertThat(plan.get("moves").get(0).get("reason").asString()).startsWith("broker 4 holds 0 of ");
            assertThat(asks.run("balance", "plan", "--timeout", "60s").ok().out()).contains("REPLICAS-AFTER", "broker 4 holds 0 of", "MiB are copied");
            assertThat(asks.run("balance", "apply", "--timeout", "60s").expect(ExitCode.USAGE).err()).contains("partitions move", "--yes");
            assertThat(asks.json("balance apply", "--dry-run", "--timeout", "60s"))
                    .hasSameSizeAs(plan.get("moves")).allSatisfy(move -> assertThat(move.get("state").asString()).isEqualTo("planned"));

            // When
            JsonNode applied = asks.json("balance apply", "--yes", "--throttle", "50000000", "--within", "3m", "--timeout", "60s");

            // Then
            assertThat(applied).allSatisfy(move -> assertThat(move.get("state").asString()).isEqualTo("moved"));
            var left = new AtomicReference<JsonNode>(plan);
            await(left, () -> {
                left.set(asks.json("balance plan", PATIENT));
                return left.get().get("moves").isEmpty();
            });
            assertThat(asks.run("balance", "plan", "--timeout", "60s").ok().out()).contains("the cluster is even");
            List<Integer> replicas = asks.json("node list", PATIENT).valueStream().map(node -> node.get("replicas").asInt()).toList();
            assertThat(replicas).hasSize(4).allSatisfy(held ->
                    assertThat((double) held).isCloseTo(replicas.stream().mapToInt(Integer::intValue).average().orElseThrow(),
                            org.assertj.core.data.Offset.offset(3.0)));
            assertThat(asks.run("consume", "orders", "--until", "end", "--timeout", "60s").ok().out().lines())
                    .containsExactlyInAnyOrderElementsOf(lines.lines().toList());
            await(() -> !asks.run("config", "diff", "topic/orders", "--timeout", "60s").ok().out().contains("throttled"));
            assertThat(asks.json("balance cancel", PATIENT)).isEmpty();
            assertThat(asks.json("cluster quorum", PATIENT)).hasSize(4).first().satisfies(leader -> {
                assertThat(leader.get("role").asString()).isEqualTo("leader");
                assertThat(leader.get("lag").asLong()).isZero();
            });
            assertThat(asks.json("cluster quorum", PATIENT).valueStream().map(node -> node.get("role").asString()))
                    .containsExactly("leader", "voter", "voter", "observer");
        }
    }

    @Test
    void whatIsCancelledLosesItsThrottleAndWhatAnOperatorThrottlesStays() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(folder, 1)) {
            // Given
            CommandRun asks = CommandRun.alone().with("SAMPO_BOOTSTRAP", cluster.bootstrapServers());
            asks.run("topic", "create", "big", "-p", "2", "-r", "1", "--timeout", "60s").ok();
            asks.input(("x".repeat(1000) + "\n").repeat(500)).run("produce", "big", "--timeout", "60s").ok();
            cluster.start(2);
            await(() -> asks.json("node list", PATIENT).size() == 2);
            asks.run("config", "set", "topic/big", REPLICAS + "=1:7", "--timeout", "60s").ok();
            var move = new TopicPartition("big", 0);
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
                new ReplicaThrottle().set(admin, List.of(new ReplicaThrottle.Way(move, List.of(1), List.of(2))), 1);
                admin.alterPartitionReassignments(Map.of(move, Optional.of(new NewPartitionReassignment(List.of(2))))).all().get();
            }
            await(() -> asks.json("balance cancel", "--dry-run", "--timeout", "60s").size() == 1);
            await(() -> Set.of(value(asks, "topic/big", REPLICAS).split(",", -1)).equals(Set.of("0:2", "1:7")));

            // When
            JsonNode cancelled = asks.json("balance cancel", PATIENT);

            // Then
            assertThat(cancelled).hasSize(1);
            assertThat(cancelled.get(0).get("cancelled").asBoolean()).isTrue();
            await(() -> value(asks, "topic/big", REPLICAS).equals("1:7"));
            await(() -> value(asks, "broker/2", "follower.replication.throttled.rate").isEmpty());
            await(() -> asks.json("balance cancel", "--dry-run", "--timeout", "60s").isEmpty());
        }
    }

    private static String value(CommandRun asks, String entity, String name) {
        return asks.json("config get", entity, "--timeout", "60s").valueStream().filter(row -> row.get("name").asString().equals(name))
                .findFirst().map(row -> row.get("value").asString("")).orElse("");
    }

    /** Brokers hear of a change one after the other, and any of them is asked. */
    private static void await(BooleanSupplier condition) {
        await("time", condition);
    }

    private static void await(Object what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("%s", what).isLessThan(deadline);
        }
    }
}
