package dev.sampo.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The run from which the JDK makes its ahead-of-time cache: what a broker does from its start to its first clients and
 * its stop, in an empty folder and on free ports. Classes that this run loads are loaded and linked from the cache
 * later; a broker without the cache does the same, only slower.
 */
final class StartTraining {
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private StartTraining() {}

    /**
     * Twice: a new folder, then one that holds something. Ends the process when it takes too long.
     *
     * @param command a client of the broker in a process of its own, so that the cache has no client's classes; told where
     *     with {@code SAMPO_BOOTSTRAP}: the command line, which makes a cache of its own meanwhile; empty for none
     */
    static void run(Path folder, List<String> command) {
        CompletableFuture.delayedExecutor(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .execute(() -> Runtime.getRuntime().halt(1));
        BrokerSettings settings = settings(folder);
        for (int round = 1; round <= 2; round++) {
            try (SampoBroker broker = SampoBroker.start(settings)) {
                if (round == 2 && !command.isEmpty()) {
                    ask(broker.bootstrapServers(), command);
                }
                broker.httpAddress().ifPresent(StartTraining::ask);
            }
        }
    }

    /** From a file, as most brokers have theirs. */
    private static BrokerSettings settings(Path folder) {
        try {
            Files.createDirectories(folder);
            return SettingsFile.load(Files.write(folder.resolve("server.properties"), List.of(
                    "node.id=1", "listeners=PLAINTEXT://127.0.0.1:0", "log.dirs=" + folder.resolve("data"),
                    "offsets.topic.replication.factor=1", "group.initial.rebalance.delay.ms=0",
                    "sampo.remoting.port=0", "sampo.raft.port=0", "sampo.http.enabled=on", "sampo.http.port=0")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the HTTP API is asked first: it answers a page and a probe. */
    private static void ask(InetSocketAddress address) {
        for (String path : List.of("/health/ready", "/v1/cluster", "/v1/topics")) {
            try (var socket = new Socket(address.getAddress(), address.getPort())) {
                socket.getOutputStream()
                        .write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void ask(String bootstrapServers, List<String> command) {
        var process = new ProcessBuilder(command).inheritIO();
        process.environment().put("SAMPO_BOOTSTRAP", bootstrapServers);
        try {
            int code = process.start().waitFor();
            if (code != 0) {
                System.err.println("the command line's training ended with " + code);
            }
        } catch (IOException e) {
            System.err.println("the command line's training did not start: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
