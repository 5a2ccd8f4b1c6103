package dev.sampo.persistence.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sampo.persistence.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/** Seeded lives of a log: appends, flushes, truncations, retention, crashes of process and machine, bad disks. */
class LogCrashSimulation {
    private static final int SEEDS = 2_000;
    private static final Uuid TOPIC = new Uuid(3, 5);
    private static final Path DIRECTORY = Path.of("/log/t-0");

    @Test
    void noFlushedRecordIsLostAndTheLogIsReadableOrReportedDamagedAfterAnyCrash() throws IOException {
        ((Logger) LoggerFactory.getLogger("dev.sampo.persistence.log")).setLevel(Level.ERROR);
        int damaged = 0;
        int torn = 0;
        var failures = new ArrayList<Throwable>();
        for (long seed = 0; seed < SEEDS && failures.size() < 5; seed++) {
            var life = new Life(seed);
            try {
                life.run();
            } catch (IOException | RuntimeException | AssertionError e) {
                failures.add(new AssertionError("seed " + seed + ": " + e, e));
            }
            damaged += life.damaged;
            torn += life.shortened;
        }
        assertThat(failures).isEmpty();
        // The schedules must have teeth.
        assertThat(damaged).isGreaterThan(50);
        assertThat(torn).isGreaterThan(200);
    }

    private static final class Life {
        private final Random random;
        private final FaultyLogFiles files = new FaultyLogFiles();
        private final LogSettings settings;
        private final TreeMap<Long, byte[]> model = new TreeMap<>(); // offset -> value, as appended
        private long modelEnd;
        private long flushedEnd;
        private long start;
        private int epoch;
        private long now = 1_000_000;
        private PartitionLog log;
        int damaged;
        int shortened;

        Life(long seed) {
            random = new Random(seed);
            settings = new LogSettings(
                    20_000 + random.nextInt(40_000), 1 << 30, 0, 10 << 20, random.nextInt(6_000), false, 1 << 20, 0,
                    1L << 40);
        }

        void run() throws IOException {
            files.nowMs = now;
            log = PartitionLog.open(DIRECTORY, TOPIC, settings, false, files, now);
            int crashes = 1 + random.nextInt(4);
            for (int crash = 0; crash < crashes; crash++) {
                int steps = random.nextInt(40);
                boolean alive = true;
                for (int step = 0; alive && step < steps; step++) {
                    alive = step();
                }
                if (!restart()) {
                    return;
                }
                check();
            }
        }

        private boolean step() throws IOException {
            now += 10;
            files.nowMs = now;
            try {
                switch (random.nextInt(20)) {
                    case 0, 1, 2 -> {
                        log.flush();
                        flushedEnd = log.logEndOffset();
                    }
                    case 3 -> truncate();
                    case 4 -> {
                        long before = start + random.nextInt((int) (flushedEnd - start) + 1);
                        start = Math.max(start, before);
                        log.deleteRecordsBefore(before);
                    }
                    case 5 -> {
                        var result = log.applyRetention(
                                new RetentionSettings(true, -1, 100_000), now, flushedEnd);
                        start = Math.max(start, result.logStartOffset());
                        for (Path path : result.filesToDelete()) {
                            files.deleteIfExists(path);
                        }
                    }
                    case 6 -> {
                        if (random.nextInt(6) == 0) {
                            files.limitSpace(random.nextInt(9_000));
                        } else if (random.nextInt(8) == 0) {
                            files.failForce();
                        } else {
                            epoch++;
                        }
                    }
                    default -> append();
                }
                return true;
            } catch (IOException e) {
                assertThat(log.isFailed()).isTrue();
                return false;
            }
        }

        private void truncate() throws IOException {
            if (random.nextInt(3) > 0 || modelEnd == start) {
                return;
            }
            long offset = start + 1 + random.nextInt((int) (modelEnd - start));
            flushedEnd = Math.min(flushedEnd, Math.max(start, batchStart(offset)));
            log.truncateTo(offset);
            modelEnd = log.logEndOffset();
            model.tailMap(modelEnd, true).clear();
            epoch++;
        }

        /** Truncation goes to a batch's begin: find it the way a reader sees it. */
        private long batchStart(long offset) throws IOException {
            if (offset >= log.logEndOffset()) {
                return offset;
            }
            LogRead read = log.read(offset, 1, Long.MAX_VALUE, true);
            return Math.min(offset, new RecordBatch(Batches.bytes(read)).baseOffset());
        }

        private void append() throws IOException {
            var group = new ArrayList<ByteBuffer>();
            long next = log.logEndOffset();
            int batches = 1 + random.nextInt(4);
            // What a failed append leaves may be on disk or not: the model takes it, the check allows for its loss.
            for (int i = 0; i < batches; i++) {
                int count = 1 + random.nextInt(5);
                int size = random.nextInt(10) == 0 ? random.nextInt(6_000) : random.nextInt(400);
                var batch = Batches.sized(next, epoch, count, size, now);
                for (Record record : MemoryRecords.readableRecords(batch).records()) {
                    byte[] value = new byte[record.valueSize()];
                    record.value().get(value);
                    model.put(record.offset(), value);
                }
                next += count;
                group.add(batch);
            }
            modelEnd = next;
            log.append(group, now);
        }

        private boolean restart() throws IOException {
            boolean clean = random.nextInt(5) == 0 && !log.isFailed();
            boolean flipped = false;
            if (clean && closes()) {
                flushedEnd = modelEnd;
                if (random.nextBoolean()) {
                    files.crash(random);
                }
            } else if (clean) {
                clean = false;
                files.crash(random);
            } else if (random.nextInt(3) == 0) {
                files.kill();
            } else {
                files.crash(random);
                flipped = random.nextInt(3) == 0 && flip();
            }
            try {
                log = PartitionLog.open(DIRECTORY, TOPIC, settings, clean, files, now);
            } catch (DamagedLogException e) {
                assertThat(flipped).as("damage without a bad disk: " + e.getMessage()).isTrue();
                damaged++;
                return false;
            }
            return true;
        }

        private boolean closes() {
            try {
                log.close(true);
                return true;
            } catch (IOException e) {
                return false; // the disk was bad: no marker of a clean stop is written then
            }
        }

        /** Bad disk: one bit above the recovery point, in a batch that is whole and has a good one behind it. */
        private boolean flip() throws IOException {
            List<String> logs = files.list(DIRECTORY).stream().filter(name -> name.endsWith(".log")).sorted().toList();
            if (logs.isEmpty()) {
                return false; // a log that was being emptied
            }
            Path path = DIRECTORY.resolve(logs.getLast());
            byte[] bytes = files.contents(path);
            var positions = new ArrayList<Integer>();
            var view = new RecordBatch(ByteBuffer.wrap(bytes));
            int position = 0;
            while (position + RecordBatch.HEADER_BYTES <= bytes.length) {
                view.at(ByteBuffer.wrap(bytes), position);
                int size = view.sizeInBytes();
                if (size < RecordBatch.HEADER_BYTES || size > bytes.length - position || !view.isCrcValid()) {
                    break;
                }
                positions.add(position);
                position += size;
            }
            if (positions.size() < 2) {
                return false;
            }
            int victim = positions.get(random.nextInt(positions.size() - 1));
            view.at(ByteBuffer.wrap(bytes), victim);
            int at = victim + 21 + random.nextInt(view.sizeInBytes() - 21);
            files.flipBit(path, at, random.nextInt(8));
            if (view.baseOffset() < recoveryPoint()) {
                unflip(path, at, bytes); // below: nothing looks there at start, and the check would
                return false;
            }
            return true;
        }

        private long recoveryPoint() throws IOException {
            Path checkpoint = DIRECTORY.resolve(LogLoader.RECOVERY_POINT);
            List<String> lines = files.exists(checkpoint)
                    ? new String(files.readAll(checkpoint), StandardCharsets.UTF_8).lines().toList()
                    : List.of();
            return lines.size() == 3 && lines.get(2).matches("\\d+") ? Long.parseLong(lines.get(2)) : 0;
        }

        private void unflip(Path path, int at, byte[] original) {
            int difference = (files.contents(path)[at] ^ original[at]) & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                if ((difference & (1 << bit)) != 0) {
                    files.flipBit(path, at, bit);
                }
            }
        }

        private void check() throws IOException {
            assertThat(log.logEndOffset()).as("log end offset").isBetween(flushedEnd, modelEnd);
            assertThat(log.logStartOffset()).as("log start offset").isLessThanOrEqualTo(start);
            assertThat(log.recoveryPoint()).isLessThanOrEqualTo(log.logEndOffset());
            if (log.logEndOffset() < modelEnd) {
                shortened++;
            }
            start = log.logStartOffset();
            modelEnd = log.logEndOffset();
            model.tailMap(modelEnd, true).clear();
            long expected = start;
            long offset = start;
            while (offset < log.logEndOffset()) {
                LogRead read = log.read(offset, 8_000, Long.MAX_VALUE, true);
                assertThat(read).as("read at " + offset).isNotNull();
                for (var batch : MemoryRecords.readableRecords(Batches.bytes(read)).batches()) {
                    batch.ensureValid();
                    for (Record record : batch) {
                        if (record.offset() >= expected) {
                            assertThat(record.offset()).isEqualTo(expected);
                            byte[] value = new byte[record.valueSize()];
                            record.value().get(value);
                            assertThat(value).isEqualTo(model.get(expected));
                            expected++;
                        }
                    }
                    assertThat(log.epochs().epochOf(batch.lastOffset())).isEqualTo(batch.partitionLeaderEpoch());
                }
                offset = expected;
            }
            assertThat(expected).isEqualTo(log.logEndOffset());
            flushedEnd = Math.max(flushedEnd, start);
            epoch = Math.max(epoch, log.epochs().latestEpoch());
        }
    }
}
