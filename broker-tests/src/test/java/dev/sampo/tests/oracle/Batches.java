package dev.sampo.tests.oracle;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Record batches, good and broken, with record times that start at a base. */
final class Batches {
    /** Byte positions of the v2 batch header. */
    private static final int MAGIC = 16;
    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int PRODUCER_EPOCH = 51;
    private static final int BASE_SEQUENCE = 53;
    private static final int RECORD_COUNT = 57;

    private final long baseTimeMs;

    Batches(long baseTimeMs) {
        this.baseTimeMs = baseTimeMs;
    }

    /** Records {@code from..from+count-1}, one millisecond apart, each with key, value and one header. */
    SimpleRecord[] records(int from, int count) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> new SimpleRecord(baseTimeMs + i, bytes("key " + i % 3), bytes("value " + i),
                        new Header[] {new RecordHeader("n", bytes(Integer.toString(i)))}))
                .toArray(SimpleRecord[]::new);
    }

    MemoryRecords plain(int from, int count) {
        return MemoryRecords.withRecords(Compression.NONE, records(from, count));
    }

    MemoryRecords compressed(Compression compression, int from, int count) {
        return MemoryRecords.withRecords(compression, records(from, count));
    }

    MemoryRecords idempotent(long producerId, int epoch, int baseSequence, int count) {
        return MemoryRecords.withIdempotentRecords(Compression.NONE, producerId, (short) epoch, baseSequence, records(baseSequence, count));
    }

    MemoryRecords transactional(long producerId, int epoch, int baseSequence, int count) {
        return MemoryRecords.withTransactionalRecords(Compression.NONE, producerId, (short) epoch, baseSequence, records(baseSequence, count));
    }

    MemoryRecords withoutKey() {
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(baseTimeMs, null, bytes("no key")));
    }

    MemoryRecords at(long timestampMs) {
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(timestampMs, bytes("key"), bytes("value")));
    }

    MemoryRecords ofSize(int valueBytes) {
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(baseTimeMs, bytes("key"), new byte[valueBytes]));
    }

    MemoryRecords withBaseOffset(long baseOffset) {
        return MemoryRecords.withRecords(baseOffset, Compression.NONE, records(0, 2));
    }

    MemoryRecords magic(byte magic) {
        return MemoryRecords.withRecords(magic, Compression.NONE, new SimpleRecord(baseTimeMs, bytes("key"), bytes("old")));
    }

    /** Times set by the producer as if it were the broker. */
    MemoryRecords logAppendTime() {
        return MemoryRecords.withRecords(RecordBatch.MAGIC_VALUE_V2, 0, Compression.NONE, TimestampType.LOG_APPEND_TIME, records(0, 1));
    }

    MemoryRecords controlBatch(long producerId) {
        return MemoryRecords.withEndTransactionMarker(baseTimeMs, producerId, (short) 0, new EndTransactionMarker(ControlRecordType.COMMIT, 0));
    }

    MemoryRecords twoBatches() {
        ByteBuffer first = plain(0, 2).buffer();
        ByteBuffer second = plain(2, 2).buffer();
        return MemoryRecords.readableRecords(ByteBuffer.allocate(first.remaining() + second.remaining()).put(first.duplicate()).put(second.duplicate()).flip());
    }

    MemoryRecords wrongCrc() {
        ByteBuffer bytes = copy(plain(0, 2));
        bytes.putInt(CRC, bytes.getInt(CRC) ^ 1);
        return MemoryRecords.readableRecords(bytes);
    }

    MemoryRecords magicByte(int magic) {
        ByteBuffer bytes = copy(plain(0, 2));
        bytes.put(MAGIC, (byte) magic);
        return MemoryRecords.readableRecords(bytes);
    }

    MemoryRecords recordCount(int count) {
        ByteBuffer bytes = copy(plain(0, 2));
        bytes.putInt(RECORD_COUNT, count);
        return sealed(bytes);
    }

    MemoryRecords lastOffsetDelta(int delta) {
        ByteBuffer bytes = copy(plain(0, 2));
        bytes.putInt(LAST_OFFSET_DELTA, delta);
        return sealed(bytes);
    }

    MemoryRecords codec(int codec) {
        ByteBuffer bytes = copy(plain(0, 2));
        bytes.putShort(ATTRIBUTES, (short) codec);
        return sealed(bytes);
    }

    /** Declares gzip, holds plain bytes. */
    MemoryRecords notReallyCompressed() {
        return codec(1);
    }

    /** As kafkajs writes it: no producer id, yet epoch 0 and sequence 0. */
    MemoryRecords sequenceWithoutProducer() {
        ByteBuffer bytes = copy(plain(0, 2));
        bytes.putShort(PRODUCER_EPOCH, (short) 0);
        bytes.putInt(BASE_SEQUENCE, 0);
        return sealed(bytes);
    }

    MemoryRecords truncated() {
        ByteBuffer bytes = copy(plain(0, 3));
        bytes.limit(bytes.limit() - 5);
        return MemoryRecords.readableRecords(bytes);
    }

    private static ByteBuffer copy(MemoryRecords records) {
        ByteBuffer source = records.buffer().duplicate();
        return ByteBuffer.allocate(source.remaining()).put(source).flip();
    }

    /** With the CRC that fits the changed bytes. */
    private static MemoryRecords sealed(ByteBuffer bytes) {
        var crc = new java.util.zip.CRC32C();
        crc.update(bytes.duplicate().position(ATTRIBUTES));
        bytes.putInt(CRC, (int) crc.getValue());
        return MemoryRecords.readableRecords(bytes);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
