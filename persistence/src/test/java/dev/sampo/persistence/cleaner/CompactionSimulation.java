package dev.sampo.persistence.cleaner;

import dev.sampo.persistence.log.Batches;
import dev.sampo.persistence.log.FaultyLogFiles;
import dev.sampo.persistence.log.LogRead;
import dev.sampo.persistence.log.LogSettings;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Compaction against a model: a map from key to its last record. */
class CompactionSimulation {
    private static final int SEEDS = 500;
    private static final long NOW = System.currentTimeMillis();

    @Test
    void theLatestRecordOfEachKeyStaysAtItsOffsetAndOffsetsGoOn() throws IOException {
        for (int seed = 0; seed < SEEDS; seed++) {
            try {
                life(seed);
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
    }

    private record Written(long offset, boolean tombstone) {}

    private void life(int seed) throws IOException {
        var random = new Random(seed);
        Path directory = Path.of("/log/t-0");
        var files = new FaultyLogFiles();
        files.nowMs = NOW;
        var settings = new LogSettings(4_000, 1 << 30, 0, 1 << 20, 500, false, 1 << 20, 0, 1L << 40);
        var compaction = new CompactionSettings(
                1_000, 0, Long.MAX_VALUE, 0, 8_000, 500, random.nextBoolean() ? 100_000 : 10);
        PartitionLog log = PartitionLog.open(directory, new Uuid(1, seed), settings, false, files, NOW);
        Map<String, Written> latest = new HashMap<>();
        long now = NOW;
        int sequence = 0;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 40; i++) {
                long offset = log.logEndOffset();
                var records = new ArrayList<SimpleRecord>();
                for (int k = 0; k <= random.nextInt(4); k++) {
                    String key = "k" + random.nextInt(20);
                    boolean tombstone = random.nextInt(5) == 0;
                    records.add(Batches.record(now, key, tombstone ? null : "v" + (offset + k)));
                }
                boolean aborted = random.nextInt(6) == 0;
                var array = records.toArray(SimpleRecord[]::new);
                if (aborted) {
                    log.append(List.of(Batches.idempotent(offset, 0, 50, 0, sequence, true, array)), now);
                    sequence += array.length;
                    log.append(List.of(Batches.marker(log.logEndOffset(), 0, 50, 0, true, now)), now);
                } else {
                    log.append(List.of(Batches.of(offset, 0, array)), now);
                    for (int k = 0; k < array.length; k++) {
                        latest.put(
                                new String(Batches.copy(array[k].key())),
                                new Written(offset + k, array[k].value() == null));
                    }
                }
            }
            log.flush();
            long end = log.logEndOffset();
            Compaction prepared = Compaction.prepare(log, files, compaction, end, now);
            boolean died = false;
            if (prepared != null) {
                var result = prepared.run();
                if (random.nextInt(3) == 0) {
                    files.limitRenames(random.nextInt(12));
                }
                try {
                    for (Path path : prepared.apply(log, result)) {
                        files.deleteIfExists(path);
                    }
                } catch (IOException e) {
                    died = true;
                }
                files.limitRenames(Integer.MAX_VALUE);
            }
            assertThat(log.logEndOffset()).isEqualTo(end);
            if (died || random.nextInt(3) == 0) {
                boolean clean = !died && random.nextBoolean();
                log.close(clean);
                if (!clean) {
                    files.crash(random);
                }
                log = PartitionLog.open(directory, new Uuid(1, seed), settings, clean, files, now);
                assertThat(log.logEndOffset()).isEqualTo(end);
            }
            check(log, latest, now > NOW);
            now += random.nextBoolean() ? 2_000 : 0;
        }
        log.close(false);
    }

    private static void check(PartitionLog log, Map<String, Written> latest, boolean tombstonesMayBeGone)
            throws IOException {
        Map<Long, String> found = new HashMap<>();
        long offset = 0;
        while (offset < log.logEndOffset()) {
            LogRead read = log.read(offset, 2_000, Long.MAX_VALUE, true);
            assertThat(read).as("read at " + offset).isNotNull();
            ByteBuffer bytes = Batches.bytes(read);
            long last = -1;
            for (var batch : MemoryRecords.readableRecords(bytes).batches()) {
                batch.ensureValid();
                assertThat(batch.lastOffset()).isGreaterThan(last).isGreaterThanOrEqualTo(offset);
                last = batch.lastOffset();
                if (!batch.isControlBatch()) {
                    for (Record record : batch) {
                        found.put(record.offset(), new String(Batches.copy(record.key())));
                    }
                }
            }
            offset = last + 1;
        }
        latest.forEach((key, written) -> {
            if (!written.tombstone() || !tombstonesMayBeGone) {
                assertThat(found.get(written.offset())).as("latest of " + key).isEqualTo(key);
            }
        });
    }
}
