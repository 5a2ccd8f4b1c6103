package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Whole record batches inside one segment file, ready to be sent. The file stays open, even when retention deletes it
 * meanwhile, until {@link #release} is called, which every receiver does exactly once. Safe for any thread.
 */
public interface FileSlice {
    /** Length in bytes, at least 1. */
    int sizeBytes();

    /**
     * Sends bytes from {@code from} (0-based within the slice) with {@code FileChannel.transferTo}.
     *
     * @return bytes sent, 0 when the target took none
     */
    long transferTo(int from, WritableByteChannel target) throws IOException;

    /** Reads from {@code from} until the target is full or the slice ends; for TLS and for small slices. */
    void read(int from, ByteBuffer target) throws IOException;

    /** Ends this use of the file. */
    void release();
}
