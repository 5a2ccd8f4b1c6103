package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** All that the log asks of a file system; tests put a faulty one in its place. */
public interface LogFiles {
    /**
     * Opens for reading and writing.
     *
     * @throws java.nio.file.NoSuchFileException the file is missing
     */
    LogFile open(Path path) throws IOException;

    /** Opens for reading and writing; creates the file when it is missing. */
    LogFile openOrCreate(Path path) throws IOException;

    /** Reads a whole file. */
    byte[] readAll(Path path) throws IOException;

    /** The file's bytes, read only, mapped where that is cheap; valid also after the file is deleted. */
    ByteBuffer map(Path path) throws IOException;

    boolean exists(Path path);

    long size(Path path) throws IOException;

    /** When the file was last written, in milliseconds since the epoch. */
    long lastModifiedMs(Path path) throws IOException;

    /** Says that the file was last written then: for one that is written again with what it had. */
    void setLastModifiedMs(Path path, long timeMs) throws IOException;

    /** Names of the files in a directory, in no order. */
    List<String> list(Path directory) throws IOException;

    void createDirectories(Path directory) throws IOException;

    /** Renames, taking the place of {@code target} in one step. Durable after {@link #forceDirectory}. */
    void move(Path source, Path target) throws IOException;

    void deleteIfExists(Path path) throws IOException;

    /** Makes creations, renames and deletions in a directory durable. */
    void forceDirectory(Path directory) throws IOException;

    /** Replaces a small file as a whole: after a crash it holds the old or the new content. Durable on return. */
    default void replace(Path path, byte[] content) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + ".tmp");
        deleteIfExists(temporary);
        try (LogFile file = openOrCreate(temporary)) {
            file.write(0, ByteBuffer.wrap(content));
            file.force();
        }
        move(temporary, path);
        forceDirectory(parentOf(path));
    }

    /** The directory that holds {@code path}. */
    static Path parentOf(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(path + " has no parent directory");
        }
        return parent;
    }
}
