package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Offset to byte position, sparse, in Kafka's {@code .index} format.
 *
 * <pre>
 * entry: int32 last offset of a batch minus the segment's base offset, int32 position of that batch
 * </pre>
 */
final class OffsetIndex extends SparseIndex {
    static final String SUFFIX = ".index";
    static final int ENTRY_BYTES = 8;

    OffsetIndex(LogFiles files, Path path, long baseOffset) {
        super(files, path, ENTRY_BYTES, baseOffset);
    }

    void append(long lastOffset, int position) throws IOException {
        append().putInt((int) (lastOffset - baseOffset)).putInt(position);
    }

    long offset(int entry) {
        return baseOffset + intAt(entry, 0);
    }

    int position(int entry) {
        return intAt(entry, 4);
    }

    /** Position of a batch at or before the one that holds {@code offset}; 0 when no entry is that low. */
    int positionBefore(long offset) throws IOException {
        int low = 0;
        int high = count() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (offset(middle) <= offset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high < 0 ? 0 : position(high);
    }

    /** Largest indexed batch position at or below {@code position}; 0 when there is none. */
    int boundaryBefore(int position) throws IOException {
        int low = 0;
        int high = count() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (position(middle) <= position) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high < 0 ? 0 : position(high);
    }

    /** Drops entries of batches that end at {@code offset} or later, or lie at {@code position} or later. */
    void truncateTo(long offset, int position) throws IOException {
        int keep = count();
        while (keep > 0 && (offset(keep - 1) >= offset || position(keep - 1) >= position)) {
            keep--;
        }
        truncate(keep);
    }

    /** Whether offsets and positions ascend and lie inside a file of {@code fileSize} bytes. */
    boolean isPlausible(int fileSize) throws IOException {
        int count = count();
        long offset = baseOffset - 1;
        int position = -1;
        for (int i = 0; i < count; i++) {
            if (offset(i) <= offset || position(i) <= position || position(i) >= fileSize) {
                return false;
            }
            offset = offset(i);
            position = position(i);
        }
        return true;
    }
}
