package dev.sampo.partition.leader;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.fetch.ConsumerReads;
import dev.sampo.partition.follower.Follower;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Answers requests that reach a leader, or a follower, when its actor is gone: whoever sent it had found it in the registry a
 * moment before. They come out of Pekko's dead letters as NOT_LEADER_OR_FOLLOWER, instead of never.
 */
public final class LateRequests {
    private LateRequests() {}

    /** Answers from now on, until the system ends. */
    public static void start(ActorSystem<?> system) {
        system.systemActorOf(create(), "late-partition-requests", Props.empty());
    }

    private static Behavior<DeadLetter> create() {
        return Behaviors.setup(context -> {
            context.getSystem().eventStream().tell(new EventStream.Subscribe<>(DeadLetter.class, context.getSelf()));
            return Behaviors.receiveMessage(letter -> {
                switch (letter.message()) {
                    case Partition.Request request -> Refusals.refuse(request, KafkaError.NOT_LEADER_OR_FOLLOWER);
                    case Follower.Read(var id, var read) ->
                        ConsumerReads.refuse(read, KafkaError.NOT_LEADER_OR_FOLLOWER);
                    case Follower.Describe(var id, var describe) ->
                        Refusals.refuse(describe, KafkaError.NOT_LEADER_OR_FOLLOWER);
                    default -> {
                        // somebody else's
                    }
                }
                return Behaviors.same();
            });
        });
    }
}
