package dev.sampo.kafka.handler;

import java.nio.ByteBuffer;

/**
 * The few fields of a record batch, format v2, that a handler looks at before the partition does: bytes 8-11 the
 * number of bytes behind them, byte 16 magic, bytes 21-22 attributes (bits 0-2 compression, bit 4 transactional), big-endian, from the buffer's position. Reads only.
 */
final class BatchHeader {
    static final byte MAGIC_V2 = 2;

    private static final int LENGTH_AT = 8;
    private static final int LENGTH_OVERHEAD = 12;
    private static final int MAGIC_AT = 16;
    private static final int ATTRIBUTES_AT = 21;
    private static final int MIN_SIZE_BYTES = 23;
    private static final int COMPRESSION_MASK = 0x07;
    private static final int ZSTD = 4;
    private static final int TRANSACTIONAL = 0x10;

    private BatchHeader() {}

    /** True when there are bytes enough to ask the other questions. */
    static boolean complete(ByteBuffer batch) {
        return batch.remaining() >= MIN_SIZE_BYTES;
    }

    /** True when the batch says that it fills the buffer: no torn batch, nothing behind it. */
    static boolean fills(ByteBuffer batch) {
        return batch.getInt(batch.position() + LENGTH_AT) == batch.remaining() - LENGTH_OVERHEAD;
    }

    /** True for the formats that Kafka ever had: 0, 1 and 2. */
    static boolean knownMagic(ByteBuffer batch) {
        return magic(batch) >= 0 && magic(batch) <= MAGIC_V2;
    }

    static byte magic(ByteBuffer batch) {
        return batch.get(batch.position() + MAGIC_AT);
    }

    static boolean zstd(ByteBuffer batch) {
        return (attributes(batch) & COMPRESSION_MASK) == ZSTD;
    }

    static boolean transactional(ByteBuffer batch) {
        return (attributes(batch) & TRANSACTIONAL) != 0;
    }

    private static short attributes(ByteBuffer batch) {
        return batch.getShort(batch.position() + ATTRIBUTES_AT);
    }
}
