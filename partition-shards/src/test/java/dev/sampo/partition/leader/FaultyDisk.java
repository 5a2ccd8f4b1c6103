package dev.sampo.partition.leader;

import dev.sampo.persistence.log.ForwardingLogFile;
import dev.sampo.persistence.log.ForwardingLogFiles;
import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.RealLogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** The machine's file system, which refuses on demand. */
final class FaultyDisk extends ForwardingLogFiles {
    private volatile boolean full;
    private volatile boolean lossy;
    private volatile boolean forceFails;
    private volatile CountDownLatch writesWait = new CountDownLatch(0);
    /** Writes to segment files. */
    final AtomicInteger logWrites = new AtomicInteger();
    /** Forces asked of segment files, with or without success. */
    final AtomicInteger logForces = new AtomicInteger();

    FaultyDisk() {
        super(new RealLogFiles());
    }

    /** From now on half of each write arrives, then there is no space left. */
    void full(boolean value) {
        full = value;
    }

    /** From now on a write that fails takes what was written before with it. */
    void lossy() {
        lossy = true;
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
        return new Handle(super.open(path), path.toString().endsWith(".log"));
    }

    @Override
    public LogFile openOrCreate(Path path) throws IOException {
        return new Handle(super.openOrCreate(path), path.toString().endsWith(".log"));
    }

    /** Record timestamps decide alone: the tests' clocks run ahead of the machine's. */
    @Override
    public long lastModifiedMs(Path path) {
        return Long.MAX_VALUE;
    }

    private final class Handle extends ForwardingLogFile {
        private final boolean segment;

        Handle(LogFile file, boolean segment) {
            super(file);
            this.segment = segment;
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
                super.write(position, new ByteBuffer[] {half}, 1);
                if (lossy && segment) {
                    super.truncate(position - 1);
                }
                throw new IOException("No space left on device");
            }
            super.write(position, buffers, count);
        }

        @Override
        public void force() throws IOException {
            if (segment) {
                logForces.incrementAndGet();
            }
            if (forceFails) {
                throw new IOException("Input/output error");
            }
            super.force();
        }
    }
}
