package dev.sampo.persistence.record;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * One record batch, format v2, as a view over bytes. Reads and patches header fields in place; allocates nothing per
 * record. A view may be moved to other bytes with {@link #at}, so that one object walks a whole file.
 *
 * <pre>
 *  0 int64 baseOffset      8 int32 batchLength (bytes after this field)   12 int32 partitionLeaderEpoch
 * 16 int8  magic          17 uint32 crc (CRC-32C of byte 21 to the end)   21 int16 attributes
 * 23 int32 lastOffsetDelta 27 int64 baseTimestamp   35 int64 maxTimestamp 43 int64 producerId
 * 51 int16 producerEpoch  53 int32 baseSequence     57 int32 recordCount  61 records
 * </pre>
 *
 * Attributes: bits 0-2 compression, 3 log append time, 4 transactional, 5 control, 6 base timestamp is a delete horizon.
 *
 * @see "KIP-98, record batch format v2"
 */
public final class RecordBatch {
    /** Bytes before the first record. */
    public static final int HEADER_BYTES = 61;

    /** Bytes that {@code batchLength} does not count. */
    public static final int LENGTH_OVERHEAD = 12;

    public static final byte MAGIC_V2 = 2;
    public static final long NO_PRODUCER_ID = -1L;
    public static final long NO_TIMESTAMP = -1L;

    private static final int LENGTH_AT = 8;
    private static final int LEADER_EPOCH_AT = 12;
    private static final int MAGIC_AT = 16;
    private static final int CRC_AT = 17;
    private static final int ATTRIBUTES_AT = 21;
    private static final int LAST_OFFSET_DELTA_AT = 23;
    private static final int BASE_TIMESTAMP_AT = 27;
    private static final int MAX_TIMESTAMP_AT = 35;
    private static final int PRODUCER_ID_AT = 43;
    private static final int PRODUCER_EPOCH_AT = 51;
    private static final int BASE_SEQUENCE_AT = 53;
    private static final int COUNT_AT = 57;

    private static final int COMPRESSION_MASK = 0x07;
    private static final int LOG_APPEND_TIME_BIT = 0x08;
    private static final int TRANSACTIONAL_BIT = 0x10;
    private static final int CONTROL_BIT = 0x20;
    private static final int DELETE_HORIZON_BIT = 0x40;

    private ByteBuffer buffer;
    private int start;

    /** A view of the batch that begins at the buffer's position; the buffer's position and limit stay as they are. */
    public RecordBatch(ByteBuffer buffer) {
        this.buffer = buffer;
        this.start = buffer.position();
    }

    /** Moves this view to the batch that begins at absolute index {@code start} of {@code buffer}. */
    public RecordBatch at(ByteBuffer buffer, int start) {
        this.buffer = buffer;
        this.start = start;
        return this;
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    /** Index in the buffer at which the batch begins. */
    public int startIndex() {
        return start;
    }

    public long baseOffset() {
        return buffer.getLong(start);
    }

    /** Whole size in bytes as the header says it; not checked against the buffer. */
    public int sizeInBytes() {
        return LENGTH_OVERHEAD + buffer.getInt(start + LENGTH_AT);
    }

    public int partitionLeaderEpoch() {
        return buffer.getInt(start + LEADER_EPOCH_AT);
    }

    public byte magic() {
        return buffer.get(start + MAGIC_AT);
    }

    public int crc() {
        return buffer.getInt(start + CRC_AT);
    }

    public short attributes() {
        return buffer.getShort(start + ATTRIBUTES_AT);
    }

    public int lastOffsetDelta() {
        return buffer.getInt(start + LAST_OFFSET_DELTA_AT);
    }

    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    public long nextOffset() {
        return lastOffset() + 1;
    }

    /** First record's timestamp, or the delete horizon when {@link #hasDeleteHorizon}. */
    public long baseTimestamp() {
        return buffer.getLong(start + BASE_TIMESTAMP_AT);
    }

    public long maxTimestamp() {
        return buffer.getLong(start + MAX_TIMESTAMP_AT);
    }

    public long producerId() {
        return buffer.getLong(start + PRODUCER_ID_AT);
    }

    public boolean hasProducerId() {
        return producerId() > NO_PRODUCER_ID;
    }

    public short producerEpoch() {
        return buffer.getShort(start + PRODUCER_EPOCH_AT);
    }

    /** Sequence number of the first record, -1 for none. */
    public int baseSequence() {
        return buffer.getInt(start + BASE_SEQUENCE_AT);
    }

    /** Sequence number of the last record, -1 for none; wraps from 2^31-1 to 0. */
    public int lastSequence() {
        int base = baseSequence();
        return base < 0 ? base : (base + lastOffsetDelta()) & Integer.MAX_VALUE;
    }

    public int recordCount() {
        return buffer.getInt(start + COUNT_AT);
    }

    /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 are unknown. */
    public int compressionCodec() {
        return attributes() & COMPRESSION_MASK;
    }

    public boolean isLogAppendTime() {
        return (attributes() & LOG_APPEND_TIME_BIT) != 0;
    }

    public boolean isTransactional() {
        return (attributes() & TRANSACTIONAL_BIT) != 0;
    }

    public boolean isControl() {
        return (attributes() & CONTROL_BIT) != 0;
    }

    public boolean hasDeleteHorizon() {
        return (attributes() & DELETE_HORIZON_BIT) != 0;
    }

    /** The records' bytes, compressed or not, as a slice. */
    public ByteBuffer records() {
        return buffer.slice(start + HEADER_BYTES, sizeInBytes() - HEADER_BYTES);
    }

    /** Sets where the batch stands in the log. The CRC covers neither field. */
    public void patchOffsets(long baseOffset, int leaderEpoch) {
        buffer.putLong(start, baseOffset);
        buffer.putInt(start + LEADER_EPOCH_AT, leaderEpoch);
    }

    /** Stamps the whole batch with the broker's time; record deltas stay, readers use the maximum timestamp. */
    public void setLogAppendTime(long timestampMs) {
        buffer.putShort(start + ATTRIBUTES_AT, (short) (attributes() | LOG_APPEND_TIME_BIT));
        buffer.putLong(start + MAX_TIMESTAMP_AT, timestampMs);
        updateCrc();
    }

    /** Clears the log append time bit and sets the maximum timestamp. */
    public void setCreateTime(long maxTimestampMs) {
        buffer.putShort(start + ATTRIBUTES_AT, (short) (attributes() & ~LOG_APPEND_TIME_BIT));
        buffer.putLong(start + MAX_TIMESTAMP_AT, maxTimestampMs);
        updateCrc();
    }

    /** The whole batch must be in the buffer. */
    public boolean isCrcValid() {
        return crc() == computeCrc();
    }

    private void updateCrc() {
        buffer.putInt(start + CRC_AT, computeCrc());
    }

    private int computeCrc() {
        var crc = new CRC32C();
        crc.update(buffer.slice(start + ATTRIBUTES_AT, sizeInBytes() - ATTRIBUTES_AT));
        return (int) crc.getValue();
    }

    @Override
    public String toString() {
        return "batch of offsets " + baseOffset() + " to " + lastOffset() + ", " + sizeInBytes() + " bytes";
    }
}
