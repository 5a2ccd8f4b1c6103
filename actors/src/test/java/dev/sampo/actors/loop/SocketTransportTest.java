package dev.sampo.actors.loop;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class SocketTransportTest {
    private static final int FILE_BYTES = 8 << 20;

    @TempDir
    Path directory;

    private final SelectorLoop loop = SelectorLoop.start("transport-loop", 0, 1 << 20);
    private final byte[] contents = new byte[FILE_BYTES];
    private final AtomicInteger releases = new AtomicInteger();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicReference<String> closed = new AtomicReference<>("");
    private FileChannel file;
    private Socket client;
    private SocketTransport transport;

    @BeforeEach
    void connect() throws Exception {
        new Random(1).nextBytes(contents);
        Path path = Files.write(directory.resolve("segment"), contents);
        file = FileChannel.open(path, StandardOpenOption.READ);
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            client = new Socket();
            client.setReceiveBufferSize(64 * 1024);
            client.connect(server.getLocalAddress());
            SocketChannel accepted = server.accept();
            accepted.setOption(StandardSocketOptions.SO_SNDBUF, 64 * 1024);
            var made = new CompletableFuture<SocketTransport>();
            loop.execute(() -> {
                try {
                    made.complete(new SocketTransport(loop, accepted, new Owner()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            transport = made.get(10, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        loop.execute(transport::close);
        loop.stop();
        loop.awaitStopped(10_000);
        file.close();
    }

    @Test
    void buffersAndSlicesArriveInOrderAndAreReleasedOnce() throws Exception {
        // When
        loop.execute(() -> {
            for (int i = 0; i < 8; i++) {
                ByteBuffer pooled = loop.buffers().take(4).putInt(i).flip();
                transport.send(pooled.duplicate(), pooled);
                transport.send(slice(i << 20, 1 << 20));
            }
            transport.flush();
        });

        // Then
        var in = new DataInputStream(client.getInputStream());
        for (int i = 0; i < 8; i++) {
            assertThat(in.readInt()).isEqualTo(i);
            byte[] part = in.readNBytes(1 << 20);
            assertThat(ByteBuffer.wrap(part)).isEqualTo(ByteBuffer.wrap(contents, i << 20, 1 << 20));
        }
        Waiting.until("all counted", () -> sent.get() == (8 << 20) + 32);
        assertThat(releases).hasValue(8);
    }

    @Test
    void slowReaderHoldsOnlyWhatTheSocketTook() throws Exception {
        // When
        loop.execute(() -> {
            transport.send(slice(0, FILE_BYTES));
            transport.flush();
        });

        // Then
        Waiting.until("the socket took something", () -> sent.get() > 0);
        assertThat(sent.get()).isLessThan(2 << 20);
        assertThat(releases).hasValue(0);
        byte[] all = client.getInputStream().readNBytes(FILE_BYTES);
        assertThat(all).isEqualTo(contents);
        Waiting.until("released", () -> releases.get() == 1);
    }

    @Test
    void slicesUnsentAtCloseAreReleasedOnceAndLaterOnesToo() throws Exception {
        // Given
        loop.execute(() -> {
            transport.send(slice(0, FILE_BYTES));
            transport.send(slice(0, 100));
            transport.flush();
        });
        Waiting.until("the socket took something", () -> sent.get() > 0);

        // When
        loop.execute(() -> {
            transport.close();
            transport.close();
            transport.send(slice(0, 100));
        });

        // Then
        Waiting.until("released", () -> releases.get() == 3);
        assertThat(closed).hasValue("closed null");
    }

    @Test
    void resetByThePeerReleasesWhatIsUnsent() throws Exception {
        // Given
        loop.execute(() -> {
            transport.send(slice(0, FILE_BYTES));
            transport.flush();
        });
        Waiting.until("the socket took something", () -> sent.get() > 0);

        // When
        client.setSoLinger(true, 0);
        client.close();

        // Then
        Waiting.until("released", () -> releases.get() == 1);
        Waiting.until("told", () -> closed.get().startsWith("closed java.io.IOException"));
    }

    @Test
    void sliceBeyondTheEndOfItsFileClosesTheConnectionInsteadOfSpinning() {
        // When
        loop.execute(() -> {
            transport.send(slice(FILE_BYTES - 10, 100_000));
            transport.flush();
        });

        // Then
        Waiting.until("closed", () -> closed.get().contains("gave nothing from byte 10 on"));
        Waiting.until("released", () -> releases.get() == 1);
    }

    private FakeSlice slice(long position, int sizeBytes) {
        return new FakeSlice(file, position, sizeBytes, releases);
    }

    private final class Owner implements Transport.Owner {
        @Override
        public void onReadable() {}

        @Override
        public void onSent(long bytes) {
            sent.addAndGet(bytes);
        }

        @Override
        public void onClosed(@Nullable IOException cause) {
            closed.set("closed " + cause);
        }
    }
}
