package dev.sampo.streamstests.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/** The brokers that all scenarios of this JVM share: one that always runs, and one for scenarios that kill or pause it. */
public final class SharedBroker {
    /** How long a member of a group of the new protocol may be silent. */
    public static final Duration NEW_SESSION = Duration.ofSeconds(6);

    /** Members come and go within the tests' patience: no wait for more members, short sessions allowed. */
    private static final Map<String, String> SETTINGS = Map.of(
            "group.initial.rebalance.delay.ms", "0",
            "group.min.session.timeout.ms", "500",
            "group.consumer.assignment.interval.ms", "0",
            "group.consumer.min.heartbeat.interval.ms", "100",
            "group.consumer.heartbeat.interval.ms", "200",
            "group.consumer.min.session.timeout.ms", "500",
            "group.consumer.session.timeout.ms", Long.toString(NEW_SESSION.toMillis()),
            "message.max.bytes", "1048588");

    private static final Path FOLDERS = Path.of("target", "brokers").toAbsolutePath();

    private SharedBroker() {}

    /** Never stopped: scenarios keep apart by topics and groups of their own. */
    public static TestBroker steady() {
        return Steady.BROKER;
    }

    /** A scenario that stops, kills or pauses this one leaves it running. */
    public static TestBroker mortal() {
        return Mortal.BROKER;
    }

    /** Writes to and reads from the steady broker. */
    public static Records steadyRecords() {
        return Steady.RECORDS;
    }

    /** Writes to and reads from the mortal broker. */
    public static Records mortalRecords() {
        return Mortal.RECORDS;
    }

    private static final class Steady {
        static final TestBroker BROKER = start("steady");
        static final Records RECORDS = new Records(BROKER);
    }

    private static final class Mortal {
        // It starts often and works little: no time for the optimizing compiler.
        static final TestBroker BROKER = start("mortal", "-XX:TieredStopAtLevel=1");
        static final Records RECORDS = new Records(BROKER);
    }

    private static TestBroker start(String name, String... jvmOptions) {
        Path folder = FOLDERS.resolve(name);
        try {
            deleteWhatAnEarlierRunLeft(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return TestBroker.start(folder, SETTINGS, jvmOptions);
    }

    private static void deleteWhatAnEarlierRunLeft(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
