package dev.sampo.streamstests.cluster;

import dev.sampo.streamstests.broker.Await;
import dev.sampo.streamstests.broker.FreePort;
import dev.sampo.streamstests.broker.Records;
import dev.sampo.streamstests.broker.TestBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** A broker and nodes that only run streams, each a process: how long partitions stay unread when such a node goes. */
class StreamNodeIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int PARTITIONS = 4;
    private static final Duration BOUND = Duration.ofMillis(1_500);

    @TempDir
    private Path folder;

    private TestBroker broker;
    private Records records;
    private String seeds;
    private final List<String> written = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() {
        int port = FreePort.next();
        seeds = "127.0.0.1:" + port;
        broker = TestBroker.start(folder, Map.of(
                "sampo.remoting.port", Integer.toString(port), "group.initial.rebalance.delay.ms", "0"));
        records = new Records(broker);
    }

    @AfterEach
    void stop() {
        records.close();
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void thePartitionsOfANodeThatIsKilledAreReadByOthersWithinASecondAndAHalf(String protocol) {
        assertThat(takeOver("killed", protocol, NodeProcess::kill)).isLessThan(BOUND);
    }

    @Test
    void thePartitionsOfANodeThatLeavesAreReadByOthersWithinASecondAndAHalf() {
        assertThat(takeOver("terminated", "classic", NodeProcess::terminate)).isLessThan(BOUND);
    }

    /** Two nodes share four partitions that are written all the time; one goes. @return until the other has read from all four */
    private Duration takeOver(String how, String protocol, Consumer<NodeProcess> end) {
        String topic = "topic-" + how;
        records.createTopic(topic, PARTITIONS);
        try (var one = NodeProcess.start(seeds, topic, how, protocol);
                var two = NodeProcess.start(seeds, topic, how, protocol)) {
            writeUntil(
                    topic, "each node reads two partitions",
                    () -> lastPartitions(one).size() == 2 && lastPartitions(two).size() == 2,
                    () -> one.output() + two.output());

            long began = System.nanoTime();
            end.accept(one);
            writeUntil(topic, "the other node reads all", () -> readSince(two, began).size() == PARTITIONS, two::output);
            long tookNanos = readSince(two, began).values().stream().mapToLong(nanos -> nanos).max().orElseThrow() - began;
            System.out.println("a node was " + how + " (" + protocol + " protocol): the last of its partitions was read by the other after "
                    + tookNanos / 1_000_000 + " ms");

            Await.until("nothing is lost", LIMIT, () -> read(one, two).containsAll(written), two::output);
            assertThat(two.hasEnded()).isFalse();
            return Duration.ofNanos(tookNanos);
        }
    }

    private void writeUntil(
            String topic, String condition, BooleanSupplier isTrue,
            Supplier<String> detail) {
        Await.until(condition, LIMIT, () -> {
            written.addAll(records.write(topic, PARTITIONS, PARTITIONS, "w" + written.size()));
            return isTrue.getAsBoolean();
        }, detail);
    }

    /** Partitions among the newest records of a node. */
    private static Set<Integer> lastPartitions(NodeProcess node) {
        List<NodeProcess.Read> reads = List.copyOf(node.reads());
        return reads.subList(Math.max(0, reads.size() - 2 * PARTITIONS), reads.size()).stream()
                .filter(read -> System.nanoTime() - read.nanos() < 500_000_000L)
                .map(NodeProcess.Read::partition)
                .collect(Collectors.toSet());
    }

    /** By partition, when the first record after that moment was read. */
    private static Map<Integer, Long> readSince(NodeProcess node, long nanos) {
        return node.reads().stream()
                .filter(read -> read.nanos() - nanos > 0)
                .collect(Collectors.toMap(NodeProcess.Read::partition, NodeProcess.Read::nanos, Math::min));
    }

    private static Set<String> read(NodeProcess one, NodeProcess two) {
        return Stream.of(one, two).flatMap(node -> node.reads().stream()).map(NodeProcess.Read::value)
                .collect(Collectors.toCollection(HashSet::new));
    }

    @Test
    void aBrokerStopsWithANodeInItsClusterAndTheNodeThatIsLeftAloneEnds() {
        records.createTopic("orphans", 1);
        try (var node = NodeProcess.start(seeds, "orphans", "orphans", "classic", "-Dsampo.stream-node.orphan-timeout=1s")) {
            // Given
            Await.until("the node reads", LIMIT, () -> {
                records.write("orphans", 1, 1, "o");
                return !node.reads().isEmpty();
            }, node::output);

            // When
            broker.stop();

            // Then
            Await.until("the node has ended", LIMIT, node::hasEnded, node::output);
        }
    }
}
