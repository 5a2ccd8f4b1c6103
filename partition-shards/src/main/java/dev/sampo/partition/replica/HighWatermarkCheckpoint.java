package dev.sampo.partition.replica;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.log.TextCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The high watermarks of one log folder. File: Kafka's {@code replication-offset-checkpoint}, a line {@code topic partition
 * offset} for each log, where the topic is the topic id, as folders are named. A log that is not in it begins at its
 * start. Thread-safe.
 */
final class HighWatermarkCheckpoint {
    static final String FILE_NAME = "replication-offset-checkpoint";
    private static final Logger log = LoggerFactory.getLogger(HighWatermarkCheckpoint.class);

    private final LogFiles files;
    private final Path path;
    private final Map<TopicIdPartition, Long> closed = new ConcurrentHashMap<>(); // not open now
    private final Map<TopicIdPartition, Replica.Held> open = new ConcurrentHashMap<>();
    private List<String> written; // guarded by this

    private HighWatermarkCheckpoint(LogFiles files, Path path, List<String> written) {
        this.files = files;
        this.path = path;
        this.written = written;
    }

    /** What an earlier process wrote; nothing, when that cannot be read: every log then begins at its start. */
    static HighWatermarkCheckpoint read(Path logFolder, LogFiles files) {
        Path path = logFolder.resolve(FILE_NAME);
        try {
            List<String> lines = TextCheckpoint.read(files, path);
            var checkpoint = new HighWatermarkCheckpoint(files, path, List.copyOf(lines));
            for (String line : lines) {
                String[] fields = line.strip().split(" ", -1);
                if (fields.length != 3) {
                    throw new IOException(path + " holds \"" + line + "\" where topic, partition and offset belong");
                }
                checkpoint.closed.put(
                        new TopicIdPartition(Uuid.fromString(fields[0]), Integer.parseInt(fields[1])),
                        Long.parseLong(fields[2]));
            }
            return checkpoint;
        } catch (IOException | IllegalArgumentException e) {
            log.atWarn().addKeyValue("file", path).log("high watermarks cannot be read: {}", e.toString());
            return new HighWatermarkCheckpoint(files, path, List.of());
        }
    }

    /** Of a log that is not open; 0 when it is not known. */
    long of(TopicIdPartition id) {
        return closed.getOrDefault(id, 0L);
    }

    void opened(Replica.Held held) {
        open.put(held.id(), held);
        closed.remove(held.id());
    }

    void closed(Replica.Held held) {
        closed.put(held.id(), held.highWatermark());
        open.remove(held.id(), held);
    }

    void deleted(TopicIdPartition id) {
        open.remove(id);
        closed.remove(id);
    }

    /** Writes the file unless it would be the same. Durable on return. */
    synchronized void write() throws IOException {
        var offsets = new TreeMap<TopicIdPartition, Long>(Comparator
                .comparing((TopicIdPartition id) -> id.topicId())
                .thenComparingInt(TopicIdPartition::partition));
        offsets.putAll(closed);
        open.forEach((id, held) -> offsets.put(id, held.highWatermark()));
        List<String> lines = offsets.entrySet().stream()
                .map(entry -> entry.getKey().topicId() + " " + entry.getKey().partition() + " " + entry.getValue())
                .toList();
        if (!lines.equals(written)) {
            TextCheckpoint.write(files, path, lines);
            written = lines;
        }
    }
}
