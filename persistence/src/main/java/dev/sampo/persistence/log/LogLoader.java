package dev.sampo.persistence.log;

import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.producer.ProducerSnapshot;
import dev.sampo.persistence.producer.ProducerStates;
import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.transaction.AbortedTransactionIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Brings a log's directory into memory: finishes what a crash interrupted, checks the tail if it must, replays producers. */
final class LogLoader {
    static final String RECOVERY_POINT = "recovery-point";
    static final String LOG_START_OFFSET = "log-start-offset";

    private static final Logger log = LoggerFactory.getLogger(LogLoader.class);
    private static final String PARTITION_METADATA = "partition.metadata";

    /** What was found. Segments ascend and are never none. */
    record Loaded(
            List<LogSegment> segments, LeaderEpochFile epochs, ProducerStates producers, long logStartOffset,
            long recoveryPoint, long logEndOffset) {}

    private final LogFiles files;
    private final Path directory;
    private final LogSettings settings;

    LogLoader(LogFiles files, Path directory, LogSettings settings) {
        this.files = files;
        this.directory = directory;
        this.settings = settings;
    }

    Loaded load(Uuid topicId, boolean cleanShutdown, long nowMs) throws IOException {
        files.createDirectories(directory);
        checkTopicId(topicId);
        List<String> names = finishReplacements(files.list(directory));
        long checkpointedStart = TextCheckpoint.readOffset(files, directory.resolve(LOG_START_OFFSET), 0);
        List<LogSegment> segments = loadSegments(names, checkpointedStart, nowMs);
        LeaderEpochFile epochs = LeaderEpochFile.open(directory, files);
        long start = Math.max(checkpointedStart, segments.getFirst().baseOffset());
        long recoveryPoint = readRecoveryPoint();
        long end;
        if (cleanShutdown) {
            end = Math.max(start, segments.getLast().readNextOffset());
            recoveryPoint = end;
        } else {
            recoveryPoint = Math.max(recoveryPoint, segments.getFirst().baseOffset());
            end = Math.max(start, new LogRecovery(files, directory, segments, epochs).recover(recoveryPoint));
            recoveryPoint = Math.min(recoveryPoint, end);
        }
        if (end > segments.getLast().baseOffset() && segments.getLast().sizeBytes() == 0) {
            // All records were deleted up to a start that lies behind the last segment.
            LogSegment empty = segments.removeLast();
            empty.close();
            SegmentNames.delete(files, directory, empty.baseOffset());
            segments.add(LogSegment.create(files, directory, end, settings.indexIntervalBytes(), nowMs));
        }
        epochs.truncateFromEnd(end);
        epochs.truncateFromStart(start);
        ProducerStates producers = loadProducers(segments, end, nowMs);
        return new Loaded(segments, epochs, producers, start, recoveryPoint, end);
    }

    private void checkTopicId(Uuid topicId) throws IOException {
        Path path = directory.resolve(PARTITION_METADATA);
        if (!files.exists(path)) {
            files.replace(path, ("version: 0\ntopic_id: " + topicId + "\n").getBytes(UTF_8));
            return;
        }
        String text = new String(files.readAll(path), UTF_8);
        String found = text.lines()
                .filter(line -> line.startsWith("topic_id:"))
                .map(line -> line.substring("topic_id:".length()).strip())
                .findFirst()
                .orElse("none");
        if (!found.equals(topicId.toString())) {
            throw new IOException(path + " belongs to topic id " + found + ", not " + topicId
                    + "; move the directory away or delete it");
        }
    }

    /** Zero, so that all is checked, when the file is missing or does not read as one. */
    private long readRecoveryPoint() throws IOException {
        Path path = directory.resolve(RECOVERY_POINT);
        if (!files.exists(path)) {
            return 0;
        }
        List<String> lines = new String(files.readAll(path), UTF_8).lines().toList();
        if (lines.size() != 3 || !lines.get(2).matches("\\d{1,19}")) {
            log.atWarn().addKeyValue("file", path).log("recovery point is not readable, checking the whole log");
            return 0;
        }
        return Long.parseLong(lines.get(2));
    }

    /** Deletes what was on its way out, and finishes a compaction's replacement that had been decided. */
    private List<String> finishReplacements(List<String> names) throws IOException {
        boolean changed = false;
        for (String name : names) {
            if (name.endsWith(SegmentNames.DELETED) || name.endsWith(".tmp")) {
                files.deleteIfExists(directory.resolve(name));
                changed = true;
            }
        }
        for (String name : new TreeSet<>(names)) {
            String swap = LogSegment.SUFFIX + SegmentNames.SWAP;
            long base = SegmentNames.baseOffset(name, swap);
            if (base >= 0) {
                finishSwap(base, names);
                changed = true;
            }
        }
        for (String name : files.list(directory)) {
            if (name.endsWith(SegmentNames.CLEANED)) {
                files.deleteIfExists(directory.resolve(name));
                changed = true;
            }
        }
        if (changed) {
            files.forceDirectory(directory);
        }
        return files.list(directory);
    }

    private void finishSwap(long base, List<String> names) throws IOException {
        Path swap = directory.resolve(LogSegment.fileName(base, LogSegment.SUFFIX + SegmentNames.SWAP));
        // The indexes are made again, from the file under its final name; old segments inside its range go first.
        long end = SegmentRange.endOffset(files, swap, base);
        for (String name : names) {
            long old = SegmentNames.baseOffset(name, LogSegment.SUFFIX);
            if (old > base && old < end) {
                SegmentNames.markDeleted(files, directory, old);
            }
        }
        files.deleteIfExists(directory.resolve(LogSegment.fileName(base, OffsetIndex.SUFFIX)));
        files.deleteIfExists(directory.resolve(LogSegment.fileName(base, TimeIndex.SUFFIX)));
        Path transactions = directory.resolve(LogSegment.fileName(base, AbortedTransactionIndex.SUFFIX));
        Path cleaned = transactions.resolveSibling(transactions.getFileName() + SegmentNames.CLEANED);
        if (files.exists(cleaned)) {
            files.move(cleaned, transactions);
        }
        files.move(swap, directory.resolve(LogSegment.fileName(base, LogSegment.SUFFIX)));
    }

    private List<LogSegment> loadSegments(List<String> names, long start, long nowMs) throws IOException {
        var byOffset = new TreeMap<Long, LogSegment>();
        for (String name : names) {
            long base = SegmentNames.baseOffset(name, LogSegment.SUFFIX);
            if (base >= 0) {
                byOffset.put(base, LogSegment.load(files, directory, base, settings.indexIntervalBytes()));
            }
        }
        for (String name : names) {
            for (String suffix : List.of(OffsetIndex.SUFFIX, TimeIndex.SUFFIX, AbortedTransactionIndex.SUFFIX)) {
                long base = SegmentNames.baseOffset(name, suffix);
                if (base >= 0 && !byOffset.containsKey(base)) {
                    files.deleteIfExists(directory.resolve(name));
                }
            }
        }
        if (byOffset.isEmpty()) {
            return new ArrayList<>(
                    List.of(LogSegment.create(files, directory, start, settings.indexIntervalBytes(), nowMs)));
        }
        var known = new TreeSet<>(names);
        for (LogSegment segment : byOffset.values()) {
            boolean indexed = known.contains(LogSegment.fileName(segment.baseOffset(), OffsetIndex.SUFFIX))
                    && known.contains(LogSegment.fileName(segment.baseOffset(), TimeIndex.SUFFIX));
            if (!indexed && segment.sizeBytes() > 0 && segment.baseOffset() != byOffset.lastKey()) {
                segment.reindexUpTo(Long.MAX_VALUE);
                segment.seal();
            }
        }
        return new ArrayList<>(byOffset.values());
    }

    /** The newest usable snapshot, then the headers of what follows it. */
    ProducerStates loadProducers(List<LogSegment> segments, long end, long nowMs) throws IOException {
        var snapshots = new TreeSet<Long>();
        for (String name : files.list(directory)) {
            long offset = SegmentNames.baseOffset(name, ProducerSnapshot.SUFFIX);
            if (offset > end) {
                files.deleteIfExists(directory.resolve(name));
            } else if (offset >= 0) {
                snapshots.add(offset);
            }
        }
        var producers = new ProducerStates();
        long from = segments.getFirst().baseOffset();
        for (long offset : snapshots.descendingSet()) {
            Path path = directory.resolve(LogSegment.fileName(offset, ProducerSnapshot.SUFFIX));
            if (ProducerSnapshot.read(files, path, producers)) {
                from = Math.max(offset, from);
                break;
            }
            log.atWarn().addKeyValue("file", path).log("producer snapshot is not readable, using an older one");
            files.deleteIfExists(path);
        }
        ProducerReplay.replay(segments, from, end, producers);
        producers.expire(nowMs, settings.producerIdExpirationMs());
        return producers;
    }

    /** Where a segment file that has no name of its own yet ends. */
    private static final class SegmentRange {
        static long endOffset(LogFiles files, Path path, long base) throws IOException {
            var header = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
            var batch = new RecordBatch(header);
            long end = base;
            try (LogFile file = files.open(path)) {
                long size = file.size();
                long position = 0;
                while (position < size) {
                    if (file.read(header.clear(), position) < RecordBatch.HEADER_BYTES
                            || batch.at(header.flip(), 0).sizeInBytes() < RecordBatch.HEADER_BYTES) {
                        throw new DamagedLogException(
                                path, position, end, "the header of a batch", "something else", null);
                    }
                    end = batch.nextOffset();
                    position += batch.sizeInBytes();
                }
            }
            return end;
        }
    }
}
