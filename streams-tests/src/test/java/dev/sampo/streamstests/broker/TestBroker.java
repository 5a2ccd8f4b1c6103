package dev.sampo.streamstests.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;

/**
 * One broker process on loopback with a free port and a folder of its own. Start, stop, kill and restart keep port and
 * folder, so a client sees the same broker go and come back. {@code -Dbroker.under.test=kafka} takes a real Kafka instead
 * of Sampo: what fails there too is a mistake of the scenario or of the client.
 */
public final class TestBroker implements AutoCloseable {
    /** Name of the system property that chooses the broker: {@code sampo} (default) or {@code kafka}. */
    public static final String PROPERTY = "broker.under.test";

    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    private final String name;
    private final int port;
    private final Path output;
    private final List<String> command;
    private final Thread atExit = new Thread(this::destroy, "kill the child broker");
    private Process process;

    TestBroker(String name, int port, Path output, List<String> command) {
        this.name = name;
        this.port = port;
        this.output = output;
        this.command = List.copyOf(command);
        this.process = launch();
        Runtime.getRuntime().addShutdownHook(atExit);
        awaitReady();
    }

    /** Starts the chosen broker on a free port with default settings; returns when it answers. */
    public static TestBroker start(Path folder) {
        return start(folder, Map.of());
    }

    /** As {@link #start(Path)}, with server properties in Kafka's names and options of the JVM added to the launcher's own. */
    public static TestBroker start(Path folder, Map<String, String> settings, String... jvmOptions) {
        return isKafka() ? KafkaLauncher.start(folder, settings, jvmOptions) : SampoLauncher.start(folder, settings, jvmOptions);
    }

    /** True when the scenarios run against a real Kafka. */
    public static boolean isKafka() {
        String which = System.getProperty(PROPERTY, "sampo");
        return switch (which) {
            case "sampo" -> false;
            case "kafka" -> true;
            default -> throw new IllegalArgumentException(PROPERTY + "=" + which + ": use sampo or kafka");
        };
    }

    /** {@code java} of the running JVM with options and a class path. */
    static List<String> java(String classPath, List<String> options) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.add("-cp");
        command.add(classPath);
        return command;
    }

    /** {@code 127.0.0.1:port}; stays the same over restarts. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** Ends the process with SIGTERM and waits for it. */
    public void stop() {
        process.destroy();
        if (!ended()) {
            destroy();
            throw new AssertionError(name + " did not stop within " + STOP_LIMIT + " of SIGTERM:\n" + outputTail());
        }
    }

    /** Ends the process with SIGKILL and waits for it. */
    public void kill9() {
        process.destroyForcibly();
        if (!ended()) {
            throw new AssertionError(name + " is not gone " + STOP_LIMIT + " after SIGKILL");
        }
    }

    /** Starts the process again after {@link #stop()} or {@link #kill9()}; returns when it answers. */
    public void restart() {
        if (process.isAlive()) {
            throw new IllegalStateException(name + " still runs: stop or kill it first");
        }
        process = launch();
        awaitReady();
    }

    /** SIGSTOP: the process keeps its connections and answers nothing until {@link #resume()}. */
    public void pause() {
        signal("-STOP");
    }

    /** SIGCONT after {@link #pause()}. */
    public void resume() {
        signal("-CONT");
    }

    private void signal(String signal) {
        try {
            Process kill = new ProcessBuilder("kill", signal, Long.toString(process.pid())).inheritIO().start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill " + signal + " of " + name + " failed with " + kill.exitValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + name + " was sent " + signal, e);
        }
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

    /** Ready: it describes itself as a broker, since it may listen before it is registered. */
    private void awaitReady() {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrapServers(), "request.timeout.ms", 2_000, "default.api.timeout.ms", 4_000,
                "reconnect.backoff.ms", 20, "reconnect.backoff.max.ms", 100);
        try (Admin admin = Admin.create(settings)) {
            Await.until(name + " on port " + port + " answers", START_LIMIT, () -> {
                if (!process.isAlive()) {
                    throw new IllegalStateException(name + " ended with " + process.exitValue() + ":\n" + outputTail());
                }
                try {
                    return !admin.describeCluster().nodes().get().isEmpty();
                } catch (ExecutionException notYet) {
                    return false;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted while " + name + " started", e);
                }
            }, this::outputTail);
        }
    }

    private String outputTail() {
        try {
            List<String> lines = Files.readAllLines(output);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
        } catch (IOException e) {
            return "(no output: " + e + ")";
        }
    }

    private boolean ended() {
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

    /** For tests that are done with the data: no clean shutdown. */
    @Override
    public void close() {
        destroy();
        if (ended()) {
            Runtime.getRuntime().removeShutdownHook(atExit);
        }
    }
}
