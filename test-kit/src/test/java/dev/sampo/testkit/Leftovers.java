package dev.sampo.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What a broker could leave behind in its JVM: how many of each there are now, by name. */
record Leftovers(Map<String, Long> counts) {
    private static final String FOLDER = "sampo-test-" + ProcessHandle.current().pid() + "-";
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    static Leftovers now() {
        var counts = new HashMap<String, Long>();
        Stream<String> threads = Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(thread -> "thread " + thread.getName().replaceAll("[0-9]+", "N"))
                // The JVM's own, which come and go as it likes, and the one timer of Ratis, made when it first waits for something.
                .filter(name -> !name.matches(
                        "thread (ForkJoinPool.commonPool-worker-N|process reaper.*|C[12] .*|JVMCI.*|Cleaner-N|timerN)"));
        Stream<String> beans = ManagementFactory.getPlatformMBeanServer().queryNames(null, null).stream()
                .map(name -> "bean " + name);
        Stream.of(threads, beans, descriptors(), folders())
                .flatMap(each -> each)
                .forEach(name -> counts.merge(name, 1L, Long::sum));
        return new Leftovers(counts);
    }

    /** Sockets, selectors and files of brokers; not the jars that the JVM opens when it likes. Linux only. */
    private static Stream<String> descriptors() {
        if (!Files.isDirectory(DESCRIPTORS)) {
            return Stream.empty();
        }
        try (Stream<Path> all = Files.list(DESCRIPTORS)) {
            return all.map(Leftovers::target)
                    .filter(target -> target.startsWith("socket:") || target.startsWith("anon_inode:")
                            || target.contains(FOLDER))
                    .map(target -> "descriptor " + target.replaceAll("\\[[0-9]+\\]|" + FOLDER + "[0-9]+", "[N]"))
                    .collect(Collectors.toList())
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }

    private static Stream<String> folders() {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> name.startsWith(FOLDER))
                    .map(name -> "folder " + name)
                    .collect(Collectors.toList())
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until nothing is there that was not there before. */
    void assertNothingNew(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        Map<String, Long> more = moreThanThis();
        while (!more.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(20_000_000);
            more = moreThanThis();
        }
        assertThat(more).as("left behind").isEmpty();
    }

    private Map<String, Long> moreThanThis() {
        var more = new TreeMap<String, Long>();
        now().counts.forEach((name, count) -> {
            long added = count - counts.getOrDefault(name, 0L);
            if (added > 0) {
                more.put(name, added);
            }
        });
        return more;
    }
}
