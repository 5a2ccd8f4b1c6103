package dev.sampo.tests.http;

import com.sun.management.OperatingSystemMXBean;
import dev.sampo.tests.broker.Await;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConsumerGroupOffsetsResult;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What sampling 1,000 groups in ten partitions each costs; prints milliseconds of CPU. */
@Tag("soak")
final class LagCostIT {
    private static final int GROUPS = 1_000;
    private static final int PARTITIONS = 10;
    private static final int INTERVAL_MS = 20_000;
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    @TempDir
    private Path folder;

    private static void waitUntil(long wallMs) {
        Await.holds(Duration.ofMillis(Math.max(0, wallMs - System.currentTimeMillis())), () -> false);
    }

    private static double cpuMs(long fromMs, long toMs) {
        waitUntil(fromMs);
        long before = SYSTEM.getProcessCpuTime();
        waitUntil(toMs);
        return (SYSTEM.getProcessCpuTime() - before) / 1e6;
    }

    private static long nextTickMs() {
        long now = System.currentTimeMillis();
        long tick = now - Math.floorMod(now, INTERVAL_MS) + INTERVAL_MS / 2;
        return tick > now + 1_500 ? tick : tick + INTERVAL_MS;
    }

    private static void commit(Admin admin, int round) throws Exception {
        var last = new HashMap<Integer, AlterConsumerGroupOffsetsResult>();
        for (int group = 0; group < GROUPS; group++) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                offsets.put(new TopicPartition("cost", partition), new OffsetAndMetadata(group * 3 + round));
            }
            last.put(group, admin.alterConsumerGroupOffsets("group-" + group, offsets));
        }
        for (AlterConsumerGroupOffsetsResult result : last.values()) {
            result.all().get(120, TimeUnit.SECONDS);
        }
    }

    @Test
    void aThousandGroupsCostLessThanATwentiethOfACoreAtTenSeconds() throws Exception {
        try (var http = HttpBroker.start(
                        folder.resolve("data"), settings -> settings.with("sampo.group.lag.interval", INTERVAL_MS + "ms"));
                Admin admin = Admin.create(Map.of(
                        "bootstrap.servers", http.broker.bootstrapServers(), "request.timeout.ms", "120000",
                        "default.api.timeout.ms", "120000"))) {
            // Given
            http.post("/v1/topics", "{\"name\":\"cost\",\"partitions\":" + PARTITIONS + "}");
            try (var producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", http.broker.bootstrapServers(), "linger.ms", "5"), new StringSerializer(), new StringSerializer())) {
                for (int i = 0; i < PARTITIONS * 4_000; i++) {
                    producer.send(new ProducerRecord<>("cost", i % PARTITIONS, "k", "value " + i));
                }
            }
            double moved = Double.MAX_VALUE;
            double stood = Double.MAX_VALUE;
            double idle = Double.MAX_VALUE;

            // When
            for (int round = 0; round < 3; round++) {
                commit(admin, round);
                long tickMs = nextTickMs();
                moved = Math.min(moved, cpuMs(tickMs - 500, tickMs + 1_500));
                idle = Math.min(idle, cpuMs(tickMs + 2_000, tickMs + 4_000));
                tickMs = nextTickMs();
                stood = Math.min(stood, cpuMs(tickMs - 500, tickMs + 1_500));
            }

            // Then
            System.out.printf(
                    "CPU of 2 s: idle %.0f ms, with a sample %.0f ms when no offset had moved, %.0f ms when all had%n",
                    idle, stood, moved);
            assertThat(moved - idle).isLessThan(500);
            assertThat(http.get("/v1/lag?page_size=1000").body().get("groups")).hasSize(GROUPS);
        }
    }
}
