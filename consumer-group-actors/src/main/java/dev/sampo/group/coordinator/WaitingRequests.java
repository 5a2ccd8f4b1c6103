package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/**
 * One group's requests. It stands before the event-sourced behavior: while Pekko keeps commands back during a write, requests
 * gather here, to be decided together and stored by one write after it. Each is answered exactly once: by the rules, or here
 * when the actor ends.
 */
final class WaitingRequests {
    /** Most requests of one group at a time; one too many is told COORDINATOR_NOT_AVAILABLE and comes again. */
    static final int MOST = 20_000;

    /** There are requests to take with {@link #next}. One message for all that come until then. */
    record Arrived() implements Group.Internal {}

    /** A request whose address is kept here. */
    record Numbered(long requestId, Group.Request<?> request) {}

    private final Map<Long, Group.Ask> byId = new HashMap<>();
    private final Deque<Numbered> arrived = new ArrayDeque<>();
    private boolean told; // Arrived is on its way
    private long nextRequestId = 1;

    /** The oldest request that was not taken, null when there is none; then the next one to come sends {@link Arrived} again. */
    @Nullable Numbered next() {
        told = !arrived.isEmpty();
        return arrived.poll();
    }

    /** Answers a request that waits; a second answer is a bug. */
    void answer(long requestId, Group.Reply reply) {
        Group.Ask ask = byId.remove(requestId);
        if (ask == null) {
            throw new IllegalStateException("request " + requestId + " answered twice: " + reply);
        }
        ask.replyTo().tell(reply);
    }

    /** Everybody who waits looks for the coordinator again. */
    void refuseAll() {
        byId.values().forEach(ask -> ask.replyTo().tell(ask.request().refused(KafkaError.NOT_COORDINATOR)));
        byId.clear();
        arrived.clear();
        told = false; // one on its way finds nothing
    }

    /** The behavior with this before it. */
    Behavior<Group.Command> around(Behavior<Group.Command> behavior) {
        return Behaviors.intercept(() -> new BehaviorInterceptor<>(Group.Command.class) {
            @Override
            public Behavior<Group.Command> aroundReceive(
                    TypedActorContext<Group.Command> context, Group.Command message,
                    ReceiveTarget<Group.Command> target) {
                if (!(message instanceof Group.Ask ask)) {
                    return target.apply(context, message);
                }
                if (byId.size() >= MOST) {
                    ask.replyTo().tell(ask.request().refused(KafkaError.COORDINATOR_NOT_AVAILABLE));
                    return Behaviors.same();
                }
                long requestId = nextRequestId++;
                byId.put(requestId, ask);
                arrived.add(new Numbered(requestId, ask.request()));
                if (told) {
                    return Behaviors.same();
                }
                told = true;
                return target.apply(context, new Arrived());
            }

            @Override
            public Behavior<Group.Command> aroundSignal(
                    TypedActorContext<Group.Command> context, Signal signal, SignalTarget<Group.Command> target) {
                if (signal instanceof PostStop) {
                    refuseAll();
                }
                return target.apply(context, signal);
            }
        }, behavior);
    }
}
