package dev.sampo.persistence.log;

import java.io.IOException;
import java.util.List;

/** Which segments may go. */
final class Retention {
    private Retention() {}

    /** How many of the oldest segments go; all of them only when the last one, too, is expired. */
    static int expired(
            List<LogSegment> segments, long logEndOffset, long logStartOffset, RetentionSettings retention, long nowMs,
            long highWatermark)
            throws IOException {
        long excess = -1;
        if (retention.delete() && retention.retentionBytes() >= 0) {
            excess = segments.stream().mapToLong(LogSegment::sizeBytes).sum() - retention.retentionBytes();
        }
        int gone = 0;
        for (int i = 0; i < segments.size(); i++) {
            LogSegment segment = segments.get(i);
            boolean last = i + 1 == segments.size();
            long end = last ? logEndOffset : segments.get(i + 1).baseOffset();
            if (end > highWatermark || (last && segment.sizeBytes() == 0)) {
                break;
            }
            boolean tooMuch = excess - segment.sizeBytes() >= 0;
            boolean tooOld = retention.delete() && retention.retentionMs() >= 0
                    && nowMs - time(segment) > retention.retentionMs();
            boolean belowStart = !last && end <= logStartOffset;
            if (!tooMuch && !tooOld && !belowStart) {
                break;
            }
            excess -= segment.sizeBytes();
            gone++;
        }
        return gone;
    }

    /** The largest record timestamp, but never later than the last write: a clock that ran ahead must not keep records. */
    private static long time(LogSegment segment) throws IOException {
        long written = segment.lastModifiedMs();
        long largest = segment.maxTimestamp();
        return largest < 0 ? written : Math.min(largest, written);
    }
}
