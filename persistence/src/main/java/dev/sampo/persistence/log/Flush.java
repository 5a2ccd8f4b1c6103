package dev.sampo.persistence.log;

import dev.sampo.persistence.epoch.LeaderEpochFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Makes a log durable up to an offset. Prepared and handed back on the log's own thread ({@link
 * PartitionLog#prepareFlush}, {@link PartitionLog#flushed}); {@link #force} blocks and runs anywhere, once.
 */
public final class Flush {
    private final LogFiles files;
    private final List<SegmentFile> segments;
    private final List<Path> others;
    private final LeaderEpochFile.@Nullable Unwritten epochs;
    private final @Nullable Path directory;
    private final long endOffset;
    private final int truncations;
    private final AtomicReference<@Nullable Throwable> failure;
    private volatile boolean forced;

    Flush(
            LogFiles files, List<SegmentFile> segments, List<Path> others,
            LeaderEpochFile.@Nullable Unwritten epochs, @Nullable Path directory, long endOffset, int truncations,
            AtomicReference<@Nullable Throwable> failure) {
        this.files = files;
        this.segments = segments;
        this.others = others;
        this.epochs = epochs;
        this.directory = directory;
        this.endOffset = endOffset;
        this.truncations = truncations;
        this.failure = failure;
    }

    /** All batches below it are durable once {@link #force} has returned. */
    public long endOffset() {
        return endOffset;
    }

    int truncations() {
        return truncations;
    }

    boolean isForced() {
        return forced;
    }

    /** Which directory's entries it makes durable; null for none. */
    @Nullable Path directory() {
        return directory;
    }

    /**
     * Blocks until everything is on disk.
     *
     * @throws IOException the disk refused: the log has failed, since what it holds is no longer known; never tried again
     */
    public void force() throws IOException {
        try {
            for (SegmentFile segment : segments) {
                segment.file().force();
            }
            for (Path path : others) {
                if (files.exists(path)) {
                    try (LogFile file = files.open(path)) {
                        file.force();
                    }
                }
            }
            if (epochs != null) {
                epochs.write();
            }
            if (directory != null) {
                files.forceDirectory(directory);
            }
            forced = true;
        } catch (IOException e) {
            failure.compareAndSet(null, e);
            throw e;
        } finally {
            segments.forEach(SegmentFile::release);
        }
    }
}
