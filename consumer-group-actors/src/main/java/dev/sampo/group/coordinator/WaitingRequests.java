package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The addresses of one group's requests. It stands before the event-sourced behavior, so that a request is known even
 * while Pekko keeps it back during a write, and each is answered exactly once: by the rules, or here when the actor ends.
 */
final class WaitingRequests {
    /** Most requests of one group at a time; one too many is told COORDINATOR_NOT_AVAILABLE and comes again. */
    static final int MOST = 20_000;

    /** A request whose address is kept here. */
    record Numbered(long requestId, Group.Request<?> request) implements Group.Internal {}

    private final Map<Long, Group.Ask> byId = new HashMap<>();
    private long nextRequestId = 1;

    /** Answers a request that waits; a second answer is a bug. */
    void answer(long requestId, Group.Reply reply) {
        Group.Ask ask = byId.remove(requestId);
        if (ask == null) {
            throw new IllegalStateException("request " + requestId + " answered twice: " + reply);
        }
        ask.replyTo().tell(reply);
    }

    /** False once it was answered or refused. */
    boolean knows(long requestId) {
        return byId.containsKey(requestId);
    }

    /** Everybody who waits looks for the coordinator again. */
    void refuseAll() {
        byId.values().forEach(ask -> ask.replyTo().tell(ask.request().refused(KafkaError.NOT_COORDINATOR)));
        byId.clear();
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
                return target.apply(context, new Numbered(requestId, ask.request()));
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
