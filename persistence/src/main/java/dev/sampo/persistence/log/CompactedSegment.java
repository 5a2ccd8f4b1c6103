package dev.sampo.persistence.log;

import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.transaction.AbortedTransactionIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * A segment rewritten by compaction, complete and durable in files that end in {@code .cleaned}. The rename of its log
 * file to {@code .swap} decides: from then on it takes the place of the old ones, also after a crash.
 *
 * @param replaced base offsets of the segments it was made from, ascending; the first is its own
 */
public record CompactedSegment(long baseOffset, List<Long> replaced) {
    private static final List<String> INDEXES =
            List.of(AbortedTransactionIndex.SUFFIX, OffsetIndex.SUFFIX, TimeIndex.SUFFIX);

    /** Writes one. Used on a blocking thread. */
    public static final class Writer implements AutoCloseable {
        private final LogFiles files;
        private final Path directory;
        private final LogSegment segment;

        public Writer(LogFiles files, Path directory, long baseOffset, int indexIntervalBytes) throws IOException {
            this.files = files;
            this.directory = directory;
            for (Path path : new CompactedSegment(baseOffset, List.of()).cleanedFiles(directory)) {
                files.deleteIfExists(path);
            }
            this.segment =
                    new LogSegment(files, directory, baseOffset, indexIntervalBytes, SegmentNames.CLEANED);
            segment.createFile();
        }

        /** Adds whole batches. */
        public void append(ByteBuffer batches) throws IOException {
            segment.write(new ByteBuffer[] {batches.duplicate()}, 1);
            var view = new RecordBatch(batches);
            int position = batches.position();
            while (position < batches.limit()) {
                segment.noteBatch(view.at(batches, position));
                position += view.sizeInBytes();
            }
        }

        /**
         * Everything is durable on return.
         *
         * @param lastModifiedMs when the last of those that it replaces was written: compaction makes no record younger
         */
        public CompactedSegment finish(
                List<Long> replaced, List<AbortedTransactionIndex.Entry> aborted, long lastModifiedMs)
                throws IOException {
            var cleaned = new CompactedSegment(segment.baseOffset(), replaced);
            segment.writeIndexes();
            files.setLastModifiedMs(segment.path(), lastModifiedMs);
            segment.file().force();
            Path transactions = cleaned.path(directory, AbortedTransactionIndex.SUFFIX, SegmentNames.CLEANED);
            files.openOrCreate(transactions).close();
            var index = AbortedTransactionIndex.open(files, transactions);
            for (AbortedTransactionIndex.Entry entry : aborted) {
                index.append(entry);
            }
            for (String suffix : INDEXES) {
                try (LogFile file = files.open(cleaned.path(directory, suffix, SegmentNames.CLEANED))) {
                    file.force();
                }
            }
            files.forceDirectory(directory);
            return cleaned;
        }

        @Override
        public void close() {
            segment.close();
        }
    }

    private Path path(Path directory, String suffix, String ending) {
        return directory.resolve(LogSegment.fileName(baseOffset, suffix + ending));
    }

    /** The files under which it waits to be put in. */
    public List<Path> cleanedFiles(Path directory) {
        return List.of(
                path(directory, LogSegment.SUFFIX, SegmentNames.CLEANED),
                path(directory, AbortedTransactionIndex.SUFFIX, SegmentNames.CLEANED),
                path(directory, OffsetIndex.SUFFIX, SegmentNames.CLEANED),
                path(directory, TimeIndex.SUFFIX, SegmentNames.CLEANED));
    }

    void commit(LogFiles files, Path directory) throws IOException {
        files.move(
                path(directory, LogSegment.SUFFIX, SegmentNames.CLEANED),
                path(directory, LogSegment.SUFFIX, SegmentNames.SWAP));
        files.forceDirectory(directory);
    }

    void moveIn(LogFiles files, Path directory) throws IOException {
        for (String suffix : INDEXES) {
            files.move(path(directory, suffix, SegmentNames.CLEANED), path(directory, suffix, ""));
        }
        files.move(path(directory, LogSegment.SUFFIX, SegmentNames.SWAP), path(directory, LogSegment.SUFFIX, ""));
        files.forceDirectory(directory);
    }
}
