package dev.sampo.actors.loop;

import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.atomic.AtomicInteger;

/** A slice of a real file that counts its releases. */
record FakeSlice(FileChannel file, long position, int sizeBytes, AtomicInteger releases) implements FileSlice {
    @Override
    public long transferTo(int from, WritableByteChannel target) throws IOException {
        return file.transferTo(position + from, sizeBytes - from, target);
    }

    @Override
    public void read(int from, ByteBuffer target) throws IOException {
        long at = position + from;
        while (target.hasRemaining()) {
            int count = file.read(target, at);
            if (count < 0) {
                return;
            }
            at += count;
        }
    }

    @Override
    public void release() {
        releases.incrementAndGet();
    }
}
