package dev.sampo.actors.loop;

import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection's side of its socket: bytes in, bytes and file slices out, in order. Used on its loop only. The plain
 * one is {@link SocketTransport}; one with TLS has the same face.
 */
public interface Transport {
    /** Told by the transport, on the loop. After {@link #onClosed} nothing more is told. */
    interface Owner {
        /** Bytes (or the end of the stream) can be read. */
        void onReadable();

        /** Bytes were taken by the socket. */
        void onSent(long bytes);

        /**
         * The transport is closed and everything unsent was released.
         *
         * @param cause null when the owner closed it
         */
        void onClosed(@Nullable IOException cause);
    }

    /** The peer's address. */
    InetAddress peer();

    /** What members of groups are told of where this one is: a slash and the address, or a node of the cluster. */
    default String peerName() {
        return "/" + peer().getHostAddress();
    }

    /** Reads what is there, without waiting: number of bytes, 0 for none, -1 at the end of the stream. */
    int read(ByteBuffer target) throws IOException;

    /** Whether {@link Owner#onReadable} is told. At first it is not. */
    void reading(boolean wanted);

    /**
     * Queues the bytes between position and limit.
     *
     * @param pooled given back to the loop's buffers once the bytes are sent or dropped; null for nothing
     */
    void send(ByteBuffer bytes, @Nullable ByteBuffer pooled);

    /** Queues the whole slice, and releases it exactly once: when it is sent, or when the transport closes before. */
    void send(FileSlice slice);

    /** Bytes queued and not yet taken by the socket. */
    long unsentBytes();

    /** Sends what is queued at the end of this turn. */
    void flush();

    /** Closes at once; drops and releases what is unsent. No effect when closed. */
    void close();

    /** False once closed. */
    boolean isOpen();
}
