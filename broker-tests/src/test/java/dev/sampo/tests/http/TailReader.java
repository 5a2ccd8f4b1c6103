package dev.sampo.tests.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A client of a live tail over a plain socket, which it can cut at any moment; parses server-sent events. */
final class TailReader implements AutoCloseable {
    /** {@code data} is empty for an event that only sets the id. */
    record Event(String name, String id, String data) {}

    private final Socket socket;
    private final BufferedReader reader;
    private final ArrayDeque<String> status = new ArrayDeque<>();
    private String lastId;

    TailReader(InetSocketAddress address, String path, @Nullable String lastEventId) throws IOException {
        lastId = lastEventId == null ? "" : lastEventId;
        socket = new Socket();
        socket.setSoTimeout(60_000);
        socket.connect(address);
        OutputStream out = socket.getOutputStream();
        String resume = lastEventId == null ? "" : "Last-Event-ID: " + lastEventId + "\r\n";
        out.write(("GET " + path + " HTTP/1.1\r\nHost: localhost:" + address.getPort()
                        + "\r\nAccept: text/event-stream\r\n" + resume + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.flush();
        reader = new BufferedReader(new InputStreamReader(new Dechunked(socket.getInputStream()), StandardCharsets.UTF_8));
    }

    /** The id that a browser would send when it comes back. */
    String lastId() {
        return lastId;
    }

    /** The next event; null at the end of the stream. Comments are skipped. */
    @Nullable Event next() throws IOException {
        String name = "message";
        String id = lastId;
        var data = new StringBuilder();
        while (true) {
            String line = reader.readLine();
            if (line == null) {
                return null; // an event without its empty line does not count
            }
            if (line.isEmpty()) {
                lastId = id;
                if (!data.isEmpty() || status.isEmpty()) {
                    status.add("begun");
                    return new Event(name, id, data.toString());
                }
                continue;
            }
            if (line.startsWith("id: ")) {
                id = line.substring(4);
            } else if (line.startsWith("event: ")) {
                name = line.substring(7);
            } else if (line.startsWith("data: ")) {
                data.append(line.substring(6));
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.setSoLinger(true, 0); // a reset, as of a client that died
        socket.close();
    }

    /** The body of a chunked response, after its head. */
    static final class Dechunked extends java.io.InputStream {
        private final java.io.InputStream in;
        private long left = -1;

        Dechunked(java.io.InputStream socket) throws IOException {
            in = new java.io.BufferedInputStream(socket);
            String head = line();
            if (!head.contains(" 200 ")) {
                throw new IOException("answered " + head + " " + new String(in.readNBytes(2000), StandardCharsets.UTF_8));
            }
            while (!line().isEmpty()) {
                continue;
            }
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                line(); // the line end after a chunk
            }
            if (left <= 0) {
                left = Long.parseLong(line().split(";", 2)[0].strip(), 16);
                if (left == 0) {
                    return -1;
                }
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            left -= Math.max(0, count);
            return count;
        }

        private String line() throws IOException {
            var line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("the connection ended");
                }
                if (c != '\r') {
                    line.append((char) c);
                }
            }
            return line.toString();
        }
    }
}
