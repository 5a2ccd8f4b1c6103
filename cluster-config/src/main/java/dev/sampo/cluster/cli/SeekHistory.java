package dev.sampo.cluster.cli;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What a group had committed before its last seek, one file for each cluster and group: lines of {@code topic:partition=offset}, the
 * offset "none" where nothing was committed; behind it, with spaces between, the leader epoch or "none", and the metadata of the commit
 * in base 64 if there was any.
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

    /** Writes them down beside what was kept before: done first, so that nothing is moved that cannot be taken back. */
    void prepare(Map<TopicPartition, @Nullable OffsetAndMetadata> commits) {
        var lines = new ArrayList<String>();
        commits.forEach((partition, commit) -> lines.add(partition.topic() + ":" + partition.partition() + "=" + text(commit)));
        try {
            Files.createDirectories(file.getParent());
            Files.write(next(), lines, UTF_8);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.FAILED, null, "nothing was changed: where the group is now cannot be kept in " + file, String.valueOf(e.getMessage()),
                    "set XDG_STATE_HOME to a folder that can be written");
        }
    }

    /** What was prepared takes the place of what was kept before. */
    void keep() {
        try {
            Files.move(next(), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.PARTLY_DONE, null, "the group was moved, but where it was before could not be kept as " + file,
                    String.valueOf(e), "it is in " + next());
        }
    }

    private Path next() {
        return file.resolveSibling(file.getFileName() + ".new");
    }

    private static String text(@Nullable OffsetAndMetadata commit) {
        if (commit == null) {
            return NONE;
        }
        String metadata = Base64.getEncoder().encodeToString(commit.metadata().getBytes(UTF_8));
        return (commit.offset() + " " + commit.leaderEpoch().map(String::valueOf).orElse(NONE) + " " + metadata).stripTrailing();
    }

    private static @Nullable OffsetAndMetadata commit(String text) {
        if (text.equals(NONE)) {
            return null;
        }
        String[] parts = text.split(" ", -1);
        Optional<Integer> epoch = parts.length > 1 && !parts[1].equals(NONE) ? Optional.of(Integer.valueOf(parts[1])) : Optional.empty();
        String metadata = parts.length > 2 ? new String(Base64.getDecoder().decode(parts[2]), UTF_8) : "";
        return new OffsetAndMetadata(Long.parseLong(parts[0]), epoch, metadata);
    }

    /**
     * What was kept.
     *
     * @throws CliException nothing was
     */
    Map<TopicPartition, @Nullable OffsetAndMetadata> read() {
        var commits = new HashMap<TopicPartition, @Nullable OffsetAndMetadata>();
        try {
            for (String line : Files.readAllLines(file, UTF_8)) {
                int equals = line.indexOf('='); // base 64 may end with more of them
                int colon = line.lastIndexOf(':', equals);
                commits.put(
                        new TopicPartition(line.substring(0, colon), Integer.parseInt(line.substring(colon + 1, equals))),
                        commit(line.substring(equals + 1)));
            }
        } catch (NoSuchFileException e) {
            throw CliException.notFound(
                    "no seek of group " + group + " by this user is known for this cluster", "--to POSITION");
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw CliException.failed("what was kept in " + file + " cannot be read: " + e.getMessage());
        }
        return commits;
    }
}
