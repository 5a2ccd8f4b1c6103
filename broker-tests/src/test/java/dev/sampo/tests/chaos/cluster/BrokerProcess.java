package dev.sampo.tests.chaos.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One broker of the cluster: its process, when it runs, and its folder. Only this process is ever signalled, by its id. */
public final class BrokerProcess implements AutoCloseable {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    private final NodeAddress address;
    private final Path folder;
    private final List<String> command;
    private final Map<String, String> environment;
    private final Optional<SystemCallFaults> faults;
    private final Optional<SmallDisk> disk;
    private final Runnable format;
    private final Thread atExit = new Thread(this::destroy, "kill a broker of the test cluster");
    private @Nullable Process process;

    BrokerProcess(NodeAddress address, Path folder, List<String> command, Map<String, String> environment,
            Optional<SystemCallFaults> faults, Optional<SmallDisk> disk, Runnable format) {
        this.address = address;
        this.folder = folder;
        this.command = new ArrayList<>(command);
        this.environment = environment;
        this.faults = faults;
        this.disk = disk;
        this.format = format;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    public int id() {
        return address.id();
    }

    NodeAddress address() {
        return address;
    }

    /** {@code host:port} for clients. */
    public String bootstrap() {
        return address.client();
    }

    public Path dataFolder() {
        return folder.resolve("data");
    }

    /** What its processes printed, one after the other. */
    public Path output() {
        return folder.resolve("output.log");
    }

    public SystemCallFaults faults() {
        return faults.orElseThrow(() -> new IllegalStateException("broker " + id() + " was planned without system call faults"));
    }

    public SmallDisk disk() {
        return disk.orElseThrow(() -> new IllegalStateException("broker " + id() + " was planned without a disk of its own"));
    }

    /** Starts the process; does not wait until it serves. */
    public void start() {
        if (isRunning()) {
            throw new IllegalStateException("broker " + id() + " runs already");
        }
        format.run();
        try {
            var builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output().toFile()));
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isRunning() {
        Process running = process;
        return running != null && running.isAlive();
    }

    private Process running() {
        Process running = process;
        if (running == null || !running.isAlive()) {
            throw new IllegalStateException("broker " + id() + " does not run:\n" + outputTail());
        }
        return running;
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill9() {
        running().destroyForcibly();
        awaitEnd();
    }

    /** SIGTERM; returns when the process has ended by itself, and how long that took. */
    public Duration stop() {
        long begin = System.nanoTime();
        running().destroy();
        if (!awaitEnd()) {
            destroy();
            throw new AssertionError("broker " + id() + " did not stop within " + STOP_LIMIT + " of SIGTERM:\n" + outputTail());
        }
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** SIGTERM, and no waiting. */
    public void askToStop() {
        running().destroy();
    }

    /** SIGSTOP: it keeps its connections and does nothing. */
    public void pause() {
        Shell.must("kill", "-STOP", Long.toString(running().pid()));
    }

    /** SIGCONT after {@link #pause}. */
    public void resume() {
        Shell.must("kill", "-CONT", Long.toString(running().pid()));
    }

    /** Deletes all that a broker that does not run has stored. */
    public void wipe() {
        if (isRunning()) {
            throw new IllegalStateException("broker " + id() + " runs: stop or kill it first");
        }
        deleteBelow(dataFolder());
    }

    static void deleteBelow(Path top) {
        if (!Files.exists(top)) {
            return;
        }
        try (Stream<Path> files = Files.walk(top)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(top)) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String outputTail() {
        try {
            List<String> lines = Files.readAllLines(output());
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
        } catch (IOException e) {
            return "(no output: " + e + ")";
        }
    }

    private boolean awaitEnd() {
        try {
            Process ending = process;
            return ending == null || ending.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while broker " + id() + " ended", e);
        }
    }

    private void destroy() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
    }

    /** SIGKILL if it runs, and its disk goes. */
    @Override
    public void close() {
        destroy();
        awaitEnd();
        disk.ifPresent(SmallDisk::close);
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
