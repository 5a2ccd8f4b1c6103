package dev.sampo.partition.leader;

import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.log.RealLogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** The machine's file system, which refuses on demand. */
final class FaultyDisk implements LogFiles {
    private final LogFiles real = new RealLogFiles();
    private volatile boolean full;
    private volatile boolean forceFails;
    private volatile CountDownLatch writesWait = new CountDownLatch(0);
    /** Writes to segment files. */
    final AtomicInteger logWrites = new AtomicInteger();
    /** Forces asked of segment files, with or without success. */
    final AtomicInteger logForces = new AtomicInteger();

    /** From now on half of each write arrives, then there is no space left. */
    void full(boolean value) {
        full = value;
    }

    void forceFails(boolean value) {
        forceFails = value;
    }

    /** Writes to segment files wait until the latch is released. */
    CountDownLatch holdWrites() {
        writesWait = new CountDownLatch(1);
        return writesWait;
    }

    @Override
    public LogFile open(Path path) throws IOException {
        return new Handle(real.open(path), path.toString().endsWith(".log"));
    }

    @Override
    public LogFile openOrCreate(Path path) throws IOException {
        return new Handle(real.openOrCreate(path), path.toString().endsWith(".log"));
    }

    @Override
    public byte[] readAll(Path path) throws IOException {
        return real.readAll(path);
    }

    @Override
    public ByteBuffer map(Path path) throws IOException {
        return real.map(path);
    }

    @Override
    public boolean exists(Path path) {
        return real.exists(path);
    }

    @Override
    public long size(Path path) throws IOException {
        return real.size(path);
    }

    /** Record timestamps decide alone: the tests' clocks run ahead of the machine's. */
    @Override
    public long lastModifiedMs(Path path) {
        return Long.MAX_VALUE;
    }

    @Override
    public void setLastModifiedMs(Path path, long timeMs) throws IOException {
        real.setLastModifiedMs(path, timeMs);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return real.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        real.createDirectories(directory);
    }

    @Override
    public void move(Path source, Path target) throws IOException {
        real.move(source, target);
    }

    @Override
    public void deleteIfExists(Path path) throws IOException {
        real.deleteIfExists(path);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        real.forceDirectory(directory);
    }

    private final class Handle implements LogFile {
        private final LogFile file;
        private final boolean segment;

        Handle(LogFile file, boolean segment) {
            this.file = file;
            this.segment = segment;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(long position, ByteBuffer[] buffers, int count) throws IOException {
            if (segment) {
                logWrites.incrementAndGet();
                try {
                    writesWait.await();
                } catch (InterruptedException e) {
                    throw new IOException("interrupted", e);
                }
            }
            if (full) {
                ByteBuffer half = buffers[0].duplicate();
                half.limit(half.position() + half.remaining() / 2);
                file.write(position, half);
                throw new IOException("No space left on device");
            }
            file.write(position, buffers, count);
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            return file.transferTo(position, count, target);
        }

        @Override
        public void force() throws IOException {
            if (segment) {
                logForces.incrementAndGet();
            }
            if (forceFails) {
                throw new IOException("Input/output error");
            }
            file.force();
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
