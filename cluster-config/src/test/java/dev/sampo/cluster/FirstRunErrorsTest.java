package dev.sampo.cluster;

import com.typesafe.config.ConfigFactory;
import dev.sampo.cluster.cli.Terminal;
import dev.sampo.cluster.cli.Verb;
import dev.sampo.persistence.log.RealLogFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What goes wrong at the first start is told with the thing and the remedy, in one line. */
public final class FirstRunErrorsTest {
    @TempDir
    private Path temporary;

    @Test
    void aTakenPortIsNamedWithItsOwnerAndLeavesTheFolderFree() throws IOException {
        try (var taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            String url = "PLAINTEXT://127.0.0.1:" + taken.getLocalPort();

            assertThatThrownBy(() -> SampoBroker.start(local().with(Map.of("listeners", url))))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("port " + taken.getLocalPort() + " is taken")
                    .hasMessageContaining("process " + ProcessHandle.current().pid())
                    .hasMessageContaining("set another port with listeners");
        }
        DataFolder.open(temporary.resolve("data"), 1, null, null, new RealLogFiles()).close();
    }

    @Test
    void aTakenPortForBrokerTrafficIsNamedWithItsSetting() throws IOException {
        for (String setting : List.of("sampo.remoting.port", "sampo.raft.port")) {
            try (var taken = new ServerSocket()) {
                taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

                assertThatThrownBy(() -> SampoBroker.start(local().with(setting, taken.getLocalPort())))
                        .isInstanceOf(StartException.class)
                        .hasMessageContaining("port " + taken.getLocalPort() + " is taken")
                        .hasMessageContaining(setting);
            }
        }
    }

    @Test
    void aFileInPlaceOfTheFolderIsNamed() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");

        assertThatThrownBy(() -> open(file, 1, null))
                .hasMessageContaining(file.toString())
                .hasMessageContaining("name another folder with log.dirs");
    }

    @Test
    void aFolderOfAnotherClusterOrBrokerIsRefusedAndStaysFree() throws IOException {
        Path folder = temporary.resolve("data");
        open(folder, 1, "AAAAAAAAAAAAAAAAAAAAAA").close();

        assertThatThrownBy(() -> open(folder, 1, "BBBBBBBBBBBBBBBBBBBBBB"))
                .hasMessageContaining("belongs to cluster AAAAAAAAAAAAAAAAAAAAAA")
                .hasMessageContaining("remove cluster.id");
        assertThatThrownBy(() -> open(folder, 2, null))
                .hasMessageContaining("belongs to broker 1")
                .hasMessageContaining("set node.id=1");
        open(folder, 1, null).close();
    }

    @Test
    void aFolderInUseIsRefused() throws IOException {
        Path folder = temporary.resolve("data");
        try (var held = open(folder, 1, null)) {
            assertThatThrownBy(() -> open(folder, 1, held.clusterId()))
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining("is in use by another broker: stop that one");
        }
    }

    @Test
    void aFolderWithLogsButWithoutMetadataIsRefusedSinceItsLogsWouldLookDeleted() throws IOException {
        Path folder = temporary.resolve("data");
        open(folder, 1, null).close();
        Path log = Files.createDirectories(folder.resolve("topics").resolve("AAAAAAAAAAAAAAAAAAAAAA-0"));

        assertThatThrownBy(() -> open(folder, 1, null))
                .hasMessageContaining(folder.resolve("metadata") + " is empty")
                .hasMessageContaining("restore");
        assertThat(log).exists();
    }

    @Test
    @Verb("server")
    void theCommandTellsWhatIsWrongWithItsFileOrArgumentsInOneLine() throws IOException {
        Path missing = temporary.resolve("missing.properties");
        Path number = write("number.properties", "node.id=1\nnum.partitions=many\nlog.dirs=" + temporary + "\n");
        Path escape = write("escape.properties", "node.id=\\u12\n");
        Path listener = write(
                "listener.properties",
                "node.id=1\nlisteners=CONTROLLER://:9093\ncontroller.listener.names=CONTROLLER\nlog.dirs=" + temporary
                        + "\n");
        Path hocon = write("broken.conf", "sampo { kafka {\n");

        assertThat(run(1, "server", "--config", missing.toString()))
                .contains(missing.toString(), "--config");
        assertThat(run(1, "server", "--config", number.toString())).contains(number + ":2", "num.partitions");
        assertThat(run(1, "server", "--config", escape.toString())).contains(escape.toString(), "backslash");
        assertThat(run(1, "server", "--config", listener.toString())).contains("listeners", "no listener");
        assertThat(run(1, "server", "--config", hocon.toString())).contains(hocon.toString());
        assertThat(run(2, "serve")).contains("unknown command serve", "did you mean server");
        assertThat(run(2, "dev", "--port", "x")).contains("--port", "'x' is not an int");
        assertThat(run(2, "server")).contains("--config=FILE", "sampo server --help");
    }

    @Test
    void aListWithoutAnyListenerIsRefused() {
        assertThatThrownBy(() -> BrokerSettings.of(
                        Map.of("listeners", "CONTROLLER://:9093", "controller.listener.names", "CONTROLLER"),
                        ConfigFactory.empty()))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("listeners names no listener")
                .hasMessageContaining("listeners=PLAINTEXT://127.0.0.1:9092");
    }

    private BrokerSettings local() {
        return BrokerSettings.embedded(temporary.resolve("data"))
                .with("sampo.remoting.port", 0)
                .with("sampo.raft.port", 0);
    }

    private static DataFolder open(Path folder, int nodeId, String clusterId) {
        return DataFolder.open(folder, nodeId, clusterId, null, new RealLogFiles());
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(temporary.resolve(name), text);
    }

    private static String run(int expectedCode, String... arguments) {
        var err = new ByteArrayOutputStream();
        try (var out = new PrintStream(err, true, UTF_8)) {
            var terminal = new Terminal(InputStream.nullInputStream(), out, out, Map.of(), false, false, false);
            assertThat(SampoMain.run(List.of(arguments), terminal)).isEqualTo(expectedCode);
        }
        String text = err.toString(UTF_8);
        assertThat(text).doesNotContain("\tat ");
        return text;
    }
}
