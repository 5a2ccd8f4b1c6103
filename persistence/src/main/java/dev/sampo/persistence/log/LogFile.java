package dev.sampo.persistence.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** One open file. Writes come from one thread; reads, {@link #transferTo} and {@link #force} from any. */
public interface LogFile extends Closeable {
    /**
     * Fills {@code target} from {@code position} as far as the file goes.
     *
     * @return bytes read, 0 at or behind the end
     */
    int read(ByteBuffer target, long position) throws IOException;

    /** Writes the first {@code count} buffers, whole, one behind the other, from {@code position} on. */
    void write(long position, ByteBuffer[] buffers, int count) throws IOException;

    /** Sends bytes to a channel without a copy; returns how many it took. */
    long transferTo(long position, long count, WritableByteChannel target) throws IOException;

    /** Makes data and size durable. After a failure the file's contents are unknown: never call it again. */
    void force() throws IOException;

    long size() throws IOException;

    void truncate(long size) throws IOException;

    /** Writes one buffer, whole. */
    default void write(long position, ByteBuffer buffer) throws IOException {
        write(position, new ByteBuffer[] {buffer}, 1);
    }
}
