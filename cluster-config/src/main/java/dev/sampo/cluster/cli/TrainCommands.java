package dev.sampo.cluster.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

import static java.nio.charset.StandardCharsets.UTF_8;

/** {@code train-commands}, for the launcher alone: what people type most, so that the JDK's start-up cache has its classes. */
@Command(name = "train-commands", hidden = true)
final class TrainCommands implements Callable<Integer> {
    private static final List<List<String>> COMMANDS = List.of(
            List.of("topic", "create", "cli-training", "-p", "2"),
            List.of("topic", "list"),
            List.of("topic", "list", "-o", "json"),
            List.of("topic", "describe", "cli-training"),
            List.of("produce", "cli-training", "-f", "%k %v\\n", "-o", "ndjson"),
            List.of("consume", "cli-training", "--until", "end"),
            List.of("consume", "cli-training", "-n", "2", "-o", "json"),
            List.of("consume", "cli-training", "-n", "2", "--group", "cli-training"),
            List.of("group", "list"),
            List.of("group", "lag", "cli-training"),
            List.of("config", "diff", "topic/cli-training"),
            List.of("cluster", "info"),
            List.of("topic", "list", "--unknown-option"));

    /** For the broker's cache: a member of the other protocol. */
    private static final List<String> CONSUMER_PROTOCOL =
            List.of("consume", "cli-training", "-n", "2", "--group", "cli-training-consumer", "--config-file");

    private static final byte[] LINES = ("key " + "value".repeat(100) + "\n").repeat(2_000).getBytes(UTF_8);

    private final Terminal terminal;
    private final Brokers brokers;

    TrainCommands(Terminal terminal, Brokers brokers) {
        this.terminal = terminal;
        this.brokers = brokers;
    }

    @Override
    public Integer call() throws IOException {
        COMMANDS.forEach(this::run);
        Path config = Files.createTempFile("sampo-training", ".properties");
        try {
            Files.writeString(config, "group.protocol=consumer\n");
            var command = new ArrayList<>(CONSUMER_PROTOCOL);
            command.add(config.toString());
            run(command);
        } finally {
            Files.delete(config);
        }
        return ExitCode.OK;
    }

    private void run(List<String> command) {
        var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8);
        var in = new ByteArrayInputStream(LINES);
        Cli.run(command, new Terminal(in, nowhere, nowhere, terminal.environment(), false, false, false), brokers);
    }
}
