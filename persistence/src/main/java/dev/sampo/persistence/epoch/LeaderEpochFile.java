package dev.sampo.persistence.epoch;

import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.log.TextCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The leader epochs of one log with the offset each began at, both ascending. Every change is durable when the call
 * returns, but for {@link #note}. Used by the log's owner; only {@link Unwritten#write} runs elsewhere. File: {@code leader-epoch-checkpoint}, a line {@code epoch startOffset} for each entry.
 *
 * @see "KIP-101, KIP-279"
 */
public final class LeaderEpochFile {
    public static final String FILE_NAME = "leader-epoch-checkpoint";

    /** No epoch, or one that is not known. */
    public static final int NO_EPOCH = -1;

    /** An epoch and its first offset. */
    public record Entry(int epoch, long startOffset) {}

    /** The largest epoch at or below the one asked for, and where it ended (exclusive); (-1, -1) when not known. */
    public record EndOffset(int epoch, long endOffset) {
        public static final EndOffset UNKNOWN = new EndOffset(NO_EPOCH, -1);
    }

    /** Entries that are not in the file yet. */
    public final class Unwritten {
        private final long version;
        private final List<String> lines;

        private Unwritten(long version, List<String> lines) {
            this.version = version;
            this.lines = lines;
        }

        /** Writes them, unless something newer was written meanwhile. Durable on return; on any thread. */
        public void write() throws IOException {
            replace(version, lines);
        }
    }

    private final LogFiles files;
    private final Path path;
    private final List<Entry> entries = new ArrayList<>();
    private final Object writing = new Object();
    private long version; // of the entries
    private boolean unwritten;
    private long writtenVersion; // guarded by writing

    private LeaderEpochFile(LogFiles files, Path path) {
        this.files = files;
        this.path = path;
    }

    /** Reads the file in {@code directory}, if there is one. */
    public static LeaderEpochFile open(Path directory, LogFiles files) throws IOException {
        var file = new LeaderEpochFile(files, directory.resolve(FILE_NAME));
        for (String line : TextCheckpoint.read(files, file.path)) {
            file.entries.add(parse(file.path, line));
        }
        return file;
    }

    private static Entry parse(Path path, String line) throws IOException {
        int space = line.indexOf(' ');
        try {
            return new Entry(
                    Integer.parseInt(line.substring(0, Math.max(space, 0))),
                    Long.parseLong(line.substring(space + 1).strip()));
        } catch (NumberFormatException e) {
            throw new IOException(path + " holds \"" + line + "\" where an epoch and an offset belong", e);
        }
    }

    /** Ascending. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** -1 when there is none. */
    public int latestEpoch() {
        return entries.isEmpty() ? NO_EPOCH : entries.getLast().epoch();
    }

    /**
     * Notes that {@code epoch} begins at {@code startOffset}. Entries that contradict it (later epochs, or epochs that
     * begin at or behind this offset) were never committed and go.
     */
    public void assign(int epoch, long startOffset) throws IOException {
        if (put(epoch, startOffset)) {
            write();
        }
    }

    /**
     * As {@link #assign}, but in memory only, until {@link #takeUnwritten} is written or another change is. To be used
     * where a crash loses nothing by it: for an epoch of which the log holds no batch yet, or none that was forced, since
     * recovery finds those.
     */
    public void note(int epoch, long startOffset) {
        if (put(epoch, startOffset)) {
            version++;
            unwritten = true;
        }
    }

    private boolean put(int epoch, long startOffset) {
        if (epoch < 0 || startOffset < 0) {
            throw new IllegalArgumentException("epoch " + epoch + " cannot begin at offset " + startOffset);
        }
        if (epoch == latestEpoch() && startOffset >= entries.getLast().startOffset()) {
            return false;
        }
        entries.removeIf(entry -> entry.epoch() >= epoch || entry.startOffset() >= startOffset);
        entries.add(new Entry(epoch, startOffset));
        return true;
    }

    /** What was noted and must be written before the batches noted with it count as durable; null for nothing. */
    public @Nullable Unwritten takeUnwritten() {
        if (!unwritten) {
            return null;
        }
        unwritten = false;
        return new Unwritten(version, lines());
    }

    /** Where the largest epoch at or below {@code epoch} ended, seen from a log that ends at {@code logEndOffset}. */
    public EndOffset endOffset(int epoch, long logEndOffset) {
        if (epoch == NO_EPOCH || epoch > latestEpoch()) {
            return EndOffset.UNKNOWN;
        }
        if (epoch == latestEpoch()) {
            return new EndOffset(epoch, logEndOffset);
        }
        int floor = NO_EPOCH;
        for (Entry entry : entries) {
            if (entry.epoch() > epoch) {
                return new EndOffset(floor == NO_EPOCH ? epoch : floor, entry.startOffset());
            }
            floor = entry.epoch();
        }
        return EndOffset.UNKNOWN;
    }

    /** The epoch of the record at {@code offset}; -1 when no epoch began at or before it. */
    public int epochOf(long offset) {
        for (int i = entries.size() - 1; i >= 0; i--) {
            if (entries.get(i).startOffset() <= offset) {
                return entries.get(i).epoch();
            }
        }
        return NO_EPOCH;
    }

    /** The log now ends at {@code endOffset}: epochs that begin there or later go. */
    public void truncateFromEnd(long endOffset) throws IOException {
        if (entries.removeIf(entry -> entry.startOffset() >= endOffset)) {
            write();
        }
    }

    /** The log now starts at {@code startOffset}: epochs that ended there or earlier go, the one that holds it starts there. */
    public void truncateFromStart(long startOffset) throws IOException {
        int first = -1;
        for (int i = 0; i < entries.size() && entries.get(i).startOffset() <= startOffset; i++) {
            first = i;
        }
        if (first < 0 || (first == 0 && entries.get(0).startOffset() == startOffset)) {
            return;
        }
        Entry covering = entries.get(first);
        entries.subList(0, first + 1).clear();
        entries.add(0, new Entry(covering.epoch(), startOffset));
        write();
    }

    /** Forgets everything: the log starts anew. */
    public void clear() throws IOException {
        if (!entries.isEmpty()) {
            entries.clear();
            write();
        }
    }

    private void write() throws IOException {
        version++;
        unwritten = false;
        replace(version, lines());
    }

    private List<String> lines() {
        return entries.stream().map(e -> e.epoch() + " " + e.startOffset()).toList();
    }

    private void replace(long newVersion, List<String> lines) throws IOException {
        synchronized (writing) {
            if (newVersion > writtenVersion) {
                TextCheckpoint.write(files, path, lines);
                writtenVersion = newVersion;
            }
        }
    }
}
