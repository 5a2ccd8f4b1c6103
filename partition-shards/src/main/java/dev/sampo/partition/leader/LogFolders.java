package dev.sampo.partition.leader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes files of logs; blocking. */
final class LogFolders {
    private static final Logger log = LoggerFactory.getLogger(LogFolders.class);

    private LogFolders() {}

    /** Removes a folder and all that is in it; what cannot be removed is named in the log and tried at the next start. */
    static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            deleteFiles(paths.sorted(Comparator.reverseOrder()).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes files of removed segments. */
    static void deleteFiles(List<Path> files) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                log.atWarn().addKeyValue("file", file).log("file of a deleted log cannot be removed: {}", e.toString());
            }
        }
    }
}
