package dev.sampo.cluster.cli;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What a group had committed before its last seek, one file for each cluster and group: lines of
 * {@code topic:partition=offset}, the offset "none" where nothing was committed.
 */
final class SeekHistory {
    private static final String NONE = "none";

    private final String group;
    private final Path file;

    SeekHistory(Map<String, String> environment, String cluster, String group) {
        this.group = group;
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        Path folder = state.isEmpty()
                ? Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".local", "state")
                : Path.of(state);
        file = folder.resolve("sampo").resolve("seek").resolve(cluster + "-" + URLEncoder.encode(group, UTF_8));
    }

    /** Replaces what was kept before. */
    void keep(Map<TopicPartition, @Nullable Long> offsets) {
        var lines = new ArrayList<String>();
        offsets.forEach((partition, offset) ->
                lines.add(partition.topic() + ":" + partition.partition() + "=" + (offset == null ? NONE : offset)));
        try {
            Files.createDirectories(file.getParent());
            Path next = file.resolveSibling(file.getFileName() + ".new");
            Files.write(next, lines, UTF_8);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.PARTLY_DONE, null, "the group was moved, but where it was before cannot be kept in " + file,
                    String.valueOf(e), "set XDG_STATE_HOME to a folder that can be written; before it was at " + lines);
        }
    }

    /**
     * What was kept.
     *
     * @throws CliException nothing was
     */
    Map<TopicPartition, @Nullable Long> read() {
        var offsets = new HashMap<TopicPartition, @Nullable Long>();
        try {
            for (String line : Files.readAllLines(file, UTF_8)) {
                int equals = line.lastIndexOf('=');
                int colon = line.lastIndexOf(':', equals);
                String offset = line.substring(equals + 1);
                offsets.put(
                        new TopicPartition(line.substring(0, colon), Integer.parseInt(line.substring(colon + 1, equals))),
                        offset.equals(NONE) ? null : Long.valueOf(offset));
            }
        } catch (NoSuchFileException e) {
            throw CliException.notFound(
                    "no seek of group " + group + " by this user is known for this cluster", "--to POSITION");
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            throw CliException.failed("what was kept in " + file + " cannot be read: " + e.getMessage());
        }
        return offsets;
    }
}
