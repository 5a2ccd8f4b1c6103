package dev.sampo.cluster.cli;

import dev.sampo.cluster.SampoMain;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Commands as processes: what a shell sees, with nothing of the broker on the class path. */
@ExtendWith(SharedBroker.class)
final class CommandProcessIT {
    private static final List<String> JARS = List.of(
            "cluster-config", "persistence", "partition-shards", "kafka-clients", "picocli", "jackson", "slf4j-api", "logback", "zstd-jni",
            "lz4-java", "snappy-java");

    @TempDir
    private Path folder;

    @Test
    void aCommandWritesItsAnswerAndNothingElse() throws Exception {
        assertThat(java("", "topic", "create", "pr", "-p", "1")).isZero();
        assertThat(java("a\nb\n", "produce", "pr", "-z", "zstd", "-o", "ndjson")).isZero();
        assertThat(java("", "consume", "pr", "-n", "2", "--group", "pr-g")).isZero();
        assertThat(output()).isEqualTo("a\nb\n");
        assertThat(java("", "topic", "list", "pr", "-o", "ndjson")).isZero();
        assertThat(output()).isEqualTo("{\"topic\":\"pr\",\"partitions\":1,\"replicas\":1,\"internal\":false}\n");
        assertThat(Files.readString(folder.resolve("err"))).isEmpty();

        assertThat(java("", "topic", "describe", "pr-none")).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(Files.readString(folder.resolve("err")).lines()).hasSize(2);
        assertThat(java("", "topic", "list", "pr", "--verbose")).isZero();
        assertThat(Files.readString(folder.resolve("err"))).contains("AdminClientConfig");
        assertThat(java("", "log", "verify", SharedBroker.dataFolder().resolve("topics").toString())).isZero();
    }

    @Test
    void theLauncherPassesArgumentsAndExitCodesAndTellsHowLongItTook() throws Exception {
        Path home = Path.of("").toAbsolutePath().getParent();
        assumeTrue(Files.exists(home.resolve("cluster-config/target/lib/.built")), "bin/sampo was not built yet");
        String launcher = home.resolve("bin/sampo").toString();
        assertThat(process("", List.of(launcher, "topic", "create", "pl", "two words"))).isEqualTo(ExitCode.PARTLY_DONE);
        assertThat(Files.readString(folder.resolve("err"))).contains("two words", "INVALID_TOPIC_EXCEPTION");
        for (int i = 0; i < 3; i++) {
            long started = System.nanoTime();
            assertThat(process("", List.of(launcher, "topic", "list", "pl", "-q"))).isZero();
            System.out.println("bin/sampo topic list took "
                    + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started) + " ms (not judged: the machine may be busy)");
            assertThat(output()).isEqualTo("pl\n");
        }
    }

    private int java(String input, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED", "-cp",
                classPath(), SampoMain.class.getName()));
        command.addAll(List.of(arguments));
        return process(input, command);
    }

    private int process(String input, List<String> command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command)
                .redirectInput(Files.writeString(folder.resolve("in"), input).toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("SAMPO_BOOTSTRAP", SharedBroker.bootstrap());
        builder.environment().put("SAMPO_NO_BUILD", "1");
        Process process = builder.start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("ended in time").isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    private String output() throws IOException {
        return Files.readString(folder.resolve("out"));
    }

    /** What the launcher gives to commands. */
    private static String classPath() {
        String whole = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Stream.of(whole.split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes") && JARS.stream().anyMatch(entry::contains))
                .collect(Collectors.joining(File.pathSeparator));
    }
}
