package dev.sampo.cluster.cli;

import dev.sampo.cluster.FirstRunErrorsTest;
import dev.sampo.cluster.SampoBrokerIT;
import dev.sampo.cluster.cli.CommandRun.NoBrokers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.sampo.cluster.cli.CommandRun.alone;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What needs no broker: the tree of commands, help, completion, errors. */
final class CommandLineTest {
    private static final List<Class<?>> TESTS = List.of(
            TopicCommandsIT.class, RecordCommandsIT.class, GroupCommandsIT.class, ConfigCommandsIT.class,
            LogCommandsIT.class, NodeCommandsIT.class, BalanceCommandsIT.class, CommandLineTest.class, FirstRunErrorsTest.class, SampoBrokerIT.class);
    /** They show no data. */
    private static final Set<String> WITHOUT_SCHEMA =
            Set.of("dev", "server", "train", "train-commands", "completion", "help");
    /** The launcher runs it in each build, and says when it fails. */
    private static final Set<String> WITHOUT_TEST = Set.of("train");

    @TempDir
    private Path folder;

    private static CommandTree tree() {
        var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8);
        return new CommandTree(
                new Terminal(new ByteArrayInputStream(new byte[0]), nowhere, nowhere, Map.of(), false, false, false),
                new NoBrokers());
    }

    @Test
    void everyVerbHasATestAndEveryAnswerASchema() {
        var tested = new TreeSet<String>();
        for (Class<?> test : TESTS) {
            Arrays.stream(test.getDeclaredMethods())
                    .filter(method -> method.isAnnotationPresent(Verb.class))
                    .forEach(method -> tested.addAll(List.of(method.getAnnotation(Verb.class).value())));
        }
        tested.addAll(WITHOUT_TEST);
        assertThat(tested).containsExactlyInAnyOrderElementsOf(tree().names());
        assertThat(tree().names()).allSatisfy(verb ->
                assertThat(CommandRun.schema(verb).isEmpty()).as("no schema of " + verb).isEqualTo(WITHOUT_SCHEMA.contains(verb)));
    }

    @Test
    @Verb("help")
    void helpNamesEveryVerbAndItsOptionsAndEveryExitCode() {
        String root = alone().run("--help").ok().out();
        for (String verb : tree().names()) {
            if (verb.startsWith("train")) {
                assertThat(root).doesNotContain(verb);
                continue;
            }
            String[] words = verb.split(" ");
            assertThat(root).contains(words[0]);
            String help = alone().run(("help " + verb).split(" ")).ok().out();
            assertThat(help).contains("Usage: sampo " + verb);
            if (!verb.equals("help")) {
                assertThat(alone().run((verb + " --help").split(" ")).ok().out()).isEqualTo(help);
            }
        }
        assertThat(alone().run("help", "exit-codes").ok().out().lines()).hasSize(9).anyMatch(line -> line.startsWith("  7  "));
        assertThat(alone().run("help", "topic", "nope").expect(ExitCode.USAGE).err()).contains("unknown command topic nope");
    }

    @Test
    @Verb({"version", "dev", "server"})
    void versionsAreShownAndBrokersAreStartedAsAsked() {
        assertThat(alone().json("version").get("kafkaClients").asString()).isEqualTo("4.4.0");
        assertThat(alone().run("version").ok().out()).contains("sampo ", "java 25");
        assertThat(alone().run("--version").ok().out()).isEqualTo(alone().run("version", "-q").ok().out());
        assertThat(alone().run("dev", "--port", "1234", "--data", "d").ok().out()).isEqualTo("dev 1234 d\n");
        assertThat(alone().run("dev").ok().out()).isEqualTo("dev 9092 data\n");
        assertThat(alone().run("server", "--config", "f").ok().out()).isEqualTo("server f\n");
    }

    @Test
    @Verb("completion")
    void theCompletionScriptIsReadByItsShellAndKnowsEveryVerb() throws Exception {
        for (String shell : List.of("bash", "zsh")) {
            String script = alone().run("completion", shell).ok().out();
            assertThat(script).contains("add-partitions", "offset-delete", "_complete_sampo_names");
            Path file = Files.writeString(folder.resolve(shell), script);
            Process check = new ProcessBuilder("bash", "-n", file.toString()).redirectErrorStream(true).start();
            String told = new String(check.getInputStream().readAllBytes(), UTF_8);
            assertThat(check.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(told).isEmpty();
        }
        alone().run("completion", "csh").expect(ExitCode.USAGE);
    }

    @Test
    void anUnknownWordIsToldWithWhatWasMeant() {
        assertThat(alone().run("topc").expect(ExitCode.USAGE).err()).contains("unknown command topc", "did you mean topic");
        assertThat(alone().run("topic", "lst").expect(ExitCode.USAGE).err()).contains("unknown command topic lst", "did you mean list");
        assertThat(alone().run("topic", "list", "--outptu", "json").expect(ExitCode.USAGE).err())
                .contains("unknown option --outptu", "did you mean --output");
        assertThat(alone().run("topic", "list", "-o", "xml").expect(ExitCode.USAGE).err()).contains("xml", "ndjson");
        assertThat(alone().run("topic").expect(ExitCode.USAGE).err()).contains("a command is missing", "sampo topic --help");
        assertThat(alone().run().expect(ExitCode.USAGE).err()).contains("sampo --help");
        assertThat(alone().run("topic", "describe").expect(ExitCode.USAGE).err()).contains("TOPIC");
        assertThat(alone().run("topic", "list", "--timeout", "soon").expect(ExitCode.USAGE).err()).contains("500ms, 10s");
    }

    @Test
    void aBrokerThatIsNotThereIsToldAtOnceWithTheRemedy() throws IOException {
        int port;
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            port = socket.getLocalPort();
        }
        long started = System.nanoTime();
        var result = alone().run("topic", "list", "-b", "127.0.0.1:" + port).expect(ExitCode.TIMEOUT);
        assertThat(System.nanoTime() - started).isLessThan(TimeUnit.SECONDS.toNanos(10)); // it is milliseconds
        assertThat(result.err()).contains("no broker answers at 127.0.0.1:" + port, "refused", "sampo dev", "--bootstrap");
        assertThat(result.out()).isEmpty();
        assertThat(alone().with("SAMPO_BOOTSTRAP", "127.0.0.1:" + port).run("cluster", "info").expect(ExitCode.TIMEOUT).err())
                .contains(":" + port);
        alone().run("topic", "list", "-b", "nowhere").expect(ExitCode.USAGE);
        assertThat(alone().run("topic", "list", "-b", "no.such.host.invalid:1").expect(ExitCode.TIMEOUT).err()).contains("no host");
    }

    @Test
    void aListenerThatDoesNotAnswerIsToldWithinItsTime() throws IOException {
        try (var mute = new ServerSocket()) {
            mute.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            assertThat(alone().run("topic", "list", "--timeout", "500ms", "-b", "127.0.0.1:" + mute.getLocalPort())
                            .expect(ExitCode.TIMEOUT)
                            .err())
                    .contains("no answer in time", "--timeout");
        }
    }

    @Test
    void aConfigFileGivesTheBrokersAndItsMistakesAreTold() throws IOException {
        Path file = folder.resolve("client.properties");
        assertThat(alone().run("topic", "list", "--config-file", file.toString()).expect(ExitCode.NOT_FOUND).err())
                .contains(file.toString());
        Files.writeString(file, "bootstrap.servers=127.0.0.1:1\n");
        assertThat(alone().run("topic", "list", "--config-file", file.toString()).expect(ExitCode.TIMEOUT).err()).contains("127.0.0.1:1");
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            Files.writeString(file, "security.protocol=NONSENSE\nbootstrap.servers=127.0.0.1:" + socket.getLocalPort() + "\n");
            assertThat(alone().run("topic", "list", "--config-file", file.toString()).expect(ExitCode.USAGE).err())
                    .contains("security.protocol", file.toString());
        }
    }

    @Test
    void everyKindOfBrokersErrorHasItsExitCode() {
        assertThat(Failures.of(new org.apache.kafka.common.errors.TopicAuthorizationException("t"), "x").exitCode()).isEqualTo(ExitCode.DENIED);
        assertThat(Failures.of(new org.apache.kafka.common.errors.SaslAuthenticationException("t"), "x").exitCode()).isEqualTo(ExitCode.DENIED);
        assertThat(Failures.of(new org.apache.kafka.common.errors.TimeoutException("t"), "x").exitCode()).isEqualTo(ExitCode.TIMEOUT);
        assertThat(Failures.of(new org.apache.kafka.common.errors.GroupIdNotFoundException("t"), "x").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(Failures.of(new org.apache.kafka.common.errors.UnknownTopicOrPartitionException("t"), "x").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        CliException refused = Failures.of(new org.apache.kafka.common.errors.PolicyViolationException("no cats"), "topic x");
        assertThat(refused.text()).isEqualTo("sampo: topic x: refused (POLICY_VIOLATION)\n  why: no cats\n  try: what the cluster's policy allows\n");
    }
}
