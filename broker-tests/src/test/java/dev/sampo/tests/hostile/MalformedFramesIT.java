package dev.sampo.tests.hostile;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.BrokerUnderTest;
import dev.sampo.tests.wire.RawConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Malformed frames and hostile connections: the broker lives, gives back what it held, loses nothing, and a healthy client beside
 * them hardly notices. Its p99 is compared with the one beside valid requests sent the same way, so that the price of sharing
 * two cores with the attackers counts on both sides.
 */
class MalformedFramesIT {
    private static final int ATTACKERS = 2;
    private static final long SEED = Long.getLong("hostile.seed", 20_260_101);
    private static final Duration SETTLE_LIMIT = Duration.ofSeconds(60);
    /** Below this, a p99 says more about the machine than about the broker. */
    private static final double NOTICEABLE_MS = 10;
    private static final int DESCRIPTOR_NOISE = 20;
    private static final int THREAD_NOISE = 10;
    private static final long HEAP_NOISE_BYTES = 24L << 20;
    /** A fetch may poll longer than anybody wants to wait: then the next frame gets a new connection. */
    private static final Duration FRAME_LIMIT = Duration.ofMillis(200);

    @TempDir
    private Path folder;

    @Test
    void twentyThousandFramesAndThreeHundredConnectionsDoNoHarm() throws Exception {
        attack(20_000, 300, false); // latency is judged by the long variant, on a machine with nothing else to do
    }

    @Test
    @Tag("soak")
    void twoHundredThousandFramesAndTenThousandConnectionsDoNoHarm() throws Exception {
        attack(200_000, 10_000, true); // fewer end before a p99 means anything
    }

    private void attack(int frames, int connections, boolean judgeLatency) throws Exception {
        var settings = Map.of("auto.create.topics.enable", "false", "offsets.topic.num.partitions", "4", "transaction.state.log.num.partitions", "4");
        try (var broker = BrokerUnderTest.start(folder, settings); ExecutorService threads = Executors.newCachedThreadPool()) {
            // Given
            String host = "127.0.0.1";
            int port = Integer.parseInt(broker.bootstrap().substring(host.length() + 1));
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
                admin.createTopics(List.of(new NewTopic(HealthyClient.TOPIC, 1, (short) 1), new NewTopic(ValidRequests.TOPIC, 1, (short) 1))).all().get();
            }
            try (var healthy = new HealthyClient(host, port)) {
                // Twice: the first warms the broker up.
                beside(threads, healthy, frames(port, frames / 10, Mutator::valid, 1));
                double besideValidMs = beside(threads, healthy, frames(port, frames / 10, Mutator::valid, 2));
                beside(threads, healthy, frames(port, frames / 10, Mutator::next, 3));
                int descriptors = ProcessFigures.descriptors(broker.pid());
                int liveThreads = ProcessFigures.threads(broker.pid());
                long heapBytes = ProcessFigures.heapAfterCollectionBytes(broker.pid());

                // When
                double besideFramesMs = beside(threads, healthy, frames(port, frames, Mutator::next, 4));
                double besideConnectionsMs;
                try (var hostile = new HostileConnections(host, port, SEED)) {
                    besideConnectionsMs = beside(threads, healthy, List.of(() -> {
                        hostile.attack(connections);
                        return null;
                    }));
                    assertThat(hostile.notClosedByBroker()).as("lying connections that the broker kept").isZero();
                }

                // Then
                System.out.printf("p99 of the healthy client: %.1f ms beside valid requests, %.1f ms beside malformed frames, %.1f ms beside hostile connections%n",
                        besideValidMs, besideFramesMs, besideConnectionsMs);
                healthy.checkAll();
                Await.until("descriptors return to about " + descriptors, SETTLE_LIMIT,
                        () -> ProcessFigures.descriptors(broker.pid()) <= descriptors + DESCRIPTOR_NOISE,
                        () -> "now " + ProcessFigures.descriptors(broker.pid()));
                assertThat(ProcessFigures.threads(broker.pid())).as("threads").isLessThanOrEqualTo(liveThreads + THREAD_NOISE);
                Await.until("heap returns to about " + heapBytes, SETTLE_LIMIT,
                        () -> ProcessFigures.heapAfterCollectionBytes(broker.pid()) <= heapBytes * 1.05 + HEAP_NOISE_BYTES,
                        () -> "now " + ProcessFigures.heapAfterCollectionBytes(broker.pid()));
                if (judgeLatency) {
                    double limitMs = Math.max(3 * besideValidMs, NOTICEABLE_MS);
                    assertThat(besideFramesMs).as("p99 beside malformed frames, ms").isLessThanOrEqualTo(limitMs);
                    assertThat(besideConnectionsMs).as("p99 beside hostile connections, ms").isLessThanOrEqualTo(limitMs);
                }
                assertThat(Files.readString(broker.output())).doesNotContain("OutOfMemoryError").doesNotContain("Exception in thread");
            }
        }
    }

    /** The healthy client's p99 in milliseconds while the attackers work. */
    private static double beside(ExecutorService threads, HealthyClient healthy, List<Callable<Void>> attackers) throws Exception {
        List<Future<Void>> running = new ArrayList<>();
        attackers.forEach(attacker -> running.add(threads.submit(attacker)));
        double p99Ms = healthy.p99Ms(() -> running.stream().anyMatch(attacker -> !attacker.isDone()));
        for (Future<Void> attacker : running) {
            attacker.get();
        }
        return p99Ms;
    }

    private static List<Callable<Void>> frames(int port, int count, java.util.function.Function<Mutator, ByteBuffer> next, int phase) {
        var attackers = new ArrayList<Callable<Void>>();
        for (int i = 0; i < ATTACKERS; i++) {
            var mutator = new Mutator(SEED + 1_000L * phase + i);
            attackers.add(() -> {
                send(port, count / ATTACKERS, () -> next.apply(mutator));
                return null;
            });
        }
        return attackers;
    }

    /** One frame after the other, each answered, or its connection closed, or left alone after a while. */
    private static void send(int port, int count, Supplier<ByteBuffer> next) throws IOException {
        RawConnection connection = null;
        for (int i = 0; i < count; i++) {
            if (connection == null) {
                connection = RawConnection.open("127.0.0.1", port, FRAME_LIMIT);
            }
            try {
                connection.sendFrame(next.get());
                connection.receiveFrame();
            } catch (IOException e) {
                connection.close();
                connection = null;
            }
        }
        if (connection != null) {
            connection.close();
        }
    }
}
