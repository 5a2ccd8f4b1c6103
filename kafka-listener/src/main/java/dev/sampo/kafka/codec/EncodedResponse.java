package dev.sampo.kafka.codec;

import dev.sampo.actors.loop.BufferPool;
import dev.sampo.actors.loop.Transport;
import dev.sampo.persistence.log.FileSlice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A response on its way out: length prefix, header and body as buffers and file slices. Exactly one of {@link #sendTo}
 * and {@link #drop} is called.
 */
public final class EncodedResponse {
    private sealed interface Part permits Bytes, Slice {}

    private record Bytes(ByteBuffer bytes) implements Part {}

    private record Slice(FileSlice slice) implements Part {}

    private final BufferPool pool;
    private final @Nullable ByteBuffer pooled;
    private final List<Part> parts = new ArrayList<>(1);
    private long sizeBytes;

    EncodedResponse(BufferPool pool, @Nullable ByteBuffer pooled) {
        this.pool = pool;
        this.pooled = pooled;
    }

    /** A response of no bytes. */
    public static EncodedResponse none() {
        return new EncodedResponse(new BufferPool(0), null);
    }

    void add(ByteBuffer bytes) {
        if (bytes.hasRemaining()) {
            sizeBytes += bytes.remaining();
            parts.add(new Bytes(bytes));
        }
    }

    void add(FileSlice slice) {
        sizeBytes += slice.sizeBytes();
        parts.add(new Slice(slice));
    }

    /** Bytes on the wire, length prefix included. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Hands everything to the transport, which releases it. */
    public void sendTo(Transport transport) {
        int lastBytes = -1;
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i) instanceof Bytes) {
                lastBytes = i;
            }
        }
        for (int i = 0; i < parts.size(); i++) {
            switch (parts.get(i)) {
                case Bytes(ByteBuffer bytes) -> transport.send(bytes, pooledAfter(i == lastBytes));
                case Slice(FileSlice slice) -> transport.send(slice);
            }
        }
    }

    /** Releases everything unsent. */
    public void drop() {
        for (Part part : parts) {
            if (part instanceof Slice(FileSlice slice)) {
                slice.release();
            }
        }
        if (pooled != null) {
            pool.give(pooled);
        }
    }

    private @Nullable ByteBuffer pooledAfter(boolean last) {
        return last ? pooled : null;
    }
}
