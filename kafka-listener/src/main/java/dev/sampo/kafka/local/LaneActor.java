package dev.sampo.kafka.local;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.codec.ResponseWriter;
import dev.sampo.kafka.codec.SlicesInMemory;
import dev.sampo.kafka.handler.ApiHandler;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane of {@link LocalRequests}, on the dispatcher of its loop. Its messages are {@code Object} since
 * {@link Partition.Reply} is closed.
 */
final class LaneActor {
    private static final Logger log = LoggerFactory.getLogger(LaneActor.class);

    /** Serve this; the lane is idle. */
    record Call(
            ApiHandler handler, short version, ApiMessage request, long timeoutMs,
            CompletableFuture<ApiMessage> answer) {}

    /** The caller of the request with this number waits no longer. */
    private record Abandon(long number) {}

    private final LocalRequests owner;
    private final SelectorLoop loop;
    private final ActorRef<Object> self;
    private @Nullable LocalExchange running;
    private long nextNumber;

    private LaneActor(LocalRequests owner, SelectorLoop loop, ActorContext<Object> context) {
        this.owner = owner;
        this.loop = loop;
        this.self = context.getSelf();
    }

    static Behavior<Object> create(LocalRequests owner, SelectorLoop loop) {
        return Behaviors.setup(context -> new LaneActor(owner, loop, context).behavior());
    }

    private Behavior<Object> behavior() {
        return Behaviors.receive(Object.class)
                .onMessage(Partition.Reply.class, reply -> {
                    onReply(reply);
                    return Behaviors.same();
                })
                .onMessage(Call.class, call -> {
                    onCall(call);
                    return Behaviors.same();
                })
                .onMessage(Abandon.class, abandon -> {
                    if (running != null && running.requestId() == abandon.number()) {
                        running.abandoned();
                    }
                    return Behaviors.same();
                })
                .onSignal(PostStop.class, signal -> {
                    LocalExchange last = running;
                    if (last != null) {
                        last.abandoned();
                        last.call().answer().completeExceptionally(new IllegalStateException("the broker stops"));
                    }
                    return Behaviors.same();
                })
                .build();
    }

    SelectorLoop loop() {
        return loop;
    }

    ActorRef<Partition.Reply> replyTo() {
        return self.narrow();
    }

    private void onCall(Call call) {
        long number = nextNumber++;
        var exchange = new LocalExchange(this, call, number, new LocalClient(owner.listener()));
        running = exchange;
        exchange.schedule(call.timeoutMs(), () -> call.answer().completeExceptionally(
                new TimeoutException("no answer to " + call.handler().apiKey().name + " within " + call.timeoutMs() + " ms")));
        var _ = call.answer().whenComplete((answered, failure) -> {
            if (failure != null) {
                self.tell(new Abandon(number));
            }
        });
        run(exchange, () -> call.handler().handle(exchange));
    }

    private void onReply(Partition.Reply reply) {
        LocalExchange exchange = running;
        if (exchange != null && exchange.requestId() == reply.requestId()) {
            var delivered = new boolean[1];
            run(exchange, () -> delivered[0] = exchange.deliver(reply));
            if (delivered[0]) {
                return;
            }
        }
        if (reply instanceof Partition.ReadReply read && read.records() != null) {
            read.records().release();
        }
    }

    /** Runs a handler's code: whatever it throws is this request's failure. */
    void run(LocalExchange exchange, Runnable code) {
        if (exchange.ended()) {
            return;
        }
        try {
            code.run();
        } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
            fail(exchange, e);
        }
    }

    void fail(LocalExchange exchange, Throwable failure) {
        if (!exchange.end()) {
            log.atError().addKeyValue("apiKey", exchange.call().handler().apiKey()).setCause(failure)
                    .log("a handler failed after its answer");
            return;
        }
        ended(exchange);
        exchange.call().answer().completeExceptionally(
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure);
    }

    void answer(LocalExchange exchange, ApiMessage response) {
        if (!exchange.end()) {
            log.atWarn().addKeyValue("apiKey", exchange.call().handler().apiKey()).log("a request was answered twice");
            ResponseWriter.release(response);
            return;
        }
        ended(exchange);
        CompletableFuture<ApiMessage> answer = exchange.call().answer();
        if (!SlicesInMemory.areIn(response)) {
            answer.complete(response);
        } else if (answer.isDone()) {
            ResponseWriter.release(response);
        } else {
            try {
                owner.blocking().execute(() -> load(response, answer));
            } catch (RejectedExecutionException e) { // the system ends
                ResponseWriter.release(response);
                answer.completeExceptionally(e);
            }
        }
    }

    /** On a thread that may block. */
    private void load(ApiMessage response, CompletableFuture<ApiMessage> answer) {
        if (answer.isDone()) {
            ResponseWriter.release(response);
            return;
        }
        try {
            SlicesInMemory.load(response, owner.maxRecordsBytes());
            answer.complete(response);
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            answer.completeExceptionally(e);
        }
    }

    /** The request has ended; the lane is free. */
    void ended(LocalExchange exchange) {
        if (exchange.equals(running)) {
            running = null;
            owner.free(self);
        }
    }
}
