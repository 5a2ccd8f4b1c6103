package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Answers requests that reach a coordinator when its actor is gone: it had been there a moment before. They come out of
 * Pekko's dead letters as NOT_COORDINATOR, instead of never.
 */
final class LateRequests {
    private LateRequests() {}

    /** Answers from now on, until the system ends. */
    static void start(ActorSystem<?> system) {
        system.systemActorOf(create(), "late-group-requests", Props.empty());
    }

    private static Behavior<DeadLetter> create() {
        return Behaviors.setup(context -> {
            context.getSystem().eventStream().tell(new EventStream.Subscribe<>(DeadLetter.class, context.getSelf()));
            return Behaviors.receiveMessage(letter -> {
                switch (letter.message()) {
                    case OffsetsPartitionActor.Route(Group.Ask ask) -> refuse(ask);
                    case Group.Ask ask -> refuse(ask);
                    default -> {
                        // somebody else's
                    }
                }
                return Behaviors.same();
            });
        });
    }

    private static void refuse(Group.Ask ask) {
        ask.replyTo().tell(ask.request().refused(KafkaError.NOT_COORDINATOR));
    }
}
