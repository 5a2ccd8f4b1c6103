package dev.sampo.persistence.log;

import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the end of a log that was not closed: every batch from the recovery point on, by CRC and by order of offsets
 * and epochs. What a crash tears off is cut. What a crash cannot do is damage, and changes nothing on disk.
 *
 * <p>Above the recovery point nothing is known to have reached the disk, and pages reach it in any order. So a bad batch
 * with good ones behind it is cut too when its bytes show pages that were never written (zeros up to a page's end, or
 * the file's end); any other bad batch with good ones behind it is damage.
 */
final class LogRecovery {
    private static final Logger log = LoggerFactory.getLogger(LogRecovery.class);
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int PAGE_BYTES = 4096;

    private final LogFiles files;
    private final Path directory;
    private final List<LogSegment> segments;
    private final LeaderEpochFile epochs;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final RecordBatch batch = new RecordBatch(buffer);
    private long bufferStart;
    private int bufferLength;
    private int lastEpoch = -1;

    LogRecovery(LogFiles files, Path directory, List<LogSegment> segments, LeaderEpochFile epochs) {
        this.files = files;
        this.directory = directory;
        this.segments = segments;
        this.epochs = epochs;
    }

    /** Checks from {@code recoveryPoint} on; afterwards all segments are whole. Returns the log end offset. */
    long recover(long recoveryPoint) throws IOException {
        int index = 0;
        while (index + 1 < segments.size() && segments.get(index + 1).baseOffset() <= recoveryPoint) {
            index++;
        }
        long next = segments.get(index).baseOffset();
        for (; index < segments.size(); index++) {
            LogSegment segment = segments.get(index);
            int fileSize = segment.sizeBytes();
            if (segment.baseOffset() > next) {
                // The segment before lost its end, which was never forced.
                cut(index - 1, segments.get(index - 1).sizeBytes(), next);
                return next;
            }
            try {
                segment.reindexUpTo(recoveryPoint);
            } catch (DamagedLogException e) {
                throw new DamagedLogException(
                        segment.path(), e.position(), next, e.expected() + ", below the recovery point " + recoveryPoint,
                        e.found(), e);
            }
            next = segment.sizeBytes() == 0 ? segment.baseOffset() : lastOffsetBefore(segment) + 1;
            if (next < recoveryPoint && index == segments.size() - 1 && segment.sizeBytes() == fileSize) {
                throw new DamagedLogException(
                        segment.path(), fileSize, next, "batches up to the recovery point " + recoveryPoint, "the log's end",
                        null);
            }
            next = scan(index, fileSize, next);
            if (segment.sizeBytes() < fileSize) {
                cut(index, segment.sizeBytes(), next);
                return next;
            }
        }
        return next;
    }

    private static long lastOffsetBefore(LogSegment segment) throws IOException {
        return segment.readNextOffset() - 1;
    }

    /** Takes in good batches up to {@code fileSize}; stops at what is to be cut. */
    private long scan(int index, int fileSize, long expected) throws IOException {
        LogSegment segment = segments.get(index);
        bufferLength = 0;
        long next = expected;
        while (segment.sizeBytes() < fileSize) {
            int position = segment.sizeBytes();
            if (!isWhole(segment, position, fileSize)) {
                assertTail(index, position, fileSize, next);
                return next;
            }
            if (batch.baseOffset() < next || batch.partitionLeaderEpoch() < lastEpoch || batch.lastOffsetDelta() < 0
                    || batch.lastOffset() - segment.baseOffset() > Integer.MAX_VALUE) {
                throw new DamagedLogException(
                        segment.path(), position, next, "a batch from offset " + next + " and leader epoch " + lastEpoch + " on",
                        "one with a valid CRC, base offset " + batch.baseOffset() + " and leader epoch "
                                + batch.partitionLeaderEpoch(),
                        null);
            }
            if (batch.partitionLeaderEpoch() > epochs.latestEpoch()) {
                epochs.note(batch.partitionLeaderEpoch(), batch.baseOffset()); // above the recovery point: as when appended
            }
            lastEpoch = batch.partitionLeaderEpoch();
            next = batch.nextOffset();
            segment.noteBatch(batch);
        }
        return next;
    }

    /** Whether a batch with a valid CRC is at {@code position}; {@link #batch} then views it. */
    private boolean isWhole(LogSegment segment, int position, int fileSize) throws IOException {
        if (!load(segment, position, RecordBatch.HEADER_BYTES)) {
            return false;
        }
        batch.at(buffer, (int) (position - bufferStart));
        int size = batch.sizeInBytes();
        if (batch.magic() != RecordBatch.MAGIC_V2 || size < RecordBatch.HEADER_BYTES || size > fileSize - position) {
            return false;
        }
        if (!load(segment, position, size)) {
            return false;
        }
        return batch.at(buffer, (int) (position - bufferStart)).isCrcValid();
    }

    private boolean load(LogSegment segment, int position, int bytes) throws IOException {
        if (position >= bufferStart && position + (long) bytes <= bufferStart + bufferLength) {
            return true;
        }
        if (bytes > buffer.capacity()) {
            buffer = ByteBuffer.allocateDirect(bytes);
        }
        bufferStart = position;
        bufferLength = segment.file().read(buffer.clear(), position);
        buffer.clear();
        return bytes <= bufferLength;
    }

    /** Nothing good lies behind the bad batch at {@code position}, or the bad batch was never written. */
    private void assertTail(int index, int position, int fileSize, long offset) throws IOException {
        LogSegment segment = segments.get(index);
        boolean goodInFile = isGoodFrom(segment, position, fileSize);
        boolean goodBehind = goodInFile;
        for (int later = index + 1; !goodBehind && later < segments.size(); later++) {
            bufferLength = 0;
            goodBehind = segments.get(later).sizeBytes() > 0
                    && isGoodFrom(segments.get(later), -1, segments.get(later).sizeBytes());
        }
        bufferLength = 0;
        if (!goodBehind) {
            return;
        }
        if (!showsUnwrittenPage(segment, position, fileSize, goodInFile)) {
            throw new DamagedLogException(
                    segment.path(), position, offset, "a batch with a valid CRC", "a bad one with good ones behind it", null);
        }
        log.atWarn()
                .addKeyValue("file", segment.path())
                .addKeyValue("position", position)
                .addKeyValue("offset", offset)
                .log("pages above the recovery point were never written, cutting the log there");
    }

    /** Whether any batch with a valid CRC begins behind {@code position}. */
    private boolean isGoodFrom(LogSegment segment, int position, int fileSize) throws IOException {
        for (int at = position + 1; at + RecordBatch.HEADER_BYTES <= fileSize; at++) {
            if (!load(segment, at, RecordBatch.HEADER_BYTES)) {
                return false;
            }
            batch.at(buffer, (int) (at - bufferStart));
            int size = batch.sizeInBytes();
            if (batch.magic() == RecordBatch.MAGIC_V2
                    && size > RecordBatch.HEADER_BYTES
                    && size <= fileSize - at
                    && batch.attributes() >= 0
                    && batch.attributes() < 0x80
                    && batch.lastOffsetDelta() >= 0
                    && batch.baseOffset() >= segment.baseOffset()
                    && isWhole(segment, at, fileSize)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the file ends inside the batch at {@code position}, or a page that the batch reaches into is zero from its
     * begin (or the batch's) to its end.
     */
    private boolean showsUnwrittenPage(LogSegment segment, int position, int fileSize, boolean goodInFile)
            throws IOException {
        int claimed = load(segment, position, RecordBatch.LENGTH_OVERHEAD)
                ? batch.at(buffer, (int) (position - bufferStart)).sizeInBytes()
                : 0;
        boolean fits = claimed >= RecordBatch.HEADER_BYTES && claimed <= fileSize - position;
        if (!goodInFile && (claimed > fileSize - position || fileSize - position < RecordBatch.HEADER_BYTES)) {
            return true;
        }
        long end = Math.min(fileSize, (long) position + (fits ? claimed : RecordBatch.HEADER_BYTES));
        for (long page = position / PAGE_BYTES; page * PAGE_BYTES < end; page++) {
            int from = (int) Math.max(position, page * PAGE_BYTES);
            int to = (int) Math.min(fileSize, (page + 1) * PAGE_BYTES);
            if (isZero(segment, from, to)) {
                return true;
            }
        }
        return false;
    }

    private boolean isZero(LogSegment segment, int from, int to) throws IOException {
        ByteBuffer page = ByteBuffer.allocate(to - from);
        segment.file().read(page, from);
        for (int i = 0; i < page.position(); i++) {
            if (page.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private void cut(int index, int position, long offset) throws IOException {
        LogSegment segment = segments.get(index);
        log.atInfo()
                .addKeyValue("file", segment.path())
                .addKeyValue("position", position)
                .addKeyValue("logEndOffset", offset)
                .log("cut the end of a log that was not closed");
        for (int later = segments.size() - 1; later > index; later--) {
            LogSegment gone = segments.remove(later);
            gone.close();
            SegmentNames.delete(files, directory, gone.baseOffset());
        }
        segment.file().truncate(position);
        segment.file().force();
        files.forceDirectory(directory);
    }
}
