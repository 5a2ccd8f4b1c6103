package dev.sampo.tests.client;

import dev.sampo.tests.broker.BrokerUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
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

    private static BrokerUnderTest broker;

    @BeforeAll
    static void start(@TempDir Path folder) {
        ClientPrograms.installDebianClients();
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
        ClientPrograms.needsKcat();
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
        ClientPrograms.needsKcat();
        kcat("one\ntwo\n", "-P", "-t", "kcat-listed");

        String listed = kcat("", "-L", "-J");
        assertThat(listed).contains("\"topic\":\"kcat-listed\"").contains("\"brokers\":[{\"id\":1,");
        assertThat(listed).containsPattern("\"controllerid\":1\\b");
        assertThat(kcat("", "-Q", "-t", "kcat-listed:0:1000")).contains("offset 0");
        assertThat(kcat("", "-Q", "-t", "kcat-listed:0:-1")).contains("offset 2");
    }

    @Test
    void confluentKafkaForPythonProducesConsumesAndAdministers() {
        var python = List.of(
                ClientPrograms.needsConfluentKafka(), ClientPrograms.SOURCES.resolve("confluent_program.py").toString(), broker.bootstrap());
        ChildProgram.run(python, "", LIMIT, Map.of()).orFail();
    }

    @Test
    void kafkajsProducesConsumesAndAdministers() {
        Map<String, String> environment = ClientPrograms.needsKafkajs();
        ChildProgram.run(List.of("node", ClientPrograms.SOURCES.resolve("kafkajs-program.js").toString(), broker.bootstrap()), "", LIMIT, environment).orFail();
    }

    private static String kcat(String input, String... arguments) {
        var command = new ArrayList<>(List.of("kcat", "-b", broker.bootstrap()));
        command.addAll(List.of(arguments));
        return ChildProgram.run(command, input, LIMIT, Map.of()).orFail().output();
    }
}
