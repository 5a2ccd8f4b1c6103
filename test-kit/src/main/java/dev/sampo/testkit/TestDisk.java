package dev.sampo.testkit;

import dev.sampo.persistence.log.ForwardingLogFile;
import dev.sampo.persistence.log.ForwardingLogFiles;
import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.RealLogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The machine's disk, full on command: half of a write arrives, then there is no space; reads and deletions go on. */
final class TestDisk extends ForwardingLogFiles {
    private volatile boolean full;

    TestDisk() {
        super(new RealLogFiles());
    }

    void full(boolean value) {
        full = value;
    }

    @Override
    public LogFile open(Path path) throws IOException {
        return fillable(super.open(path));
    }

    @Override
    public LogFile openOrCreate(Path path) throws IOException {
        return fillable(super.openOrCreate(path));
    }

    private LogFile fillable(LogFile file) {
        return new ForwardingLogFile(file) {
            @Override
            public void write(long position, ByteBuffer[] buffers, int count) throws IOException {
                if (full) {
                    ByteBuffer half = buffers[0].duplicate();
                    half.limit(half.position() + half.remaining() / 2);
                    super.write(position, new ByteBuffer[] {half}, 1);
                    throw new IOException("No space left on device (fault of a test)");
                }
                super.write(position, buffers, count);
            }
        };
    }
}
