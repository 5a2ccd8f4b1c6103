package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The file {@code cleaner-offset-checkpoint} in a log's directory: the first offset that no compaction has seen yet. */
public final class CleanerCheckpoint {
    private static final String FILE_NAME = "cleaner-offset-checkpoint";

    private CleanerCheckpoint() {}

    /** Zero when nothing was compacted. */
    public static long read(LogFiles files, Path directory) throws IOException {
        return TextCheckpoint.readOffset(files, directory.resolve(FILE_NAME), 0);
    }

    /** Durable on return. */
    public static void write(LogFiles files, Path directory, long firstDirtyOffset) throws IOException {
        TextCheckpoint.write(files, directory.resolve(FILE_NAME), List.of(Long.toString(firstDirtyOffset)));
    }

    /** Before a log is cut: what is written at these offsets afterwards was seen by no compaction. */
    static void truncateTo(LogFiles files, Path directory, long endOffset) throws IOException {
        if (read(files, directory) > endOffset) {
            write(files, directory, endOffset);
        }
    }
}
