package dev.sampo.kafka.codec;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.protocol.Readable;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.utils.internals.ByteUtils;
import org.jspecify.annotations.Nullable;

/**
 * What Kafka's generated readers read from. They check array lengths (at most the bytes left, at most 1,000,000),
 * string lengths and the number of tagged fields; this adds what they leave out: every length is checked before
 * anything is allocated, strings must be UTF-8, unknown tagged fields must ascend and are few, and a request has a
 * bounded number of fields (each costs memory as an object, however few bytes it has).
 */
final class FrameReader implements Readable {
    private static final int MAX_FIELDS = 4_000_000;
    private static final int MAX_UNKNOWN_TAGGED_FIELDS = 1_000;

    private final ByteBuffer bytes;
    private int fields;
    private int unknownTaggedFields;

    FrameReader(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    @Override
    public byte readByte() {
        countField();
        return bytes.get();
    }

    @Override
    public short readShort() {
        countField();
        return bytes.getShort();
    }

    @Override
    public int readInt() {
        countField();
        return bytes.getInt();
    }

    @Override
    public long readLong() {
        countField();
        return bytes.getLong();
    }

    @Override
    public double readDouble() {
        countField();
        return bytes.getDouble();
    }

    @Override
    public byte[] readArray(int length) {
        checkLength(length);
        byte[] array = new byte[length];
        bytes.get(array);
        return array;
    }

    @Override
    public int readUnsignedVarint() {
        countField();
        return ByteUtils.readUnsignedVarint(bytes);
    }

    @Override
    public ByteBuffer readByteBuffer(int length) {
        checkLength(length);
        ByteBuffer view = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        return view;
    }

    @Override
    public int readVarint() {
        countField();
        return ByteUtils.readVarint(bytes);
    }

    @Override
    public long readVarlong() {
        countField();
        return ByteUtils.readVarlong(bytes);
    }

    @Override
    public int remaining() {
        return bytes.remaining();
    }

    @Override
    public Readable slice() {
        return new FrameReader(bytes.slice());
    }

    @Override
    public String readString(int length) {
        ByteBuffer view = readByteBuffer(length);
        for (int i = 0; i < length; i++) {
            if (view.get(i) < 0) {
                return decode(view);
            }
        }
        byte[] ascii = new byte[length];
        view.get(ascii);
        return new String(ascii, StandardCharsets.ISO_8859_1);
    }

    @Override
    public List<RawTaggedField> readUnknownTaggedField(@Nullable List<RawTaggedField> fields, int tag, int size) {
        unknownTaggedFields++;
        if (unknownTaggedFields > MAX_UNKNOWN_TAGGED_FIELDS) {
            throw new IllegalArgumentException("more than " + MAX_UNKNOWN_TAGGED_FIELDS + " unknown tagged fields");
        }
        if (tag < 0 || (fields != null && fields.getLast().tag() >= tag)) {
            throw new IllegalArgumentException("tagged field " + tag + " is out of order");
        }
        return Readable.super.readUnknownTaggedField(fields, tag, size);
    }

    private static String decode(ByteBuffer utf8) {
        try {
            return StandardCharsets.UTF_8.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(utf8)
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("string of " + utf8.limit() + " bytes is not UTF-8", e);
        }
    }

    private void checkLength(int length) {
        if (length < 0 || length > bytes.remaining()) {
            throw new IllegalArgumentException(
                    "length " + length + " with " + bytes.remaining() + " bytes left in the frame");
        }
        countField();
    }

    private void countField() {
        fields++;
        if (fields > MAX_FIELDS) {
            throw new IllegalArgumentException("more than " + MAX_FIELDS + " fields in one request");
        }
    }
}
