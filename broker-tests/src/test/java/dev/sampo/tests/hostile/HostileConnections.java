package dev.sampo.tests.hostile;

import dev.sampo.tests.wire.RawConnection;
import dev.sampo.tests.wire.Wire;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.message.MetadataRequestData;

/** Connections that waste, lie or fall silent; many are held open at once. */
final class HostileConnections implements AutoCloseable {
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);
    private static final int LARGEST_OPEN = 250;

    /** What a connection does. Those that must be closed by the broker are checked to be. */
    private enum Kind { SLOW, OVERSIZE, NEGATIVE_SIZE, SILENT, NEVER_READS, HTTP, TLS, RESET_IN_FRAME, CUT_IN_FRAME }

    private final String host;
    private final int port;
    private final Random random;
    private final ArrayDeque<Socket> open = new ArrayDeque<>();
    private final AtomicInteger notClosed = new AtomicInteger();

    HostileConnections(String host, int port, long seed) {
        this.host = host;
        this.port = port;
        this.random = new Random(seed);
    }

    /** How many connections that must be closed within the limit were not. */
    int notClosedByBroker() {
        return notClosed.get();
    }

    void attack(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            try {
                one(Kind.values()[random.nextInt(Kind.values().length)]);
            } catch (IOException e) {
                // refused, reset or closed at once: the broker's good right; that it lives is checked by the healthy client
            }
            while (open.size() > LARGEST_OPEN) {
                open.poll().close();
            }
        }
    }

    private void one(Kind kind) throws IOException {
        var connection = RawConnection.open(host, port, CLOSE_LIMIT);
        Socket socket = connection.socket();
        switch (kind) {
            case SLOW -> {
                connection.sendBytes(ByteBuffer.allocate(7).putInt(100_000).put(new byte[] {0, 3, 0}).array());
                open.add(socket);
            }
            case OVERSIZE -> mustClose(connection, ByteBuffer.allocate(8).putInt(Integer.MAX_VALUE).array());
            case NEGATIVE_SIZE -> mustClose(connection, ByteBuffer.allocate(8).putInt(-5).array());
            case HTTP -> mustClose(connection, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            case TLS -> mustClose(connection, new byte[] {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, (byte) 0xfc, 0x03, 0x03});
            case SILENT -> open.add(socket);
            case NEVER_READS -> {
                socket.setReceiveBufferSize(4_096);
                socket.setSoTimeout(10);
                open.add(socket);
                ByteBuffer frame = Wire.request(new MetadataRequestData().setTopics(null).setAllowAutoTopicCreation(false), (short) 8, 1, "deaf");
                for (int i = 0; i < 20; i++) {
                    connection.sendFrame(frame);
                }
            }
            case RESET_IN_FRAME -> {
                connection.sendBytes(ByteBuffer.allocate(20).putInt(500).array());
                socket.setSoLinger(true, 0);
                socket.close();
            }
            case CUT_IN_FRAME -> {
                connection.sendBytes(ByteBuffer.allocate(20).putInt(500).array());
                socket.shutdownOutput();
                mustClose(connection, new byte[0]);
            }
        }
    }

    private void mustClose(RawConnection connection, byte[] bytes) throws IOException {
        try (connection) {
            if (bytes.length > 0) {
                connection.sendBytes(bytes);
            }
            if (!connection.isClosedByPeer()) {
                notClosed.incrementAndGet();
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : List.copyOf(open)) {
            socket.close();
        }
        open.clear();
    }
}
