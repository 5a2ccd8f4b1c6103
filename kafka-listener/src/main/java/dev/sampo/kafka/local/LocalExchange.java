package dev.sampo.kafka.local;

import dev.sampo.actors.loop.Timer;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.handler.ClientContext;
import dev.sampo.kafka.handler.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** One request of a lane. Its bytes belong to the garbage collector. */
final class LocalExchange implements Exchange {
    private final LaneActor lane;
    private final LaneActor.Call call;
    private final long number;
    private final ClientContext client;
    private final List<Timer> timers = new ArrayList<>(2);
    private @Nullable Consumer<Partition.Reply> listener;
    private @Nullable Runnable closeTask;
    private boolean ended;

    LocalExchange(LaneActor lane, LaneActor.Call call, long number, ClientContext client) {
        this.lane = lane;
        this.call = call;
        this.number = number;
        this.client = client;
    }

    LaneActor.Call call() {
        return call;
    }

    boolean ended() {
        return ended;
    }

    /** Marks the end; false when there was one already. */
    boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        listener = null;
        closeTask = null;
        timers.forEach(Timer::cancel);
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

    /** The caller waits no longer: as on a connection that is gone, a request that asked to know of it ends. */
    void abandoned() {
        Runnable task = closeTask;
        if (task != null && end()) {
            task.run();
            lane.ended(this);
        }
    }

    @Override
    public short apiVersion() {
        return call.version();
    }

    @Override
    public String clientId() {
        return "sampo";
    }

    @Override
    public ApiMessage request() {
        return call.request();
    }

    @Override
    public ClientContext client() {
        return client;
    }

    @Override
    public long requestId() {
        return number;
    }

    @Override
    public ActorRef<Partition.Reply> replyTo() {
        return lane.replyTo();
    }

    @Override
    public void onReply(Consumer<Partition.Reply> newListener) {
        if (!ended) {
            listener = newListener;
        }
    }

    @Override
    public void schedule(long delayMs, Runnable task) {
        if (!ended) {
            timers.add(lane.loop().schedule(delayMs, () -> lane.run(this, task)));
        }
    }

    @Override
    public void onClosed(Runnable task) {
        if (!ended) {
            closeTask = task;
        }
    }

    @Override
    public void respond(ApiMessage response) {
        if (lane.loop().inLoop()) {
            lane.answer(this, response);
        } else {
            lane.loop().execute(() -> lane.answer(this, response));
        }
    }

    @Override
    public void respondKeepingFrame(ApiMessage response) {
        respond(response);
    }

    @Override
    public void respondWhen(CompletionStage<? extends ApiMessage> response) {
        var _ = response.whenComplete((value, failure) -> lane.loop().execute(() -> {
            if (failure != null) {
                lane.fail(this, failure);
            } else if (value == null) {
                lane.fail(this, new IllegalStateException("the handler's stage gave no response"));
            } else {
                lane.answer(this, value);
            }
        }));
    }

    @Override
    public void respondNothing() {
        lane.fail(this, new IllegalArgumentException("a request that is not answered (acks=0) cannot be made locally"));
    }

    @Override
    public void close(String reason) {
        lane.fail(this, new IllegalArgumentException(reason));
    }
}
