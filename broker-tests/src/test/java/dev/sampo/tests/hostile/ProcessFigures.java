package dev.sampo.tests.hostile;

import dev.sampo.tests.client.ChildProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a child JVM holds, seen from outside. */
public final class ProcessFigures {
    private static final Pattern USED = Pattern.compile("[Uu]sed (\\d+)([KMG])");

    private ProcessFigures() {}

    /** Open file descriptors, from /proc. */
    static int descriptors(long pid) {
        try (var entries = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return (int) entries.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int threads(long pid) {
        try (var entries = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            return (int) entries.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes in use on the Java heap after a full collection. */
    public static long heapAfterCollectionBytes(long pid) {
        jcmd(pid, "GC.run");
        String info = jcmd(pid, "GC.heap_info");
        Matcher matcher = USED.matcher(info);
        if (!matcher.find()) {
            throw new IllegalStateException("no used heap in: " + info);
        }
        return Long.parseLong(matcher.group(1)) << switch (matcher.group(2)) {
            case "K" -> 10;
            case "M" -> 20;
            default -> 30;
        };
    }

    private static String jcmd(long pid, String command) {
        return ChildProgram.run(List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid), command),
                "", Duration.ofSeconds(60), Map.of()).orFail().output();
    }
}
