package dev.sampo.tests.broker;

import dev.sampo.tests.wire.RawConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;

/** What Kafka and Sampo share: a command line, a log file, and readiness seen through the Kafka port alone. */
final class ChildBroker implements BrokerUnderTest {
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    private final String name;
    private final int port;
    private final Path dataFolder;
    private final Path output;
    private final List<String> command;
    private final Thread atExit = new Thread(this::destroy, "kill the child broker");
    private Process process;

    private ChildBroker(String name, int port, Path dataFolder, Path output, List<String> command) {
        this.name = name;
        this.port = port;
        this.dataFolder = dataFolder;
        this.output = output;
        this.command = List.copyOf(command);
        this.process = launch();
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    static ChildBroker start(String name, int port, Path dataFolder, Path output, List<String> command) {
        var broker = new ChildBroker(name, port, dataFolder, output, command);
        broker.awaitReady();
        return broker;
    }

    /** {@code java} of the running JVM with heap settings. */
    static List<String> java(String classPath, String... options) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.add("-cp");
        command.add(classPath);
        return command;
    }

    private Process launch() {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ready: answers Metadata with itself as broker, since a broker may listen before it is registered. */
    private void awaitReady() {
        Await.until(name + " on port " + port + " answers Metadata", START_LIMIT, () -> {
            if (!process.isAlive()) {
                throw new IllegalStateException(name + " ended with " + process.exitValue() + ":\n" + outputTail());
            }
            try (var connection = RawConnection.open("127.0.0.1", port, Duration.ofSeconds(5))) {
                var metadata = (MetadataResponseData) connection.ask((short) 1, new MetadataRequestData().setTopics(List.of()));
                return !metadata.brokers().isEmpty();
            } catch (IOException e) {
                return false;
            }
        }, this::outputTail);
    }

    private String outputTail() {
        try {
            List<String> lines = Files.readAllLines(output);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
        } catch (IOException e) {
            return "(no output: " + e + ")";
        }
    }

    @Override
    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void kill9() {
        process.destroyForcibly();
        awaitEnd();
    }

    @Override
    public void restart() {
        if (process.isAlive()) {
            throw new IllegalStateException(name + " still runs: stop or kill it first");
        }
        process = launch();
        awaitReady();
    }

    @Override
    public void stop() {
        process.destroy();
        if (!awaitEnd()) {
            destroy();
            throw new AssertionError(name + " did not stop within " + STOP_LIMIT + " of SIGTERM:\n" + outputTail());
        }
    }

    private boolean awaitEnd() {
        try {
            return process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + name + " stopped", e);
        }
    }

    private void destroy() {
        process.destroyForcibly();
    }

    @Override
    public Path dataFolder() {
        return dataFolder;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public Path output() {
        return output;
    }

    /** For tests that are done with the data: no clean shutdown. */
    @Override
    public void close() {
        destroy();
        awaitEnd();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
