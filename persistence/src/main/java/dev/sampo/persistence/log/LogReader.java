package dev.sampo.persistence.log;

import dev.sampo.persistence.record.RecordBatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Finds the slice of a segment that answers a fetch. Remembers where the last upper bound was, since it moves slowly. */
final class LogReader {
    private @Nullable LogSegment boundSegment;
    private long boundOffset = -1;
    private int boundPosition;

    /** Positions known so far may no longer hold. */
    void forget() {
        boundSegment = null;
        boundOffset = -1;
    }

    /**
     * Reads from one segment.
     *
     * @param segmentEnd offset behind the segment's last batch, or the next segment's base offset
     * @return null when no batch there ends at or behind {@code offset} and begins before {@code upperBound}, or none
     *     fits and none is demanded
     */
    @Nullable LogRead read(
            LogSegment segment, long segmentEnd, long offset, int maxBytes, long upperBound, boolean atLeastOneBatch)
            throws IOException {
        int end = upperBound >= segmentEnd ? segment.sizeBytes() : positionOfBound(segment, upperBound);
        int start = segment.positionOf(offset);
        if (start >= end) {
            return null;
        }
        if (end - start <= maxBytes) {
            return new LogRead(
                    new SegmentSlice(segment.shared(), start, end - start), Math.min(upperBound, segmentEnd));
        }
        int limit = start + Math.max(maxBytes, 0);
        int position = Math.max(start, segment.offsetIndex().boundaryBefore(limit));
        BatchHeaders headers = BatchHeaders.open(segment, end);
        long next = -1;
        while (position < end) {
            RecordBatch batch = headers.at(position);
            int batchEnd = position + batch.sizeInBytes();
            boolean first = position == start;
            if (batchEnd > limit && !(first && atLeastOneBatch)) {
                next = batch.baseOffset();
                break;
            }
            position = batchEnd;
            next = batch.nextOffset();
            if (batchEnd >= limit) {
                break;
            }
        }
        return position == start
                ? null
                : new LogRead(new SegmentSlice(segment.shared(), start, position - start), next);
    }

    private int positionOfBound(LogSegment segment, long upperBound) throws IOException {
        if (boundSegment != segment || boundOffset != upperBound) {
            int from = boundSegment == segment && boundOffset < upperBound ? boundPosition : 0;
            int position = Math.max(from, segment.offsetIndex().positionBefore(upperBound));
            BatchHeaders headers = BatchHeaders.open(segment, segment.sizeBytes());
            while (position < segment.sizeBytes()) {
                RecordBatch batch = headers.at(position);
                if (batch.baseOffset() >= upperBound) {
                    break;
                }
                position += batch.sizeInBytes();
            }
            boundSegment = segment;
            boundOffset = upperBound;
            boundPosition = position;
        }
        return boundPosition;
    }
}
