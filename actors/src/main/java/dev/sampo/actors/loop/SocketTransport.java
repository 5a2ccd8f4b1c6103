package dev.sampo.actors.loop;

import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Plain TCP. Consecutive buffers go out in one gathering write, slices by {@code transferTo}; a turn sends at most 1 MiB
 * of a connection, then the next one has its turn. Waits for OP_WRITE only after a short write.
 */
public final class SocketTransport implements Transport {
    private static final long MAX_BYTES_PER_TURN = 1024 * 1024;
    private static final int MAX_GATHER = 64;
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);
    private static final int MAX_FRUITLESS_SENDS = 16;

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
    private final SocketChannel channel;
    private final InetAddress peer;
    private final Owner owner;
    private final SelectorLoop.Registration registration;
    private final ArrayDeque<Item> queue = new ArrayDeque<>();
    private final ByteBuffer[] gather;
    private long unsentBytes;
    private int fruitlessSends;
    private boolean readWanted;
    private boolean writeBlocked;
    private boolean flushPlanned;
    private boolean open = true;

    /**
     * Takes over a connected channel; on the loop.
     *
     * @throws IOException the channel is closed already; the caller closes it
     */
    public SocketTransport(SelectorLoop loop, SocketChannel channel, Owner owner) throws IOException {
        this.loop = loop;
        this.channel = channel;
        this.owner = owner;
        gather = new ByteBuffer[MAX_GATHER];
        Arrays.fill(gather, EMPTY);
        if (!(channel.getRemoteAddress() instanceof InetSocketAddress address)) {
            throw new IOException("not connected: " + channel);
        }
        peer = address.getAddress();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        registration = loop.register(channel, 0, this::onReady);
    }

    @Override
    public InetAddress peer() {
        return peer;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return open ? channel.read(target) : -1;
    }

    @Override
    public void reading(boolean wanted) {
        readWanted = wanted;
        updateInterest();
    }

    @Override
    public void send(ByteBuffer bytes, @Nullable ByteBuffer pooled) {
        add(new Item(bytes, pooled, null), bytes.remaining());
    }

    @Override
    public void send(FileSlice slice) {
        add(new Item(null, null, slice), slice.sizeBytes());
    }

    @Override
    public long unsentBytes() {
        return unsentBytes;
    }

    @Override
    public void flush() {
        if (open && !flushPlanned && !writeBlocked && !queue.isEmpty()) {
            flushPlanned = true;
            loop.atTurnEnd(this::sendQueued);
        }
    }

    @Override
    public void close() {
        close(null);
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    private void add(Item item, long sizeBytes) {
        if (!open) {
            release(item);
            return;
        }
        queue.add(item);
        unsentBytes += sizeBytes;
    }

    private void onReady(int readyOps) {
        if ((readyOps & SelectionKey.OP_WRITE) != 0 && open) {
            writeBlocked = false;
            updateInterest();
            sendQueued();
        }
        if ((readyOps & SelectionKey.OP_READ) != 0 && open && readWanted) {
            owner.onReadable();
        }
    }

    private void sendQueued() {
        flushPlanned = false;
        if (!open || writeBlocked) {
            return;
        }
        long sent = 0;
        try {
            while (!queue.isEmpty() && sent < MAX_BYTES_PER_TURN && !writeBlocked) {
                Item head = queue.element();
                sent += head.slice == null ? sendBytes() : sendSlice(head, head.slice);
            }
        } catch (IOException e) {
            close(e);
            return;
        }
        unsentBytes -= sent;
        updateInterest();
        if (sent > 0) {
            owner.onSent(sent);
        }
        flush();
    }

    private long sendBytes() throws IOException {
        int count = 0;
        long wanted = 0;
        for (Item item : queue) {
            if (item.bytes == null || count == MAX_GATHER || wanted >= MAX_BYTES_PER_TURN) {
                break;
            }
            gather[count++] = item.bytes;
            wanted += item.bytes.remaining();
        }
        long sent = count == 1 ? channel.write(gather[0]) : channel.write(gather, 0, count);
        for (int i = 0; i < count; i++) {
            if (!gather[i].hasRemaining()) {
                release(queue.remove());
            }
            gather[i] = EMPTY;
        }
        writeBlocked = sent < wanted;
        return sent;
    }

    /** One call sends at most what the socket's send buffer takes, so the bound of a turn is passed by that at most. */
    private long sendSlice(Item item, FileSlice slice) throws IOException {
        long sent = slice.transferTo(item.slicePosition, channel);
        item.slicePosition += (int) sent;
        if (item.slicePosition == slice.sizeBytes()) {
            release(queue.remove());
        } else {
            writeBlocked = true;
        }
        fruitlessSends = sent > 0 ? 0 : fruitlessSends + 1;
        if (fruitlessSends > MAX_FRUITLESS_SENDS) { // ready for writing, yet nothing goes: the file is too short
            throw new IOException("file slice of " + slice.sizeBytes() + " bytes gave nothing from byte "
                    + item.slicePosition + " on");
        }
        return sent;
    }

    private void updateInterest() {
        if (open) {
            registration.interestOps(
                    (readWanted ? SelectionKey.OP_READ : 0) | (writeBlocked ? SelectionKey.OP_WRITE : 0));
        }
    }

    private void release(Item item) {
        if (item.slice != null) {
            item.slice.release();
        }
        if (item.pooled != null) {
            loop.buffers().give(item.pooled);
        }
    }

    private void close(@Nullable IOException cause) {
        if (!open) {
            return;
        }
        open = false;
        IOException closing = cause;
        try {
            registration.cancel();
            channel.close();
        } catch (IOException e) { // closed for us all the same
            closing = cause == null ? e : cause;
        }
        for (Item item = queue.poll(); item != null; item = queue.poll()) {
            release(item);
        }
        unsentBytes = 0;
        owner.onClosed(closing);
    }
}
