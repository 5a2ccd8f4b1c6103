package dev.sampo.tests.cli;

import dev.sampo.cluster.cli.Brokers;
import dev.sampo.cluster.cli.Cli;
import dev.sampo.cluster.cli.Terminal;
import dev.sampo.tests.broker.BrokerUnderTest;
import dev.sampo.tests.broker.KafkaUnderTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** Every noun of the command line once, with a Kafka 4.4 to answer. */
@Tag("soak")
class CommandsOnKafkaIT {
    private static BrokerUnderTest kafka;

    @TempDir
    private Path state;

    @BeforeAll
    static void start(@TempDir Path folder) {
        kafka = KafkaUnderTest.start(folder, Map.of("group.initial.rebalance.delay.ms", "0"));
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @Test
    void topicsRecordsGroupsConfigurationAndHealth() {
        assertThat(run(0, "", "topic", "create", "orders", "-p", "2", "-c", "retention.ms=3600000")).contains("created orders: 2 partitions");
        assertThat(run(0, "", "topic", "list")).contains("orders");
        assertThat(run(0, "", "topic", "diff", "orders")).contains("retention.ms", "3600000");
        assertThat(run(0, "k a\nk b\nk c\n", "produce", "orders", "-f", "%k %v\\n")).contains("offset 2");
        assertThat(run(0, "", "consume", "orders", "--until", "end")).isEqualTo("a\nb\nc\n");
        assertThat(run(0, "", "consume", "orders", "--group", "readers", "-n", "2")).isEqualTo("a\nb\n");
        assertThat(run(0, "", "group", "lag", "readers", "-o", "ndjson")).contains("\"committedOffset\":2", "\"lag\":1");
        run(0, "", "group", "seek", "readers", "--to", "earliest");
        assertThat(run(0, "", "consume", "orders", "--group", "readers", "-n", "1")).isEqualTo("a\n");
        run(0, "", "group", "delete", "readers", "--yes");
        run(3, "", "group", "describe", "readers");
        assertThat(run(0, "", "config", "set", "topic/orders", "--unset", "retention.ms")).contains("-> default");
        assertThat(run(0, "", "cluster", "info")).contains("127.0.0.1");
        run(0, "", "topic", "trim", "orders", "--to", "end", "--yes");
        assertThat(run(0, "", "consume", "orders", "--until", "end")).isEmpty();
    }

    @Test
    void kafkasLogFilesAreVerifiedAndDumped() {
        run(0, "", "topic", "create", "files", "-p", "1");
        run(0, "x\ny\n", "produce", "files", "-z", "gzip");
        Path log = kafka.dataFolder().resolve("files-0");
        assertThat(run(0, "", "log", "verify", log.toString())).contains("yes");
        assertThat(run(0, "", "log", "dump", log.toString(), "--records")).contains("value=x", "value=y", "gzip");
    }

    private String run(int expectedCode, String input, String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var terminal = new Terminal(
                new ByteArrayInputStream(input.getBytes(UTF_8)), new PrintStream(out, false, UTF_8), new PrintStream(err, true, UTF_8),
                Map.of("SAMPO_BOOTSTRAP", kafka.bootstrap(), "XDG_STATE_HOME", state.toString()), false, false, false);
        var words = new ArrayList<>(List.of(arguments));
        if (!words.getFirst().equals("log")) {
            words.addAll(List.of("--timeout", "60s"));
        }
        assertThat(Cli.run(words, terminal, new NoBrokers())).as(words + ": " + err.toString(UTF_8)).isEqualTo(expectedCode);
        terminal.out().flush();
        return out.toString(UTF_8);
    }

    private static final class NoBrokers implements Brokers {
        @Override
        public void devCluster(int brokers, int port, int httpPort, String dataFolder, Terminal terminal) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void dev(int port, int httpPort, String dataFolder, Terminal terminal) {
            throw new UnsupportedOperationException("no broker here");
        }

        @Override
        public void server(Path configFile, Terminal terminal) {
            throw new UnsupportedOperationException("no broker here");
        }

        @Override
        public void train(Path folder, List<String> command) {
            throw new UnsupportedOperationException("no broker here");
        }
    }
}
