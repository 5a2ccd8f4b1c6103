package dev.sampo.cluster.cli;

import dev.sampo.cluster.LocalCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code node ...} against a cluster. */
final class NodeCommandsIT {
    @TempDir
    private Path folder;

    @Test
    @Verb({"node list", "node drain", "node undrain", "node remove"})
    void aBrokerIsDrainedPutToUseAgainDrainedAndRemoved() {
        try (LocalCluster cluster = LocalCluster.start(folder, 3)) {
            // Given
            cluster.start(4);
            CommandRun asks = CommandRun.alone().with("SAMPO_BOOTSTRAP", cluster.bootstrapServers());
            asks.run("topic", "create", "orders", "-p", "6", "-r", "3", "-c", "min.insync.replicas=2", "--timeout", "60s").ok();
            asks.input("a\nb\nc\n").run("produce", "orders", "--timeout", "60s").ok();

            // Then
            assertThat(asks.run("node", "drain", "9").expect(ExitCode.NOT_FOUND).err()).contains("no broker 9", "sampo node list");
            assertThat(states(asks)).containsExactly("live", "live", "live", "live");
            JsonNode planned = asks.json("node drain", "1", "--dry-run", "--timeout", "60s");
            assertThat(planned).allSatisfy(move -> assertThat(move.get("moved").asBoolean()).isFalse());
            assertThat(states(asks).getFirst()).isEqualTo("live");

            // When
            assertThat(asks.run("node", "drain", "1", "--leaders-only", "--timeout", "60s", "-o", "json").ok().out()).isEqualTo("[ ]\n");

            // Then
            await(asks, nodes -> nodes.get(0).get("state").asString().equals("drained")
                    && nodes.get(0).get("leads").asInt() == 0 && nodes.get(0).get("replicas").asInt() == planned.size());
            asks.json("node undrain", "1", "--timeout", "60s");
            await(asks, nodes -> nodes.get(0).get("state").asString().equals("live"));

            // When
            JsonNode moves = asks.json("node drain", "1", "--throttle", "50000000", "--within", "2m", "--timeout", "60s");

            // Then
            assertThat(moves).hasSize(planned.size()).allSatisfy(move -> {
                assertThat(move.get("moved").asBoolean()).isTrue();
                assertThat(move.get("to").valueStream().map(JsonNode::asInt)).hasSize(3).doesNotContain(1);
            });
            await(asks, nodes -> nodes.get(0).get("replicas").asInt() == 0);
            await(() -> !asks.run("config", "diff", "topic/orders", "--timeout", "60s").ok().out().contains("throttled"));
            assertThat(asks.run("consume", "orders", "--until", "end", "--timeout", "60s").ok().out()).contains("a", "b", "c");
            asks.run("node", "remove", "1", "--timeout", "60s").expect(ExitCode.FAILED);
            cluster.stop(1);
            asks.json("node remove", "1", "--timeout", "60s");
            await(asks, nodes -> nodes.size() == 3);
        }
    }

    private static void await(CommandRun asks, Predicate<JsonNode> condition) {
        await(() -> condition.test(asks.json("node list", "--timeout", "60s")));
    }

    /** Brokers hear of a change one after the other, and any of them is asked. */
    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time").isLessThan(deadline);
        }
    }

    private static List<String> states(CommandRun asks) {
        return asks.json("node list", "--timeout", "60s").valueStream().map(row -> row.get("state").asString()).toList();
    }
}
