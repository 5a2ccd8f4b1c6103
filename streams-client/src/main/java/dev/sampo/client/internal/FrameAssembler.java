package dev.sampo.client.internal;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what arrives from a socket into responses: 4 bytes of length (big-endian, not counting themselves), then the
 * response. Each response gets an array of its own, since records are views of it. Pure; owned by one connection.
 */
final class FrameAssembler {
    private final int maxFrameSizeBytes;
    private final ByteBuffer length = ByteBuffer.allocate(4);
    private @Nullable ByteBuffer frame;

    FrameAssembler(int maxFrameSizeBytes) {
        this.maxFrameSizeBytes = maxFrameSizeBytes;
    }

    /**
     * Takes the bytes of one read; calls {@code frames} for each response that is complete now.
     *
     * @throws IllegalStateException a length below 0 or above the limit: close the connection
     */
    void feed(ByteBuffer bytes, Consumer<ByteBuffer> frames) {
        while (bytes.hasRemaining()) {
            ByteBuffer current = frame;
            if (current == null) {
                while (length.hasRemaining() && bytes.hasRemaining()) {
                    length.put(bytes.get());
                }
                if (length.hasRemaining()) {
                    return;
                }
                int size = length.flip().getInt();
                length.clear();
                if (size < 0 || size > maxFrameSizeBytes) {
                    throw new IllegalStateException("a response of " + size + " bytes, the limit is "
                            + maxFrameSizeBytes + ": is this a Kafka listener?");
                }
                current = ByteBuffer.allocate(size);
                frame = current;
            }
            int count = Math.min(current.remaining(), bytes.remaining());
            current.put(current.position(), bytes, bytes.position(), count);
            current.position(current.position() + count);
            bytes.position(bytes.position() + count);
            if (!current.hasRemaining()) {
                frame = null;
                frames.accept(current.flip());
            }
        }
    }
}
