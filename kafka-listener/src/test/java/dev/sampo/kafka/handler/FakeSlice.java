package dev.sampo.kafka.handler;

import dev.sampo.persistence.log.FileSlice;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Counts how often it was released. */
final class FakeSlice implements FileSlice {
    private final int sizeBytes;
    private int releases;

    FakeSlice(int sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    int releases() {
        return releases;
    }

    @Override
    public int sizeBytes() {
        return sizeBytes;
    }

    @Override
    public long transferTo(int from, WritableByteChannel target) {
        throw new UnsupportedOperationException("handlers do not send");
    }

    @Override
    public void read(int from, ByteBuffer target) {
        target.position(target.limit());
    }

    @Override
    public void release() {
        releases++;
    }
}
