package dev.sampo.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Fifty tests with a broker each in one JVM: how long a start takes, and that nothing is left behind. */
final class ManyBrokersIT {
    private static final List<Long> START_MS = Collections.synchronizedList(new ArrayList<>());
    private static Leftovers before;

    @BeforeAll
    static void oneBrokerLoadsAndStartsWhatTheJvmKeeps() {
        use("first");
        before = Leftovers.now();
        START_MS.clear();
    }

    @RepeatedTest(45)
    void aBrokerOfItsOwn() {
        use("orders");
    }

    @Test
    void fiveBrokersAtOnceDoNotMeet() throws Exception {
        // Given
        var tasks = new ArrayList<Callable<String>>();
        for (int i = 0; i < 5; i++) {
            String value = "of broker " + i;
            tasks.add(() -> {
                try (SampoCluster cluster = start()) {
                    Clients.produce(cluster, "orders", value);
                    return String.join(",", Clients.consume(cluster, "orders", "readers", 1)) + " " + cluster.bootstrapServers();
                }
            });
        }

        // When
        var read = new ArrayList<String>();
        try (var threads = Executors.newFixedThreadPool(5)) {
            for (var done : threads.invokeAll(tasks)) {
                read.add(done.get());
            }
        }

        // Then the same names held different records
        for (int i = 0; i < 5; i++) {
            assertThat(read.get(i)).startsWith("of broker " + i + " ");
        }
        assertThat(read.stream().map(text -> text.substring(text.indexOf("127."))).distinct()).hasSize(5);
    }

    @AfterAll
    static void noThreadPortFileOrBeanIsLeft() {
        List<Long> sorted = START_MS.stream().sorted().toList();
        System.out.printf(
                "%d brokers in one JVM: start min %d ms, median %d ms, max %d ms%n", sorted.size(), sorted.getFirst(),
                sorted.get(sorted.size() / 2), sorted.getLast());
        before.assertNothingNew(Duration.ofSeconds(30));
    }

    private static void use(String topic) {
        try (SampoCluster cluster = start()) {
            Clients.produce(cluster, topic, "a", "b");
            assertThat(Clients.consume(cluster, topic, "readers", 2)).containsExactly("a", "b");
        }
    }

    private static SampoCluster start() {
        SampoCluster cluster = SampoCluster.builder().topic("orders", 1).build();
        long begin = System.nanoTime();
        cluster.start();
        START_MS.add((System.nanoTime() - begin) / 1_000_000);
        return cluster;
    }
}
