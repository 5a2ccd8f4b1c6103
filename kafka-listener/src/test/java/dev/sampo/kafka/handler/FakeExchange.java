package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.codec.FileSliceRecords;
import dev.sampo.persistence.log.FileSlice;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * An exchange without a connection. The request and the response pass through the wire form of the version, so that a field
 * that the version cannot carry fails the test. The clock is moved by hand.
 */
final class FakeExchange implements Exchange {
    static final String LISTENER = "PLAINTEXT";

    private record Timer(long atMs, Runnable task) {}

    private final ApiKeys key;
    private final short version;
    private final ApiMessage request;
    private final TestInbox<Partition.Reply> inbox = TestInbox.create();
    private final List<Timer> timers = new ArrayList<>();
    private final FakeContext client;
    private FakeConnection connection;
    private Consumer<Partition.Reply> listener = reply -> {};
    private Runnable onClosed = () -> {};
    private Runnable onHurry = () -> {};
    private final java.util.concurrent.CountDownLatch done = new java.util.concurrent.CountDownLatch(1);
    private long nowMs;
    private ApiMessage response;
    private boolean ended;
    private boolean keptFrame;
    private String closed;

    FakeExchange(ApiKeys key, int version, ApiMessage request) {
        this(key, version, request, LISTENER, "User:ANONYMOUS");
    }

    FakeExchange(ApiKeys key, int version, ApiMessage request, String listenerName, String principal) {
        this(key, version, request, listenerName, principal, false);
    }

    private FakeExchange(
            ApiKeys key, int version, ApiMessage request, String listenerName, String principal, boolean internal) {
        this.key = key;
        this.version = (short) version;
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor(request, this.version).buffer();
        this.request = key.messageType.newRequest();
        this.request.read(new ByteBufferAccessor(bytes), this.version);
        this.client = new FakeContext(listenerName, principal, internal, new AtomicReference<>(""));
    }

    /** What outlives an exchange: the way back for answers of partitions, and its channels. */
    static final class FakeConnection {
        private record Channel(Consumer<Partition.Reply> listener, Runnable closed) {}

        private final TestInbox<Partition.Reply> inbox = TestInbox.create();
        private final List<Channel> channels = new ArrayList<>();

        /** Ends the connection. */
        void close() {
            channels.forEach(channel -> channel.closed().run());
        }
    }

    /** An exchange on the brokers' own listener. */
    static FakeExchange internal(FakeConnection connection, ApiKeys key, int version, ApiMessage request) {
        var exchange = new FakeExchange(key, version, request, "REPLICATION", "User:ANONYMOUS", true);
        exchange.connection = connection;
        return exchange;
    }

    @Override
    public long openChannel(Consumer<Partition.Reply> channelListener, Runnable closed) {
        connection.channels.add(new FakeConnection.Channel(channelListener, closed));
        return -connection.channels.size();
    }

    /** Hands over what partitions have answered; true when there was something. */
    boolean deliver() {
        if (connection != null) {
            List<Partition.Reply> replies = connection.inbox.getAllReceived();
            replies.forEach(reply -> connection.channels.get((int) (-1 - reply.requestId())).listener().accept(reply));
            return !replies.isEmpty();
        }
        List<Partition.Reply> replies = inbox.getAllReceived();
        for (Partition.Reply reply : replies) {
            if (ended) {
                if (reply instanceof Partition.ReadReply read && read.records() != null) {
                    read.records().release();
                }
            } else {
                listener.accept(reply);
            }
        }
        return !replies.isEmpty();
    }

    /** Moves the clock and runs what is due. */
    void advance(long ms) {
        nowMs += ms;
        for (Timer timer : List.copyOf(timers)) {
            if (timer.atMs() <= nowMs && timers.remove(timer) && !ended) {
                timer.task().run();
            }
        }
    }

    /** The peer is gone. */
    void disconnect() {
        ended = true;
        onClosed.run();
    }

    /** Waits for an answer that comes from another thread; false when the time is over. */
    boolean awaitEnd(long ms) throws InterruptedException {
        return done.await(ms, java.util.concurrent.TimeUnit.MILLISECONDS);
    }

    boolean ended() {
        return ended;
    }

    boolean keptFrame() {
        return keptFrame;
    }

    String closed() {
        return closed;
    }

    <T extends ApiMessage> T response(Class<T> type) {
        if (response == null) {
            throw new AssertionError("not answered");
        }
        return type.cast(response);
    }

    @Override
    public short apiVersion() {
        return version;
    }

    @Override
    public String clientId() {
        return "test";
    }

    @Override
    public ApiMessage request() {
        return request;
    }

    @Override
    public ClientContext client() {
        return client;
    }

    @Override
    public long requestId() {
        return 7;
    }

    @Override
    public ActorRef<Partition.Reply> replyTo() {
        return connection == null ? inbox.getRef() : connection.inbox.getRef();
    }

    @Override
    public void onReply(Consumer<Partition.Reply> newListener) {
        listener = newListener;
    }

    @Override
    public void schedule(long delayMs, Runnable task) {
        timers.add(new Timer(nowMs + delayMs, task));
    }

    @Override
    public void onClosed(Runnable task) {
        onClosed = task;
    }

    @Override
    public void onHurry(Runnable task) {
        onHurry = task;
    }

    /** Another request has come behind this one. */
    void hurry() {
        onHurry.run();
    }

    @Override
    public void respond(ApiMessage message) {
        end();
        if (message instanceof FetchResponseData fetch) {
            inMemory(fetch);
        }
        response = key.messageType.newResponse();
        response.read(new ByteBufferAccessor(MessageUtil.toByteBufferAccessor(message, version).buffer()), version);
        done.countDown();
    }

    @Override
    public void respondKeepingFrame(ApiMessage message) {
        keptFrame = true;
        respond(message);
    }

    @Override
    public void respondWhen(CompletionStage<? extends ApiMessage> message) {
        message.whenComplete((value, failure) -> {
            if (failure != null) {
                throw new AssertionError(failure);
            }
            respond(value);
        });
    }

    @Override
    public void respondNothing() {
        end();
    }

    @Override
    public void close(String reason) {
        end();
        closed = reason;
    }

    private void end() {
        if (ended) {
            throw new AssertionError("answered twice");
        }
        ended = true;
    }

    private static void inMemory(FetchResponseData fetch) {
        fetch.responses().forEach(topic -> topic.partitions().forEach(partition -> {
            if (partition.records() instanceof FileSliceRecords(FileSlice slice)) {
                partition.setRecords(MemoryRecords.readableRecords(ByteBuffer.allocate(slice.sizeBytes())));
                slice.release();
            }
        }));
    }

    private record FakeContext(
            String listener, String principal, boolean internal, AtomicReference<String> name) implements ClientContext {
        @Override
        public long connectionId() {
            return 1;
        }

        @Override
        public InetAddress address() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public String softwareName() {
            return name.get();
        }

        @Override
        public String softwareVersion() {
            return "";
        }

        @Override
        public void software(String newName, String version) {
            name.set(newName);
        }
    }
}
