package dev.sampo.persistence.metadata;

import dev.sampo.persistence.metadata.MetadataLog.AppendResult;
import dev.sampo.persistence.metadata.MetadataLog.Appended;
import dev.sampo.persistence.metadata.MetadataLog.Entry;
import dev.sampo.persistence.metadata.MetadataLog.Fenced;
import dev.sampo.persistence.metadata.MetadataLog.Snapshot;
import dev.sampo.persistence.metadata.MetadataLog.WrongOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every replica of the metadata log computes from the same committed requests: the fence, the entries that no
 * snapshot covers, and the newest snapshot of the application. Equal calls in equal order give equal results, so the
 * rules here decide the same on every node. Thread-safe: one thread applies, others read.
 *
 * <p>Invariant: the entries kept are dense from {@code startOffset} to {@code endOffset}, and {@code startOffset} is
 * 0 or the offset after the snapshot's.
 */
final class JournalState {
    /** Entries from some offset on; {@code snapshot} comes first and is null unless it replaced their beginning. */
    record Read(@Nullable Snapshot snapshot, List<Entry> entries) {}

    /** All there is, to be written to a file. */
    record Image(long newestEpoch, long endOffset, @Nullable Snapshot snapshot, List<Entry> entries) {}

    private final ArrayList<Entry> entries = new ArrayList<>();
    private @Nullable Snapshot snapshot;
    private long startOffset;
    private long newestEpoch;

    /** Applies one request; a refused one changes nothing. */
    synchronized AppendResult append(long writerEpoch, long expectedEndOffset, List<byte[]> payloads) {
        if (writerEpoch < newestEpoch) {
            return new Fenced(newestEpoch);
        }
        long end = endOffset();
        if (expectedEndOffset != end) {
            return new WrongOffset(end);
        }
        newestEpoch = writerEpoch;
        for (byte[] payload : payloads) {
            entries.add(new Entry(end++, writerEpoch, payload));
        }
        return new Appended(end - 1);
    }

    synchronized long endOffset() {
        return startOffset + entries.size();
    }

    /** At most {@code limit} entries from {@code fromOffset} on; empty when there is nothing yet. */
    synchronized Read read(long fromOffset, int limit) {
        Snapshot first = fromOffset < startOffset ? snapshot : null;
        long from = Math.max(fromOffset, startOffset);
        if (from >= endOffset()) {
            return new Read(first, List.of());
        }
        int index = (int) (from - startOffset);
        return new Read(first, List.copyOf(entries.subList(index, Math.min(entries.size(), index + limit))));
    }

    /**
     * Takes a snapshot of the application and drops the entries it covers. One that is not newer than the one held
     * changes nothing.
     *
     * @throws IllegalArgumentException the snapshot is of an offset that the journal has not reached
     */
    synchronized void snapshot(Snapshot taken) {
        if (taken.offset() >= endOffset() || taken.offset() < 0) {
            throw new IllegalArgumentException("snapshot of offset " + taken.offset() + ", but the journal's offsets are 0 to "
                    + (endOffset() - 1));
        }
        if (snapshot != null && taken.offset() <= snapshot.offset()) {
            return;
        }
        entries.subList(0, (int) (taken.offset() + 1 - startOffset)).clear();
        startOffset = taken.offset() + 1;
        snapshot = taken;
    }

    synchronized Image image() {
        return new Image(newestEpoch, endOffset(), snapshot, List.copyOf(entries));
    }

    /** Forgets everything: the journal is read anew. */
    synchronized void clear() {
        entries.clear();
        snapshot = null;
        startOffset = 0;
        newestEpoch = 0;
    }

    /** Replaces everything: at start from a file, or when the leader sent its snapshot. */
    synchronized void restore(Image image) {
        entries.clear();
        entries.addAll(image.entries());
        snapshot = image.snapshot();
        startOffset = image.endOffset() - image.entries().size();
        newestEpoch = image.newestEpoch();
    }
}
