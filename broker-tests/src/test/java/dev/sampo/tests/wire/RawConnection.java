package dev.sampo.tests.wire;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.kafka.common.protocol.ApiMessage;

/** One TCP connection that sends whole requests and reads whole answers, one thread, no retry. */
public final class RawConnection implements Closeable {
    private static final int LARGEST_ANSWER_BYTES = 64 << 20;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final String clientId;
    private int nextCorrelationId = 1;

    private RawConnection(Socket socket, String clientId) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        this.out = socket.getOutputStream();
        this.clientId = clientId;
    }

    /** @param answerLimit how long {@link #ask} waits for bytes before it throws SocketTimeoutException */
    public static RawConnection open(String host, int port, Duration answerLimit) throws IOException {
        return open(host, port, answerLimit, "raw");
    }

    public static RawConnection open(String host, int port, Duration answerLimit, String clientId) throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) answerLimit.toMillis());
            socket.connect(new InetSocketAddress(host, port), (int) Math.min(5_000, answerLimit.toMillis()));
            return new RawConnection(socket, clientId);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends one request and reads its answer. */
    public ApiMessage ask(short version, ApiMessage request) throws IOException {
        send(version, request);
        return receive(request.apiKey(), version);
    }

    /** Sends one request. @return its correlation id */
    public int send(short version, ApiMessage request) throws IOException {
        int correlationId = nextCorrelationId++;
        sendFrame(Wire.request(request, version, correlationId, clientId));
        return correlationId;
    }

    /** @param frame bytes after the length prefix */
    public void sendFrame(ByteBuffer frame) throws IOException {
        var bytes = new byte[4 + frame.remaining()];
        ByteBuffer.wrap(bytes).putInt(frame.remaining()).put(frame.duplicate());
        out.write(bytes);
    }

    /** Bytes as they are, without a length prefix. */
    public void sendBytes(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    /** Reads the next answer, which must be of this API and version. */
    public ApiMessage receive(short apiKey, short version) throws IOException {
        return Wire.response(receiveFrame(), apiKey, version).body();
    }

    /** @return the next frame without its length prefix. @throws EOFException the other side closed */
    public ByteBuffer receiveFrame() throws IOException {
        int sizeBytes = in.readInt();
        if (sizeBytes < 0 || sizeBytes > LARGEST_ANSWER_BYTES) {
            throw new IOException("answer declares " + sizeBytes + " bytes");
        }
        var bytes = new byte[sizeBytes];
        in.readFully(bytes);
        return ByteBuffer.wrap(bytes);
    }

    /** True when the other side has closed, false when nothing came within the answer limit. */
    public boolean isClosedByPeer() throws IOException {
        try {
            while (in.read() >= 0) {
                // what was on the way
            }
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    public Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
