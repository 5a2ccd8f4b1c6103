package dev.sampo.kafka.codec;

import dev.sampo.actors.loop.BufferPool;
import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.internals.ByteUtils;
import org.jspecify.annotations.Nullable;

/**
 * Writes one response: everything but large records into one buffer of the loop's pool, records in memory as views,
 * records in files as slices that stay in the file. Slices under 8 KiB are read into the buffer, since a system call
 * of their own costs more than the copy.
 */
public final class ResponseWriter implements Writable {
    private static final int SMALL_BYTES = 8 * 1024;
    private static final int MAX_INLINE_BYTES = 64 * 1024;

    private final ByteBuffer buffer;
    private final EncodedResponse response;
    private final Set<FileSlice> released = Collections.newSetFromMap(new IdentityHashMap<>(0));
    private int inlineBytes;
    private int start;

    private ResponseWriter(ByteBuffer buffer, EncodedResponse response, int inlineBytes) {
        this.buffer = buffer;
        this.response = response;
        this.inlineBytes = inlineBytes;
    }

    /**
     * Encodes a response; owns its slices from now on, also when it fails.
     *
     * @throws ResponseFailure a field that this version cannot carry, or a slice that cannot be read
     */
    public static EncodedResponse encode(Request request, ApiMessage body, BufferPool pool) throws ResponseFailure {
        ResponseWriter writer = null;
        try {
            short version = request.apiVersion();
            short headerVersion = request.apiKey().responseHeaderVersion(version); // 0 for ApiVersions, always
            ResponseHeaderData header = RequestCodec.responseHeader(request);
            var cache = new ObjectSerializationCache();
            var size = new MessageSizeAccumulator();
            header.addSize(size, cache, headerVersion);
            body.addSize(size, cache, version);
            int fixedBytes = 4 + size.sizeExcludingZeroCopy();
            int inlineBytes = Math.min(size.totalSize() - size.sizeExcludingZeroCopy(), MAX_INLINE_BYTES);
            ByteBuffer buffer = pool.take(fixedBytes + inlineBytes);
            writer = new ResponseWriter(buffer, new EncodedResponse(pool, buffer), inlineBytes);
            writer.writeInt(size.totalSize());
            header.write(writer, cache, headerVersion);
            body.write(writer, cache, version);
            writer.cut();
            if (writer.response.sizeBytes() != 4L + size.totalSize()) {
                throw new IllegalStateException("wrote " + writer.response.sizeBytes() + " bytes of "
                        + (4L + size.totalSize()));
            }
            return writer.response;
        } catch (RuntimeException e) { // UnsupportedVersionException, UncheckedIOException, or a handler's mistake
            Set<FileSlice> done = writer == null ? Set.of() : writer.released;
            forEachSlice(body, slice -> {
                if (!done.contains(slice)) {
                    slice.release();
                }
            });
            throw new ResponseFailure("cannot write the " + request.apiKey().name + " response of version "
                    + request.apiVersion() + ": " + e.getMessage(), e);
        }
    }

    /** Releases the slices of a response that will not be sent. */
    public static void release(ApiMessage body) {
        forEachSlice(body, FileSlice::release);
    }

    private static void forEachSlice(ApiMessage body, Consumer<FileSlice> action) {
        if (body instanceof FetchResponseData fetch) {
            fetch.responses().forEach(topic ->
                    topic.partitions().forEach(partition -> visit(partition.records(), action)));
        } else if (body instanceof ShareFetchResponseData fetch) {
            fetch.responses().forEach(topic ->
                    topic.partitions().forEach(partition -> visit(partition.records(), action)));
        }
    }

    private static void visit(@Nullable BaseRecords records, Consumer<FileSlice> action) {
        if (records instanceof FileSliceRecords(FileSlice slice)) {
            action.accept(slice);
        }
    }

    @Override
    public void writeRecords(BaseRecords records) {
        switch (records) {
            case FileSliceRecords(FileSlice slice) -> writeSlice(slice);
            case MemoryRecords memory -> writeMemory(memory.buffer());
            default -> throw new IllegalArgumentException("cannot send records of " + records.getClass());
        }
    }

    private void writeSlice(FileSlice slice) {
        int size = slice.sizeBytes();
        if (size >= SMALL_BYTES || size > inlineBytes) {
            cut();
            response.add(slice);
            return;
        }
        int end = buffer.position() + size;
        ByteBuffer target = buffer.duplicate().limit(end);
        try {
            slice.read(0, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (target.hasRemaining()) {
            throw new IllegalStateException("file slice of " + size + " bytes gave " + target.remaining() + " less");
        }
        released.add(slice);
        slice.release();
        inlineBytes -= size;
        buffer.position(end);
    }

    private void writeMemory(ByteBuffer records) {
        if (records.remaining() <= inlineBytes) {
            inlineBytes -= records.remaining();
            buffer.put(records);
        } else {
            cut();
            response.add(records);
        }
    }

    /** Ends the current run of bytes in the buffer. */
    private void cut() {
        response.add(buffer.slice(start, buffer.position() - start));
        start = buffer.position();
    }

    @Override
    public void writeByte(byte value) {
        buffer.put(value);
    }

    @Override
    public void writeShort(short value) {
        buffer.putShort(value);
    }

    @Override
    public void writeInt(int value) {
        buffer.putInt(value);
    }

    @Override
    public void writeLong(long value) {
        buffer.putLong(value);
    }

    @Override
    public void writeDouble(double value) {
        buffer.putDouble(value);
    }

    @Override
    public void writeByteArray(byte[] value) {
        buffer.put(value);
    }

    @Override
    public void writeUnsignedVarint(int value) {
        ByteUtils.writeUnsignedVarint(value, buffer);
    }

    /** Bytes fields of requests and responses are small or counted as zero-copy; views of the latter are sent. */
    @Override
    public void writeByteBuffer(ByteBuffer value) {
        writeMemory(value.duplicate());
    }

    @Override
    public void writeVarint(int value) {
        ByteUtils.writeVarint(value, buffer);
    }

    @Override
    public void writeVarlong(long value) {
        ByteUtils.writeVarlong(value, buffer);
    }
}
