package dev.sampo.kafka.replica;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that come from a leader, cut into answers. It is one direct buffer that grows to the largest answer and is
 * used again only when the answer before was handled, since records are written to the logs out of it. Used on one loop.
 *
 * <pre>int32 length, length bytes</pre>
 */
final class AnswerBuffer {
    private static final int SMALLEST_BYTES = 64 * 1024;
    private static final int STEP_BYTES = 1024 * 1024;

    private final int maxBytes;
    private ByteBuffer bytes = ByteBuffer.allocateDirect(SMALLEST_BYTES); // to read into: position is the end of what is there
    private int frameEnd = -1; // of the answer that is being handled

    /** {@code maxBytes} is the longest answer that is taken. */
    AnswerBuffer(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Where to read to; has room. */
    ByteBuffer target() {
        return bytes;
    }

    /**
     * The next answer, whole and without its length; null when more bytes must come. Valid until {@link #handled} or
     * {@link #abandon}, one of which comes before the next call.
     *
     * @throws IOException a length that no answer has: close
     */
    @Nullable ByteBuffer next() throws IOException {
        if (bytes.position() < 4) {
            return null;
        }
        int length = bytes.getInt(0);
        if (length < 4 || length > maxBytes) {
            throw new IOException("an answer of " + length + " bytes; 4 to " + maxBytes + " are expected");
        }
        if (bytes.position() < 4 + length) {
            if (bytes.capacity() < 4 + length) {
                ByteBuffer larger = ByteBuffer.allocateDirect(
                        (int) Math.min(Integer.MAX_VALUE, (4L + length + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES));
                bytes = larger.put(bytes.flip());
            }
            return null;
        }
        frameEnd = 4 + length;
        return bytes.slice(4, length);
    }

    /** Nobody looks at the answer any more. */
    void handled() {
        bytes.flip().position(frameEnd);
        bytes.compact();
        frameEnd = -1;
    }

    /** Somebody may still look at the answer: its bytes are left to the garbage collector. */
    void abandon() {
        ByteBuffer rest = bytes.flip().position(frameEnd);
        bytes = ByteBuffer.allocateDirect(Math.max(SMALLEST_BYTES, rest.remaining())).put(rest);
        frameEnd = -1;
    }

    /** The connection is gone: what has come of an answer is dropped. */
    void reset() {
        if (frameEnd >= 0) {
            bytes = ByteBuffer.allocateDirect(SMALLEST_BYTES);
            frameEnd = -1;
        } else {
            bytes.clear();
        }
    }
}
