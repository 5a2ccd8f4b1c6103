package dev.sampo.persistence.log;

import dev.sampo.persistence.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Reads one segment of a log that nobody needs to have open: Sampo's files or Kafka's, which are the same. Changes
 * nothing. Of a log in use, the last batch may be half written, which shows as a torn end.
 */
public final class SegmentInspection {
    private static final String LOG_SUFFIX = ".log";
    private static final int MAX_PROBLEMS = 100;

    private SegmentInspection() {}

    /**
     * Something that should not be there.
     *
     * @param file the log file or one of its indexes
     * @param position byte position in that file
     */
    public record Problem(Path file, long position, String what) {}

    /**
     * A segment as a whole.
     *
     * @param firstOffset -1 for a segment without batches; so is {@code lastOffset}, which is inclusive
     * @param problems at most 100
     */
    public record Summary(
            Path file, long bytes, int batches, long records, long firstOffset, long lastOffset, List<Problem> problems) {}

    /** One record of a batch. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Entry(long offset, long timestampMs, byte @Nullable [] key, byte @Nullable [] value, int headers) {}

    /** Is handed each batch. */
    public interface Visitor {
        /** The view and its bytes are valid until this returns. */
        void batch(long position, RecordBatch batch);
    }

    /** The log files in a folder and all below it, or the one file, in order of name. */
    public static List<Path> logFiles(Path fileOrFolder) throws IOException {
        if (!Files.isDirectory(fileOrFolder)) {
            return List.of(fileOrFolder);
        }
        try (var files = Files.walk(fileOrFolder)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d{20}\\.log")).sorted().toList();
        }
    }

    /**
     * Walks all batches up to the first place that holds none.
     *
     * @return what is wrong there, null when the file ends with a whole batch
     */
    public static @Nullable Problem visit(Path file, Visitor visitor) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
            var view = new RecordBatch(buffer);
            long position = 0;
            while (position < size) {
                if (size - position < RecordBatch.HEADER_BYTES) {
                    return new Problem(file, position, "the file ends inside a batch header");
                }
                read(channel, buffer.clear().limit(RecordBatch.HEADER_BYTES), position);
                int bytes = view.at(buffer, 0).sizeInBytes();
                if (view.magic() != RecordBatch.MAGIC_V2 || bytes < RecordBatch.HEADER_BYTES) {
                    return new Problem(file, position, "no record batch: size " + bytes + ", magic " + view.magic());
                }
                if (bytes > size - position) {
                    return new Problem(
                            file, position, "a batch of " + bytes + " bytes, of which " + (size - position) + " are there");
                }
                if (bytes > buffer.capacity()) {
                    buffer = ByteBuffer.allocate(bytes);
                }
                read(channel, buffer.clear().limit(bytes), position);
                buffer.flip();
                visitor.batch(position, view.at(buffer, 0));
                position += bytes;
            }
            return null;
        }
    }

    private static void read(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
    }

    /** The records of a batch, decompressed. */
    public static List<Entry> records(RecordBatch batch) {
        var entries = new ArrayList<Entry>();
        ByteBuffer bytes = batch.buffer().slice(batch.startIndex(), batch.sizeInBytes());
        for (Record each : MemoryRecords.readableRecords(bytes).records()) {
            int headers = 0;
            for (Header _ : each.headers()) {
                headers++;
            }
            entries.add(new Entry(
                    each.offset(), each.timestamp(), each.hasKey() ? Utils.toArray(each.key()) : null,
                    each.hasValue() ? Utils.toArray(each.value()) : null, headers));
        }
        return entries;
    }

    /**
     * Checks every byte: checksums, offsets that grow from the one in the file's name, records that can be read, and
     * indexes that point at batches.
     *
     * @param progress is told how many bytes were read since it was told last
     */
    public static Summary verify(Path file, LongConsumer progress) throws IOException {
        var check = new Check(file);
        Problem end = visit(file, (position, batch) -> {
            check.batch(position, batch);
            progress.accept(batch.sizeInBytes());
        });
        if (end != null) {
            check.problem(end);
        }
        check.indexes();
        return new Summary(
                file, Files.size(file), check.batches, check.records, check.firstOffset, check.lastOffset,
                List.copyOf(check.problems));
    }

    private static final class Check {
        private final Path file;
        private final List<Problem> problems = new ArrayList<>();
        private final Map<Long, Long> baseOffsets = new HashMap<>(); // by position
        private int batches;
        private long records;
        private long firstOffset = -1;
        private long lastOffset = -1;
        private final long segmentOffset;

        Check(Path file) {
            this.file = file;
            String name = file.getFileName().toString();
            this.segmentOffset = name.matches("\\d{20}\\.log") ? Long.parseLong(name.substring(0, 20)) : -1;
        }

        void problem(Problem problem) {
            if (problems.size() < MAX_PROBLEMS) {
                problems.add(problem);
            }
        }

        void batch(long position, RecordBatch batch) {
            batches++;
            records += batch.recordCount();
            baseOffsets.put(position, batch.baseOffset());
            long least = lastOffset < 0 ? Math.max(0, segmentOffset) : lastOffset + 1;
            if (batch.baseOffset() < least) {
                problem(new Problem(file, position, "offset " + batch.baseOffset() + ", " + least + " or more expected"));
            }
            if (!batch.isCrcValid()) {
                problem(new Problem(
                        file, position, "wrong checksum of the batch of offsets " + batch.baseOffset() + " to "
                                + batch.lastOffset()));
            } else {
                decode(position, batch);
            }
            firstOffset = firstOffset < 0 ? batch.baseOffset() : firstOffset;
            lastOffset = Math.max(lastOffset, batch.lastOffset());
        }

        private void decode(long position, RecordBatch batch) {
            try {
                int count = records(batch).size();
                if (count != batch.recordCount()) {
                    problem(new Problem(file, position, count + " records, the header says " + batch.recordCount()));
                }
            } catch (KafkaException | IllegalArgumentException e) {
                problem(new Problem(file, position, "records cannot be read: " + e.getMessage()));
            }
        }

        void indexes() throws IOException {
            if (segmentOffset < 0) {
                return;
            }
            long lastKey = -1;
            ByteBuffer index = load(OffsetIndex.SUFFIX);
            for (int at = 0; index.remaining() >= OffsetIndex.ENTRY_BYTES; at += OffsetIndex.ENTRY_BYTES) {
                long relative = index.getInt();
                long position = index.getInt();
                if (relative == 0 && position == 0 && at > 0) {
                    break; // Kafka makes the file of an open segment large beforehand
                }
                Long base = baseOffsets.get(position);
                if (relative <= lastKey && at > 0) {
                    problem(new Problem(sibling(OffsetIndex.SUFFIX), at, "offsets do not grow"));
                } else if ((base == null || base > segmentOffset + relative) && batches > 0) {
                    problem(new Problem(
                            sibling(OffsetIndex.SUFFIX), at,
                            "offset " + (segmentOffset + relative) + " is said to be at byte " + position + ", where it is not"));
                }
                lastKey = relative;
            }
            timeIndex();
        }

        private void timeIndex() throws IOException {
            ByteBuffer index = load(TimeIndex.SUFFIX);
            long lastTime = -1;
            for (int at = 0; index.remaining() >= TimeIndex.ENTRY_BYTES; at += TimeIndex.ENTRY_BYTES) {
                long timestamp = index.getLong();
                long offset = segmentOffset + index.getInt();
                if (timestamp == 0 && at > 0) {
                    break;
                }
                if (timestamp <= lastTime) {
                    problem(new Problem(sibling(TimeIndex.SUFFIX), at, "times do not grow"));
                } else if (batches > 0 && offset > lastOffset) {
                    problem(new Problem(
                            sibling(TimeIndex.SUFFIX), at, "offset " + offset + " is behind the segment's last, " + lastOffset));
                }
                lastTime = timestamp;
            }
        }

        private ByteBuffer load(String suffix) throws IOException {
            Path index = sibling(suffix);
            return Files.exists(index) ? ByteBuffer.wrap(Files.readAllBytes(index)) : ByteBuffer.allocate(0);
        }

        private Path sibling(String suffix) {
            String name = file.getFileName().toString();
            return file.resolveSibling(name.substring(0, name.length() - LOG_SUFFIX.length()) + suffix);
        }
    }
}
