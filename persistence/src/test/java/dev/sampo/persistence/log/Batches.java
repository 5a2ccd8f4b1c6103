package dev.sampo.persistence.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Batches made by Kafka's own writer. */
public final class Batches {
    private Batches() {}

    public static ByteBuffer of(long baseOffset, int epoch, SimpleRecord... records) {
        return MemoryRecords.withRecords(baseOffset, Compression.NONE, epoch, records).buffer();
    }

    /** {@code count} records with {@code valueBytes} bytes each and timestamps from {@code timestamp} on. */
    public static ByteBuffer sized(long baseOffset, int epoch, int count, int valueBytes, long timestamp) {
        var records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[valueBytes];
            Arrays.fill(value, (byte) (1 + (baseOffset + i) % 120));
            records[i] = new SimpleRecord(timestamp + i, null, value);
        }
        return of(baseOffset, epoch, records);
    }

    public static ByteBuffer idempotent(
            long baseOffset, int leaderEpoch, long producerId, int producerEpoch, int sequence, boolean transactional,
            SimpleRecord... records) {
        return MemoryRecords.withRecords(
                        RecordBatch.MAGIC_VALUE_V2, baseOffset, Compression.NONE, TimestampType.CREATE_TIME, producerId,
                        (short) producerEpoch, sequence, leaderEpoch, transactional, records)
                .buffer();
    }

    public static ByteBuffer marker(
            long offset, int leaderEpoch, long producerId, int producerEpoch, boolean abort, long timestamp) {
        return MemoryRecords.withEndTransactionMarker(
                        offset, timestamp, leaderEpoch, producerId, (short) producerEpoch,
                        new EndTransactionMarker(abort ? ControlRecordType.ABORT : ControlRecordType.COMMIT, 7))
                .buffer();
    }

    public static SimpleRecord record(long timestamp, String key, String value) {
        return new SimpleRecord(
                timestamp, key == null ? null : key.getBytes(), value == null ? null : value.getBytes());
    }

    public static byte[] copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return copy;
    }

    /** The bytes of a slice, which is released. */
    public static ByteBuffer bytes(LogRead read) throws java.io.IOException {
        ByteBuffer bytes = ByteBuffer.allocate(read.slice().sizeBytes());
        read.slice().read(0, bytes);
        read.slice().release();
        return bytes.flip();
    }
}
