package dev.sampo.persistence.metadata;

import dev.sampo.persistence.metadata.MetadataLog.AppendResult;
import dev.sampo.persistence.metadata.MetadataLog.Appended;
import dev.sampo.persistence.metadata.MetadataLog.Entry;
import dev.sampo.persistence.metadata.MetadataLog.Fenced;
import dev.sampo.persistence.metadata.MetadataLog.NotLeader;
import dev.sampo.persistence.metadata.MetadataLog.Snapshot;
import dev.sampo.persistence.metadata.MetadataLog.WrongOffset;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of the metadata log, big-endian.
 *
 * <pre>
 * request (one Raft entry):             answer:
 *  0  int8   version, 1                  0  int8   1 appended, 2 fenced, 3 wrong offset
 *  1  int64  writer epoch                1  int64  last offset, newest epoch or end offset
 *  9  int64  expected end offset
 * 17  int32  number of payloads, n > 0
 * 21  n times: int32 length, bytes
 *
 * snapshot file:
 *  0  int8   version, 1
 *  1  int64  newest writer epoch
 *  9  int64  end offset
 * 17  int64  offset of the application's snapshot, -1 for none
 * 25  int32  its length, 0 for none; bytes
 *     int32  number of entries, the last one is before the end offset
 *     n times: int64 writer epoch, int32 length, bytes
 * </pre>
 */
final class JournalCodec {
    private static final byte VERSION = 1;
    private static final int REQUEST_HEADER_BYTES = 21;

    record Request(long writerEpoch, long expectedEndOffset, List<byte[]> payloads) {}

    private JournalCodec() {}

    static byte[] request(long writerEpoch, long expectedEndOffset, List<byte[]> payloads) {
        long size = REQUEST_HEADER_BYTES;
        for (byte[] payload : payloads) {
            size += Integer.BYTES + payload.length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size));
        bytes.put(VERSION).putLong(writerEpoch).putLong(expectedEndOffset).putInt(payloads.size());
        for (byte[] payload : payloads) {
            bytes.putInt(payload.length).put(payload);
        }
        return bytes.array();
    }

    /** @throws IOException the bytes are no request of this version */
    static Request request(ByteBuffer bytes) throws IOException {
        try {
            byte version = bytes.get();
            if (version != VERSION) {
                throw new IOException("metadata log request of version " + version + ", this release reads " + VERSION);
            }
            long writerEpoch = bytes.getLong();
            long expectedEndOffset = bytes.getLong();
            int count = bytes.getInt();
            var payloads = new ArrayList<byte[]>(Math.clamp(count, 0, bytes.remaining() / Integer.BYTES + 1));
            for (int i = 0; i < count; i++) {
                int length = bytes.getInt();
                if (length < 0 || length > bytes.remaining()) {
                    throw new IOException("metadata log request: payload " + i + " says " + length + " bytes, "
                            + bytes.remaining() + " are left");
                }
                var payload = new byte[length];
                bytes.get(payload);
                payloads.add(payload);
            }
            return new Request(writerEpoch, expectedEndOffset, payloads);
        } catch (BufferUnderflowException e) {
            throw new IOException("metadata log request ends too early", e);
        }
    }

    static byte[] result(AppendResult result) {
        ByteBuffer bytes = ByteBuffer.allocate(1 + Long.BYTES);
        switch (result) {
            case Appended(long lastOffset) -> bytes.put((byte) 1).putLong(lastOffset);
            case Fenced(long currentEpoch) -> bytes.put((byte) 2).putLong(currentEpoch);
            case WrongOffset(long endOffset) -> bytes.put((byte) 3).putLong(endOffset);
            case NotLeader() -> throw new IllegalArgumentException("not leader is never an answer of the journal itself");
        }
        return bytes.array();
    }

    static AppendResult result(ByteBuffer bytes) {
        byte kind = bytes.get();
        long value = bytes.getLong();
        return switch (kind) {
            case 1 -> new Appended(value);
            case 2 -> new Fenced(value);
            case 3 -> new WrongOffset(value);
            default -> throw new IllegalStateException("metadata log answer of kind " + kind);
        };
    }

    static void write(JournalState.Image image, DataOutputStream out) throws IOException {
        out.writeByte(VERSION);
        out.writeLong(image.newestEpoch());
        out.writeLong(image.endOffset());
        Snapshot snapshot = image.snapshot();
        out.writeLong(snapshot == null ? -1 : snapshot.offset());
        out.writeInt(snapshot == null ? 0 : snapshot.state().length);
        if (snapshot != null) {
            out.write(snapshot.state());
        }
        out.writeInt(image.entries().size());
        for (Entry entry : image.entries()) {
            out.writeLong(entry.writerEpoch());
            out.writeInt(entry.payload().length);
            out.write(entry.payload());
        }
    }

    /** The file's checksum has been compared before. */
    static JournalState.Image read(DataInputStream in) throws IOException {
        byte version = in.readByte();
        if (version != VERSION) {
            throw new IOException("metadata log snapshot of version " + version + ", this release reads " + VERSION);
        }
        long newestEpoch = in.readLong();
        long endOffset = in.readLong();
        long snapshotOffset = in.readLong();
        byte[] state = in.readNBytes(in.readInt());
        int count = in.readInt();
        var entries = new ArrayList<Entry>(count);
        for (int i = 0; i < count; i++) {
            long writerEpoch = in.readLong();
            var payload = new byte[in.readInt()];
            in.readFully(payload);
            entries.add(new Entry(endOffset - count + i, writerEpoch, payload));
        }
        return new JournalState.Image(
                newestEpoch, endOffset, snapshotOffset < 0 ? null : new Snapshot(snapshotOffset, state), entries);
    }
}
