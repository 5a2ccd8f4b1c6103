package dev.sampo.persistence.record;

import java.nio.ByteBuffer;

/**
 * Looks at the lengths in snappy data before they are believed: the library allocates what they say. A block that claims
 * to hold more than snappy can pack into its bytes (64 for each copy of 3) is none.
 *
 * <pre>
 * framed: int64 0x82 "SNAPPY" 0x00, int32 version, int32 compatible version, then blocks: int32 length, block
 * block, and raw data: varint decompressed length, data
 * </pre>
 */
final class SnappyFrames {
    private static final long MAGIC = 0x82534e4150505900L;
    private static final int MAGIC_HEAD = (int) (MAGIC >>> 32);
    private static final int HEADER_BYTES = 16;
    private static final long MAX_EXPANSION = 22;

    private SnappyFrames() {}

    static void check(ByteBuffer data) throws RecordScan.Malformed {
        if (data.remaining() < HEADER_BYTES || data.getLong(data.position()) != MAGIC) {
            checkBlock(data, data.remaining());
            data.position(data.limit());
        } else {
            data.position(data.position() + HEADER_BYTES);
        }
        while (data.hasRemaining()) {
            if (data.remaining() < Integer.BYTES) {
                throw new RecordScan.Malformed("snappy data ends inside a length");
            }
            int length = data.getInt();
            if (length == MAGIC_HEAD && data.remaining() >= HEADER_BYTES - Integer.BYTES) {
                data.position(data.position() + HEADER_BYTES - Integer.BYTES); // streams one behind the other
                continue;
            }
            if (length <= 0 || length > data.remaining()) {
                throw new RecordScan.Malformed("a snappy block of " + length + " bytes");
            }
            int end = data.position() + length;
            checkBlock(data, length);
            data.position(end);
        }
    }

    private static void checkBlock(ByteBuffer data, int bytes) throws RecordScan.Malformed {
        long length = 0;
        for (int i = 0; i < Math.min(bytes, 5); i++) {
            int next = data.get(data.position() + i);
            length |= (long) (next & 0x7f) << (7 * i);
            if (next >= 0) {
                if (length > MAX_EXPANSION * bytes) {
                    throw new RecordScan.Malformed("a snappy block of " + bytes + " bytes that says it holds " + length);
                }
                return;
            }
        }
        throw new RecordScan.Malformed("a snappy block without a length");
    }
}
