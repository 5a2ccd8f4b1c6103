package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Passes every call on to another open file; see {@link ForwardingLogFiles}. */
public abstract class ForwardingLogFile implements LogFile {
    private final LogFile file;

    /** {@code file} does the work. */
    protected ForwardingLogFile(LogFile file) {
        this.file = file;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        return file.read(target, position);
    }

    @Override
    public void write(long position, ByteBuffer[] buffers, int count) throws IOException {
        file.write(position, buffers, count);
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        return file.transferTo(position, count, target);
    }

    @Override
    public void force() throws IOException {
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
