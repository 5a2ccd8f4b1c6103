package dev.sampo.persistence.log;

import dev.sampo.persistence.record.RecordBatch;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.storage.internals.log.OffsetIndex;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.TimeIndex;
import org.apache.kafka.storage.internals.log.TransactionIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PartitionLogTest {
    private static final Uuid TOPIC = new Uuid(1, 2);
    private static final LogSettings SMALL = new LogSettings(16_384, 1 << 30, 0, 1 << 20, 1_000, false, 1 << 20, 0, 86_400_000);
    private static final long NOW = System.currentTimeMillis();

    @TempDir
    Path directory;

    private PartitionLog open(boolean clean) throws IOException {
        return PartitionLog.open(directory, TOPIC, SMALL, clean, new RealLogFiles(), NOW);
    }

    private static void fill(PartitionLog log, int batches) throws IOException {
        for (int i = 0; i < batches; i++) {
            long offset = log.logEndOffset();
            log.append(List.of(Batches.sized(offset, 3, 2, 300, NOW - 100_000 + offset)), NOW);
        }
    }

    @Test
    void kafkasOwnClassesReadTheSegmentIndexesAndSnapshotsAsWritten() throws IOException {
        // Given
        PartitionLog log = open(false);
        fill(log, 60);
        log.append(
                List.of(Batches.idempotent(120, 3, 77, 1, 5, true, Batches.record(NOW, "k", "v")),
                        Batches.marker(121, 3, 77, 1, true, NOW)),
                NOW);
        fill(log, 5);

        // When
        log.close(true);

        // Then
        var logs = Files.list(directory).map(Path::toFile).filter(f -> f.getName().endsWith(".log")).sorted().toList();
        assertThat(logs).hasSizeGreaterThan(2);
        long expected = 0;
        for (File file : logs) {
            long base = Long.parseLong(file.getName().substring(0, 20));
            String stem = file.getPath().substring(0, file.getPath().length() - 4);
            try (FileRecords records = FileRecords.open(file);
                    var index = new OffsetIndex(new File(stem + ".index"), base, -1, false);
                    var times = new TimeIndex(new File(stem + ".timeindex"), base, -1, false)) {
                index.sanityCheck();
                times.sanityCheck();
                for (var batch : records.batches()) {
                    batch.ensureValid();
                    assertThat(batch.baseOffset()).isEqualTo(expected);
                    expected = batch.nextOffset();
                }
                for (int i = 0; i < index.entries(); i++) {
                    var entry = index.entry(i);
                    var at = records.batchesFrom(entry.position()).iterator().next();
                    assertThat(at.lastOffset()).isEqualTo(entry.offset());
                }
                assertThat(times.entries()).isPositive();
            }
        }
        assertThat(expected).isEqualTo(132);
        var snapshot = ProducerStateManager.readSnapshot(directory.resolve("00000000000000000132.snapshot").toFile());
        assertThat(snapshot).hasSize(1);
        assertThat(snapshot.getFirst().producerId()).isEqualTo(77);
        assertThat(snapshot.getFirst().coordinatorEpoch()).isEqualTo(7);
        File aborted = Files.list(directory).map(Path::toFile).filter(f -> f.getName().endsWith(".txnindex")).findFirst()
                .orElseThrow();
        var index = new TransactionIndex(Long.parseLong(aborted.getName().substring(0, 20)), aborted);
        assertThat(index.allAbortedTxns()).hasSize(1);
        assertThat(index.allAbortedTxns().getFirst().firstOffset()).isEqualTo(120);
        assertThat(index.allAbortedTxns().getFirst().lastOffset()).isEqualTo(121);
        index.close();
        assertThat(Files.readString(directory.resolve("leader-epoch-checkpoint"))).isEqualTo("0\n1\n3 0\n");
    }

    @Test
    void everyOffsetIsReadFromTheBatchThatHoldsIt() throws IOException {
        PartitionLog log = open(false);
        fill(log, 100);
        for (long offset = 0; offset < 200; offset++) {
            var batch = new RecordBatch(Batches.bytes(log.read(offset, 1, 200, true)));
            assertThat(batch.baseOffset()).isEqualTo(offset / 2 * 2);
        }
        assertThat(log.read(200, 100, 200, true)).isNull();
        assertThat(log.read(10, 100, 200, false)).as("no batch of that size fits").isNull();
        log.close(false);
    }

    @Test
    void aReadEndsBeforeTheUpperBoundAndWithinMaxBytes() throws IOException {
        PartitionLog log = open(false);
        fill(log, 100);
        for (long bound = 2; bound <= 200; bound += 2) {
            for (int maxBytes : new int[] {700, 1_500, 5_000, 1 << 20}) {
                long from = Math.max(0, bound - 7);
                LogRead read = log.read(from, maxBytes, bound, true);
                ByteBuffer bytes = Batches.bytes(read);
                assertThat(bytes.remaining()).isLessThanOrEqualTo(maxBytes);
                int position = 0;
                long last = -1;
                while (position < bytes.limit()) {
                    var batch = new RecordBatch(bytes).at(bytes, position);
                    last = batch.lastOffset();
                    position += batch.sizeInBytes();
                }
                assertThat(last).isLessThan(bound);
                assertThat(read.endOffset()).isGreaterThan(last).isLessThanOrEqualTo(bound);
            }
        }
        log.close(false);
    }

    @Test
    void aTimestampFindsTheFirstRecordThatIsNotOlder() throws IOException {
        PartitionLog log = open(false);
        fill(log, 100);
        long first = NOW - 100_000;
        for (int i = 0; i < 200; i++) {
            assertThat(log.offsetForTimestamp(first + i, 200)).isEqualTo(new OffsetAndTimestamp(i, first + i, 3));
        }
        assertThat(log.offsetForTimestamp(first + 200, 200)).isEqualTo(OffsetAndTimestamp.NONE);
        assertThat(log.offsetForTimestamp(first + 150, 100)).isEqualTo(OffsetAndTimestamp.NONE);
        assertThat(log.maxTimestamp(200)).isEqualTo(new OffsetAndTimestamp(199, first + 199, 3));
        assertThat(log.maxTimestamp(100)).isEqualTo(new OffsetAndTimestamp(99, first + 99, 3));
        log.close(false);
    }

    @Test
    void aCleanlyClosedLogComesBackWithItsProducersAndEpochs() throws IOException {
        PartitionLog log = open(false);
        fill(log, 50);
        log.append(List.of(Batches.idempotent(100, 4, 9, 0, 0, false, Batches.record(NOW, "a", "b"))), NOW);
        log.close(true);
        PartitionLog again = open(true);
        assertThat(again.logEndOffset()).isEqualTo(101);
        assertThat(again.recoveryPoint()).isEqualTo(101);
        assertThat(again.producerState().get(9)).isNotNull();
        assertThat(again.epochs().endOffset(3, 101).endOffset()).isEqualTo(100);
        again.append(List.of(Batches.sized(101, 4, 1, 10, NOW)), NOW);
        again.close(false);
    }

    @Test
    void retentionBySizeAndTimeRemovesWholeSegmentsAndMovesTheStart() throws IOException {
        PartitionLog log = open(false);
        fill(log, 100);
        long before = log.sizeBytes();
        RetentionResult result = log.applyRetention(new RetentionSettings(true, -1, before - 16_384), NOW, 200);
        assertThat(result.segments()).isEqualTo(1);
        assertThat(result.logStartOffset()).isEqualTo(log.logStartOffset()).isPositive();
        assertThat(result.filesToDelete()).isNotEmpty().allSatisfy(path -> assertThat(path).exists());
        result = log.applyRetention(new RetentionSettings(true, 1_000, -1), NOW + 5_000_000, 200);
        assertThat(log.logStartOffset()).isEqualTo(200);
        assertThat(log.sizeBytes()).isZero();
        log.close(true);
        assertThat(open(true).logStartOffset()).isEqualTo(200);
    }

    @Test
    void aTimestampFarInTheFutureDoesNotPinRetention() throws IOException {
        PartitionLog log = open(false);
        log.append(List.of(Batches.sized(0, 0, 1, 100, NOW * 2)), NOW);
        log.roll(false, NOW);
        assertThat(log.applyRetention(new RetentionSettings(true, 60_000, -1), NOW + 120_000, 1).segments()).isEqualTo(1);
        log.close(false);
    }

    @Test
    void deletedRecordsStayDeletedAfterARestart() throws IOException {
        PartitionLog log = open(false);
        fill(log, 100);
        log.deleteRecordsBefore(33);
        log.close(false);
        PartitionLog again = open(false);
        assertThat(again.logStartOffset()).isEqualTo(33);
        assertThatThrownBy(() -> again.read(32, 100, 200, true)).isInstanceOf(IllegalArgumentException.class);
        again.close(false);
    }

    @Test
    void aTruncatedLogGoesOnWhereItWasCut() throws IOException {
        PartitionLog log = open(false);
        fill(log, 100);
        log.flush();
        log.truncateTo(51);
        assertThat(log.logEndOffset()).isEqualTo(50);
        assertThat(log.recoveryPoint()).isEqualTo(50);
        log.append(List.of(Batches.sized(50, 5, 3, 10, NOW)), NOW);
        log.close(false);
        PartitionLog again = open(false);
        assertThat(again.logEndOffset()).isEqualTo(53);
        assertThat(again.epochs().latestEpoch()).isEqualTo(5);
        again.close(false);
    }

    @Test
    void aSliceStaysReadableAfterRetentionRemovedItsSegment() throws IOException {
        PartitionLog log = open(false);
        fill(log, 100);
        LogRead read = log.read(0, 1_000, 200, true);
        for (Path path : log.applyRetention(new RetentionSettings(true, 0, -1), NOW + 10_000_000, 200).filesToDelete()) {
            Files.delete(path);
        }
        assertThat(new RecordBatch(Batches.bytes(read)).isCrcValid()).isTrue();
        assertThatThrownBy(() -> read.slice().release()).isInstanceOf(IllegalStateException.class);
        log.close(false);
    }

    @Test
    void aDirectoryOfAnotherTopicIsRefused() throws IOException {
        open(false).close(true);
        assertThatThrownBy(() -> PartitionLog.open(directory, new Uuid(9, 9), SMALL, true, new RealLogFiles(), NOW))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("partition.metadata");
    }

    @Test
    void aFailedForceFailsTheLogForGood() throws IOException {
        var files = new FaultyLogFiles();
        PartitionLog log = PartitionLog.open(Path.of("/l"), TOPIC, SMALL, false, files, NOW);
        log.append(List.of(Batches.sized(0, 0, 1, 10, NOW)), NOW);
        Flush flush = log.prepareFlush();
        files.failForce();
        assertThatThrownBy(flush::force).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> log.read(0, 1, 1, true)).isInstanceOf(LogFailedException.class);
        assertThatThrownBy(() -> log.append(List.of(Batches.sized(1, 0, 1, 10, NOW)), NOW))
                .isInstanceOf(LogFailedException.class);
    }
}
