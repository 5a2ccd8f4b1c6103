package dev.sampo.kafka.metrics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process had the disk read and write, as Linux counts it. */
final class DiskIo {
    private static final Path FILE = Path.of("/proc/self/io");

    private DiskIo() {}

    /** False on other systems. */
    static boolean readable() {
        return Files.isReadable(FILE);
    }

    /** Bytes since the process started. */
    static long value(String key) {
        try {
            for (String line : Files.readAllLines(FILE)) {
                if (line.startsWith(key + ": ")) {
                    return Long.parseLong(line.substring(key.length() + 2).strip());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + FILE, e);
        }
        throw new IllegalStateException(FILE + " has no line " + key);
    }
}
