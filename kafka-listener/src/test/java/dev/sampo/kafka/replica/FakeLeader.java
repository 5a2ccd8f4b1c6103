package dev.sampo.kafka.replica;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** A leader's broker that answers what a test says, when it says so. */
final class FakeLeader implements AutoCloseable {
    /** One request; {@link #answer} goes to its connection. */
    record Call(Socket socket, ApiKeys key, RequestHeaderData header, ApiMessage body) {
        void answer(ApiMessage response) {
            short version = header.requestApiVersion();
            short headerVersion = key.responseHeaderVersion(version);
            var responseHeader = new ResponseHeaderData().setCorrelationId(header.correlationId());
            var cache = new ObjectSerializationCache();
            var size = new MessageSizeAccumulator();
            responseHeader.addSize(size, cache, headerVersion);
            response.addSize(size, cache, version);
            ByteBuffer bytes = ByteBuffer.allocate(4 + size.totalSize()).putInt(size.totalSize());
            responseHeader.write(new ByteBufferAccessor(bytes), cache, headerVersion);
            response.write(new ByteBufferAccessor(bytes), cache, version);
            try {
                socket.getOutputStream().write(bytes.array());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void cut() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    final LinkedBlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final ServerSocket server;

    FakeLeader() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    Call next() throws InterruptedException {
        Call call = calls.poll(20, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no request within 20 s");
        }
        return call;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> read(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void read(Socket socket) {
        try {
            var in = new DataInputStream(socket.getInputStream());
            while (true) {
                byte[] frame = in.readNBytes(in.readInt());
                ByteBuffer bytes = ByteBuffer.wrap(frame);
                ApiKeys key = ApiKeys.forId(bytes.getShort(0));
                short version = bytes.getShort(2);
                var header = new RequestHeaderData(new ByteBufferAccessor(bytes), key.requestHeaderVersion(version));
                ApiMessage body = key.messageType.newRequest();
                body.read(new ByteBufferAccessor(bytes), version);
                calls.add(new Call(socket, key, header, body));
            }
        } catch (IOException e) {
            // the connection is gone
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        calls.forEach(Call::cut);
    }
}
