package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.Timer;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.codec.Request;
import dev.sampo.kafka.codec.ResponseWriter;
import dev.sampo.kafka.frame.Frame;
import dev.sampo.kafka.handler.ClientContext;
import dev.sampo.kafka.handler.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** One request of a connection, from its parsing to its answer. */
final class ConnectionExchange implements Exchange {
    private final Connection connection;
    private final Request request;
    private final Frame frame;
    private final long number;
    private @Nullable Consumer<Partition.Reply> listener;
    private @Nullable List<Timer> timers;
    private boolean answered;

    ConnectionExchange(Connection connection, Request request, Frame frame, long number) {
        this.connection = connection;
        this.request = request;
        this.frame = frame;
        this.number = number;
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
        if (timers != null) {
            timers.forEach(Timer::cancel);
        }
        return true;
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
    public void respond(ApiMessage response) {
        if (!connection.loop().inLoop()) {
            connection.loop().execute(() -> connection.answer(this, response));
        } else {
            connection.answer(this, response);
        }
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
