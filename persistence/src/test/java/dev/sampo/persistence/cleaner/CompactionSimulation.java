package dev.sampo.persistence.cleaner;

import dev.sampo.persistence.cleaner.CompactionModel.Batch;
import dev.sampo.persistence.cleaner.CompactionModel.Producer;
import dev.sampo.persistence.cleaner.CompactionModel.Rule;
import dev.sampo.persistence.cleaner.CompactionModel.Run;
import dev.sampo.persistence.cleaner.CompactionModel.Segment;
import dev.sampo.persistence.cleaner.CompactionModel.Transaction;
import dev.sampo.persistence.log.Batches;
import dev.sampo.persistence.log.CleanerCheckpoint;
import dev.sampo.persistence.log.FaultyLogFiles;
import dev.sampo.persistence.log.LogRead;
import dev.sampo.persistence.log.LogSettings;
import dev.sampo.persistence.log.PartitionLog;
import dev.sampo.persistence.log.RetentionSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Lives of a compacted log, with crashes, beside {@link CompactionModel}: after each run, batch by batch. */
class CompactionSimulation {
    private static final int SEEDS = 500;
    private static final int ROUNDS = 6;
    private static final long NOW = 1_800_000_000_000L;
    private static final long RETENTION_MS = 6_000;
    private static final Path DIRECTORY = Path.of("/log/t-0");
    private static final LogSettings LOG =
            new LogSettings(4_000, 1 << 30, 0, 1 << 20, 500, false, 1 << 20, 0, 1L << 40);

    @Test
    void exactlyTheRecordsSurviveThatKafkaKeeps() {
        Map<Rule, Integer> reached = new TreeMap<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            try {
                reached = CompactionModel.added(reached, new Life(seed).live());
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
        assertThat(reached).as("each rule was exercised").containsOnlyKeys(Rule.values());
    }

    /** One log from its first record on. */
    private static final class Life {
        private final Random random;
        private final Uuid topicId;
        private final FaultyLogFiles files = new FaultyLogFiles();
        private final CompactionSettings settings;
        private final CompactionModel model;
        private final boolean alsoDelete;
        private final Map<Long, Integer> sequences = new HashMap<>();
        private final Map<Long, Short> epochs = new HashMap<>();
        private final Map<Long, Long> open = new HashMap<>(); // producer id -> first offset of its transaction
        private final List<Batch> expected = new ArrayList<>(); // what the log must hold
        private PartitionLog log;
        private long dirty;
        private long now = NOW;

        Life(int seed) throws IOException {
            random = new Random(seed);
            topicId = new Uuid(1, seed);
            settings = new CompactionSettings(
                    1_000, pick(0L, 0L, 1_500L), pick(Long.MAX_VALUE, 1_500L), pick(0.0, 0.0, 0.5, 1.0), 8_000, 500,
                    pick(100_000, 10, 1));
            model = new CompactionModel(settings);
            alsoDelete = random.nextInt(4) == 0;
            files.nowMs = now;
            log = PartitionLog.open(DIRECTORY, topicId, LOG, false, files, now);
        }

        @SafeVarargs
        private <T> T pick(T... values) {
            return values[random.nextInt(values.length)];
        }

        Map<Rule, Integer> live() throws IOException {
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = random.nextInt(40); i >= 0; i--) {
                    write();
                }
                if (random.nextInt(4) == 0) {
                    log.roll(false, now);
                }
                log.flush();
                long end = log.logEndOffset();
                moveStart();
                boolean crashed = compact();
                if (crashed || random.nextInt(4) == 0) {
                    reopen(!crashed && random.nextBoolean());
                }
                assertThat(log.logEndOffset()).isEqualTo(end);
                assertReadable();
                now += pick(0, 300, 1_200, 2_500);
                files.nowMs = now;
            }
            log.close(false);
            return model.reached;
        }

        private void write() throws IOException {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> append(-1, false);
                case 3, 4 -> append(60 + random.nextInt(4), false);
                case 5, 6 -> {
                    long producerId = 50 + random.nextInt(4);
                    open.putIfAbsent(producerId, log.logEndOffset());
                    append(producerId, true);
                }
                default -> {
                    if (!open.isEmpty()) {
                        end(open.keySet().iterator().next());
                    }
                }
            }
        }

        private void append(long producerId, boolean transactional) throws IOException {
            var records = new SimpleRecord[1 + random.nextInt(4)];
            for (int i = 0; i < records.length; i++) {
                String key = random.nextInt(12) == 0 ? null : "k" + random.nextInt(25);
                String value = random.nextInt(5) == 0 ? null : "value " + random.nextInt(1_000) + "-".repeat(30);
                long timestamp = random.nextInt(40) == 0 ? now + 1_000_000 : now - random.nextInt(100);
                Header[] headers = random.nextInt(4) == 0
                        ? new Header[] {new RecordHeader("trace", ("t" + random.nextInt(99)).getBytes())}
                        : new Header[0];
                records[i] = new SimpleRecord(
                        timestamp, key == null ? null : key.getBytes(), value == null ? null : value.getBytes(), headers);
            }
            boolean idempotent = producerId >= 0;
            Compression compression = random.nextInt(3) == 0
                    ? pick(Compression.gzip().build(), Compression.lz4().build(), Compression.zstd().build())
                    : Compression.NONE;
            short epoch = idempotent ? epochs.getOrDefault(producerId, (short) 0) : RecordBatch.NO_PRODUCER_EPOCH;
            int sequence = idempotent ? sequences.getOrDefault(producerId, 0) : RecordBatch.NO_SEQUENCE;
            append(MemoryRecords.withRecords(
                            RecordBatch.MAGIC_VALUE_V2, log.logEndOffset(), compression, TimestampType.CREATE_TIME,
                            producerId, epoch, sequence, 0, transactional, records)
                    .buffer());
            if (idempotent) {
                sequences.put(producerId, sequence + records.length);
                epochs.put(producerId, epoch);
                model.producers.put(producerId, new Producer(epoch, log.logEndOffset() - 1));
            }
        }

        /** Ends a transaction; with a new epoch half the time (KIP-890), so that its producer has no data in it yet. */
        private void end(long producerId) throws IOException {
            boolean abort = random.nextBoolean();
            boolean bump = random.nextBoolean();
            short epoch = (short) (epochs.get(producerId) + (bump ? 1 : 0));
            long marker = log.logEndOffset();
            model.transactions.add(new Transaction(producerId, open.remove(producerId), marker, abort));
            append(Batches.marker(marker, 0, producerId, epoch, abort, now));
            if (bump) {
                epochs.put(producerId, epoch);
                sequences.put(producerId, 0);
                model.producers.put(producerId, new Producer(epoch, -1));
            }
        }

        private void append(ByteBuffer bytes) throws IOException {
            log.append(List.of(bytes), now);
            expected.add(Batch.of(MemoryRecords.readableRecords(bytes).batches().iterator().next()));
        }

        /** Delete records, or retention: both leave a log that begins later. */
        private void moveStart() throws IOException {
            if (alsoDelete) {
                List<Segment> before = segments();
                int gone = model.expired(before, RETENTION_MS, now);
                for (Path path : log.applyRetention(new RetentionSettings(true, RETENTION_MS, -1), now, Long.MAX_VALUE)
                        .filesToDelete()) {
                    files.deleteIfExists(path);
                }
                if (segments().size() == before.size() - gone) { // else the active one went as well
                    assertThat(segments()).isEqualTo(before.subList(gone, before.size()));
                }
                if (gone > 0) {
                    model.reach(Rule.RETENTION_REMOVES_A_SEGMENT);
                }
            } else if (random.nextInt(10) == 0 && log.logEndOffset() > log.logStartOffset()) {
                log.deleteRecordsBefore(
                        log.logStartOffset() + random.nextInt((int) (log.logEndOffset() - log.logStartOffset())));
            }
            long first = segments().getFirst().base();
            expected.removeIf(batch -> batch.base() < first);
        }

        /** True when the process died on the way. */
        private boolean compact() throws IOException {
            List<Segment> before = segments();
            assertThat(batches(before)).isEqualTo(expected);
            long lastStableOffset = open.values().stream().mapToLong(first -> first).min().orElse(log.logEndOffset());
            Run run = model.run(before, dirty, log.logStartOffset(), lastStableOffset, now);
            Compaction compaction = Compaction.prepare(log, files, settings, lastStableOffset, now);
            assertThat(compaction == null).as("not worth a run").isEqualTo(run == null);
            if (compaction == null) {
                return false;
            }
            Compaction.Result result = compaction.run();
            assertThat(segments()).as("a run touches no file of the log").isEqualTo(before);
            boolean dies = random.nextInt(4) == 0;
            if (dies) {
                files.limitRenames(random.nextInt(12));
            }
            try {
                for (Path path : compaction.apply(log, result)) {
                    files.deleteIfExists(path);
                }
            } catch (IOException e) {
                if (!dies) {
                    throw e;
                }
                model.reach(Rule.RUN_IS_INTERRUPTED);
                log.close(false);
                files.crash(random);
                files.limitRenames(Integer.MAX_VALUE);
                log = PartitionLog.open(DIRECTORY, topicId, LOG, false, files, now);
                assertPartly(before, run);
                return true;
            }
            files.limitRenames(Integer.MAX_VALUE);
            assertWhole(before, run, result);
            return false;
        }

        private void assertWhole(List<Segment> before, Run run, Compaction.Result result) throws IOException {
            var whole = new ArrayList<Segment>(run.made());
            long end = run.made().getLast().end();
            before.stream().filter(segment -> segment.base() >= end).forEach(whole::add);
            List<Segment> after = segments();
            assertThat(CompactionModel.describe(batches(after))).isEqualTo(CompactionModel.describe(batches(whole)));
            assertThat(after.stream().map(Segment::base)).isEqualTo(whole.stream().map(Segment::base).toList());
            assertThat(after.stream().map(Segment::lastModifiedMs))
                    .as("compaction makes no segment younger")
                    .isEqualTo(whole.stream().map(Segment::lastModifiedMs).toList());
            assertThat(result.firstDirtyOffset()).isEqualTo(run.dirty());
            dirty = run.dirty();
            assertThat(CleanerCheckpoint.read(files, DIRECTORY)).isEqualTo(dirty);
            expected.clear();
            expected.addAll(batches(after));
        }

        /** After a death on the way each group is as it was or as it should be. */
        private void assertPartly(List<Segment> before, Run run) throws IOException {
            List<Batch> found = batches(segments());
            var rest = new ArrayList<>(before);
            var either = new ArrayList<Batch>();
            for (int i = 0; i < run.made().size(); i++) {
                Segment made = run.made().get(i);
                rest.removeAll(run.from().get(i));
                List<Batch> inRange = found.stream()
                        .filter(batch -> batch.base() >= made.base() && batch.base() < made.end())
                        .toList();
                List<Batch> old = batches(run.from().get(i));
                either.addAll(inRange.equals(old) ? old : made.batches());
            }
            either.addAll(batches(rest));
            assertThat(CompactionModel.describe(found)).isEqualTo(CompactionModel.describe(either));
            assertThat(CleanerCheckpoint.read(files, DIRECTORY)).isIn(dirty, run.dirty());
            dirty = CleanerCheckpoint.read(files, DIRECTORY);
            expected.clear();
            expected.addAll(found);
        }

        private void reopen(boolean clean) throws IOException {
            log.close(clean);
            if (!clean) {
                files.crash(random);
            }
            log = PartitionLog.open(DIRECTORY, topicId, LOG, clean, files, now);
            assertThat(batches(segments())).isEqualTo(expected);
        }

        private List<Segment> segments() throws IOException {
            List<Long> bases = files.list(DIRECTORY).stream()
                    .filter(name -> name.matches("\\d{20}\\.log"))
                    .map(name -> Long.parseLong(name.substring(0, 20)))
                    .sorted()
                    .toList();
            var segments = new ArrayList<Segment>();
            for (int i = 0; i < bases.size(); i++) {
                Path path = DIRECTORY.resolve("%020d.log".formatted(bases.get(i)));
                byte[] bytes = files.contents(path);
                var batches = new ArrayList<Batch>();
                for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
                    batches.add(Batch.of(batch));
                }
                segments.add(new Segment(
                        bases.get(i), i + 1 < bases.size() ? bases.get(i + 1) : Long.MAX_VALUE, bytes.length,
                        files.lastModifiedMs(path), batches));
            }
            return segments;
        }

        private static List<Batch> batches(List<Segment> segments) {
            return segments.stream().flatMap(segment -> segment.batches().stream()).toList();
        }

        /** A reader that begins at the log's start comes to its end, and meets every batch from there on. */
        private void assertReadable() throws IOException {
            List<Batch> read = new ArrayList<>();
            long offset = log.logStartOffset();
            while (offset < log.logEndOffset()) {
                LogRead found = log.read(offset, 2_000, Long.MAX_VALUE, true);
                assertThat(found).as("read at " + offset).isNotNull();
                for (MutableRecordBatch batch : MemoryRecords.readableRecords(Batches.bytes(found)).batches()) {
                    assertThat(batch.lastOffset()).isGreaterThanOrEqualTo(offset);
                    read.add(Batch.of(batch));
                    offset = batch.nextOffset();
                }
            }
            long start = log.logStartOffset();
            assertThat(read).isEqualTo(expected.stream().filter(batch -> batch.last() >= start).toList());
        }
    }
}
