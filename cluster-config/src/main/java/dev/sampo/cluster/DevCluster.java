package dev.sampo.cluster;

import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A cluster on this machine: each broker a process of its own, started as this one was, with its folder, configuration and
 * output below {@code node-<id>} of the data folder. Brokers keep the ports of their own traffic for ever: the metadata name
 * them.
 */
final class DevCluster {
    private static final String READY = "Sampo is ready";
    private static final int FIRST_OWN_PORT = 7355;
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

    private record Node(int id, int port, int httpPort, Path folder, Process process) {
        Path output() {
            return folder.resolve("output.log");
        }
    }

    private final int count;
    private final int port;
    private final int httpPort;
    private final Path data;
    private final Set<Integer> taken = new HashSet<>();

    DevCluster(int count, int port, int httpPort, Path data) {
        this.count = count;
        this.port = port;
        this.httpPort = httpPort;
        this.data = data;
    }

    /** Blocks until the cluster is stopped, or a broker ends by itself. */
    void run(PrintStream out, Function<List<String>, String> box) {
        var nodes = new ArrayList<Node>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(nodes), "sampo-stop"));
        try {
            start(nodes);
            awaitReady(nodes);
            out.println(box.apply(lines(nodes)));
            out.flush();
            for (Node node : nodes) {
                int code = node.process().waitFor();
                out.println("broker " + node.id() + " has ended (exit code " + code + "): see " + node.output());
                out.flush();
            }
        } catch (IOException e) {
            throw new StartException("the cluster in " + data + " cannot be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            stop(nodes);
        }
    }

    private List<String> lines(List<Node> nodes) {
        long sinceJvmStartMs =
                System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
        var lines = new ArrayList<String>();
        lines.add("Sampo is ready: %d brokers (%.1f s)".formatted(count, sinceJvmStartMs / 1000.0));
        lines.add("Kafka   " + nodes.stream().map(node -> "127.0.0.1:" + node.port()).collect(Collectors.joining(",")));
        for (Node node : nodes) {
            lines.add("Broker %d  HTTP http://127.0.0.1:%d  process %d  %s".formatted(
                    node.id(), node.httpPort(), node.process().pid(), node.folder()));
        }
        lines.add("Stop    Ctrl-C, or kill " + ProcessHandle.current().pid());
        return lines;
    }

    private void start(List<Node> nodes) throws IOException {
        var files = new ArrayList<Properties>();
        for (int id = 1; id <= count; id++) {
            files.add(configuration(id));
        }
        List<Properties> voters = files.subList(0, count >= 5 ? 5 : count >= 3 ? 3 : 1);
        String voterList = voters.stream()
                .map(file -> file.getProperty("node.id") + "@127.0.0.1:" + file.getProperty("sampo.raft.port"))
                .collect(Collectors.joining(","));
        String seeds = voters.stream()
                .map(file -> "127.0.0.1:" + file.getProperty("sampo.remoting.port"))
                .collect(Collectors.joining(","));
        for (int id = 1; id <= count; id++) {
            Properties file = files.get(id - 1);
            file.setProperty("sampo.cluster.voters", voterList);
            file.setProperty("sampo.cluster.seeds", seeds);
            Path folder = data.resolve("node-" + id);
            Path path = folder.resolve("server.properties");
            try (Writer writer = Files.newBufferedWriter(path)) {
                file.store(writer, "written by sampo dev; the ports of sampo.* stay");
            }
            nodes.add(new Node(
                    id, clientPort(file), Integer.parseInt(file.getProperty("sampo.http.port")), folder,
                    process(path, folder.resolve("output.log"))));
        }
    }

    private Properties configuration(int id) throws IOException {
        Path folder = data.resolve("node-" + id);
        Files.createDirectories(folder);
        var before = new Properties();
        if (Files.exists(folder.resolve("server.properties"))) {
            try (Reader reader = Files.newBufferedReader(folder.resolve("server.properties"))) {
                before.load(reader);
            }
        }
        var file = new Properties();
        file.setProperty("node.id", String.valueOf(id));
        file.setProperty("log.dirs", folder.resolve("data").toString());
        file.setProperty("listeners", "PLAINTEXT://127.0.0.1:" + free(port + id - 1));
        file.setProperty("sampo.http.port", String.valueOf(free(httpPort + id - 1)));
        file.setProperty("default.replication.factor", "3");
        int next = FIRST_OWN_PORT + 3 * (id - 1);
        for (String key : List.of("sampo.remoting.port", "sampo.raft.port", "sampo.replication.port")) {
            String kept = before.getProperty(key);
            file.setProperty(key, kept == null ? String.valueOf(free(next)) : kept);
            next = Integer.parseInt(file.getProperty(key)) + 1;
        }
        return file;
    }

    private int free(int from) {
        int free = FreePort.from(from);
        while (!taken.add(free)) {
            free = FreePort.from(free + 1);
        }
        return free;
    }

    private static int clientPort(Properties file) {
        String listeners = file.getProperty("listeners");
        return Integer.parseInt(listeners.substring(listeners.lastIndexOf(':') + 1));
    }

    /** As this process was started: the same Java, options and class path. */
    private static Process process(Path configuration, Path output) throws IOException {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), SampoMain.class.getName(), "server", "--config",
                configuration.toString()));
        Files.deleteIfExists(output);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private static void awaitReady(List<Node> nodes) throws IOException, InterruptedException {
        for (Node node : nodes) {
            while (!Files.readString(node.output(), StandardCharsets.UTF_8).contains(READY)) {
                if (node.process().waitFor(50, TimeUnit.MILLISECONDS)) {
                    String output = Files.readString(node.output(), StandardCharsets.UTF_8).strip();
                    throw new StartException("broker " + node.id() + " did not start: "
                            + output.substring(output.lastIndexOf('\n') + 1) + " (all of it: " + node.output() + ")");
                }
            }
        }
    }

    private static synchronized void stop(List<Node> nodes) {
        nodes.forEach(node -> node.process().destroy());
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        for (Node node : nodes) {
            try {
                if (!node.process().waitFor(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    node.process().destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
