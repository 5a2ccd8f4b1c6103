package dev.sampo.persistence.transaction;

import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.LogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The aborted transactions whose markers are in one segment, by marker offset. Most segments have none and no file.
 *
 * <pre>
 * entry: int16 version 0, int64 producerId, int64 firstOffset, int64 lastOffset (the marker), int64 lastStableOffset
 * </pre>
 */
public final class AbortedTransactionIndex {
    public static final String SUFFIX = ".txnindex";

    private static final int ENTRY_BYTES = 34;

    /** An aborted transaction; {@code lastOffset} is its marker. */
    public record Entry(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}

    private final LogFiles files;
    private final Path path;
    private final List<Entry> entries = new ArrayList<>();
    private boolean dirty;

    private AbortedTransactionIndex(LogFiles files, Path path) {
        this.files = files;
        this.path = path;
    }

    /** Reads the file if there is one; what does not read as an entry, and all behind it, is left out. */
    public static AbortedTransactionIndex open(LogFiles files, Path path) throws IOException {
        var index = new AbortedTransactionIndex(files, path);
        if (files.exists(path)) {
            ByteBuffer bytes = ByteBuffer.wrap(files.readAll(path));
            while (bytes.remaining() >= ENTRY_BYTES && bytes.getShort() == 0) {
                index.entries.add(new Entry(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong()));
            }
        }
        return index;
    }

    public Path path() {
        return path;
    }

    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Ascending by {@code lastOffset}. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** Adds one at the end. Durable after the next flush of the log. */
    public void append(Entry entry) throws IOException {
        if (!entries.isEmpty() && entries.getLast().lastOffset() >= entry.lastOffset()) {
            throw new IllegalArgumentException(
                    path + ": marker " + entry.lastOffset() + " is not behind " + entries.getLast().lastOffset());
        }
        ByteBuffer bytes = ByteBuffer.allocate(ENTRY_BYTES)
                .putShort((short) 0)
                .putLong(entry.producerId())
                .putLong(entry.firstOffset())
                .putLong(entry.lastOffset())
                .putLong(entry.lastStableOffset())
                .flip();
        try (LogFile file = files.openOrCreate(path)) {
            file.write((long) entries.size() * ENTRY_BYTES, bytes);
        }
        entries.add(entry);
        dirty = true;
    }

    /** Adds to {@code target} what overlaps offsets {@code from} (inclusive) to {@code to} (exclusive). */
    public void collect(long from, long to, List<Entry> target) {
        for (Entry entry : entries) {
            if (entry.lastOffset() >= from && entry.firstOffset() < to) {
                target.add(entry);
            }
        }
    }

    /** True when an entry here shows that no later segment holds an abort of a transaction begun before {@code to}. */
    public boolean isCompleteUpTo(long to) {
        return !entries.isEmpty() && entries.getLast().lastStableOffset() >= to;
    }

    /** Drops entries whose marker is at {@code offset} or later. */
    public void truncateTo(long offset) throws IOException {
        if (entries.removeIf(entry -> entry.lastOffset() >= offset)) {
            try (LogFile file = files.open(path)) {
                file.truncate((long) entries.size() * ENTRY_BYTES);
            }
        }
    }

    /** True once after entries were added since the last call. */
    public boolean takeDirty() {
        boolean was = dirty;
        dirty = false;
        return was;
    }
}
