package dev.sampo.kafka.frame;

import dev.sampo.actors.loop.BufferPool;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One request without its length prefix. Its bytes are a view of the loop's read buffer (valid until the next read) or
 * a buffer of its own, which goes back to the pool on {@link #release}. Used on the loop only.
 */
public final class Frame {
    private final BufferPool pool;
    private final RequestBudget budget;
    private final int chargedBytes;
    private ByteBuffer bytes;
    private @Nullable ByteBuffer owned;
    private boolean ended;

    Frame(BufferPool pool, RequestBudget budget, ByteBuffer bytes, @Nullable ByteBuffer owned, int chargedBytes) {
        this.pool = pool;
        this.budget = budget;
        this.bytes = bytes;
        this.owned = owned;
        this.chargedBytes = chargedBytes;
    }

    /** The request's bytes, from its API key on. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** Length in bytes. */
    public int sizeBytes() {
        return chargedBytes;
    }

    /** Copies the bytes out of the read buffer, for a request that keeps views of them beyond this turn. */
    public void own() {
        if (owned == null) {
            ByteBuffer copy = pool.take(bytes.remaining());
            copy.put(bytes.duplicate()).flip();
            owned = copy;
            bytes = copy;
        }
    }

    /** Nobody looks at the bytes any more. */
    public void release() {
        if (!ended) {
            abandon();
            if (owned != null) {
                pool.give(owned);
            }
        }
    }

    /** Somebody may still look at the bytes: they are left to the garbage collector. */
    public void abandon() {
        if (!ended) {
            ended = true;
            budget.release(chargedBytes);
        }
    }
}
