package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Entries of fixed size in one file, ascending. What is on disk is read through a mapping made at first use; what was
 * added since is in memory until {@link #write}, some thousand entries at most. Never forced on its own: after a
 * crash, recovery makes again what is missing.
 */
abstract class SparseIndex {
    private static final int TAIL_ENTRIES = 1024;
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final LogFiles files;
    private final Path path;
    private final int entryBytes;
    final long baseOffset;

    private ByteBuffer stored = EMPTY;
    private int storedCount;
    private boolean loaded;
    private ByteBuffer tail = EMPTY;
    private int tailCount;
    private int tailWritten;

    SparseIndex(LogFiles files, Path path, int entryBytes, long baseOffset) {
        this.files = files;
        this.path = path;
        this.entryBytes = entryBytes;
        this.baseOffset = baseOffset;
    }

    Path path() {
        return path;
    }

    int count() throws IOException {
        load();
        return storedCount + tailCount;
    }

    /** Reads what the file holds; a partial entry at its end does not count. */
    private void load() throws IOException {
        if (!loaded) {
            stored = files.exists(path) ? files.map(path) : EMPTY;
            storedCount = stored.limit() / entryBytes;
            loaded = true;
        }
    }

    int intAt(int entry, int at) {
        return entry < storedCount
                ? stored.getInt(entry * entryBytes + at)
                : tail.getInt((entry - storedCount) * entryBytes + at);
    }

    long longAt(int entry, int at) {
        return entry < storedCount
                ? stored.getLong(entry * entryBytes + at)
                : tail.getLong((entry - storedCount) * entryBytes + at);
    }

    /** Room for one more entry, its bytes to be put by the caller. */
    ByteBuffer append() throws IOException {
        load();
        if (tailCount == TAIL_ENTRIES) {
            write();
            release();
            load();
        }
        if ((tailCount + 1) * entryBytes > tail.capacity()) {
            int entries = Math.min(TAIL_ENTRIES, Math.max(8, 2 * tailCount));
            ByteBuffer larger = ByteBuffer.allocate(entries * entryBytes);
            larger.put(0, tail, 0, tailCount * entryBytes);
            tail = larger;
        }
        tail.position(tailCount * entryBytes);
        tailCount++;
        return tail;
    }

    int unwritten() {
        return tailCount - tailWritten;
    }

    /** Hands what was added to the file system; creates the file when it is missing. */
    void write() throws IOException {
        if (loaded && tailWritten == tailCount && files.exists(path)) {
            return;
        }
        load();
        try (LogFile file = files.openOrCreate(path)) {
            long end = (long) storedCount * entryBytes;
            if (tailWritten < tailCount) {
                int from = tailWritten * entryBytes;
                file.write(end + from, tail.slice(from, tailCount * entryBytes - from));
            }
            file.truncate(end + (long) tailCount * entryBytes);
        }
        tailWritten = tailCount;
    }

    /** Gives back memory: the file, which must be written, is mapped again at the next use. */
    void release() {
        if (unwritten() > 0) {
            throw new IllegalStateException(path + " has entries that are not written");
        }
        stored = EMPTY;
        storedCount = 0;
        tail = EMPTY;
        tailCount = 0;
        tailWritten = 0;
        loaded = false;
    }

    /** Keeps the first {@code count} entries. */
    void truncate(int count) throws IOException {
        if (count >= count()) {
            return;
        }
        if (count > storedCount) {
            tailCount = count - storedCount;
            tailWritten = Math.min(tailWritten, tailCount);
        } else {
            // A copy: the mapping must not be read behind the file's new end.
            ByteBuffer kept = ByteBuffer.allocate(count * entryBytes);
            kept.put(0, stored, 0, kept.capacity());
            stored = kept;
            storedCount = count;
            tailCount = 0;
            tailWritten = 0;
        }
        if (files.exists(path)) {
            try (LogFile file = files.open(path)) {
                file.truncate((long) (storedCount + tailWritten) * entryBytes);
            }
        }
    }
}
