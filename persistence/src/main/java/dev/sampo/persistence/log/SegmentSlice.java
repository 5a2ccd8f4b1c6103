package dev.sampo.persistence.log;

import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Bytes of one segment file; holds the file open until released. */
final class SegmentSlice implements FileSlice {
    private static final VarHandle RELEASED;

    static {
        try {
            RELEASED = MethodHandles.lookup().findVarHandle(SegmentSlice.class, "released", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final SegmentFile segment;
    private final int position;
    private final int sizeBytes;

    @SuppressWarnings({"UnusedVariable", "FieldCanBeFinal"}) // through RELEASED
    private volatile boolean released;

    SegmentSlice(SegmentFile segment, int position, int sizeBytes) {
        this.segment = segment.retain();
        this.position = position;
        this.sizeBytes = sizeBytes;
    }

    @Override
    public int sizeBytes() {
        return sizeBytes;
    }

    @Override
    public long transferTo(int from, WritableByteChannel target) throws IOException {
        return segment.file().transferTo((long) position + from, sizeBytes - from, target);
    }

    @Override
    public void read(int from, ByteBuffer target) throws IOException {
        int wanted = Math.min(target.remaining(), sizeBytes - from);
        int limit = target.limit();
        target.limit(target.position() + wanted);
        try {
            if (segment.file().read(target, (long) position + from) < wanted) {
                throw new EOFException("segment file ends inside a slice of " + sizeBytes + " bytes at " + position);
            }
        } finally {
            target.limit(limit);
        }
    }

    @Override
    public void release() {
        if (!RELEASED.compareAndSet(this, false, true)) {
            throw new IllegalStateException("slice released twice");
        }
        segment.release();
    }
}
