package dev.sampo.tests.client;

import dev.sampo.tests.broker.KafkaUnderTest;
import dev.sampo.tests.broker.MavenJars;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Kafka's own command line tools in one child process, see {@code src/test/clients/ToolSession.java}; one thread. */
final class KafkaToolSession implements AutoCloseable {
    /** @param output lines of both streams, as printed */
    record Answer(int exitCode, List<String> output) {}

    private final Process process;
    private final Writer in;
    private final BufferedReader out;

    KafkaToolSession() {
        Path jars = MavenJars.kafkaTools(KafkaUnderTest.VERSION);
        try {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:TieredStopAtLevel=1",
                            "--sun-misc-unsafe-memory-access=allow", "-cp", jars + "/*",
                            Path.of("src", "test", "clients", "ToolSession.java").toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        in = process.outputWriter(UTF_8);
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    /** @param tool its class below Kafka's package of tools */
    Answer run(String tool, List<String> arguments) {
        try {
            in.write("org.apache.kafka.tools." + tool + "\t" + String.join("\t", arguments) + "\n");
            in.flush();
            var lines = new ArrayList<String>();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("exit ")) {
                    return new Answer(Integer.parseInt(line.substring("exit ".length())), lines);
                }
                lines.add(line.substring(1));
            }
            throw new AssertionError("the tools ended during " + tool + " " + arguments + " after " + lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
