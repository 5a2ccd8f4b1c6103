package dev.sampo.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** A broker on a small disk of its own. Needs the right to mount; says so where it has not. */
final class DiskFullIT {
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final byte[] VALUE = new byte[900_000];

    @TempDir
    private Path temporary;

    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectories(temporary.resolve("disk"));
        String refused = run("mount", "-t", "tmpfs", "-o", "size=96m", "none", disk.toString());
        if (refused != null) {
            System.out.println("DiskFullIT is skipped, a disk cannot be mounted: " + refused);
        }
        assumeTrue(refused == null, () -> "a disk cannot be mounted: " + refused);
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", "-l", disk.toString()); // lazily: indexes stay mapped until the collector has seen them
    }

    /** Null when it went well. */
    private static String run(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes());
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 ? null : output;
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void aFullDiskRefusesRecordsOnlyAndAllGoesOnOnceATopicWasDeleted() throws Exception {
        BrokerSettings settings = BrokerSettings.embedded(disk.resolve("data"))
                .with("sampo.remoting.port", 0)
                .with("sampo.raft.port", 0)
                .with("sampo.persistence.metadata-disk-reserve", "16 MiB");
        Path reserve = disk.resolve("data").resolve("metadata").resolve("disk-reserve");
        try (SampoBroker broker = SampoBroker.start(settings);
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
                var producer = producer(broker)) {
            // Given
            admin.createTopics(List.of(topic("filler"), topic("kept"))).all().get();
            await("the reserve is made", () -> Files.exists(reserve) && Files.size(reserve) == 16 << 20);

            // When
            Throwable refusal = null;
            for (int i = 0; refusal == null && i < 200; i++) {
                refusal = send(producer, "filler");
            }

            // Then records are refused, also for others
            assertThat(refusal).isInstanceOfAny(KafkaStorageException.class, TimeoutException.class);
            assertThat(send(producer, "kept")).isInstanceOfAny(KafkaStorageException.class, TimeoutException.class);
            await("the reserve is released", () -> !Files.exists(reserve));

            // And metadata changes, many of them
            var retention = new ConfigResource(ConfigResource.Type.TOPIC, "kept");
            for (int i = 1; i <= 50; i++) {
                Collection<AlterConfigOp> change = List.of(new AlterConfigOp(
                        new ConfigEntry("retention.ms", Integer.toString(100_000 + i)), AlterConfigOp.OpType.SET));
                admin.incrementalAlterConfigs(Map.of(retention, change)).all().get();
            }
            assertThat(admin.describeConfigs(List.of(retention)).all().get().get(retention).get("retention.ms").value())
                    .isEqualTo("100050");
            admin.deleteTopics(List.of("filler")).all().get();

            // And by itself all goes on
            await("records are taken", () -> send(producer, "kept") == null);
            await("the reserve is held again", () -> Files.exists(reserve) && Files.size(reserve) == 16 << 20);
            admin.createTopics(List.of(topic("after"))).all().get();
            assertThat(send(producer, "after")).isNull();
        }
        try (SampoBroker again = SampoBroker.start(settings); var producer = producer(again)) {
            assertThat(send(producer, "kept")).isNull();
        }
    }

    private static NewTopic topic(String name) {
        return new NewTopic(name, 1, (short) 1);
    }

    private static KafkaProducer<byte[], byte[]> producer(SampoBroker broker) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", broker.bootstrapServers(), "retries", 0, "enable.idempotence", false,
                        "delivery.timeout.ms", 5_000, "request.timeout.ms", 3_000, "linger.ms", 0, "max.block.ms", 5_000),
                new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Null when it was acknowledged. */
    private static Throwable send(KafkaProducer<byte[], byte[]> producer, String topic) throws InterruptedException {
        try {
            producer.send(new ProducerRecord<>(topic, VALUE)).get();
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(20_000_000);
        }
    }
}
