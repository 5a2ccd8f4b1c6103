package dev.sampo.persistence.record;

import dev.sampo.persistence.log.Batches;
import dev.sampo.persistence.record.Validation.Invalid;
import dev.sampo.persistence.record.Validation.Reason;
import dev.sampo.persistence.record.Validation.Valid;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class BatchValidatorTest {
    private static final long NOW = 1_700_000_000_000L;

    private static BatchRules rules(boolean compacted, boolean appendTime, String compression) {
        return new BatchRules(100_000, 200_000, compacted, appendTime, 1_000_000, 3_600_000, compression, 6, 1_000_000);
    }

    private static final BatchRules PLAIN = rules(false, false, "producer");

    private static ByteBuffer batch(CompressionType type, SimpleRecord... records) {
        return MemoryRecords.withRecords(Compression.of(type).build(), records).buffer();
    }

    private static Reason reason(ByteBuffer bytes, BatchRules rules) {
        return ((Invalid) BatchValidator.validate(bytes, rules, true, NOW)).reason();
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void aGoodBatchIsTakenByteForByte(CompressionType type) {
        ByteBuffer bytes = batch(type, Batches.record(NOW, "a", "1"), Batches.record(NOW + 5, null, "2"));
        byte[] before = bytes.array().clone();
        var valid = (Valid) BatchValidator.validate(bytes, PLAIN, true, NOW);
        assertThat(valid.maxTimestamp()).isEqualTo(NOW + 5);
        assertThat(valid.maxTimestampIndex()).isEqualTo(1);
        assertThat(valid.batch().array()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void aTopicsCompressionTypeIsPutOnTheBatch(CompressionType type) {
        ByteBuffer bytes = batch(CompressionType.GZIP, Batches.record(NOW, "a", "1"), Batches.record(NOW, "b", null));
        String name = type == CompressionType.NONE ? "uncompressed" : type.name;
        var valid = (Valid) BatchValidator.validate(bytes, rules(false, false, name), true, NOW);
        var batch = MemoryRecords.readableRecords(valid.batch()).batches().iterator().next();
        batch.ensureValid();
        assertThat(batch.compressionType()).isEqualTo(type);
        assertThat(batch.countOrNull()).isEqualTo(2);
    }

    @Test
    void logAppendTimeIsStampedWithANewCrc() {
        ByteBuffer bytes = batch(CompressionType.NONE, Batches.record(5, "a", "1"));
        var valid = (Valid) BatchValidator.validate(bytes, rules(false, true, "producer"), true, NOW);
        var batch = new RecordBatch(valid.batch());
        assertThat(batch.isLogAppendTime()).isTrue();
        assertThat(batch.maxTimestamp()).isEqualTo(NOW);
        assertThat(batch.isCrcValid()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"producer", "gzip"})
    void epochAndSequenceAreIgnoredWithoutAProducerId(String compression) {
        ByteBuffer bytes = MemoryRecords.withRecords(
                        RecordBatch.MAGIC_V2, 0L, Compression.NONE, TimestampType.CREATE_TIME, -1L, (short) 0, 0, 0, false,
                        Batches.record(NOW, "a", "1"))
                .buffer();
        assertThat(new RecordBatch(bytes).baseSequence()).isZero();
        assertThat(BatchValidator.validate(bytes, rules(false, false, compression), true, NOW)).isInstanceOf(Valid.class);
    }

    @Test
    void badBatchesAreRefusedByKafkasNames() {
        var good = Batches.record(NOW, "a", "1");
        ByteBuffer crc = batch(CompressionType.NONE, good);
        crc.put(64, (byte) (crc.get(64) ^ 1));
        assertThat(reason(crc, PLAIN)).isEqualTo(Reason.CORRUPT_MESSAGE);
        ByteBuffer magic = batch(CompressionType.NONE, good).put(16, (byte) 1);
        assertThat(reason(magic, PLAIN)).isEqualTo(Reason.UNSUPPORTED_FOR_MESSAGE_FORMAT);
        ByteBuffer one = batch(CompressionType.NONE, good);
        ByteBuffer two = ByteBuffer.allocate(2 * one.remaining()).put(one.duplicate()).put(one.duplicate()).flip();
        assertThat(reason(two, PLAIN)).isEqualTo(Reason.INVALID_RECORD);
        ByteBuffer base = batch(CompressionType.NONE, good).putLong(0, 55);
        assertThat(reason(base, PLAIN)).as("base offset").isEqualTo(Reason.INVALID_RECORD);
        assertThat(reason(Batches.marker(0, 0, 1, 0, true, NOW), PLAIN)).isEqualTo(Reason.INVALID_RECORD);
        assertThat(reason(batch(CompressionType.NONE, Batches.record(1, "a", "1")), PLAIN))
                .isEqualTo(Reason.INVALID_TIMESTAMP);
        assertThat(reason(batch(CompressionType.NONE, new SimpleRecord(NOW, new byte[150_000])), PLAIN))
                .isEqualTo(Reason.MESSAGE_TOO_LARGE);
        assertThat(reason(batch(CompressionType.ZSTD, new SimpleRecord(NOW, new byte[9_000_000])), PLAIN))
                .as("a bomb").isEqualTo(Reason.INVALID_RECORD);
        assertThat(reason(ByteBuffer.allocate(3), PLAIN)).isEqualTo(Reason.CORRUPT_MESSAGE);
    }

    @Test
    void theLimitOfDecompressedBytesIsForEachRecordNotForTheirSum() {
        var records = new SimpleRecord[20];
        Arrays.fill(records, new SimpleRecord(NOW, new byte[500_000]));
        assertThat(BatchValidator.validate(batch(CompressionType.ZSTD, records), PLAIN, true, NOW)).isInstanceOf(Valid.class);
    }

    @Test
    void recordsThatWouldFillTheHeapAreNotCompressedAnew() {
        var records = new SimpleRecord[140];
        Arrays.fill(records, new SimpleRecord(NOW, new byte[500_000]));
        assertThat(reason(batch(CompressionType.ZSTD, records), rules(false, false, "gzip"))).isEqualTo(Reason.MESSAGE_TOO_LARGE);
    }

    @Test
    void aSnappyBlockThatClaimsMoreThanSnappyCanPackIsRefusedBeforeItIsAllocated() {
        ByteBuffer snappy = batch(CompressionType.SNAPPY, Batches.record(NOW, "a", "1"));
        int block = 61 + 16 + 4; // batch header, snappy header, length of the block
        snappy.put(block, (byte) 0xff).put(block + 1, (byte) 0xff).put(block + 2, (byte) 0xff).put(block + 3, (byte) 0x7f);
        var crc = new java.util.zip.CRC32C();
        crc.update(snappy.duplicate().position(21));
        snappy.putInt(17, (int) crc.getValue());
        assertThat(reason(snappy, PLAIN)).isEqualTo(Reason.INVALID_RECORD);
    }

    @Test
    void eachKeylessRecordOfACompactedTopicIsNamed() {
        ByteBuffer bytes = batch(
                CompressionType.LZ4, Batches.record(NOW, "a", "1"), Batches.record(NOW, null, "2"),
                Batches.record(NOW, null, "3"));
        var invalid = (Invalid) BatchValidator.validate(bytes, rules(true, false, "producer"), true, NOW);
        assertThat(invalid.reason()).isEqualTo(Reason.INVALID_RECORD);
        assertThat(invalid.records()).extracting(Validation.RecordError::batchIndex).containsExactly(1, 2);
    }

    @Test
    void randomBytesWithAValidCrcNeverThrow() {
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            ByteBuffer bytes = batch(
                    CompressionType.forId(i % 5), Batches.record(NOW, "key", "value"), Batches.record(NOW, null, "x"));
            for (int flips = 0; flips <= random.nextInt(3); flips++) {
                int at = 21 + random.nextInt(bytes.remaining() - 21);
                bytes.put(at, (byte) random.nextInt());
            }
            var crc = new java.util.zip.CRC32C();
            crc.update(bytes.duplicate().position(21));
            bytes.putInt(17, (int) crc.getValue());
            assertThat(BatchValidator.validate(bytes, PLAIN, true, NOW)).isNotNull();
        }
    }
}
