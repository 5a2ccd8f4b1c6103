package dev.sampo.cluster;

import dev.sampo.cluster.cli.Verb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Whole brokers, in this JVM and in others, with Kafka's own clients. */
public final class SampoBrokerIT {
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final List<String> FLAGS = List.of(
            "-Xmx256m", "-XX:+UseG1GC", "-XX:+UseCompactObjectHeaders", "-Djava.awt.headless=true",
            "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");

    @TempDir
    private Path temporary;

    @Test
    void whatWasProducedIsThereAfterARestartAndACleanStartRecoversNothing() throws Exception {
        BrokerSettings settings = settings("data");
        try (SampoBroker broker = SampoBroker.start(settings)) {
            produce(broker.bootstrapServers(), "orders", "a", "b");
        }
        assertThat(marker("data")).exists();
        try (SampoBroker broker = SampoBroker.start(settings)) {
            assertThat(marker("data")).doesNotExist();
            produce(broker.bootstrapServers(), "orders", "c");
            assertThat(consume(broker.bootstrapServers(), "orders", 3)).containsExactly("0:a", "1:b", "2:c");
        }
    }

    @Test
    void severalBrokersLiveInOneJvmAndLeaveNoThreadAndNoPort() throws Exception {
        // Given
        var before = Thread.getAllStackTraces().keySet();
        var brokers = new ArrayList<SampoBroker>();
        var servers = new ArrayList<String>();

        // When
        for (int i = 0; i < 3; i++) {
            brokers.add(SampoBroker.start(settings("data" + i)));
            servers.add(brokers.get(i).bootstrapServers());
            produce(servers.get(i), "orders", "of broker " + i);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(consume(servers.get(i), "orders", 1)).containsExactly("0:of broker " + i);
        }
        brokers.forEach(SampoBroker::close);

        // Then
        for (String server : servers) {
            int port = Integer.parseInt(server.substring(server.indexOf(':') + 1));
            assertThat(FreePort.from(port)).isEqualTo(port);
        }
        long deadline = System.nanoTime() + WAIT.toNanos();
        List<String> left = left(before);
        while (!left.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(10_000_000);
            left = left(before);
        }
        assertThat(left).isEmpty();
    }

    /** Names of threads that a broker has started and that still run. */
    private static List<String> left(java.util.Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive() && !before.contains(thread))
                .map(Thread::getName)
                .filter(name -> name.startsWith("sampo") || name.contains("aft") || name.contains("pekko")
                        || name.startsWith("grpc") || name.startsWith("netty"))
                .toList();
    }

    @Test
    void logsOfATopicThatTheMetadataDoesNotHoldAreRemovedAtStartAndNoOthers() throws Exception {
        BrokerSettings settings = settings("data");
        try (SampoBroker broker = SampoBroker.start(settings)) {
            produce(broker.bootstrapServers(), "kept", "a");
        }
        Path gone = Files.createDirectories(
                temporary.resolve("data").resolve("topics").resolve("AAAAAAAAAAAAAAAAAAAAAA-3"));
        Files.writeString(gone.resolve("00000000000000000000.log"), "");
        Path foreign = Files.createDirectories(temporary.resolve("data").resolve("topics").resolve("lost+found"));

        try (SampoBroker broker = SampoBroker.start(settings)) {
            long deadline = System.nanoTime() + WAIT.toNanos();
            while (Files.exists(gone) && System.nanoTime() < deadline) {
                LockSupport.parkNanos(10_000_000);
            }
            assertThat(gone).doesNotExist();
            assertThat(foreign).exists();
            assertThat(consume(broker.bootstrapServers(), "kept", 1)).containsExactly("0:a");
        }
    }

    @Test
    @Verb("dev")
    void aKilledProcessLosesNothingAcknowledgedAndACleanOneWarnsOfNothing() throws Exception {
        // Given a process of its own
        Path output = temporary.resolve("first.txt");
        int port = FreePort.from(20_000);
        String servers = "127.0.0.1:" + port;
        Process first = spawn(port, output);
        try {
            awaitReady(first, output);
            produce(servers, "orders", "a", "b", "c");
        } finally {
            // When it is killed
            first.destroyForcibly().waitFor();
        }

        // Then a clean start wrote no warning, neither its own nor the JVM's
        assertThat(Files.readString(output)).doesNotContain(" WARN ", " ERROR ", "WARNING");

        // And the next one serves what was acknowledged, and stops clean
        Path again = temporary.resolve("second.txt");
        Process second = spawn(port, again);
        try {
            awaitReady(second, again);
            assertThat(consume(servers, "orders", 3)).containsExactly("0:a", "1:b", "2:c");
            second.destroy();
            assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            second.destroyForcibly().waitFor();
        }
        assertThat(marker("data")).exists();
        assertThat(Files.readString(again)).contains("recovered log").doesNotContain(" ERROR ");
    }

    private Process spawn(int port, Path output) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(List.of(
                "-cp", classPath(), SampoMain.class.getName(), "dev", "--port", Integer.toString(port), "--data",
                temporary.resolve("data").toString()));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    /** Without what only tests see, so that their logging is not the child's. */
    private static String classPath() {
        return Stream.of(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                        .split(java.io.File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes"))
                .reduce((left, right) -> left + java.io.File.pathSeparator + right)
                .orElseThrow();
    }

    private static void awaitReady(Process process, Path output) throws IOException {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!Files.readString(output).contains("Sampo is ready")) {
            assertThat(process.isAlive() && System.nanoTime() < deadline)
                    .as("ready: " + Files.readString(output))
                    .isTrue();
            LockSupport.parkNanos(10_000_000);
        }
    }

    private BrokerSettings settings(String folder) {
        return BrokerSettings.embedded(temporary.resolve(folder))
                .with("sampo.remoting.port", 0)
                .with("sampo.raft.port", 0);
    }

    private Path marker(String folder) {
        return temporary.resolve(folder).resolve("topics").resolve(".kafka_cleanshutdown");
    }

    private static void produce(String servers, String topic, String... values)
            throws InterruptedException, ExecutionException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            if (!admin.listTopics().names().get().contains(topic)) {
                admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            }
        }
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", servers), new StringSerializer(), new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, value)).get();
            }
        }
    }

    private static List<String> consume(String servers, String topic, int count) {
        var values = new ArrayList<String>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", servers), new StringDeserializer(),
                new StringDeserializer())) {
            var partition = List.of(new TopicPartition(topic, 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            long deadline = System.nanoTime() + WAIT.toNanos();
            while (values.size() < count && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(record.offset() + ":" + record.value());
                }
            }
        }
        return values;
    }
}
