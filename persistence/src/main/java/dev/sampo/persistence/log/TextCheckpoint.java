package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Kafka's text checkpoint: a version line ({@code 0}), a line with the number of entries, one line for each entry. A
 * file that does not read as one is an error that names it.
 */
public final class TextCheckpoint {
    private TextCheckpoint() {}

    /** Replaces the file in one step; durable on return. */
    public static void write(LogFiles files, Path path, List<String> entries) throws IOException {
        files.replace(path, format(entries).getBytes(UTF_8));
    }

    /** The text of a checkpoint. */
    public static String format(List<String> entries) {
        var text = new StringBuilder("0\n").append(entries.size()).append('\n');
        entries.forEach(entry -> text.append(entry).append('\n'));
        return text.toString();
    }

    /** The entry lines; empty when the file is missing. */
    public static List<String> read(LogFiles files, Path path) throws IOException {
        if (!files.exists(path)) {
            return List.of();
        }
        List<String> lines = new String(files.readAll(path), UTF_8).lines().toList();
        if (lines.size() < 2 || !lines.get(0).strip().equals("0")) {
            throw new IOException(path + " does not begin with checkpoint version 0; delete it or restore it");
        }
        if (!lines.get(1).strip().equals(Integer.toString(lines.size() - 2))) {
            throw new IOException(path + " says " + lines.get(1) + " entries but holds " + (lines.size() - 2)
                    + "; delete it or restore it");
        }
        return lines.subList(2, lines.size());
    }

    /** The one number of a checkpoint with a single entry, or {@code absent} when the file is missing. */
    public static long readOffset(LogFiles files, Path path, long absent) throws IOException {
        List<String> lines = read(files, path);
        if (lines.isEmpty()) {
            return absent;
        }
        try {
            return Long.parseLong(lines.get(0).strip());
        } catch (NumberFormatException e) {
            throw new IOException(path + " holds " + lines.get(0) + " where an offset belongs", e);
        }
    }
}
