package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.BufferPool;
import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.loop.Transport;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.codec.EncodedResponse;
import dev.sampo.kafka.codec.MalformedRequestException;
import dev.sampo.kafka.codec.Request;
import dev.sampo.kafka.codec.RequestCodec;
import dev.sampo.kafka.codec.ResponseErrors;
import dev.sampo.kafka.codec.ResponseFailure;
import dev.sampo.kafka.codec.ResponseWriter;
import dev.sampo.kafka.frame.Frame;
import dev.sampo.kafka.frame.FrameDecoder;
import dev.sampo.kafka.frame.FrameException;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.kafka.handler.ClientContext;
import dev.sampo.kafka.metrics.ProcessorMeters;
import dev.sampo.kafka.metrics.RequestMeters;
import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection on its loop: bytes to requests to handlers, answers to bytes. What may happen when is decided
 * by {@link ConnectionState}; here it is carried out. The loop calls it directly for its socket, its actor for answers
 * of partitions; both on the same thread.
 *
 * <p>A request stays until its handler has answered, also when the socket is gone: until then partitions may look at
 * its bytes.
 */
final class Connection implements Transport.Owner {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);
    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);
    private static final int FIRST_LOOK_BYTES = 4096;
    private static final long HALF_CLOSED_MAX_MS = 5_000;

    /** What takes its place among the answers: an exchange, or that it has none. */
    sealed interface Outgoing permits ConnectionExchange, Nothing {}

    private enum Nothing implements Outgoing {
        NOTHING
    }

    /** A handler's way back for answers of partitions; its number is -1 less its place. */
    private record Channel(Consumer<Partition.Reply> listener, Runnable closed) {}

    private final ListenerContext context;
    private final SelectorLoop loop;
    private final ActorRef<Partition.Reply> replyTo;
    private final Watcher watcher;
    private final Transport transport;
    private final ConnectionClient client;
    private final FrameDecoder decoder;
    private final ConnectionState<ConnectionExchange, Outgoing> state;
    private final ProcessorMeters processor;
    private final ArrayDeque<ConnectionExchange> unsent = new ArrayDeque<>(2); // handed to the transport
    private final @Nullable ConnectionExchange[] running = new ConnectionExchange[ConnectionLimits.RING_SLOTS];
    private final List<Channel> channels = new ArrayList<>(0);
    private @Nullable ByteBuffer backlog;
    private @Nullable Runnable hurry; // of the request that runs
    private boolean reading;
    private boolean waitsForMemory;
    private boolean peerDone;
    private boolean draining;
    private boolean pumping;
    private boolean ended;
    private long lastActiveMs;
    private long lastSentMs;
    private long waitsSinceMs;
    private String clientId = ""; // of the last request
    private long readNanos;
    private long bytesQueued; // handed to the transport so far
    private long bytesSent; // that the socket took of them
    private boolean asked; // partitions know this connection

    /** Told of the connection's end, on the loop, once each. */
    interface Watcher {
        void socketClosed();

        /**
         * The socket is closed and every request was answered.
         *
         * @param answersMayCome partitions were asked, and an answer may still be on its way
         */
        void ended(boolean answersMayCome);
    }

    /** Makes the transport and begins to read. */
    Connection(
            ListenerContext context, SelectorLoop loop, TransportOpener opener, long connectionId,
            ActorRef<Partition.Reply> replyTo, Watcher watcher)
            throws IOException {
        this.context = context;
        this.loop = loop;
        this.replyTo = replyTo;
        this.watcher = watcher;
        transport = opener.open(loop, this);
        client = new ConnectionClient(
                connectionId, transport.peer(), transport.peerName(), context.endpoints(), context.internal());
        decoder = new FrameDecoder(context.settings().frame(), loop.buffers(), context.budget());
        state = new ConnectionState<>(context.settings().connection(), Nothing.NOTHING);
        processor = context.processors().get(loop.index());
        processor.created.increment();
        lastActiveMs = loop.nowMs();
        lastSentMs = lastActiveMs;
        reading = true;
        transport.reading(true);
    }

    Transport transport() {
        return transport;
    }

    ClientContext client() {
        return client;
    }

    SelectorLoop loop() {
        return loop;
    }

    ActorRef<Partition.Reply> replyTo() {
        asked = true;
        return replyTo;
    }

    // ---- bytes in ----

    @Override
    public void onReadable() {
        if (context.budget().exhausted()) {
            waitForMemory();
            return;
        }
        lastActiveMs = loop.nowMs();
        try {
            ByteBuffer target = decoder.target();
            ByteBuffer source = NO_BYTES;
            int count;
            if (target != null) {
                count = transport.read(target);
            } else {
                source = loop.readBuffer();
                if (decoder.expectsLargeFrame()) { // so that it is read into its own buffer, not copied
                    source.limit(FIRST_LOOK_BYTES);
                }
                count = transport.read(source);
                source.flip();
            }
            if (count < 0) {
                onEndOfStream();
                return;
            }
            context.counters().bytesIn.add(count);
            processor.bytesIn.add(count);
            readNanos = System.nanoTime();
            take(source);
        } catch (IOException e) {
            close("read failed: " + e.getMessage());
        } catch (BufferPool.ExhaustedException e) {
            log.atWarn().addKeyValue("client", client.address()).setCause(e).log("connection closed: no memory");
            close("no memory");
        }
        pump();
    }

    /** Takes requests from the bytes while the marks allow; the rest is kept and reading stops. */
    private void take(ByteBuffer source) {
        try {
            while (transport.isOpen()) {
                if (!state.mayRead(transport.unsentBytes()) && !makeRoom()) {
                    keep(source);
                    return;
                }
                Frame frame = decoder.next(source, loop.nowMs());
                if (frame == null) {
                    return;
                }
                accept(frame);
            }
        } catch (FrameException | MalformedRequestException e) {
            context.counters().malformed.increment();
            log.atDebug().addKeyValue("client", client.address()).addKeyValue("connectionId", client.connectionId())
                    .log("malformed request: " + e.getMessage());
            close("malformed request");
        }
    }

    /** Many requests are answered within their handler's call; those need no detour. */
    private boolean makeRoom() {
        boolean outermost = !pumping;
        pumping = true;
        try {
            runRequests();
        } finally {
            pumping = !outermost;
        }
        return transport.isOpen() && state.mayRead(transport.unsentBytes());
    }

    private void accept(Frame frame) throws MalformedRequestException {
        Request request;
        try {
            if (RequestCodec.retainsBytes(frame.bytes())) {
                frame.own();
            }
            request = context.codec().parse(frame.bytes());
        } catch (MalformedRequestException e) {
            frame.release();
            throw e;
        }
        context.counters().request(request.apiKey());
        clientId = request.clientId();
        RequestMeters meters = context.requests().of(request.apiKey());
        meters.received(request.apiVersion(), frame.sizeBytes());
        processor.requests.increment();
        long number = state.open(frame.sizeBytes());
        state.enqueue(
                new ConnectionExchange(this, request, frame, number, meters, readNanos),
                handler(request.apiKey()).overlaps());
        hurry();
    }

    private ApiHandler handler(ApiKeys key) {
        ApiHandler handler = context.handlers().get(key);
        if (handler == null) {
            throw new IllegalStateException("no handler for " + key + ", which is advertised");
        }
        return handler;
    }

    private void keep(ByteBuffer rest) {
        if (backlog == null && rest.hasRemaining()) { // else it is what was kept before
            ByteBuffer kept = loop.buffers().take(rest.remaining());
            backlog = kept.put(rest).flip();
        }
        updateReading();
    }

    private void updateReading() {
        boolean wanted = transport.isOpen() && !peerDone && !draining && !waitsForMemory && backlog == null
                && state.mayRead(transport.unsentBytes());
        if (wanted != reading) {
            reading = wanted;
            transport.reading(wanted);
            if (wanted) {
                decoder.restartClock(loop.nowMs());
            }
        }
    }

    private void waitForMemory() {
        if (!waitsForMemory) {
            waitsForMemory = true;
            waitsSinceMs = loop.nowMs();
            updateReading();
            context.budget().await(loop, () -> {
                waitsForMemory = false;
                updateReading();
            });
        }
    }

    /** The peer sends no more: what it asked is answered (for a while), then the connection ends. */
    private void onEndOfStream() {
        peerDone = true;
        hurry();
        if (decoder.midFrame() || (state.inFlight() == 0 && transport.unsentBytes() == 0)) {
            close("closed by the peer");
            return;
        }
        updateReading();
        var _ = loop.schedule(HALF_CLOSED_MAX_MS, () -> close("closed by the peer"));
    }

    // ---- requests ----

    /** Starts what may start, sends what may be sent, takes what was kept; until nothing changes. */
    private void pump() {
        if (pumping) {
            return; // an answer given inside a handler's call: the outer call goes on with it
        }
        pumping = true;
        try {
            boolean progress = true;
            while (progress) {
                progress = runRequests();
                progress |= takeBacklog();
            }
        } finally {
            pumping = false;
        }
        updateReading();
        transport.flush();
        if ((peerDone || draining) && state.inFlight() == 0 && transport.unsentBytes() == 0) {
            close("finished");
        }
        endWhenDone();
    }

    private boolean runRequests() {
        boolean started = startRequests();
        return sendAnswers() || started;
    }

    private boolean startRequests() {
        boolean progress = false;
        while (true) {
            ConnectionExchange exchange = state.pollStart(transport.unsentBytes());
            if (exchange == null) {
                return progress;
            }
            progress = true;
            running[slot(exchange.requestId())] = exchange;
            exchange.begins(System.nanoTime());
            if (!transport.isOpen()) {
                answer(exchange, null);
            } else if (exchange.parsed().unknownApiVersionsVersion()) {
                answer(exchange, context.apis().unsupportedVersion());
            } else {
                run(exchange, () -> handler(exchange.parsed().apiKey()).handle(exchange));
                exchange.returned();
            }
        }
    }

    private boolean sendAnswers() {
        boolean progress = false;
        long nowNanos = 0;
        for (Outgoing next = state.pollAnswer(); next != null; next = state.pollAnswer()) {
            if (next instanceof ConnectionExchange exchange) {
                nowNanos = progress ? nowNanos : System.nanoTime();
                progress = true;
                send(exchange, nowNanos);
            }
        }
        return progress;
    }

    private void send(ConnectionExchange exchange, long nowNanos) {
        long sizeBytes = exchange.encodedSizeBytes();
        state.handedOver(sizeBytes);
        EncodedResponse response = exchange.queued(nowNanos, bytesQueued + sizeBytes);
        if (transport.isOpen()) {
            bytesQueued += sizeBytes;
            unsent.add(exchange);
            response.sendTo(transport);
        } else {
            response.drop();
        }
    }

    private boolean takeBacklog() {
        ByteBuffer kept = backlog;
        if (kept == null || !transport.isOpen() || !state.mayRead(transport.unsentBytes())) {
            return false;
        }
        int before = kept.remaining();
        take(kept);
        if (backlog == null) {
            return true; // closed meanwhile, and given back
        }
        if (!kept.hasRemaining()) {
            backlog = null;
            loop.buffers().give(kept);
        }
        return kept.remaining() < before;
    }

    /** Runs a handler's code: whatever it throws is this request's failure, never the broker's. */
    void run(ConnectionExchange exchange, Runnable code) {
        if (exchange.answered()) {
            return;
        }
        try {
            code.run();
        } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
            fail(exchange, e);
        }
    }

    /** The only request that runs answers late when nobody waits; {@code task} has it answer soon. */
    void onHurry(Runnable task) {
        hurry = task;
        if (state.hasWaiting() || peerDone || draining || !transport.isOpen()) {
            hurry();
        }
    }

    private void hurry() {
        Runnable task = hurry;
        if (task != null) {
            hurry = null;
            loop.execute(task); // not in the middle of reading
        }
    }

    long openChannel(Consumer<Partition.Reply> listener, Runnable closed) {
        channels.add(new Channel(listener, closed));
        return -channels.size();
    }

    private void toChannel(Partition.Reply reply) {
        int index = (int) (-1 - reply.requestId());
        if (!transport.isOpen() || index >= channels.size()) {
            release(reply);
            return;
        }
        try {
            channels.get(index).listener().accept(reply);
        } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
            context.counters().handlerFailures.increment();
            log.atError().addKeyValue("connectionId", client.connectionId()).setCause(e).log("a handler failed");
            close("a handler failed");
        }
    }

    /** A partition's answer. */
    void onReply(Partition.Reply reply) {
        if (reply.requestId() < 0) {
            toChannel(reply);
            return;
        }
        ConnectionExchange exchange = running[slot(reply.requestId())];
        if (exchange != null && exchange.requestId() == reply.requestId()) {
            var delivered = new boolean[1];
            run(exchange, () -> delivered[0] = exchange.deliver(reply));
            if (delivered[0]) {
                return;
            }
        }
        release(reply);
    }

    /** An answer that comes after its request has ended may carry an open file. */
    static void release(Partition.Reply reply) {
        FileSlice records = switch (reply) {
            case Partition.ReadReply read -> read.records();
            case Partition.ReplicaReadReply read -> read.records();
            default -> null;
        };
        if (records != null) {
            records.release();
        }
    }

    /** Answers; {@code response} null is no answer. */
    void answer(ConnectionExchange exchange, @Nullable ApiMessage response) {
        if (!exchange.end()) {
            log.atWarn().addKeyValue("apiKey", exchange.parsed().apiKey()).log("a request was answered twice");
            exchange.dropSecond(response);
            return;
        }
        EncodedResponse encoded = null;
        if (response != null) {
            ResponseErrors.tell(response, exchange.meters());
        }
        if (response != null && !transport.isOpen()) {
            ResponseWriter.release(response);
        } else if (response != null) {
            try {
                encoded = ResponseWriter.encode(exchange.parsed(), response, loop.buffers());
            } catch (ResponseFailure e) {
                context.counters().handlerFailures.increment();
                log.atError().addKeyValue("apiKey", exchange.parsed().apiKey())
                        .addKeyValue("correlationId", exchange.parsed().correlationId()).setCause(e)
                        .log("the response cannot be sent, the connection is closed");
                close("response failed");
            }
        }
        exchange.frame().release();
        finish(exchange, encoded);
    }

    /** The request has ended without an answer, its frame was dealt with. */
    void ended(ConnectionExchange exchange) {
        finish(exchange, null);
    }

    private void finish(ConnectionExchange exchange, @Nullable EncodedResponse encoded) {
        exchange.ends(encoded);
        running[slot(exchange.requestId())] = null;
        hurry = null;
        state.answered(
                exchange.requestId(), encoded == null ? Nothing.NOTHING : exchange, exchange.frame().sizeBytes(),
                exchange.encodedSizeBytes());
        lastActiveMs = loop.nowMs();
        pump();
    }

    /** The handler failed: the client gets the key's own error response where there is one. */
    void fail(ConnectionExchange exchange, Throwable failure) {
        if (exchange.answered()) {
            log.atError().addKeyValue("apiKey", exchange.parsed().apiKey()).setCause(failure)
                    .log("a handler failed after its answer");
            return;
        }
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        boolean timedOut = cause instanceof TimeoutException;
        context.counters().handlerFailures.increment();
        log.atError().addKeyValue("apiKey", exchange.parsed().apiKey())
                .addKeyValue("correlationId", exchange.parsed().correlationId()).setCause(cause)
                .log("a handler failed");
        ApiMessage response = RequestCodec.errorResponse(
                exchange.parsed(), timedOut ? Errors.REQUEST_TIMED_OUT : Errors.UNKNOWN_SERVER_ERROR);
        exchange.frame().abandon(); // nobody knows whether a partition still looks at it
        if (response == null) {
            exchange.close("a handler failed");
        } else {
            answer(exchange, response);
        }
    }

    // ---- bytes out, and the end ----

    @Override
    public void onSent(long bytes) {
        lastSentMs = loop.nowMs();
        lastActiveMs = lastSentMs;
        context.counters().bytesOut.add(bytes);
        processor.bytesOut.add(bytes);
        bytesSent += bytes;
        countSent();
        pump();
    }

    private void countSent() {
        ConnectionExchange oldest = unsent.peek();
        if (oldest != null && oldest.sent(bytesSent)) {
            long nowNanos = System.nanoTime();
            while (oldest != null && oldest.sent(bytesSent)) {
                oldest.countSent(nowNanos);
                processor.responses.increment();
                unsent.remove();
                oldest = unsent.peek();
            }
        }
    }

    @Override
    public void onClosed(@Nullable IOException cause) {
        if (cause != null) {
            log.atDebug().addKeyValue("connectionId", client.connectionId()).log("connection lost: " + cause.getMessage());
        }
        processor.closed.increment();
        unsent.clear();
        watcher.socketClosed();
        decoder.close();
        ByteBuffer kept = backlog;
        backlog = null;
        if (kept != null) {
            loop.buffers().give(kept);
        }
        hurry();
        for (ConnectionExchange next = state.dropWaiting(); next != null; next = state.dropWaiting()) {
            next.frame().release(); // never started
        }
        for (ConnectionExchange exchange : running.clone()) {
            if (exchange != null) {
                exchange.connectionClosed();
            }
        }
        channels.forEach(channel -> channel.closed().run());
        pump();
    }

    private static int slot(long requestId) {
        return (int) (requestId % ConnectionLimits.RING_SLOTS);
    }

    /** Ends the connection now; requests that run go on until they are answered. */
    void close(String reason) {
        if (transport.isOpen()) {
            log.atDebug().addKeyValue("connectionId", client.connectionId()).log("connection closed: " + reason);
            transport.close();
        }
    }

    /** Closes an open connection whose last request bore this client id, or any when it is null; true when it did. */
    boolean closeIfOf(@Nullable String id) {
        if (!transport.isOpen() || (id != null && !id.equals(clientId))) {
            return false;
        }
        close("told to");
        return true;
    }

    /** Takes no more requests, and ends when those in flight were answered and sent. */
    void drain() {
        draining = true;
        hurry();
        pump();
    }

    /** The time for {@link #drain} is over. */
    void cut() {
        if (state.inFlight() > 0) {
            log.atInfo().addKeyValue("connectionId", client.connectionId()).addKeyValue("clientId", clientId)
                    .addKeyValue("requests", Arrays.stream(running).filter(Objects::nonNull)
                            .map(exchange -> exchange.parsed().apiKey()).toList())
                    .log("closes a connection with requests that were not answered in time");
        }
        close("the listener closes");
    }

    /** Called about once a second. */
    void sweep() {
        long nowMs = loop.nowMs();
        ListenerSettings settings = context.settings();
        if (!transport.isOpen()) {
            return;
        }
        if (reading && decoder.tooSlow(nowMs)) {
            context.counters().tooSlow.increment();
            close("a request came in too slowly");
        } else if (waitsForMemory && decoder.midFrame()
                && nowMs - waitsSinceMs > settings.frame().maxDurationMs()) {
            context.counters().tooSlow.increment();
            close("waited too long for request memory");
        } else if (transport.unsentBytes() > 0 && nowMs - lastSentMs > settings.sendTimeoutMs()) {
            context.counters().tooSlow.increment();
            close("the peer takes no answers");
        } else if (state.inFlight() == 0 && transport.unsentBytes() == 0
                && nowMs - lastActiveMs > settings.maxIdleMs()) {
            context.counters().idleClosed.increment();
            close("idle");
        } else if (transport.unsentBytes() == 0) {
            lastSentMs = nowMs;
        }
    }

    private void endWhenDone() {
        if (!ended && !transport.isOpen() && state.running() == 0) {
            ended = true;
            watcher.ended(asked);
        }
    }
}
