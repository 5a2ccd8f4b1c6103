package dev.sampo.tests.churn;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Members in one process of a program of ours that writes down what it processed: see {@code src/test/clients/MemberProgram.java}. */
final class ProgramMembers implements Members {
    private static final int STOP_LIMIT_SECONDS = 30;

    private final Path log;
    private final Path output;
    private final Process process;

    private ProgramMembers(Path log, Path output, Process process) {
        this.log = log;
        this.output = output;
        this.process = process;
    }

    static ProgramMembers start(Membership membership, List<String> command, Map<String, String> environment) {
        try {
            Files.createDirectories(membership.folder());
            Path output = membership.folder().resolve("output.log");
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
            builder.environment().putAll(environment);
            Process process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            return new ProgramMembers(membership.log(), output, process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void leave() {
        process.destroy();
        if (!awaitEnd()) {
            kill();
            throw new AssertionError("members did not leave within " + STOP_LIMIT_SECONDS + " s: " + output);
        }
    }

    @Override
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    private boolean awaitEnd() {
        try {
            return process.waitFor(STOP_LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private List<String[]> lines(String kind) {
        try {
            return Files.exists(log)
                    ? Files.readAllLines(log).stream().filter(line -> line.startsWith(kind + " ")).map(line -> line.split(" ", -1)).toList()
                    : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A line that a kill tore was not committed. */
    @Override
    public List<Processed> processed() {
        return lines("B").stream().filter(words -> words.length == 6 && !words[5].isEmpty())
                .map(words -> new Processed(
                        Integer.parseInt(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]), Long.parseLong(words[4])))
                .toList();
    }

    @Override
    public List<String> errors() {
        return lines("E").stream().map(words -> log.getParent().getFileName() + ": " + String.join(" ", words)).toList();
    }

    @Override
    public int rebalances() {
        return lines("G").size();
    }
}
