package dev.sampo.tests.chaos.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Short commands of the system, bounded. */
final class Shell {
    private static final long LIMIT_SECONDS = 60;

    private Shell() {}

    /** @param output both streams */
    record Result(int exitCode, String output) {
        boolean ok() {
            return exitCode == 0;
        }
    }

    static Result run(String... command) {
        return run(null, List.of(command));
    }

    /** @throws IllegalStateException it failed, with its output */
    static String must(String... command) {
        return must(run(null, List.of(command)), command);
    }

    /** As {@link #must}, with text on the command's standard input. */
    static String mustWithInput(String input, String... command) {
        return must(run(input, List.of(command)), command);
    }

    private static String must(Result result, String... command) {
        if (!result.ok()) {
            throw new IllegalStateException(String.join(" ", command) + " failed with " + result.exitCode + ":\n" + result.output);
        }
        return result.output;
    }

    static Result run(@Nullable String input, List<String> command) {
        Path in = null;
        try {
            var builder = new ProcessBuilder(new ArrayList<>(command)).redirectErrorStream(true);
            if (input == null) {
                builder.redirectInput(Path.of("/dev/null").toFile());
            } else {
                in = Files.writeString(Files.createTempFile("input", ".txt"), input);
                builder.redirectInput(in.toFile());
            }
            Process process = builder.start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return new Result(-1, output + "\n(no end within " + LIMIT_SECONDS + " s)");
            }
            return new Result(process.exitValue(), output);
        } catch (IOException e) {
            return new Result(-1, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in " + command, e);
        } finally {
            delete(in);
        }
    }

    private static void delete(@Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** True when the command is there, if need be after installing Debian's package of it, which takes root. */
    static boolean has(String command, String debianPackage) {
        if (onPath(command)) {
            return true;
        }
        if (isRoot() && onPath("apt-get")) {
            Result installed = run(null, List.of("apt-get", "install", "-y", "-q", "--no-install-recommends", debianPackage));
            if (!installed.ok()) {
                System.out.println(debianPackage + " cannot be installed: " + installed.output);
            }
        }
        return onPath(command);
    }

    private static boolean onPath(String command) {
        return run("sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v " + command).ok();
    }
}
