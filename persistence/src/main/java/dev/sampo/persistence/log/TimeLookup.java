package dev.sampo.persistence.log;

import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.record.RecordTimes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Answers questions about time exactly, by record: indexes and headers find the batch, its records the answer. */
final class TimeLookup {
    private TimeLookup() {}

    /** First record in offset order at or behind {@code startOffset} that is not older than {@code timestamp}. */
    static RecordTimes.Found first(List<LogSegment> segments, long timestamp, long startOffset, long upperBound)
            throws IOException {
        for (int i = 0; i < segments.size(); i++) {
            LogSegment segment = segments.get(i);
            boolean below = i + 1 < segments.size() && segments.get(i + 1).baseOffset() <= startOffset;
            if (below || segment.sizeBytes() == 0 || segment.maxTimestamp() < timestamp) {
                continue;
            }
            if (segment.baseOffset() >= upperBound) {
                break;
            }
            long from = Math.max(startOffset, segment.timeIndex().offsetBefore(timestamp));
            int position = segment.offsetIndex().positionBefore(from);
            BatchHeaders headers = BatchHeaders.open(segment, segment.sizeBytes());
            while (position < segment.sizeBytes()) {
                RecordBatch batch = headers.at(position);
                int size = batch.sizeInBytes();
                if (batch.baseOffset() >= upperBound) {
                    break;
                }
                if (batch.maxTimestamp() >= timestamp && batch.lastOffset() >= startOffset) {
                    RecordTimes.Found found =
                            RecordTimes.firstFrom(bytes(segment, position, size), startOffset, timestamp);
                    if (found.offset() >= 0) {
                        return found;
                    }
                }
                position += size;
            }
        }
        return RecordTimes.Found.NONE;
    }

    /** First record with the largest timestamp among those below {@code upperBound}. */
    static RecordTimes.Found maximum(List<LogSegment> segments, long startOffset, long upperBound, long logEndOffset)
            throws IOException {
        LogSegment best = null;
        long bestTimestamp = -1;
        int bestPosition = -1;
        for (int i = 0; i < segments.size() && segments.get(i).baseOffset() < upperBound; i++) {
            LogSegment segment = segments.get(i);
            long end = i + 1 < segments.size() ? segments.get(i + 1).baseOffset() : logEndOffset;
            if (segment.sizeBytes() == 0 || end <= startOffset || segment.maxTimestamp() <= bestTimestamp) {
                continue;
            }
            if (segment.maxTimestampOffset() < upperBound && segment.maxTimestampOffset() >= startOffset) {
                best = segment;
                bestTimestamp = segment.maxTimestamp();
                bestPosition = -1;
                continue;
            }
            // The batch that has it is out of bounds: the largest of the rest is known by walking only.
            BatchHeaders headers = BatchHeaders.open(segment, segment.sizeBytes());
            int position = 0;
            while (position < segment.sizeBytes()) {
                RecordBatch batch = headers.at(position);
                if (batch.baseOffset() >= upperBound) {
                    break;
                }
                if (batch.lastOffset() >= startOffset && batch.maxTimestamp() > bestTimestamp) {
                    best = segment;
                    bestTimestamp = batch.maxTimestamp();
                    bestPosition = position;
                }
                position += batch.sizeInBytes();
            }
        }
        if (best == null) {
            return RecordTimes.Found.NONE;
        }
        int position = bestPosition >= 0 ? bestPosition : best.positionOf(best.maxTimestampOffset());
        int size = BatchHeaders.open(best, best.sizeBytes()).at(position).sizeInBytes();
        return RecordTimes.maximum(bytes(best, position, size));
    }

    private static ByteBuffer bytes(LogSegment segment, int position, int size) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(size);
        segment.file().read(bytes, position);
        return bytes.flip();
    }
}
