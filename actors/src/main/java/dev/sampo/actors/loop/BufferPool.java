package dev.sampo.actors.loop;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Direct buffers of one loop, in classes of 512 B to 4 MiB by powers of two. Used on the loop's thread only. What is
 * given back above the bound, and what is larger than the largest class, is left to the garbage collector.
 */
public final class BufferPool {
    /** Thrown when the process has no direct memory left; the connection that asked is closed. */
    public static final class ExhaustedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ExhaustedException(int sizeBytes, OutOfMemoryError cause) {
            super("no direct memory for a buffer of " + sizeBytes + " bytes; raise -XX:MaxDirectMemorySize or lower "
                    + "sampo.listener.request-memory", cause);
        }
    }

    private static final int SMALLEST_BITS = 9;
    private static final int LARGEST_BITS = 22;
    /** Largest size that is pooled. */
    public static final int LARGEST_BYTES = 1 << LARGEST_BITS;

    private final ArrayDeque<ByteBuffer>[] classes;
    private final long retainedMaxBytes;
    private long retainedBytes;

    /** Keeps at most {@code retainedMaxBytes} of free buffers. */
    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of queues: Java has no generic arrays
    public BufferPool(long retainedMaxBytes) {
        this.retainedMaxBytes = retainedMaxBytes;
        classes = new ArrayDeque[LARGEST_BITS - SMALLEST_BITS + 1];
        for (int i = 0; i < classes.length; i++) {
            classes[i] = new ArrayDeque<>();
        }
    }

    /** An empty buffer with position 0 and limit {@code sizeBytes}; its capacity may be larger, its bytes are garbage. */
    public ByteBuffer take(int sizeBytes) {
        int bits = bits(sizeBytes);
        if (bits > LARGEST_BITS) {
            return allocate(sizeBytes);
        }
        ByteBuffer pooled = classes[bits - SMALLEST_BITS].pollLast();
        if (pooled == null) {
            return allocate(1 << bits).limit(sizeBytes);
        }
        retainedBytes -= pooled.capacity();
        return pooled.clear().limit(sizeBytes);
    }

    /** Gives back what {@link #take} gave, not a view of it, once. */
    public void give(ByteBuffer buffer) {
        int capacity = buffer.capacity();
        int bits = bits(capacity);
        if (bits <= LARGEST_BITS && capacity == 1 << bits && retainedBytes + capacity <= retainedMaxBytes) {
            retainedBytes += capacity;
            classes[bits - SMALLEST_BITS].addLast(buffer);
        }
    }

    /** Bytes in free buffers. */
    public long retainedBytes() {
        return retainedBytes;
    }

    private static int bits(int sizeBytes) {
        return Math.max(SMALLEST_BITS, 32 - Integer.numberOfLeadingZeros(Math.max(1, sizeBytes) - 1));
    }

    private static ByteBuffer allocate(int sizeBytes) {
        try {
            return ByteBuffer.allocateDirect(sizeBytes);
        } catch (OutOfMemoryError e) { // the JDK's way to say that MaxDirectMemorySize is reached; the heap is fine
            throw new ExhaustedException(sizeBytes, e);
        }
    }
}
