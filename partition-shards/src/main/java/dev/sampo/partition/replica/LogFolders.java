package dev.sampo.partition.replica;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.persistence.log.LogFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The folders of logs, by topic id and partition; removes them and files in them. Blocking. */
public final class LogFolders {
    private static final Logger log = LoggerFactory.getLogger(LogFolders.class);
    /** {@code TopicIdPartition.directoryName}. */
    private static final Pattern PARTITION = Pattern.compile("([A-Za-z0-9_-]{22})-(\\d{1,10})");

    private LogFolders() {}

    /** Whether a folder of this name is a partition's. */
    public static boolean isPartition(String name) {
        return PARTITION.matcher(name).matches();
    }

    /** Whether the folder, which may be missing, holds any partition's log. */
    public static boolean holdsLogs(Path logFolder) throws IOException {
        return Files.isDirectory(logFolder) && !partitions(logFolder).isEmpty();
    }

    /**
     * Removes the folders of topics that were deleted while this broker was down.
     *
     * @param exists whether the metadata, read up to now, holds a topic with this id; such a topic's folders stay
     */
    public static void removeDeletedTopics(Path logFolder, Predicate<Uuid> exists) throws IOException {
        var folders = new TreeMap<String, Integer>();
        for (Path folder : partitions(logFolder)) {
            Matcher name = PARTITION.matcher(String.valueOf(folder.getFileName()));
            if (name.matches() && !exists.test(Uuid.fromString(name.group(1)))) {
                delete(folder);
                folders.merge(name.group(1), 1, Integer::sum);
            }
        }
        for (Map.Entry<String, Integer> topic : folders.entrySet()) {
            log.atInfo()
                    .addKeyValue("topicId", topic.getKey())
                    .addKeyValue("partitions", topic.getValue())
                    .log("removed the logs of a topic that was deleted meanwhile");
        }
    }

    /** The partitions that have a folder. */
    public static List<TopicIdPartition> ids(Path logFolder) throws IOException {
        var ids = new ArrayList<TopicIdPartition>();
        for (Path folder : partitions(logFolder)) {
            Matcher name = PARTITION.matcher(String.valueOf(folder.getFileName()));
            if (name.matches()) {
                ids.add(new TopicIdPartition(Uuid.fromString(name.group(1)), Integer.parseInt(name.group(2))));
            }
        }
        return ids;
    }

    private static List<Path> partitions(Path logFolder) throws IOException {
        try (Stream<Path> paths = Files.list(logFolder)) {
            return paths.filter(path -> isPartition(String.valueOf(path.getFileName())) && Files.isDirectory(path))
                    .toList();
        }
    }

    /** Removes a folder and all that is in it; what cannot be removed is named in the log and tried at the next start. */
    public static void delete(Path folder) {
        List<Path> all;
        try (Stream<Path> paths = Files.walk(folder)) {
            all = paths.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException | UncheckedIOException e) {
            log.atWarn().addKeyValue("folder", folder).log("folder of a deleted log cannot be read: {}", e.toString());
            return;
        }
        for (Path path : all) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                log.atWarn().addKeyValue("file", path).log("file of a deleted log cannot be removed: {}", e.toString());
            }
        }
    }

    /** Removes files that a log has no use for any more; what stays is removed when the log is opened next. */
    public static void deleteFiles(LogFiles files, List<Path> paths) {
        for (Path path : paths) {
            try {
                files.deleteIfExists(path);
            } catch (IOException e) {
                log.atWarn().addKeyValue("file", path).log("file of a log cannot be removed: {}", e.toString());
            }
        }
    }
}
