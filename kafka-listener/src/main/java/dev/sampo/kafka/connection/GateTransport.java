package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.loop.Transport;
import dev.sampo.gate.Gate;
import dev.sampo.gate.ReceiveWindow;
import dev.sampo.gate.SendWindow;
import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a stream on a node of the cluster: messages between actors in the place of a socket, see {@link Gate}. Its
 * actor gives it what arrives, on its loop.
 */
final class GateTransport implements Transport {
    /** Exactly one of {@code bytes} and {@code slice}. */
    private static final class Item {
        private final @Nullable ByteBuffer bytes;
        private final @Nullable ByteBuffer pooled;
        private final @Nullable FileSlice slice;
        private int slicePosition;

        Item(@Nullable ByteBuffer bytes, @Nullable ByteBuffer pooled, @Nullable FileSlice slice) {
            this.bytes = bytes;
            this.pooled = pooled;
            this.slice = slice;
        }
    }

    private final SelectorLoop loop;
    private final Owner owner;
    private final ActorRef<Gate.ToStream> stream;
    private final String node;
    private final InetAddress peer;
    private final ArrayDeque<ByteBuffer> arrived = new ArrayDeque<>(); // not read yet; the sender's window bounds it
    private final ReceiveWindow receiving = new ReceiveWindow();
    private final SendWindow sending = new SendWindow();
    private final ArrayDeque<Item> queue = new ArrayDeque<>();
    private long unsentBytes;
    private boolean readWanted;
    private boolean readPlanned;
    private boolean flushPlanned;
    private boolean open = true;

    GateTransport(
            SelectorLoop loop, Owner owner, ActorRef<Gate.ToStream> stream, String node, InetAddress peer) {
        this.loop = loop;
        this.owner = owner;
        this.stream = stream;
        this.node = node;
        this.peer = peer;
    }

    /** From the stream. */
    void receive(Gate.ToConnection message) {
        if (!open) {
            return;
        }
        switch (message) {
            case Gate.Bytes(long number, byte[] bytes) -> {
                if (!receiving.arrived(number)) {
                    close(new IOException("messages of the stream were lost on their way"));
                    return;
                }
                arrived.add(ByteBuffer.wrap(bytes));
                readArrived();
            }
            case Gate.Taken(int bytes) -> {
                sending.taken(bytes);
                flush();
            }
            case Gate.End(String reason) -> close(new IOException(reason));
        }
    }

    private void readArrived() {
        while (open && readWanted && !arrived.isEmpty()) {
            owner.onReadable();
        }
    }

    @Override
    public InetAddress peer() {
        return peer;
    }

    @Override
    public String peerName() {
        return node;
    }

    @Override
    public int read(ByteBuffer target) {
        int read = 0;
        while (open && target.hasRemaining() && !arrived.isEmpty()) {
            ByteBuffer head = arrived.element();
            int count = Math.min(head.remaining(), target.remaining());
            target.put(target.position(), head, head.position(), count);
            target.position(target.position() + count);
            head.position(head.position() + count);
            read += count;
            if (!head.hasRemaining()) {
                arrived.remove();
            }
        }
        int told = receiving.taken(read);
        if (told > 0) {
            stream.tell(new Gate.Taken(told));
        }
        return open ? read : -1;
    }

    @Override
    public void reading(boolean wanted) {
        readWanted = wanted;
        if (wanted && !readPlanned && !arrived.isEmpty()) {
            readPlanned = true;
            loop.execute(() -> {
                readPlanned = false;
                readArrived();
            });
        }
    }

    @Override
    public void send(ByteBuffer bytes, @Nullable ByteBuffer pooled) {
        add(new Item(bytes, pooled, null), bytes.remaining());
    }

    @Override
    public void send(FileSlice slice) {
        add(new Item(null, null, slice), slice.sizeBytes());
    }

    private void add(Item item, long sizeBytes) {
        if (!open) {
            release(item);
            return;
        }
        queue.add(item);
        unsentBytes += sizeBytes;
    }

    @Override
    public long unsentBytes() {
        return unsentBytes;
    }

    @Override
    public void flush() {
        if (open && !flushPlanned && !queue.isEmpty() && sending.next(unsentBytes) > 0) {
            flushPlanned = true;
            loop.atTurnEnd(this::sendQueued);
        }
    }

    private void sendQueued() {
        flushPlanned = false;
        int sent = 0;
        try {
            for (int next = sending.next(unsentBytes); open && next > 0; next = sending.next(unsentBytes)) {
                byte[] chunk = new byte[next];
                fill(ByteBuffer.wrap(chunk));
                unsentBytes -= next;
                sent += next;
                stream.tell(new Gate.Bytes(sending.sent(next), chunk));
            }
        } catch (IOException e) {
            close(e);
            return;
        }
        if (sent > 0) {
            owner.onSent(sent);
        }
    }

    private void fill(ByteBuffer chunk) throws IOException {
        while (chunk.hasRemaining()) {
            Item head = queue.element();
            boolean done;
            if (head.slice != null) {
                int wanted = Math.min(chunk.remaining(), head.slice.sizeBytes() - head.slicePosition);
                ByteBuffer part = chunk.slice(chunk.position(), wanted);
                head.slice.read(head.slicePosition, part);
                if (part.hasRemaining()) {
                    throw new IOException("file slice of " + head.slice.sizeBytes() + " bytes gave nothing from byte "
                            + (head.slicePosition + part.position()) + " on");
                }
                chunk.position(chunk.position() + wanted);
                head.slicePosition += wanted;
                done = head.slicePosition == head.slice.sizeBytes();
            } else {
                done = head.bytes == null || put(head.bytes, chunk);
            }
            if (done) {
                release(queue.remove());
            }
        }
        while (!queue.isEmpty() && isEmpty(queue.element())) {
            release(queue.remove());
        }
    }

    private static boolean put(ByteBuffer from, ByteBuffer chunk) {
        int count = Math.min(from.remaining(), chunk.remaining());
        chunk.put(chunk.position(), from, from.position(), count);
        chunk.position(chunk.position() + count);
        from.position(from.position() + count);
        return !from.hasRemaining();
    }

    private static boolean isEmpty(Item item) {
        return item.bytes != null && !item.bytes.hasRemaining();
    }

    @Override
    public void close() {
        close(null);
    }

    private void close(@Nullable IOException cause) {
        if (!open) {
            return;
        }
        open = false;
        arrived.clear();
        for (Item item = queue.poll(); item != null; item = queue.poll()) {
            release(item);
        }
        unsentBytes = 0;
        stream.tell(new Gate.End(cause == null ? "the broker closed the connection" : String.valueOf(cause.getMessage())));
        owner.onClosed(cause);
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    private void release(Item item) {
        if (item.slice != null) {
            item.slice.release();
        }
        if (item.pooled != null) {
            loop.buffers().give(item.pooled);
        }
    }
}
