package dev.sampo.tests.client;

import dev.sampo.tests.broker.BrokerUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients in other languages: kcat and confluent-kafka for Python (librdkafka, Debian packages, see
 * {@code src/test/clients/install-debian-clients.sh}) and kafkajs (npm, installed below {@code target}). One that is not there is
 * skipped with a printed reason.
 */
class OtherClientsIT {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Path PROGRAMS = Path.of("src", "test", "clients");
    private static final String KAFKAJS = "kafkajs@2.2.4";

    private static BrokerUnderTest broker;

    @BeforeAll
    static void start(@TempDir Path folder) {
        installDebianClients();
        broker = BrokerUnderTest.start(folder, Map.of("offsets.topic.num.partitions", "4", "group.initial.rebalance.delay.ms", "500"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void kcatProducesAndConsumesWithCodec(String codec) {
        // Given
        needs("kcat", "install the Debian package kcat");
        String topic = "kcat-" + codec;
        String lines = IntStream.range(0, 500).mapToObj(i -> "key" + i + ":line " + i).collect(Collectors.joining("\n", "", "\n"));

        // When
        kcat(lines, "-P", "-t", topic, "-K:", "-z", codec, "-X", "enable.idempotence=true");
        String consumed = kcat("", "-C", "-t", topic, "-K:", "-o", "beginning", "-e", "-q", "-X", "check.crcs=true");
        String grouped = kcat("", "-G", "kcat-group-" + codec, "-X", "auto.offset.reset=earliest", "-K:", "-q", "-c", "500", topic);

        // Then
        assertThat(consumed.lines()).containsExactlyInAnyOrderElementsOf(lines.lines().toList());
        assertThat(grouped.lines().filter(line -> line.startsWith("key"))).containsExactlyInAnyOrderElementsOf(lines.lines().toList());
    }

    @Test
    void kcatListsTheClusterAndFindsOffsetsByTime() {
        needs("kcat", "install the Debian package kcat");
        kcat("one\ntwo\n", "-P", "-t", "kcat-listed");

        String listed = kcat("", "-L", "-J");
        assertThat(listed).contains("\"topic\":\"kcat-listed\"").contains("\"brokers\":[{\"id\":1,");
        assertThat(listed).containsPattern("\"controllerid\":1\\b");
        assertThat(kcat("", "-Q", "-t", "kcat-listed:0:1000")).contains("offset 0");
        assertThat(kcat("", "-Q", "-t", "kcat-listed:0:-1")).contains("offset 2");
    }

    @Test
    void confluentKafkaForPythonProducesConsumesAndAdministers() {
        var python = List.of("/usr/bin/python3", PROGRAMS.resolve("confluent_program.py").toString(), broker.bootstrap());
        needs("/usr/bin/python3", "install python3");
        if (ChildProgram.run(List.of("/usr/bin/python3", "-c", "import confluent_kafka"), "", LIMIT, Map.of()).exitCode() != 0) {
            skip("the Debian package python3-confluent-kafka is not installed");
        }
        ChildProgram.run(python, "", LIMIT, Map.of()).orFail();
    }

    @Test
    void kafkajsProducesConsumesAndAdministers() throws IOException {
        needs("node", "install Node.js");
        needs("npm", "install npm");
        Path folder = Path.of("target", "kafkajs").toAbsolutePath();
        if (!Files.isDirectory(folder.resolve("node_modules").resolve("kafkajs"))) {
            Files.createDirectories(folder);
            System.out.println("installing " + KAFKAJS + " with npm into " + folder);
            var install = ChildProgram.run(List.of("npm", "install", "--no-audit", "--no-fund", "--prefix", folder.toString(), KAFKAJS), "", LIMIT, Map.of());
            if (install.exitCode() != 0) {
                skip("npm could not install " + KAFKAJS + ": " + install.output());
            }
        }
        ChildProgram.run(List.of("node", PROGRAMS.resolve("kafkajs-program.js").toString(), broker.bootstrap()), "", LIMIT,
                Map.of("NODE_PATH", folder.resolve("node_modules").toString())).orFail();
    }

    /** A fresh machine has none of them: root may install what Debian packages, and the script says what it does. */
    private static void installDebianClients() {
        boolean root = "root".equals(System.getProperty("user.name"));
        if (root && ChildProgram.isInstalled("apt-get") && !ChildProgram.isInstalled("kcat")) {
            System.out.println(ChildProgram.run(
                    List.of("sh", PROGRAMS.resolve("install-debian-clients.sh").toString()), "", LIMIT, Map.of()).output());
        }
    }

    private static String kcat(String input, String... arguments) {
        var command = new ArrayList<>(List.of("kcat", "-b", broker.bootstrap()));
        command.addAll(List.of(arguments));
        return ChildProgram.run(command, input, LIMIT, Map.of()).orFail().output();
    }

    private static void needs(String program, String remedy) {
        if (!ChildProgram.isInstalled(program)) {
            skip(program + " is not installed: " + remedy);
        }
    }

    private static void skip(String reason) {
        System.out.println("SKIPPED: " + reason);
        Assumptions.abort(reason);
    }
}
