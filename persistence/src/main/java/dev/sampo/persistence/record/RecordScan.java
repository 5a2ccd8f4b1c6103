package dev.sampo.persistence.record;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Walks the records of one batch without making objects of them: lengths, deltas, whether there is a key. Compressed
 * records are decompressed by the chunk and never held as a whole.
 *
 * <pre>
 * record: varint length, int8 attributes, varlong timestampDelta, varint offsetDelta, varint keyLength (-1 none), key,
 * varint valueLength (-1 none), value, varint headers, for each: varint keyLength, key, varint valueLength, value
 * </pre>
 */
final class RecordScan {
    /** The records are not what the format says. */
    static final class Malformed extends IOException {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    /** A record that comes out of a compressed batch is larger than {@code max.decompressed.message.bytes}. */
    static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1L;

        TooLarge(String message) {
            super(message);
        }
    }

    private static final int CHUNK_BYTES = 8 * 1024;

    private final ByteBuffer bytes;
    private final @Nullable InputStream more;
    private final long maxRecordBytes;
    private long passed; // bytes of chunks before this one

    private int offsetDelta;
    private long timestampDelta;
    private boolean hasKey;

    /** Over records that are not compressed. */
    RecordScan(ByteBuffer records) {
        this.bytes = records;
        this.more = null;
        this.maxRecordBytes = Long.MAX_VALUE;
    }

    /** Over records that come out of a decompressing stream, each of at most {@code maxRecordBytes}. */
    RecordScan(InputStream records, long maxRecordBytes) {
        this.bytes = ByteBuffer.allocate(CHUNK_BYTES).limit(0);
        this.more = records;
        this.maxRecordBytes = maxRecordBytes;
    }

    int offsetDelta() {
        return offsetDelta;
    }

    long timestampDelta() {
        return timestampDelta;
    }

    boolean hasKey() {
        return hasKey;
    }

    /** Takes in the next record. */
    void next() throws IOException {
        int length = readVarint();
        if (length < 6) {
            throw new Malformed("a record of " + length + " bytes");
        }
        if (more == null && length > bytes.remaining()) {
            throw new Malformed("a record of " + length + " bytes where " + bytes.remaining() + " are left");
        }
        if (length > maxRecordBytes) {
            throw new TooLarge("a record of " + length + " bytes once decompressed is larger than"
                    + " max.decompressed.message.bytes, " + maxRecordBytes);
        }
        long end = position() + length;
        readByte(); // attributes, unused
        timestampDelta = readVarlong();
        offsetDelta = readVarint();
        hasKey = skipField(end, "key");
        skipField(end, "value");
        int headers = readVarint();
        if (headers < 0 || headers > end - position()) {
            throw new Malformed(headers + " headers");
        }
        for (int i = 0; i < headers; i++) {
            if (!skipField(end, "header key")) {
                throw new Malformed("a header without a key");
            }
            skipField(end, "header value");
        }
        if (position() != end) {
            throw new Malformed("a record says " + length + " bytes but has " + (length + position() - end));
        }
    }

    /** Nothing follows the last record. */
    void assertEnd() throws IOException {
        if (bytes.hasRemaining() || refill()) {
            throw new Malformed("bytes follow the last record");
        }
    }

    private boolean skipField(long end, String what) throws IOException {
        int length = readVarint();
        if (length < -1 || length > end - position()) {
            throw new Malformed(what + " of " + length + " bytes");
        }
        if (length > 0) {
            skip(length);
        }
        return length >= 0;
    }

    private void skip(int count) throws IOException {
        int left = count;
        while (left > bytes.remaining()) {
            left -= bytes.remaining();
            bytes.position(bytes.limit());
            if (!refill()) {
                throw new EOFException("records end inside a field");
            }
        }
        bytes.position(bytes.position() + left);
    }

    /** Bytes of records walked so far, decompressed. */
    long position() {
        return passed + bytes.position();
    }

    private byte readByte() throws IOException {
        if (!bytes.hasRemaining() && !refill()) {
            throw new Malformed("records end early");
        }
        return bytes.get();
    }

    private int readVarint() throws IOException {
        int first = readByte();
        return first >= 0 ? (first >>> 1) ^ -(first & 1) : readVarint(first & 0x7f);
    }

    /** The bytes after the first; apart, so that the usual case stays small enough to be inlined. */
    private int readVarint(int low) throws IOException {
        int value = low;
        for (int shift = 7; shift < 35; shift += 7) {
            int next = readByte();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw new Malformed("a varint longer than 5 bytes");
    }

    private long readVarlong() throws IOException {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            int next = readByte();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw new Malformed("a varlong longer than 10 bytes");
    }

    private boolean refill() throws IOException {
        if (more == null) {
            return false;
        }
        passed += bytes.limit();
        int read = more.read(bytes.array(), 0, CHUNK_BYTES);
        bytes.position(0).limit(Math.max(read, 0));
        return read > 0;
    }
}
