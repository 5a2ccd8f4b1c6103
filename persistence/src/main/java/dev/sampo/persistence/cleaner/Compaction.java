package dev.sampo.persistence.cleaner;

import dev.sampo.persistence.log.CleanerCheckpoint;
import dev.sampo.persistence.log.ClosedSegment;
import dev.sampo.persistence.log.CompactedSegment;
import dev.sampo.persistence.log.DamagedLogException;
import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.log.PartitionLog;
import dev.sampo.persistence.producer.ProducerState;
import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.transaction.AbortedTransactionIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One compaction of a log: of each key the latest record stays, with its offset. Prepared on the log's thread, run on a
 * blocking one, applied on the log's thread.
 *
 * <p>Stay as well: tombstones and the markers of emptied transactions until {@code delete.retention.ms} after the first
 * compaction that saw them (the horizon is in the batch, attribute bit 6, KIP-534); the last batch of each producer and
 * of each rewritten segment, empty if need be, so that sequences and offsets go on. Go as well: aborted data, and records
 * without a key.
 *
 * <p>The rules are Kafka's, but for two: Kafka keeps the last batch of the run only, we of each segment, since a restart
 * in the middle of a replacement must know which old segments it covers; and {@code min.compaction.lag.ms} never counts
 * from later than a segment's last write, so that a record with a timestamp far ahead does not stop compaction.
 */
public final class Compaction {
    private static final int READ_BYTES = 1 << 20;

    /**
     * What a run made.
     *
     * @param firstDirtyOffset all below it is compacted
     */
    public record Result(List<CompactedSegment> segments, long firstDirtyOffset) {}

    /** What must stay of a producer: its last data batch, or without one the marker that tells its epoch. */
    private record LastOfProducer(long dataOffset, short epoch) {
        static LastOfProducer of(ProducerState state) {
            List<ProducerState.Batch> batches = state.batches();
            return new LastOfProducer(
                    batches.isEmpty() ? ProducerState.NO_OFFSET : batches.getLast().lastOffset(), state.epoch());
        }

        boolean isIn(org.apache.kafka.common.record.internal.RecordBatch batch) {
            return dataOffset == ProducerState.NO_OFFSET
                    ? batch.isControlBatch() && batch.producerEpoch() == epoch
                    : batch.lastOffset() == dataOffset;
        }
    }

    private final LogFiles files;
    private final Path directory;
    private final List<ClosedSegment> segments;
    private final List<AbortedTransactionIndex.Entry> aborted;
    private final long firstDirtyOffset;
    private final Map<Long, LastOfProducer> lastOfProducers;
    private final CompactionSettings settings;
    private final long nowMs;
    private volatile boolean cancelled;

    private Compaction(
            LogFiles files, Path directory, List<ClosedSegment> segments,
            List<AbortedTransactionIndex.Entry> aborted, long firstDirtyOffset, Map<Long, LastOfProducer> lastOfProducers, CompactionSettings settings, long nowMs) {
        this.files = files;
        this.directory = directory;
        this.segments = segments;
        this.aborted = aborted;
        this.firstDirtyOffset = firstDirtyOffset;
        this.lastOfProducers = lastOfProducers;
        this.settings = settings;
        this.nowMs = nowMs;
    }

    /**
     * Looks whether the log is worth a compaction.
     *
     * @param upperBound nothing at or behind it is touched: the last stable offset
     * @return null when it is not
     */
    public static @Nullable Compaction prepare(
            PartitionLog log, LogFiles files, CompactionSettings settings, long upperBound, long nowMs)
            throws IOException {
        long dirty = CleanerCheckpoint.read(files, log.directory());
        if (dirty < log.logStartOffset() || dirty > log.logEndOffset()) {
            dirty = log.logStartOffset();
        }
        var segments = new ArrayList<ClosedSegment>();
        long cleanBytes = 0;
        long dirtyBytes = 0;
        for (ClosedSegment segment : log.closedSegments()) {
            long time = segment.maxTimestamp() < 0
                    ? segment.lastModifiedMs()
                    : Math.min(segment.maxTimestamp(), segment.lastModifiedMs());
            boolean young = settings.minCompactionLagMs() > 0 && nowMs - time < settings.minCompactionLagMs();
            if (segment.endOffset() > upperBound || (young && segment.endOffset() > dirty)) {
                break;
            }
            segments.add(segment);
            if (segment.baseOffset() < dirty) { // one that is clean in part counts as both
                cleanBytes += segment.sizeBytes();
            }
            if (segment.endOffset() > dirty) {
                dirtyBytes += segment.sizeBytes();
            }
        }
        boolean worth = dirtyBytes > settings.minCleanableDirtyRatio() * (cleanBytes + dirtyBytes)
                || (dirtyBytes > 0
                        && settings.maxCompactionLagMs() < Long.MAX_VALUE
                        && log.beganBefore(dirty, nowMs - settings.maxCompactionLagMs()));
        if (!worth) {
            return null;
        }
        var lastOfProducers = new HashMap<Long, LastOfProducer>();
        log.producerState().all().forEach(state -> lastOfProducers.put(state.producerId(), LastOfProducer.of(state)));
        // Also those whose marker lies behind the segments: their data is in them.
        List<AbortedTransactionIndex.Entry> aborted =
                log.abortedTransactions(segments.getFirst().baseOffset(), segments.getLast().endOffset());
        return new Compaction(
                files, log.directory(), List.copyOf(segments), aborted, dirty, lastOfProducers, settings, nowMs);
    }

    /** From any thread: {@link #run} ends soon, with a {@link CancellationException}. */
    public void cancel() {
        cancelled = true;
    }

    /**
     * Reads, rewrites, forces. Blocks; touches no file of the log. A run that fails leaves none of its own.
     *
     * @throws CancellationException {@link #cancel} was called
     */
    public Result run() throws IOException {
        boolean finished = false;
        try {
            Result result = rewriteAll();
            finished = true;
            return result;
        } finally {
            if (!finished) {
                for (ClosedSegment segment : segments) {
                    for (Path path : new CompactedSegment(segment.baseOffset(), List.of()).cleanedFiles(directory)) {
                        files.deleteIfExists(path);
                    }
                }
            }
        }
    }

    private Result rewriteAll() throws IOException {
        long dirtyOffsets = segments.getLast().endOffset()
                - Math.max(firstDirtyOffset, segments.getFirst().baseOffset());
        var offsets = new KeyOffsets((int) Math.min(settings.mapEntries(), Math.max(1, dirtyOffsets)));
        long end = buildMap(offsets);
        var fates = new TransactionFates(aborted, segments.getFirst().baseOffset());
        var made = new ArrayList<CompactedSegment>();
        int from = 0;
        while (from < segments.size() && segments.get(from).baseOffset() < end) {
            int to = from + 1;
            long bytes = segments.get(from).sizeBytes();
            while (to < segments.size()
                    && segments.get(to).baseOffset() < end
                    && bytes + segments.get(to).sizeBytes() <= settings.segmentBytes()
                    && segments.get(to).endOffset() - segments.get(from).baseOffset() < Integer.MAX_VALUE) {
                bytes += segments.get(to).sizeBytes();
                to++;
            }
            made.add(rewrite(segments.subList(from, to), offsets, fates));
            from = to;
        }
        return new Result(made, end);
    }

    /** On the log's thread; returns files to delete later. */
    public List<Path> apply(PartitionLog log, Result result) throws IOException {
        List<Path> toDelete = log.replace(result.segments());
        CleanerCheckpoint.write(files, directory, result.firstDirtyOffset());
        return toDelete;
    }

    /** Takes in the keys of the dirty segments; returns the offset up to which they are known. */
    private long buildMap(KeyOffsets offsets) throws IOException {
        List<ClosedSegment> dirty =
                segments.stream().filter(segment -> segment.endOffset() > firstDirtyOffset).toList();
        var fates = new TransactionFates(aborted, dirty.getFirst().baseOffset());
        long end = firstDirtyOffset;
        for (ClosedSegment segment : dirty) {
            boolean[] full = new boolean[1];
            forEachChunk(segment, chunk -> {
                var cursor = new Cursor(chunk);
                for (var batch : MemoryRecords.readableRecords(chunk.duplicate()).batches()) {
                    RecordBatch view = cursor.next();
                    boolean data = false;
                    if (batch.isControlBatch()) {
                        fates.onMarker(view);
                    } else {
                        data = !fates.isAbortedData(view);
                    }
                    if (data && !full[0] && batch.lastOffset() >= firstDirtyOffset) {
                        for (Record record : batch) {
                            if (record.hasKey() && record.offset() >= firstDirtyOffset && !full[0]) {
                                full[0] = offsets.isFull() && offsets.get(record.key()) < 0;
                                if (!full[0]) {
                                    offsets.put(record.key(), record.offset());
                                }
                            }
                        }
                    }
                    if (!full[0]) {
                        offsets.seenUpTo(batch.lastOffset());
                    }
                }
            });
            end = full[0] ? offsets.latestOffset() + 1 : segment.endOffset();
            if (full[0]) {
                break;
            }
        }
        return end;
    }

    /** Views the batches of a chunk one after the other, beside Kafka's iteration of the same bytes. */
    private static final class Cursor {
        private final RecordBatch view;
        private int next;

        Cursor(ByteBuffer chunk) {
            view = new RecordBatch(chunk);
            next = chunk.position();
        }

        RecordBatch next() {
            view.at(view.buffer(), next);
            next += view.sizeInBytes();
            return view;
        }
    }

    private CompactedSegment rewrite(List<ClosedSegment> group, KeyOffsets offsets, TransactionFates fates)
            throws IOException {
        long base = group.getFirst().baseOffset();
        Set<Long> markersKept = new HashSet<>();
        try (var writer = new CompactedSegment.Writer(files, directory, base, settings.indexIntervalBytes())) {
            long groupEnd = group.getLast().endOffset();
            for (ClosedSegment segment : group) {
                forEachChunk(segment, chunk -> {
                    var filter = new Filter(chunk, offsets, fates, groupEnd);
                    ByteBuffer target = ByteBuffer.allocate(chunk.remaining() + RecordBatch.HEADER_BYTES);
                    ByteBuffer kept = MemoryRecords.readableRecords(chunk.duplicate())
                            .filterTo(filter, target, BufferSupplier.NO_CACHING, Integer.MAX_VALUE - 8)
                            .outputBuffer()
                            .flip();
                    if (kept.hasRemaining()) {
                        writer.append(kept);
                        for (var batch : MemoryRecords.readableRecords(kept.duplicate()).batches()) {
                            if (batch.isControlBatch()) {
                                markersKept.add(batch.lastOffset());
                            }
                        }
                    }
                });
            }
            // An entry without its marker would hide what the producer wrote later.
            List<AbortedTransactionIndex.Entry> needed = aborted.stream()
                    .filter(entry -> markersKept.contains(entry.lastOffset()))
                    .toList();
            return writer.finish(
                    group.stream().map(ClosedSegment::baseOffset).toList(), needed, group.getLast().lastModifiedMs());
        }
    }

    private interface ChunkReader {
        void accept(ByteBuffer wholeBatches) throws IOException;
    }

    private void forEachChunk(ClosedSegment segment, ChunkReader reader) throws IOException {
        try (LogFile file = files.open(segment.path())) {
            ByteBuffer buffer = ByteBuffer.allocate(Math.min(READ_BYTES, segment.sizeBytes()));
            int position = 0;
            while (position < segment.sizeBytes()) {
                if (cancelled) {
                    throw new CancellationException(directory + ": compaction was cancelled");
                }
                buffer.clear().limit(Math.min(buffer.capacity(), segment.sizeBytes() - position));
                file.read(buffer, position);
                buffer.flip();
                int end = wholeBatches(segment, position, buffer);
                if (end == 0) {
                    int size = buffer.remaining() < RecordBatch.LENGTH_OVERHEAD ? 0 : new RecordBatch(buffer).sizeInBytes();
                    if (size <= buffer.capacity() || size > segment.sizeBytes() - position) {
                        throw new DamagedLogException(
                                segment.path(), position, segment.baseOffset(), "a whole batch",
                                "one of " + size + " bytes", null);
                    }
                    buffer = ByteBuffer.allocate(size);
                } else {
                    reader.accept(buffer.slice(0, end));
                    position += end;
                }
            }
        }
    }

    /** Where they end in the buffer. A rewritten batch gets a new CRC, so a bad one must not come that far. */
    private static int wholeBatches(ClosedSegment segment, int position, ByteBuffer buffer) throws DamagedLogException {
        var view = new RecordBatch(buffer);
        int end = 0;
        while (buffer.limit() - end >= RecordBatch.HEADER_BYTES) {
            int size = view.at(buffer, end).sizeInBytes();
            if (size < RecordBatch.HEADER_BYTES || size > buffer.limit() - end) {
                break;
            }
            if (!view.isCrcValid()) {
                throw new DamagedLogException(
                        segment.path(), position + end, view.baseOffset(), "a batch with a valid CRC", "a bad one", null);
            }
            end += size;
        }
        return end;
    }

    /** Kafka's rewriting of batches, with the decisions of this class. */
    private final class Filter extends RecordFilter {
        private final Cursor cursor;
        private final KeyOffsets offsets;
        private final TransactionFates fates;
        private final long groupEnd;
        private boolean discardRecords;

        Filter(ByteBuffer chunk, KeyOffsets offsets, TransactionFates fates, long groupEnd) {
            super(nowMs, settings.deleteRetentionMs());
            this.cursor = new Cursor(chunk);
            this.offsets = offsets;
            this.fates = fates;
            this.groupEnd = groupEnd;
        }

        @Override
        protected BatchRetentionResult checkBatchRetention(
                org.apache.kafka.common.record.internal.RecordBatch batch) {
            RecordBatch view = cursor.next();
            boolean emptyTransaction = false;
            if (batch.isControlBatch()) {
                emptyTransaction = fates.onMarker(view);
                discardRecords = emptyTransaction
                        && batch.deleteHorizonMs().isPresent()
                        && batch.deleteHorizonMs().getAsLong() <= nowMs;
            } else {
                discardRecords = fates.isAbortedData(view);
            }
            LastOfProducer last = lastOfProducers.get(batch.producerId());
            boolean lastOfProducer = batch.hasProducerId() && last != null && last.isIn(batch);
            boolean lastOfGroup = batch.nextOffset() == groupEnd;
            BatchRetention retention = lastOfProducer || lastOfGroup
                    ? BatchRetention.RETAIN_EMPTY
                    : discardRecords ? BatchRetention.DELETE : BatchRetention.DELETE_EMPTY;
            return new BatchRetentionResult(retention, emptyTransaction);
        }

        @Override
        protected boolean shouldRetainRecord(
                org.apache.kafka.common.record.internal.RecordBatch batch, Record record) {
            if (discardRecords) {
                return false;
            }
            if (batch.isControlBatch()) {
                return true;
            }
            if (record.offset() > offsets.latestOffset()) {
                return true;
            }
            if (!record.hasKey()) {
                return false;
            }
            boolean tombstoneStays = batch.deleteHorizonMs().isEmpty() || nowMs < batch.deleteHorizonMs().getAsLong();
            return record.offset() >= offsets.get(record.key()) && (record.hasValue() || tombstoneStays);
        }
    }
}
