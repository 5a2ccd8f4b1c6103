package dev.sampo.persistence.log;

import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.producer.ProducerSnapshot;
import dev.sampo.persistence.producer.ProducerStates;
import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.record.RecordTimes;
import dev.sampo.persistence.transaction.AbortedTransactionIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The log of one partition: ordered segments in one directory, in Kafka's formats. All calls come from one thread,
 * except {@link Flush#force} and the slices of a {@link LogRead}.
 *
 * <p>Appended batches are in the page cache when {@link #append} returns: they survive the process, not the machine.
 * They are durable once a {@link Flush} that was prepared afterwards has been forced.
 *
 * <p>When the disk refuses a call, the log has failed: every later call throws {@link LogFailedException}. Its owner
 * closes it and opens it again through recovery.
 *
 * <p>Invariant: {@code logStartOffset <= logEndOffset} and {@code recoveryPoint <= logEndOffset}.
 */
public final class PartitionLog {
    private static final int INDEX_ENTRIES_UNWRITTEN = 256;

    private final Path directory;
    private final LogFiles files;
    private final List<LogSegment> segments;
    private final LeaderEpochFile epochs;
    private final ProducerStates producers;
    private final LogReader reader = new LogReader();
    private final RecordBatch view = new RecordBatch(ByteBuffer.allocate(RecordBatch.HEADER_BYTES));
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private LogSettings settings;
    private long logStartOffset;
    private long logEndOffset;
    private long recoveryPoint;
    private long rollJitterMs;
    private int truncations;
    private long lastNowMs;
    private boolean directoryChanged = true;

    private PartitionLog(Path directory, LogSettings settings, LogFiles files, LogLoader.Loaded loaded, long nowMs) {
        this.lastNowMs = nowMs;
        this.directory = directory;
        this.settings = settings;
        this.files = files;
        this.segments = loaded.segments();
        this.epochs = loaded.epochs();
        this.producers = loaded.producers();
        this.logStartOffset = loaded.logStartOffset();
        this.logEndOffset = loaded.logEndOffset();
        this.recoveryPoint = loaded.recoveryPoint();
        this.rollJitterMs = nextJitter();
    }

    /**
     * Opens the log in {@code directory}, or makes a new one.
     *
     * @param cleanShutdown the process before ended with {@link #close} of every log: nothing is checked; else every
     *     batch from the recovery point on is
     * @throws DamagedLogException bytes inside the log are bad: quarantine the replica, nothing was changed
     * @throws IOException the disk refused, or the directory belongs to another topic id
     */
    public static PartitionLog open(
            Path directory, Uuid topicId, LogSettings settings, boolean cleanShutdown, LogFiles files, long nowMs)
            throws IOException {
        var loaded = new LogLoader(files, directory, settings).load(topicId, cleanShutdown, nowMs);
        return new PartitionLog(directory, settings, files, loaded, nowMs);
    }

    public Path directory() {
        return directory;
    }

    LogFiles files() {
        return files;
    }

    /** From the next append on. */
    public void reconfigure(LogSettings newSettings) {
        settings = newSettings;
    }

    public LogSettings settings() {
        return settings;
    }

    /** First offset kept. */
    public long logStartOffset() {
        return logStartOffset;
    }

    /** Next offset to be written. */
    public long logEndOffset() {
        return logEndOffset;
    }

    /** All below it is durable. */
    public long recoveryPoint() {
        return recoveryPoint;
    }

    /** Sum of the {@code .log} files. */
    public long sizeBytes() {
        return segments.stream().mapToLong(LogSegment::sizeBytes).sum();
    }

    /** Segments, the one that is written included. */
    public int segmentCount() {
        return segments.size();
    }

    public LeaderEpochFile epochs() {
        return epochs;
    }

    /** What the log remembers of its producers; read only for callers. */
    public ProducerStates producerState() {
        return producers;
    }

    /** Whether an earlier call, or a flush, was refused by the disk. */
    public boolean isFailed() {
        return failure.get() != null;
    }

    /**
     * Appends whole batches, base offsets, epochs and CRCs final, with as few writes as segments allow. Not durable.
     *
     * @param batches each from position to limit, which stay as they are; offsets ascend from the log end offset on, with
     *     gaps where a follower copies a compacted log
     */
    public AppendResult append(List<ByteBuffer> batches, long nowMs) throws IOException {
        checkUsable();
        if (batches.isEmpty()) {
            return new AppendResult(-1, logEndOffset, false);
        }
        checkOrder(batches);
        lastNowMs = nowMs;
        long firstOffset = view.at(batches.get(0), batches.get(0).position()).baseOffset();
        boolean rolled = false;
        try {
            LogSegment active = segments.getLast();
            if (active.sizeBytes() > 0 && isOld(active, nowMs)) {
                roll(nowMs);
                rolled = true;
            }
            int from = 0;
            while (from < batches.size()) {
                active = segments.getLast();
                int to = fitting(batches, from, active);
                if (to == from) {
                    roll(nowMs);
                    rolled = true;
                } else {
                    write(active, batches, from, to);
                    from = to;
                }
            }
            return new AppendResult(firstOffset, logEndOffset, rolled);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void checkOrder(List<ByteBuffer> batches) {
        long next = logEndOffset;
        for (ByteBuffer bytes : batches) {
            view.at(bytes, bytes.position());
            if (bytes.remaining() < RecordBatch.HEADER_BYTES || view.sizeInBytes() != bytes.remaining()) {
                throw new IllegalArgumentException(directory + ": a buffer of " + bytes.remaining()
                        + " bytes is not one batch");
            }
            if (view.baseOffset() < next || view.lastOffsetDelta() < 0) {
                throw new IllegalArgumentException(directory + ": " + view + " cannot follow log end offset " + next);
            }
            next = view.nextOffset();
        }
    }

    private boolean isOld(LogSegment active, long nowMs) throws IOException {
        return active.ageMs(nowMs) > settings.segmentMs() - rollJitterMs
                || active.isIndexFull(settings.segmentIndexBytes());
    }

    /** End (exclusive) of the run of batches that the segment takes. */
    private int fitting(List<ByteBuffer> batches, int from, LogSegment segment) throws IOException {
        long size = segment.sizeBytes();
        int to = from;
        while (to < batches.size()) {
            ByteBuffer bytes = batches.get(to);
            long grown = size + bytes.remaining();
            boolean tooLarge = size > 0 && grown > settings.segmentBytes();
            boolean tooFar = view.at(bytes, bytes.position()).lastOffset() - segment.baseOffset() > Integer.MAX_VALUE;
            if (tooLarge || grown > Integer.MAX_VALUE || tooFar) {
                break;
            }
            size = grown;
            to++;
        }
        if (to == from && segment.sizeBytes() == 0 && segment.baseOffset() == logEndOffset) {
            throw new IOException(directory + ": " + view + " fits into no segment");
        }
        return to;
    }

    private void write(LogSegment segment, List<ByteBuffer> batches, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            view.at(batches.get(i), batches.get(i).position());
            if (view.partitionLeaderEpoch() > epochs.latestEpoch()) {
                epochs.note(view.partitionLeaderEpoch(), view.baseOffset());
            }
        }
        SegmentWriter writer = SegmentWriter.at(segment.sizeBytes());
        for (int i = from; i < to; i++) {
            writer.add(batches.get(i), segment.file());
        }
        writer.flush(segment.file());
        for (int i = from; i < to; i++) {
            view.at(batches.get(i), batches.get(i).position());
            written(segment);
        }
    }

    /** The batch in view was written at the end of the segment. */
    private void written(LogSegment segment) throws IOException {
        segment.noteBatch(view);
        logEndOffset = view.nextOffset();
        if (view.hasProducerId()) {
            ProducerReplay.apply(view, segment, producers);
        }
    }

    /**
     * Appends what a leader has sent: whole batches, one behind the other, with the offsets and epochs that they have in its
     * log. One write for each segment that takes some of them. Not durable.
     *
     * <p>To a log without records the first batch may begin before its start, when the leader's log starts within that
     * batch: the log then begins with the batch, and its start stays.
     *
     * @param records from position to limit, which stay as they are; a batch that is not whole at the end is left out
     * @param leaderEpoch the leader's: no batch is newer
     * @return what was appended; nothing, when there was no whole batch
     * @throws UnfitBatchException bytes that are no batches, or not those that follow: nothing was written
     */
    public AppendResult appendAsFollower(ByteBuffer records, int leaderEpoch, long nowMs)
            throws IOException, UnfitBatchException {
        checkUsable();
        int end = checkFollowing(records, leaderEpoch);
        int from = records.position();
        if (end == from) {
            return new AppendResult(-1, logEndOffset, false);
        }
        lastNowMs = nowMs;
        boolean rolled = false;
        try {
            long firstOffset = view.at(records, from).baseOffset();
            long start = logStartOffset;
            if (firstOffset < logEndOffset) {
                startAnewAt(firstOffset);
            }
            LogSegment active = segments.getLast();
            if (active.sizeBytes() > 0 && isOld(active, nowMs)) {
                roll(nowMs);
                rolled = true;
            }
            while (from < end) {
                active = segments.getLast();
                int to = fitting(records, from, end, active);
                if (to == from) {
                    roll(nowMs);
                    rolled = true;
                } else {
                    write(active, records, from, to);
                    from = to;
                }
            }
            if (firstOffset < start) {
                moveLogStart(start);
            }
            return new AppendResult(firstOffset, logEndOffset, rolled);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Returns where the last whole batch ends. */
    private int checkFollowing(ByteBuffer records, int leaderEpoch) throws UnfitBatchException {
        long next = logEndOffset;
        int epoch = epochs.latestEpoch();
        int at = records.position();
        boolean first = true;
        while (records.limit() - at >= RecordBatch.HEADER_BYTES) {
            int size = view.at(records, at).sizeInBytes();
            if (size < RecordBatch.HEADER_BYTES || view.magic() != RecordBatch.MAGIC_V2 || view.lastOffsetDelta() < 0) {
                throw new UnfitBatchException(directory + ": no batch of format v2 at offset " + next + " and byte "
                        + (at - records.position()) + " of what the leader sent");
            }
            if (size > records.limit() - at) {
                break;
            }
            boolean holdsStart = first && logStartOffset == logEndOffset && view.nextOffset() > next;
            if (view.baseOffset() < next && !holdsStart) {
                throw new UnfitBatchException(directory + ": " + view + " cannot follow log end offset " + next);
            }
            if (view.partitionLeaderEpoch() < epoch || view.partitionLeaderEpoch() > leaderEpoch) {
                throw new UnfitBatchException(directory + ": " + view + " of leader epoch " + view.partitionLeaderEpoch()
                        + " cannot follow epoch " + epoch + ", sent by the leader of epoch " + leaderEpoch);
            }
            if (!view.isCrcValid()) {
                throw new UnfitBatchException(directory + ": " + view + " has a wrong CRC");
            }
            next = view.nextOffset();
            epoch = view.partitionLeaderEpoch();
            at += size;
            first = false;
        }
        return at;
    }

    /** Where the run of batches ends that the segment takes. */
    private int fitting(ByteBuffer records, int from, int end, LogSegment segment) throws IOException {
        long size = segment.sizeBytes();
        int to = from;
        while (to < end) {
            int bytes = view.at(records, to).sizeInBytes();
            long grown = size + bytes;
            boolean tooLarge = size > 0 && grown > settings.segmentBytes();
            if (tooLarge || grown > Integer.MAX_VALUE || view.lastOffset() - segment.baseOffset() > Integer.MAX_VALUE) {
                break;
            }
            size = grown;
            to += bytes;
        }
        if (to == from && segment.sizeBytes() == 0 && segment.baseOffset() == logEndOffset) {
            throw new IOException(directory + ": " + view + " fits into no segment");
        }
        return to;
    }

    private void write(LogSegment segment, ByteBuffer records, int from, int to) throws IOException {
        int batch;
        for (int at = from; at < to; at += batch) {
            batch = view.at(records, at).sizeInBytes();
            if (view.partitionLeaderEpoch() > epochs.latestEpoch()) {
                epochs.note(view.partitionLeaderEpoch(), view.baseOffset());
            }
        }
        segment.file().write(segment.sizeBytes(), records.slice(from, to - from));
        for (int at = from; at < to; at += batch) {
            batch = view.at(records, at).sizeInBytes();
            written(segment);
        }
    }

    private void roll(long nowMs) throws IOException {
        LogSegment active = segments.getLast();
        if (active.sizeBytes() == 0 && active.baseOffset() != logEndOffset) {
            // Nothing was written to it and it cannot take what comes: begin anew where the log is.
            segments.removeLast().close();
            SegmentNames.delete(files, directory, active.baseOffset());
        } else {
            active.seal();
        }
        producers.expire(nowMs, settings.producerIdExpirationMs());
        ProducerSnapshot.write(files, snapshotPath(logEndOffset), producers);
        segments.add(LogSegment.create(files, directory, logEndOffset, settings.indexIntervalBytes(), nowMs));
        directoryChanged = true;
        rollJitterMs = nextJitter();
    }

    /** Closes the active segment when it holds anything, so that compaction and retention may take it. */
    public void roll(boolean ifOlderOnly, long nowMs) throws IOException {
        checkUsable();
        try {
            LogSegment active = segments.getLast();
            if (active.sizeBytes() > 0 && (!ifOlderOnly || isOld(active, nowMs))) {
                roll(nowMs);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private Path snapshotPath(long offset) {
        return directory.resolve(LogSegment.fileName(offset, ProducerSnapshot.SUFFIX));
    }

    private long nextJitter() {
        return settings.segmentJitterMs() > 0 ? ThreadLocalRandom.current().nextLong(settings.segmentJitterMs()) : 0;
    }

    /**
     * Batches from the one that holds {@code offset} on, out of one segment.
     *
     * @param upperBound no batch that begins there or later: the high watermark or the last stable offset
     * @param atLeastOneBatch the first batch comes even if it is larger than {@code maxBytes}
     * @return null when there is nothing to send; the receiver releases the slice
     * @throws IllegalArgumentException {@code offset} is below the log start offset or above the log end offset
     */
    public @Nullable LogRead read(long offset, int maxBytes, long upperBound, boolean atLeastOneBatch)
            throws IOException {
        checkUsable();
        if (offset < logStartOffset || offset > logEndOffset) {
            throw new IllegalArgumentException(directory + ": offset " + offset + " is not within " + logStartOffset
                    + " to " + logEndOffset);
        }
        if (offset >= Math.min(upperBound, logEndOffset)) {
            return null;
        }
        try {
            int index = Math.max(0, floorIndex(offset));
            for (; index < segments.size() && segments.get(index).baseOffset() < upperBound; index++) {
                LogSegment segment = segments.get(index);
                LogRead read = reader.read(segment, endOf(index), offset, maxBytes, upperBound, atLeastOneBatch);
                if (read != null || segment.positionOf(offset) < segment.sizeBytes()) {
                    return read;
                }
            }
            return null;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private long endOf(int index) {
        return index + 1 < segments.size() ? segments.get(index + 1).baseOffset() : logEndOffset;
    }

    private int floorIndex(long offset) {
        int low = 0;
        int high = segments.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (segments.get(middle).baseOffset() <= offset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** First record (by offset) that is not older than {@code timestamp}; {@link OffsetAndTimestamp#NONE} for none. */
    public OffsetAndTimestamp offsetForTimestamp(long timestamp, long upperBound) throws IOException {
        checkUsable();
        try {
            return withEpoch(TimeLookup.first(segments, timestamp, logStartOffset, upperBound), upperBound);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** First record with the largest timestamp; {@link OffsetAndTimestamp#NONE} for an empty log. */
    public OffsetAndTimestamp maxTimestamp(long upperBound) throws IOException {
        checkUsable();
        try {
            return withEpoch(TimeLookup.maximum(segments, logStartOffset, upperBound, logEndOffset), upperBound);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private OffsetAndTimestamp withEpoch(RecordTimes.Found found, long upperBound) {
        return found.offset() < 0 || found.offset() >= upperBound
                ? OffsetAndTimestamp.NONE
                : new OffsetAndTimestamp(found.offset(), found.timestamp(), epochs.epochOf(found.offset()));
    }

    /** Aborted transactions that overlap offsets {@code from} (inclusive) to {@code to} (exclusive), by marker. */
    public List<AbortedTransactionIndex.Entry> abortedTransactions(long from, long to) throws IOException {
        checkUsable();
        var found = new ArrayList<AbortedTransactionIndex.Entry>();
        for (int i = Math.max(0, floorIndex(from)); i < segments.size(); i++) {
            AbortedTransactionIndex index = segments.get(i).abortedTransactions();
            index.collect(from, to, found);
            if (index.isCompleteUpTo(to)) {
                break;
            }
        }
        return found;
    }

    /** What has to be forced so that everything appended so far is durable. */
    public Flush prepareFlush() throws IOException {
        checkUsable();
        var open = new ArrayList<SegmentFile>();
        var others = new ArrayList<Path>();
        try {
            for (int i = Math.max(0, floorIndex(recoveryPoint)); i < segments.size(); i++) {
                LogSegment segment = segments.get(i);
                if (segment.sizeBytes() > 0 && endOf(i) > recoveryPoint) {
                    open.add(segment.shared().retain());
                }
                if (i + 1 < segments.size()) {
                    others.add(segment.offsetIndex().path());
                    others.add(segment.timeIndex().path());
                    others.add(snapshotPath(segments.get(i + 1).baseOffset()));
                } else if (segment.offsetIndex().unwritten() > INDEX_ENTRIES_UNWRITTEN) {
                    segment.offsetIndex().write();
                    segment.timeIndex().write();
                }
                if (segment.hasOpenAbortedTransactions() && segment.abortedTransactions().takeDirty()) {
                    others.add(segment.abortedTransactions().path());
                    directoryChanged = true;
                }
            }
        } catch (IOException e) {
            open.forEach(SegmentFile::release);
            throw failed(e);
        }
        Path changed = directoryChanged ? directory : null;
        directoryChanged = false;
        return new Flush(
                files, open, others, epochs.takeUnwritten(), changed, logEndOffset, truncations, failure);
    }

    /** Takes a forced flush back: the recovery point moves. One that was overtaken by a truncation counts for nothing. */
    public void flushed(Flush flush) throws IOException {
        checkUsable();
        if (!flush.isForced()) {
            throw new IllegalStateException(directory + ": flush was not forced");
        }
        if (flush.truncations() == truncations && flush.endOffset() > recoveryPoint) {
            recoveryPoint = flush.endOffset();
            try {
                writeRecoveryPoint(false);
            } catch (IOException e) {
                throw failed(e);
            }
        }
    }

    /** In place and of fixed length, so that it is one cheap write; losing it costs a longer check at the next start. */
    private void writeRecoveryPoint(boolean durable) throws IOException {
        String digits = Long.toString(recoveryPoint);
        String text = "0\n1\n" + "0".repeat(19 - digits.length()) + digits + "\n";
        try (LogFile file = files.openOrCreate(directory.resolve(LogLoader.RECOVERY_POINT))) {
            file.write(0, ByteBuffer.wrap(text.getBytes(UTF_8)));
            if (durable) {
                file.force();
            }
        }
        if (durable) {
            files.forceDirectory(directory);
        }
    }

    /** Forces everything, here and now. */
    public void flush() throws IOException {
        Flush flush = prepareFlush();
        try {
            flush.force();
        } catch (IOException e) {
            throw failed(e);
        }
        flushed(flush);
    }

    /**
     * Cuts the log so that it ends at or before {@code offset}, at a batch's begin. Epochs that begin at the end that it has
     * then are forgotten, also when nothing was cut. Durable on return. Producers are replayed.
     */
    public void truncateTo(long offset) throws IOException {
        checkUsable();
        try {
            if (offset >= logEndOffset) {
                epochs.truncateFromEnd(logEndOffset); // an epoch without a batch of its own (KAFKA-10706)
                return;
            }
            if (offset <= logStartOffset) {
                startAnewAt(offset);
                return;
            }
            truncations++;
            reader.forget();
            int index = floorIndex(offset);
            LogSegment segment = segments.get(index);
            int position = segment.positionOf(offset);
            long end = offset;
            if (position < segment.sizeBytes()) {
                end = Math.min(offset, BatchHeaders.open(segment, segment.sizeBytes()).at(position).baseOffset());
            }
            if (end <= logStartOffset) {
                startAnewAt(logStartOffset); // its batch holds the start, and goes
                return;
            }
            if (end < recoveryPoint) {
                recoveryPoint = end;
                writeRecoveryPoint(true);
            }
            CleanerCheckpoint.truncateTo(files, directory, end);
            for (int i = segments.size() - 1; i > index; i--) {
                LogSegment gone = segments.remove(i);
                gone.close();
                SegmentNames.delete(files, directory, gone.baseOffset());
            }
            segment.file().truncate(position);
            segment.file().force();
            segment.forgetFrom(position, end);
            segment.reindexUpTo(end);
            segment.abortedTransactions().truncateTo(end);
            logEndOffset = end;
            epochs.truncateFromEnd(end);
            files.forceDirectory(directory);
            reloadProducers();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Removes everything; the log is empty and starts at {@code offset}. Durable on return. */
    public void startAnewAt(long offset) throws IOException {
        checkUsable();
        try {
            truncations++;
            reader.forget();
            recoveryPoint = 0;
            writeRecoveryPoint(true);
            CleanerCheckpoint.truncateTo(files, directory, 0);
            for (LogSegment segment : segments) {
                segment.close();
            }
            // From the end, so that a crash on the way leaves a log without holes.
            for (LogSegment segment : segments.reversed()) {
                SegmentNames.delete(files, directory, segment.baseOffset());
            }
            segments.clear();
            logStartOffset = offset;
            logEndOffset = offset;
            writeLogStart();
            segments.add(LogSegment.create(files, directory, offset, settings.indexIntervalBytes(), lastNowMs));
            epochs.clear();
            recoveryPoint = offset;
            writeRecoveryPoint(true);
            reloadProducers();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void reloadProducers() throws IOException {
        ProducerStates reloaded =
                new LogLoader(files, directory, settings).loadProducers(segments, logEndOffset, lastNowMs);
        producers.become(reloaded);
    }

    /** Moves the log start offset up; records below it are gone for readers at once, durably. */
    public void deleteRecordsBefore(long offset) throws IOException {
        checkUsable();
        if (offset > logEndOffset) {
            throw new IllegalArgumentException(directory + ": offset " + offset + " is behind the log end offset "
                    + logEndOffset);
        }
        if (offset <= logStartOffset) {
            return;
        }
        try {
            moveLogStart(offset);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void moveLogStart(long offset) throws IOException {
        logStartOffset = offset;
        writeLogStart();
        epochs.truncateFromStart(offset);
    }

    private void writeLogStart() throws IOException {
        TextCheckpoint.write(
                files, directory.resolve(LogLoader.LOG_START_OFFSET), List.of(Long.toString(logStartOffset)));
    }

    /**
     * Removes segments that are too old, too many, or below the log start offset. The active segment goes only by
     * being closed first. Nothing at or behind the high watermark goes.
     */
    public RetentionResult applyRetention(RetentionSettings retention, long nowMs, long highWatermark)
            throws IOException {
        checkUsable();
        try {
            int gone = Retention.expired(segments, logEndOffset, logStartOffset, retention, nowMs, highWatermark);
            if (gone == 0) {
                return new RetentionResult(logStartOffset, 0, List.of());
            }
            if (gone == segments.size()) {
                roll(nowMs);
            }
            if (segments.get(gone).baseOffset() > logStartOffset) {
                moveLogStart(segments.get(gone).baseOffset());
            }
            return new RetentionResult(logStartOffset, gone, remove(0, gone));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private List<Path> remove(int from, int to) throws IOException {
        var renamed = new ArrayList<Path>();
        for (LogSegment segment : segments.subList(from, to)) {
            segment.close();
            renamed.addAll(SegmentNames.markDeleted(files, directory, segment.baseOffset()));
        }
        segments.subList(from, to).clear();
        reader.forget();
        directoryChanged = true;
        return renamed;
    }

    /** The segments that are closed and durable, oldest first: what compaction may rewrite. */
    public List<ClosedSegment> closedSegments() throws IOException {
        checkUsable();
        var closed = new ArrayList<ClosedSegment>();
        for (int i = 0; i + 1 < segments.size() && endOf(i) <= recoveryPoint; i++) {
            LogSegment segment = segments.get(i);
            closed.add(new ClosedSegment(
                    segment.path(), segment.baseOffset(), endOf(i), segment.sizeBytes(), segment.maxTimestamp(),
                    segment.lastModifiedMs()));
        }
        return closed;
    }

    /** Whether any closed segment that ends behind {@code offset} begins with a batch older than {@code timeMs}. */
    public boolean beganBefore(long offset, long timeMs) throws IOException {
        checkUsable();
        try {
            for (int i = 0; i + 1 < segments.size(); i++) {
                long first = endOf(i) > offset ? segments.get(i).firstTimestamp() : RecordBatch.NO_TIMESTAMP;
                if (first > 0 && first < timeMs) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Puts compacted segments in the place of those they were made from; each is taken whole or, when one of those is
     * gone meanwhile, not at all. After a crash on the way, the next start finishes it.
     *
     * @return files to delete after {@code fileDeleteDelayMs} on a blocking thread
     */
    public List<Path> replace(List<CompactedSegment> compacted) throws IOException {
        checkUsable();
        var toDelete = new ArrayList<Path>();
        try {
            for (CompactedSegment replacement : compacted) {
                int from = floorIndex(replacement.baseOffset());
                int to = from + replacement.replaced().size();
                boolean same = from >= 0 && to < segments.size()
                        && segments.subList(from, to).stream().map(LogSegment::baseOffset).toList()
                                .equals(replacement.replaced());
                if (!same) {
                    toDelete.addAll(replacement.cleanedFiles(directory));
                    continue;
                }
                replacement.commit(files, directory);
                toDelete.addAll(remove(from, to));
                replacement.moveIn(files, directory);
                segments.add(
                        from,
                        LogSegment.load(files, directory, replacement.baseOffset(), settings.indexIntervalBytes()));
            }
            reader.forget();
            return toDelete;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Ends the use of the log.
     *
     * @param clean flushes, and leaves everything that the next {@link #open} needs to start without a check
     */
    public void close(boolean clean) throws IOException {
        try {
            if (clean && !isFailed()) {
                segments.getLast().writeIndexes();
                ProducerSnapshot.write(files, snapshotPath(logEndOffset), producers);
                flush();
                forceClosingFiles();
                writeRecoveryPoint(true);
            }
        } finally {
            segments.forEach(LogSegment::close);
            failure.compareAndSet(null, new IOException(directory + " was closed"));
        }
    }

    private void forceClosingFiles() throws IOException {
        LogSegment active = segments.getLast();
        for (Path path : List.of(
                active.offsetIndex().path(), active.timeIndex().path(), snapshotPath(logEndOffset))) {
            try (LogFile file = files.open(path)) {
                file.force();
            }
        }
    }

    List<LogSegment> segments() {
        return segments;
    }

    private void checkUsable() throws LogFailedException {
        Throwable cause = failure.get();
        if (cause != null) {
            throw new LogFailedException(directory + " failed earlier; close it and open it again", cause);
        }
    }

    private IOException failed(IOException cause) {
        failure.compareAndSet(null, cause);
        return cause;
    }
}
