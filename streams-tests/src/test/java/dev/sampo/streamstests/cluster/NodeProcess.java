package dev.sampo.streamstests.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A {@link StreamNodeMain} in a process of its own, and the records that it has read. */
final class NodeProcess implements AutoCloseable {
    /** {@code nanos} is when this process heard of it. */
    record Read(int partition, String value, long nanos) {}

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Process process;
    private final List<Read> reads = new CopyOnWriteArrayList<>();
    private final List<String> output = new CopyOnWriteArrayList<>();

    private NodeProcess(Process process) {
        this.process = process;
        Thread.ofPlatform().daemon().name("output of a node").start(this::read);
    }

    static NodeProcess start(String seeds, String topic, String group, String protocol, String... options) {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", classPath, StreamNodeMain.class.getName(), seeds, topic, group, protocol));
        try {
            return new NodeProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("record ")) {
                    String[] words = line.split(" ", 3);
                    reads.add(new Read(Integer.parseInt(words[1]), words[2], System.nanoTime()));
                } else {
                    output.add(line);
                }
            }
        } catch (IOException e) {
            output.add("cannot be read any more: " + e);
        }
    }

    /** In the order in which they were read. */
    List<Read> reads() {
        return reads;
    }

    /** What it printed besides. */
    String output() {
        return String.join("\n", output);
    }

    /** SIGKILL; by its handle, since the process would close its output here, and what it has printed counts. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    /** SIGTERM. */
    void terminate() {
        process.toHandle().destroy();
    }

    boolean hasEnded() {
        return !process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("a node is not gone after SIGKILL");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
