package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.Timer;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.codec.EncodedResponse;
import dev.sampo.kafka.codec.Request;
import dev.sampo.kafka.codec.ResponseWriter;
import dev.sampo.kafka.frame.Frame;
import dev.sampo.kafka.handler.ClientContext;
import dev.sampo.kafka.handler.Exchange;
import dev.sampo.kafka.metrics.RequestMeters;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNull;

/** One request of a connection, from its parsing until the socket took its answer. */
final class ConnectionExchange implements Exchange, Connection.Outgoing {
    private final Connection connection;
    private final Request request;
    private final Frame frame;
    private final long number;
    private final RequestMeters meters;
    private final long receivedNanos;
    private long startedNanos;
    private long returnedNanos; // 0 while the handler's call runs, or when the answer came within it
    private long answeredNanos;
    private long queuedNanos;
    private long lastByte;
    private @Nullable EncodedResponse encoded;
    private @Nullable Consumer<Partition.Reply> listener;
    private @Nullable List<Timer> timers;
    private @Nullable Runnable closeTask;
    private boolean answered;

    /**
     * {@code receivedNanos} is when its bytes were read.
     */
    ConnectionExchange(
            Connection connection, Request request, Frame frame, long number, RequestMeters meters,
            long receivedNanos) {
        this.connection = connection;
        this.request = request;
        this.frame = frame;
        this.number = number;
        this.meters = meters;
        this.receivedNanos = receivedNanos;
    }

    Request parsed() {
        return request;
    }

    Frame frame() {
        return frame;
    }

    boolean answered() {
        return answered;
    }

    /** Marks the answer; false when there was one already. */
    boolean end() {
        if (answered) {
            return false;
        }
        answered = true;
        listener = null;
        closeTask = null;
        if (timers != null) {
            timers.forEach(Timer::cancel);
        }
        return true;
    }

    RequestMeters meters() {
        return meters;
    }

    /** The handler is called. */
    void begins(long nowNanos) {
        startedNanos = nowNanos;
    }

    /** The handler's call ended. */
    void returned() {
        if (answeredNanos == 0) {
            returnedNanos = System.nanoTime();
            meters.waits();
        }
    }

    /** The answer is there, null when it has no bytes. */
    void ends(@Nullable EncodedResponse response) {
        answeredNanos = System.nanoTime();
        encoded = response;
        if (returnedNanos == 0) {
            returnedNanos = answeredNanos;
        } else {
            meters.waited();
        }
        if (response == null) {
            meters.ended(
                    receivedNanos, startedNanos, returnedNanos, answeredNanos, answeredNanos, answeredNanos);
        }
    }

    /** Gives the answer's bytes away: the next place of all bytes sent is behind its last. */
    EncodedResponse queued(long nowNanos, long endPosition) {
        queuedNanos = nowNanos;
        lastByte = endPosition;
        EncodedResponse response = requireNonNull(encoded, "an answer without bytes is not sent");
        encoded = null;
        return response;
    }

    long encodedSizeBytes() {
        return encoded == null ? 0 : encoded.sizeBytes();
    }

    /** Whether the socket took all of the answer, when it took so many bytes. */
    boolean sent(long bytesSent) {
        return bytesSent >= lastByte;
    }

    void countSent(long nowNanos) {
        meters.ended(receivedNanos, startedNanos, returnedNanos, answeredNanos, queuedNanos, nowNanos);
    }

    /** False when nobody listens (any more). */
    boolean deliver(Partition.Reply reply) {
        Consumer<Partition.Reply> target = listener;
        if (target == null) {
            return false;
        }
        target.accept(reply);
        return true;
    }

    @Override
    public short apiVersion() {
        return request.apiVersion();
    }

    @Override
    public String clientId() {
        return request.clientId();
    }

    @Override
    public ApiMessage request() {
        return request.body();
    }

    @Override
    public ClientContext client() {
        return connection.client();
    }

    @Override
    public long requestId() {
        return number;
    }

    @Override
    public ActorRef<Partition.Reply> replyTo() {
        return connection.replyTo();
    }

    @Override
    public void onReply(Consumer<Partition.Reply> newListener) {
        if (!answered) {
            listener = newListener;
        }
    }

    @Override
    public void schedule(long delayMs, Runnable task) {
        if (answered) {
            return;
        }
        if (timers == null) {
            timers = new ArrayList<>(2);
        }
        timers.add(connection.loop().schedule(delayMs, () -> connection.run(this, task)));
    }

    @Override
    public void onClosed(Runnable task) {
        if (!answered) {
            closeTask = task;
        }
    }

    @Override
    public void onHurry(Runnable task) {
        if (!answered) {
            connection.onHurry(() -> connection.run(this, task));
        }
    }

    @Override
    public long openChannel(Consumer<Partition.Reply> channelListener, Runnable closed) {
        return connection.openChannel(channelListener, closed);
    }

    /** The socket is gone: a request that asked to know of it ends here, unanswered. */
    void connectionClosed() {
        Runnable task = closeTask;
        if (task != null && end()) {
            frame.abandon();
            task.run();
            connection.ended(this);
        }
    }

    @Override
    public void respond(ApiMessage response) {
        if (!connection.loop().inLoop()) {
            connection.loop().execute(() -> connection.answer(this, response));
        } else {
            connection.answer(this, response);
        }
    }

    @Override
    public void respondKeepingFrame(ApiMessage response) {
        if (!answered) {
            frame.abandon();
        }
        respond(response);
    }

    @Override
    public void respondWhen(CompletionStage<? extends ApiMessage> response) {
        var _ = response.whenComplete((value, failure) -> connection.loop().execute(() -> {
            if (failure != null) {
                connection.fail(this, failure);
            } else if (value == null) {
                connection.fail(this, new IllegalStateException("the handler's stage gave no response"));
            } else {
                connection.answer(this, value);
            }
        }));
    }

    @Override
    public void respondNothing() {
        connection.answer(this, null);
    }

    @Override
    public void close(String reason) {
        if (end()) {
            frame.abandon(); // other partitions of the request may still write from it
            connection.ended(this);
            connection.close(reason);
        }
    }

    /** The response of a request that has been answered already. */
    void dropSecond(@Nullable ApiMessage response) {
        if (response != null) {
            ResponseWriter.release(response);
        }
    }
}
