package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Timestamp to offset, sparse, in Kafka's {@code .timeindex} format. An entry (t, o): the largest timestamp up to and
 * including the batch that ends at o is t, and that batch has it.
 *
 * <pre>
 * entry: int64 timestamp, int32 last offset of the batch minus the segment's base offset
 * </pre>
 */
final class TimeIndex extends SparseIndex {
    static final String SUFFIX = ".timeindex";
    static final int ENTRY_BYTES = 12;

    TimeIndex(LogFiles files, Path path, long baseOffset) {
        super(files, path, ENTRY_BYTES, baseOffset);
    }

    /** Adds an entry when its timestamp is larger than all before. */
    void appendIfLarger(long timestamp, long lastOffset) throws IOException {
        int count = count();
        if (timestamp >= 0
                && (count == 0 || (timestamp > timestamp(count - 1) && lastOffset > offset(count - 1)))) {
            append().putLong(timestamp).putInt((int) (lastOffset - baseOffset));
        }
    }

    long timestamp(int entry) {
        return longAt(entry, 0);
    }

    long offset(int entry) {
        return baseOffset + intAt(entry, 8);
    }

    /** An offset such that every batch with a timestamp of at least {@code timestamp} ends at or behind it. */
    long offsetBefore(long timestamp) throws IOException {
        int low = 0;
        int high = count() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (timestamp(middle) < timestamp) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high < 0 ? baseOffset : offset(high);
    }

    /** Drops entries of batches that end at {@code offset} or later. */
    void truncateTo(long offset) throws IOException {
        int keep = count();
        while (keep > 0 && offset(keep - 1) >= offset) {
            keep--;
        }
        truncate(keep);
    }

    /** Whether timestamps and offsets ascend. */
    boolean isPlausible() throws IOException {
        int count = count();
        for (int i = 0; i < count; i++) {
            if (timestamp(i) < 0
                    || offset(i) < baseOffset
                    || (i > 0 && (timestamp(i) <= timestamp(i - 1) || offset(i) <= offset(i - 1)))) {
                return false;
            }
        }
        return true;
    }
}
