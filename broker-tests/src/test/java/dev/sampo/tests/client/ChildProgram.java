package dev.sampo.tests.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a program to its end and gives what it printed. */
public final class ChildProgram {
    /** How it ended. {@code output} holds both streams. */
    public record Result(List<String> command, int exitCode, String output) {
        /** @throws AssertionError it ended with another code than 0 */
        public Result orFail() {
            if (exitCode != 0) {
                throw new AssertionError(String.join(" ", command) + "\nended with " + exitCode + ":\n" + output);
            }
            return this;
        }
    }

    private ChildProgram() {}

    /** {@code java} of this JVM. */
    public static Result java(Path jars, Duration limit, String... arguments) {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-XX:TieredStopAtLevel=1", "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED", "-cp", jars + "/*"));
        command.addAll(List.of(arguments));
        return run(command, "", limit, Map.of());
    }

    /** @param input given to the program's standard input */
    public static Result run(List<String> command, String input, Duration limit, Map<String, String> environment) {
        try {
            Path in = Files.createTempFile("program", ".in");
            Path out = Files.createTempFile("program", ".out");
            try {
                Files.writeString(in, input);
                var builder = new ProcessBuilder(command)
                        .redirectInput(in.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended) {
                    process.destroyForcibly().waitFor();
                }
                String output = new String(Files.readAllBytes(out), StandardCharsets.UTF_8);
                if (!ended) {
                    throw new AssertionError(String.join(" ", command) + "\ndid not end within " + limit + ":\n" + output);
                }
                return new Result(List.copyOf(command), process.exitValue(), output);
            } finally {
                Files.delete(in);
                Files.delete(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + command.getFirst() + " ran", e);
        }
    }

    /** True when a command of this name is on the path. */
    public static boolean isInstalled(String name) {
        return run(List.of("sh", "-c", "command -v " + name), "", Duration.ofSeconds(10), Map.of()).exitCode() == 0;
    }
}
