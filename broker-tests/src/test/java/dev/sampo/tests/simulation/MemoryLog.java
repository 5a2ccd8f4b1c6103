package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.log.ForwardingLogFiles;
import dev.sampo.persistence.producer.ProducerStates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A model of {@code PartitionLog}: batches in a page cache of which a prefix is on the disk. Epochs and producers are kept by
 * the production classes. As there, truncations are durable at once; appends and the epochs that they bring are once flushed, and
 * recovery finds the epochs of batches behind the last flush again.
 */
final class MemoryLog {
    /** Sees every change of every replica. */
    interface Watcher {
        void appended(MemoryLog log, Batch batch);

        void truncated(MemoryLog log, List<Batch> removed);

        void startMoved(MemoryLog log, long from);

        /** The hash of all that stands before and in {@code batch}, as another replica has it; 0 when none has it. */
        long knownChain(MemoryLog log, Batch batch);
    }

    private static final class EpochFiles extends ForwardingLogFiles {
        private final Map<Path, byte[]> contents = new HashMap<>();

        EpochFiles() {
            super(null);
        }

        @Override
        public boolean exists(Path path) {
            return contents.containsKey(path);
        }

        @Override
        public byte[] readAll(Path path) {
            return contents.get(path);
        }

        @Override
        public void replace(Path path, byte[] content) {
            contents.put(path, content);
        }
    }

    private static final Path FOLDER = Path.of("log");
    private static final long UNKNOWN = 0;

    private final int brokerId;
    private final TopicIdPartition id;
    private final Watcher watcher;
    private final EpochFiles files = new EpochFiles();
    private final ArrayList<Batch> batches = new ArrayList<>();
    private final ArrayList<Long> chains = new ArrayList<>(); // of each batch: the hash of it and all before it
    private LeaderEpochFile epochs;
    private ProducerStates producers = new ProducerStates();
    private final List<Batch> deleted = new ArrayList<>(); // still in the first segment, or in a producer snapshot
    private long chainBefore = 1; // of the first batch that is kept
    private long logStartOffset;
    private long logEndOffset;
    private long durableEnd;
    private long highWatermark;
    private long durableHighWatermark;
    private int truncations;

    MemoryLog(int brokerId, TopicIdPartition id, Watcher watcher) {
        this.brokerId = brokerId;
        this.id = id;
        this.watcher = watcher;
        this.epochs = openEpochs();
    }

    private LeaderEpochFile openEpochs() {
        try {
            return LeaderEpochFile.open(FOLDER, files);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int brokerId() {
        return brokerId;
    }

    TopicIdPartition id() {
        return id;
    }

    long logStartOffset() {
        return logStartOffset;
    }

    long logEndOffset() {
        return logEndOffset;
    }

    long durableEnd() {
        return durableEnd;
    }

    long highWatermark() {
        return highWatermark;
    }

    /** Kept in the object that leader and follower hand to each other. */
    void highWatermark(long offset) {
        highWatermark = offset;
    }

    ProducerStates producers() {
        return producers;
    }

    LeaderEpochFile epochs() {
        return epochs;
    }

    List<Batch> batches() {
        return batches;
    }

    int lastEpoch() {
        return batches.isEmpty() ? -1 : batches.getLast().epoch();
    }

    void noteEpoch(int epoch, long startOffset) {
        epochs.note(epoch, startOffset);
    }

    /** Whether what a leader sent can follow what is here; only the first batch is compared with the end. */
    boolean follows(Batch batch, int leaderEpoch) {
        return batch.baseOffset() >= logEndOffset && batch.epoch() >= epochs.latestEpoch() && batch.epoch() <= leaderEpoch;
    }

    void append(Batch batch) {
        if (batch.baseOffset() != logEndOffset) {
            throw new IllegalStateException("broker " + brokerId + " appends " + batch + " at " + logEndOffset);
        }
        if (batch.epoch() > epochs.latestEpoch()) {
            noteEpoch(batch.epoch(), batch.baseOffset());
        }
        long before = chains.isEmpty() ? chainBefore : chains.getLast();
        long chain = before == UNKNOWN ? watcher.knownChain(this, batch) : chain(before, batch);
        batches.add(batch);
        chains.add(chain);
        logEndOffset = batch.endOffset();
        producers(batch);
        watcher.appended(this, batch);
    }

    private void producers(Batch batch) {
        if (batch.idempotent()) {
            producers.onBatch(batch.producerId(), (short) 0, (int) batch.baseSequence(), batch.lastSequence(),
                    batch.baseOffset(), batch.endOffset() - 1, 0, false);
        }
    }

    private static long chain(long before, Batch batch) {
        long hash = before * 0x9E3779B97F4A7C15L + batch.baseOffset();
        hash = (hash ^ (hash >>> 31)) * 0xBF58476D1CE4E5B9L + batch.epoch();
        hash = (hash ^ (hash >>> 27)) * 0x94D049BB133111EBL + batch.producerId();
        hash = (hash ^ (hash >>> 31)) * 0x9E3779B97F4A7C15L + batch.baseSequence() * 31 + batch.count();
        return hash == UNKNOWN ? 1 : hash;
    }

    /** The place of the batch that holds {@code offset}, or of the first behind it. */
    int indexOf(long offset) {
        int low = 0;
        int high = batches.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (batches.get(middle).endOffset() <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    long chain(int index) {
        return chains.get(index);
    }

    /** The last batch stands over what another replica has, as far as that matters. */
    void adoptChain(long chain) {
        chains.set(chains.size() - 1, chain);
    }

    /** Of everything below {@code offset}, which is where a batch ends; 0 when this log does not tell. */
    long chainUpTo(long offset) {
        int index = indexOf(offset);
        if (index == 0) {
            return chainBefore;
        }
        return batches.get(index - 1).endOffset() == offset ? chains.get(index - 1) : UNKNOWN;
    }

    List<Batch> read(long offset, int most, long upperBound) {
        int from = indexOf(offset);
        int to = from;
        while (to < batches.size() && to - from < most && batches.get(to).baseOffset() < upperBound) {
            to++;
        }
        return List.copyOf(batches.subList(from, to));
    }

    void truncateTo(long offset) {
        if (offset >= logEndOffset) {
            truncateEpochs(); // an epoch without a batch of its own
            return;
        }
        truncations++;
        int from = indexOf(offset);
        List<Batch> removed = List.copyOf(batches.subList(from, batches.size()));
        logEndOffset = Math.max(logStartOffset, removed.isEmpty() ? offset : removed.getFirst().baseOffset());
        batches.subList(from, batches.size()).clear();
        chains.subList(from, chains.size()).clear();
        durableEnd = Math.min(durableEnd, logEndOffset);
        highWatermark = Math.min(highWatermark, logEndOffset);
        truncateEpochs();
        reloadProducers();
        watcher.truncated(this, removed);
    }

    private void truncateEpochs() {
        try {
            epochs.truncateFromEnd(logEndOffset);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes everything; the log starts at {@code offset}. */
    void startAnewAt(long offset) {
        truncations++;
        List<Batch> removed = List.copyOf(batches);
        long from = logStartOffset;
        batches.clear();
        chains.clear();
        chainBefore = offset == 0 ? 1 : UNKNOWN;
        logStartOffset = offset;
        logEndOffset = offset;
        durableEnd = offset;
        highWatermark = offset;
        try {
            epochs.clear();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        producers = new ProducerStates();
        deleted.clear();
        watcher.startMoved(this, from);
        watcher.truncated(this, removed);
    }

    void deleteRecordsBefore(long offset) {
        if (offset <= logStartOffset) {
            return;
        }
        long from = logStartOffset;
        logStartOffset = offset;
        int kept = indexOf(offset);
        if (kept > 0) {
            chainBefore = chains.get(kept - 1);
            deleted.addAll(batches.subList(0, kept));
            batches.subList(0, kept).clear();
            chains.subList(0, kept).clear();
        }
        try {
            epochs.truncateFromStart(offset);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        watcher.startMoved(this, from);
    }

    /** How often it was truncated: a flush that a truncation has overtaken counts for nothing. */
    int truncations() {
        return truncations;
    }

    void flushed(long endOffset, int truncationsThen) {
        if (truncationsThen == truncations) {
            durableEnd = Math.max(durableEnd, endOffset);
            LeaderEpochFile.Unwritten unwritten = epochs.takeUnwritten();
            if (unwritten != null) {
                write(unwritten);
            }
        }
    }

    private static void write(LeaderEpochFile.Unwritten unwritten) {
        try {
            unwritten.write();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void checkpointHighWatermark() {
        durableHighWatermark = highWatermark;
    }

    /** As the next process finds it: of what was not forced a random part is left when the power went. */
    boolean crash(boolean power, Dice dice) {
        highWatermark = Math.min(durableHighWatermark, logEndOffset);
        boolean lost = false;
        if (power && durableEnd < logEndOffset) {
            int from = indexOf(durableEnd);
            int left = dice.chance(0.4) ? from : dice.between(from, batches.size());
            lost = left < batches.size();
            batches.subList(left, batches.size()).clear();
            chains.subList(left, chains.size()).clear();
            logEndOffset = batches.isEmpty() ? Math.max(logStartOffset, durableEnd) : batches.getLast().endOffset();
            highWatermark = Math.min(highWatermark, logEndOffset);
        }
        epochs = openEpochs();
        truncateEpochs();
        for (int i = indexOf(durableEnd); i < batches.size(); i++) {
            if (batches.get(i).epoch() > epochs.latestEpoch()) {
                epochs.note(batches.get(i).epoch(), batches.get(i).baseOffset());
            }
        }
        reloadProducers();
        return lost;
    }

    void forgetProducers() {
        producers = new ProducerStates();
    }

    private void reloadProducers() {
        producers = new ProducerStates();
        deleted.forEach(this::producers);
        batches.forEach(this::producers);
    }

    String brief() {
        return logStartOffset + ".." + logEndOffset + " high watermark " + highWatermark + " epochs " + epochs.entries();
    }

    @Override
    public String toString() {
        return "[" + logStartOffset + " " + batches + " durable " + durableEnd + " hw " + highWatermark + "]";
    }
}
