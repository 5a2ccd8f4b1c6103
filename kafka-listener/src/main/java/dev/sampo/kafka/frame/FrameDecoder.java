package dev.sampo.kafka.frame;

import dev.sampo.actors.loop.BufferPool;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a connection's byte stream into frames: {@code int32 length, length bytes}.
 *
 * <p>A frame that is whole in the read buffer is handed out as a view of it. Any other gets a buffer that grows with
 * the bytes that have arrived, never with the length that was declared: up to 64 KiB at first, then at most four times
 * (at least 1 MiB) of what has arrived; a connection that has sent large frames before starts with their size, up to
 * 4 MiB. Invariant: bytes held {@code <= max(64 KiB, 1 MiB once 64 KiB arrived, 4 x arrived, size of the frame before)}.
 */
public final class FrameDecoder {
    private static final int FIRST_STEP_BYTES = 64 * 1024;
    private static final int SECOND_STEP_BYTES = 1024 * 1024;
    private static final int GROWTH = 4;
    private static final short PRODUCE = 0;

    private final FrameLimits limits;
    private final BufferPool pool;
    private final RequestBudget budget;
    private int prefix;
    private int prefixBytes;
    private int sizeBytes = -1;
    private @Nullable ByteBuffer body;
    private int trustedBytes = FIRST_STEP_BYTES;
    private boolean first = true;
    private long clockMs;
    private int clockBytes;

    /** {@code pool} is that of the connection's loop. */
    public FrameDecoder(FrameLimits limits, BufferPool pool, RequestBudget budget) {
        this.limits = limits;
        this.pool = pool;
        this.budget = budget;
    }

    /**
     * Takes bytes up to the end of one frame.
     *
     * @return a whole frame, which the caller releases; null when all bytes were taken and the frame is not whole
     * @throws FrameException the connection must be closed
     */
    public @Nullable Frame next(ByteBuffer source, long nowMs) throws FrameException {
        if (sizeBytes < 0 && !readPrefix(source, nowMs)) {
            return null;
        }
        ByteBuffer target = body;
        if (target == null) {
            if (source.remaining() >= sizeBytes) {
                return whole(source);
            }
            if (!source.hasRemaining()) {
                return null; // nothing of it has come: no buffer yet
            }
            checkFirst(source.remaining() >= 2 ? source.getShort(source.position()) : PRODUCE);
            target = pool.take(Math.min(sizeBytes, trustedBytes));
            body = target;
        }
        while (true) {
            int count = Math.min(source.remaining(), target.remaining());
            target.put(target.position(), source, source.position(), count);
            target.position(target.position() + count);
            source.position(source.position() + count);
            if (target.position() >= 2) {
                checkFirst(target.getShort(0));
            }
            if (target.hasRemaining()) {
                return null;
            }
            if (target.position() == sizeBytes) {
                return owned(target);
            }
            target = grow(target);
        }
    }

    /** Where to read the rest of a large frame without passing the read buffer; null when there is none. */
    public @Nullable ByteBuffer target() {
        ByteBuffer target = body;
        return target != null && sizeBytes > FIRST_STEP_BYTES ? target : null;
    }

    /** True while a frame has begun and is not whole. */
    public boolean midFrame() {
        return sizeBytes >= 0 || prefixBytes > 0;
    }

    /** True when the frame that has begun comes in slower than the limits allow. */
    public boolean tooSlow(long nowMs) {
        long elapsedMs = nowMs - clockMs;
        return midFrame() && elapsedMs > limits.maxDurationMs()
                && (received() - clockBytes) * 1000L < elapsedMs * limits.minBytesPerSecond();
    }

    /** The time until now was ours: reading was off. */
    public void restartClock(long nowMs) {
        clockMs = nowMs;
        clockBytes = received();
    }

    /** True when the frame before was large, so that the next one probably is. */
    public boolean expectsLargeFrame() {
        return trustedBytes > FIRST_STEP_BYTES;
    }

    /** The connection is gone: gives back what is held. */
    public void close() {
        ByteBuffer held = body;
        body = null;
        sizeBytes = -1;
        prefixBytes = 0;
        if (held != null) {
            pool.give(held);
        }
    }

    private boolean readPrefix(ByteBuffer source, long nowMs) throws FrameException {
        if (prefixBytes == 0 && source.hasRemaining()) {
            restartClock(nowMs);
        }
        if (prefixBytes == 0 && source.remaining() >= 4) {
            prefix = source.getInt();
        } else {
            while (prefixBytes < 4) {
                if (!source.hasRemaining()) {
                    return false;
                }
                prefix = prefix << 8 | (source.get() & 0xff);
                prefixBytes++;
            }
        }
        int size = prefix;
        prefix = 0;
        prefixBytes = 0;
        if (size < FrameLimits.MIN_BYTES || size > limits.maxBytes()) {
            throw new FrameException("frame of " + size + " bytes; " + FrameLimits.MIN_BYTES + " to " + limits.maxBytes()
                    + " (socket.request.max.bytes) are allowed");
        }
        sizeBytes = size;
        return true;
    }

    private void checkFirst(short apiKey) throws FrameException {
        if (first && sizeBytes > limits.firstMaxBytes() && apiKey != PRODUCE) {
            throw new FrameException("first frame of " + sizeBytes + " bytes with API key " + apiKey + "; at most "
                    + limits.firstMaxBytes() + " are allowed");
        }
    }

    private Frame whole(ByteBuffer source) throws FrameException {
        checkFirst(source.getShort(source.position()));
        ByteBuffer view = source.slice(source.position(), sizeBytes);
        source.position(source.position() + sizeBytes);
        return finish(view, null);
    }

    private Frame owned(ByteBuffer complete) {
        body = null;
        return finish(complete.flip(), complete);
    }

    private Frame finish(ByteBuffer bytes, @Nullable ByteBuffer owned) {
        int size = sizeBytes;
        sizeBytes = -1;
        first = false;
        trustedBytes = Math.clamp(size, FIRST_STEP_BYTES, BufferPool.LARGEST_BYTES);
        budget.charge(size);
        return new Frame(pool, budget, bytes, owned, size);
    }

    private ByteBuffer grow(ByteBuffer full) {
        long step = Math.max(SECOND_STEP_BYTES, (long) full.position() * GROWTH);
        ByteBuffer larger = pool.take((int) Math.min(sizeBytes, step));
        larger.put(full.flip());
        pool.give(full);
        body = larger;
        return larger;
    }

    private int received() {
        ByteBuffer held = body;
        return held == null ? 0 : held.position();
    }
}
