package dev.sampo.persistence.log;

import dev.sampo.persistence.producer.ProducerSnapshot;
import dev.sampo.persistence.transaction.AbortedTransactionIndex;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files of a segment: 20 digits of its base offset and a suffix. */
final class SegmentNames {
    static final String DELETED = ".deleted";
    static final String CLEANED = ".cleaned";
    static final String SWAP = ".swap";

    /** The log file last: while it is there, the segment is. */
    private static final List<String> SUFFIXES = List.of(
            OffsetIndex.SUFFIX, TimeIndex.SUFFIX, AbortedTransactionIndex.SUFFIX, ProducerSnapshot.SUFFIX,
            LogSegment.SUFFIX);

    private SegmentNames() {}

    /** The base offset in a name with that suffix, -1 for other names. */
    static long baseOffset(String name, String suffix) {
        if (name.length() != 20 + suffix.length() || !name.endsWith(suffix)) {
            return -1;
        }
        for (int i = 0; i < 20; i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return -1;
            }
        }
        try {
            return Long.parseLong(name.substring(0, 20));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Deletes a segment's files now. */
    static void delete(LogFiles files, Path directory, long baseOffset) throws IOException {
        for (String suffix : SUFFIXES) {
            files.deleteIfExists(directory.resolve(LogSegment.fileName(baseOffset, suffix)));
        }
    }

    /** Renames a segment's files to {@code .deleted}, the log file first, and returns the new names. */
    static List<Path> markDeleted(LogFiles files, Path directory, long baseOffset) throws IOException {
        var renamed = new ArrayList<Path>();
        for (String suffix : SUFFIXES.reversed()) {
            Path path = directory.resolve(LogSegment.fileName(baseOffset, suffix));
            if (files.exists(path)) {
                Path deleted = path.resolveSibling(path.getFileName() + DELETED);
                files.move(path, deleted);
                renamed.add(deleted);
            }
        }
        return renamed;
    }
}
