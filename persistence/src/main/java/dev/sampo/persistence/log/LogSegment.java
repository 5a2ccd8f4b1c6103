package dev.sampo.persistence.log;

import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.transaction.AbortedTransactionIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** One {@code .log} file, its indexes, and what is known of it without reading it. The last one of a log grows. */
final class LogSegment {
    static final String SUFFIX = ".log";

    private final LogFiles files;
    private final Path path;
    private final long baseOffset;
    private final int indexIntervalBytes;
    private final OffsetIndex offsetIndex;
    private final TimeIndex timeIndex;
    private @Nullable AbortedTransactionIndex abortedTransactions;
    private @Nullable SegmentFile file;

    private int sizeBytes;
    private int bytesSinceIndexEntry;
    private long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    private long maxTimestampOffset; // last offset of the batch that has it
    private long firstTimestamp = RecordBatch.NO_TIMESTAMP;
    private long createdMs;

    private LogSegment(LogFiles files, Path directory, long baseOffset, int indexIntervalBytes) {
        this(files, directory, baseOffset, indexIntervalBytes, "");
    }

    /** With {@code ending} behind the names of all files. */
    LogSegment(LogFiles files, Path directory, long baseOffset, int indexIntervalBytes, String ending) {
        this.files = files;
        this.baseOffset = baseOffset;
        this.maxTimestampOffset = baseOffset;
        this.indexIntervalBytes = indexIntervalBytes;
        this.path = directory.resolve(fileName(baseOffset, SUFFIX + ending));
        this.offsetIndex = new OffsetIndex(
                files, directory.resolve(fileName(baseOffset, OffsetIndex.SUFFIX + ending)), baseOffset);
        this.timeIndex = new TimeIndex(
                files, directory.resolve(fileName(baseOffset, TimeIndex.SUFFIX + ending)), baseOffset);
    }

    static String fileName(long baseOffset, String suffix) {
        String digits = Long.toString(baseOffset);
        return "0".repeat(20 - digits.length()) + digits + suffix;
    }

    /** A new, empty segment; an old file of that name is emptied. */
    static LogSegment create(LogFiles files, Path directory, long baseOffset, int indexIntervalBytes, long nowMs)
            throws IOException {
        var segment = new LogSegment(files, directory, baseOffset, indexIntervalBytes);
        segment.createdMs = nowMs;
        segment.createFile();
        segment.file().truncate(0);
        segment.offsetIndex.truncate(0);
        segment.timeIndex.truncate(0);
        segment.offsetIndex.write();
        segment.timeIndex.write();
        files.deleteIfExists(segment.transactionPath());
        return segment;
    }

    /** A segment that is on disk; nothing of it is read but its size. */
    static LogSegment load(LogFiles files, Path directory, long baseOffset, int indexIntervalBytes) throws IOException {
        var segment = new LogSegment(files, directory, baseOffset, indexIntervalBytes);
        long size = files.size(segment.path);
        if (size > Integer.MAX_VALUE) {
            throw new DamagedLogException(
                    segment.path, 0, baseOffset, "a file of at most 2 GiB", size + " bytes", null);
        }
        segment.sizeBytes = (int) size;
        segment.createdMs = files.lastModifiedMs(segment.path);
        return segment;
    }

    Path path() {
        return path;
    }

    long baseOffset() {
        return baseOffset;
    }

    int sizeBytes() {
        return sizeBytes;
    }

    OffsetIndex offsetIndex() {
        return offsetIndex;
    }

    TimeIndex timeIndex() {
        return timeIndex;
    }

    LogFile file() throws IOException {
        return shared().file();
    }

    /** Opens the log file, which may be missing, once and for all. */
    void createFile() throws IOException {
        file = new SegmentFile(files.openOrCreate(path));
    }

    SegmentFile shared() throws IOException {
        SegmentFile open = file;
        if (open == null) {
            try {
                open = new SegmentFile(files.open(path));
            } catch (NoSuchFileException e) {
                throw new DamagedLogException(path, 0, baseOffset, "a file of " + sizeBytes + " bytes", "no file", e);
            }
            file = open;
        }
        return open;
    }

    private Path transactionPath() {
        return path.resolveSibling(fileName(baseOffset, AbortedTransactionIndex.SUFFIX));
    }

    AbortedTransactionIndex abortedTransactions() throws IOException {
        AbortedTransactionIndex index = abortedTransactions;
        if (index == null) {
            index = AbortedTransactionIndex.open(files, transactionPath());
            abortedTransactions = index;
        }
        return index;
    }

    boolean hasOpenAbortedTransactions() {
        return abortedTransactions != null;
    }

    /** Largest timestamp; -1 when no batch has one. */
    long maxTimestamp() throws IOException {
        loadMaxTimestamp();
        return maxTimestamp;
    }

    /** Last offset of the first batch with the largest timestamp. */
    long maxTimestampOffset() throws IOException {
        loadMaxTimestamp();
        return maxTimestampOffset;
    }

    private void loadMaxTimestamp() throws IOException {
        int entries;
        if (maxTimestamp < 0 && sizeBytes > 0 && (entries = timeIndex.count()) > 0) {
            maxTimestamp = timeIndex.timestamp(entries - 1);
            maxTimestampOffset = timeIndex.offset(entries - 1);
        }
    }

    /** When the file was last written, by the machine's clock. */
    long lastModifiedMs() throws IOException {
        return files.lastModifiedMs(path);
    }

    /** Age of the first batch by its own timestamp, or of the file when it has none or a wild one. */
    long ageMs(long nowMs) throws IOException {
        if (sizeBytes == 0) {
            return 0;
        }
        long first = firstTimestamp();
        return first >= 0 && first <= nowMs ? nowMs - first : nowMs - createdMs;
    }

    /** Largest timestamp of the first batch; -1 when it has none, or there is none. */
    long firstTimestamp() throws IOException {
        if (firstTimestamp < 0 && sizeBytes > 0) {
            firstTimestamp = BatchHeaders.open(this, sizeBytes).at(0).maxTimestamp();
        }
        return firstTimestamp;
    }

    boolean isIndexFull(int segmentIndexBytes) throws IOException {
        return (offsetIndex.count() + 1L) * OffsetIndex.ENTRY_BYTES > segmentIndexBytes
                || (timeIndex.count() + 2L) * TimeIndex.ENTRY_BYTES > segmentIndexBytes;
    }

    /** Writes buffers at the end; {@link #noteBatch} tells of each batch in them afterwards. */
    void write(ByteBuffer[] buffers, int count) throws IOException {
        file().write(sizeBytes, buffers, count);
    }

    /** The batch at the end of what was noted so far is in the file: index it and count it. */
    void noteBatch(RecordBatch batch) throws IOException {
        loadMaxTimestamp();
        long timestamp = batch.maxTimestamp();
        if (timestamp > maxTimestamp) {
            maxTimestamp = timestamp;
            maxTimestampOffset = batch.lastOffset();
        }
        if (sizeBytes == 0) {
            firstTimestamp = timestamp;
        }
        if (bytesSinceIndexEntry > indexIntervalBytes) {
            offsetIndex.append(batch.lastOffset(), sizeBytes);
            timeIndex.appendIfLarger(maxTimestamp, maxTimestampOffset);
            bytesSinceIndexEntry = 0;
        }
        sizeBytes += batch.sizeInBytes();
        bytesSinceIndexEntry += batch.sizeInBytes();
    }

    /** First batch position whose last offset is at least {@code offset}; {@link #sizeBytes} when there is none. */
    int positionOf(long offset) throws IOException {
        int position = offsetIndex.positionBefore(offset);
        BatchHeaders headers = BatchHeaders.open(this, sizeBytes);
        while (position < sizeBytes) {
            RecordBatch batch = headers.at(position);
            if (batch.lastOffset() >= offset) {
                return position;
            }
            position += batch.sizeInBytes();
        }
        return sizeBytes;
    }

    /** Makes size, indexes and time limits forget everything from {@code position} on, without touching the file. */
    void forgetFrom(int position, long offset) throws IOException {
        offsetIndex.truncateTo(offset, position);
        timeIndex.truncateTo(offset);
        sizeBytes = position;
        maxTimestamp = RecordBatch.NO_TIMESTAMP;
        maxTimestampOffset = baseOffset;
        firstTimestamp = RecordBatch.NO_TIMESTAMP;
    }

    /**
     * Walks headers from the last usable index entry to the first batch at or behind {@code offset}, and completes
     * the indexes on the way. Afterwards the segment ends there; bytes behind are still in the file.
     */
    void reindexUpTo(long offset) throws IOException {
        int fileSize = sizeBytes;
        if (!offsetIndex.isPlausible(fileSize) || !timeIndex.isPlausible()) {
            offsetIndex.truncate(0);
            timeIndex.truncate(0);
        }
        offsetIndex.truncateTo(offset, fileSize);
        timeIndex.truncateTo(offset);
        // The time index may have lost more than the offset index: walk from where both are known.
        int times = timeIndex.count();
        offsetIndex.truncateTo(times == 0 ? baseOffset : timeIndex.offset(times - 1) + 1, fileSize);
        int last = offsetIndex.count() - 1;
        if (last >= 0 && !holds(BatchHeaders.open(this, fileSize), offsetIndex.position(last), offsetIndex.offset(last))) {
            offsetIndex.truncate(0);
            last = -1;
        }
        if (last < 0) {
            timeIndex.truncate(0);
        }
        walkFrom(last < 0 ? 0 : offsetIndex.position(last), offset, fileSize);
    }

    private static boolean holds(BatchHeaders headers, int position, long lastOffset) throws IOException {
        try {
            return headers.at(position).lastOffset() == lastOffset;
        } catch (DamagedLogException e) {
            return false; // the index is wrong, or the batch: the walk from the start tells
        }
    }

    private void walkFrom(int start, long offset, int fileSize) throws IOException {
        sizeBytes = start;
        maxTimestamp = RecordBatch.NO_TIMESTAMP;
        maxTimestampOffset = baseOffset;
        firstTimestamp = RecordBatch.NO_TIMESTAMP;
        bytesSinceIndexEntry = 0;
        BatchHeaders headers = BatchHeaders.open(this, fileSize);
        long next = baseOffset;
        while (sizeBytes < fileSize && next < offset) {
            RecordBatch batch = headers.at(sizeBytes);
            if (batch.baseOffset() >= offset) {
                break;
            }
            next = batch.nextOffset();
            noteBatch(batch);
        }
        if (start > 0) {
            firstTimestamp = RecordBatch.NO_TIMESTAMP;
        }
    }

    /** The offset behind the last batch. */
    long readNextOffset() throws IOException {
        int position = offsetIndex.count() == 0 ? 0 : offsetIndex.position(offsetIndex.count() - 1);
        long next = baseOffset;
        BatchHeaders headers = BatchHeaders.open(this, sizeBytes);
        while (position < sizeBytes) {
            RecordBatch batch = headers.at(position);
            next = batch.nextOffset();
            position += batch.sizeInBytes();
        }
        return next;
    }

    /** Completes the time index with the largest timestamp and writes both indexes. */
    void writeIndexes() throws IOException {
        loadMaxTimestamp();
        timeIndex.appendIfLarger(maxTimestamp, maxTimestampOffset);
        offsetIndex.write();
        timeIndex.write();
    }

    /** No more appends: the indexes are on disk only. */
    void seal() throws IOException {
        writeIndexes();
        offsetIndex.release();
        timeIndex.release();
    }

    void close() {
        if (file != null) {
            file.release();
            file = null;
        }
    }
}
