package dev.sampo.cluster;

import dev.sampo.actors.serialization.SampoMessage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.persistence.metadata.MetadataLog;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One per broker: on the node that leads the metadata log it performs the steps of {@link MetadataMembers}. */
final class MetadataMembership extends AbstractBehavior<MetadataMembership.Command> {
    /** Its name below {@code /system}. */
    static final String NAME = "metadata-membership";

    /** To this actor, from itself. */
    sealed interface Command extends SampoMessage permits Look, Stepped {}

    private enum Look implements Command {
        INSTANCE
    }

    private record Stepped(@Nullable String failure) implements Command {}

    /** What it works with. */
    record Parts(MetadataLog metadataLog, MetadataImages images, Supplier<MetadataLog.Role> role) {}

    private static final Logger log = LoggerFactory.getLogger(MetadataMembership.class);
    /** Changes of the brokers are looked at as they come; this is for what failed, and for a new leader. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Parts parts;
    private final Runnable unsubscribe;
    private boolean stepping;

    @SuppressWarnings("ReferenceEquality") // what an event did not touch is the same object; equals walks the map
    private MetadataMembership(ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
        super(context);
        this.parts = parts;
        timers.startTimerWithFixedDelay(Look.INSTANCE, LOOK);
        ActorRef<Command> self = context.getSelf();
        this.unsubscribe = parts.images().subscribe((before, now) -> {
            if (before.brokers() != now.brokers()) {
                self.tell(Look.INSTANCE);
            }
        });
    }

    static Behavior<Command> create(Parts parts) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new MetadataMembership(context, timers, parts)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Command.class, this::onCommand)
                .onSignal(PostStop.class, signal -> {
                    unsubscribe.run();
                    return this;
                })
                .build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Look.INSTANCE -> look();
            case Stepped(String failure) -> {
                stepping = false;
                if (failure != null) {
                    log.atWarn().log("the members of the metadata log were not changed, trying again: {}", failure);
                } else {
                    look();
                }
            }
        }
        return this;
    }

    private void look() {
        if (stepping || !parts.role().get().leader()) {
            return;
        }
        Optional<Set<Member>> next;
        try {
            next = MetadataMembers.next(parts.metadataLog().members(), parts.images().current());
        } catch (RuntimeException e) {
            log.atDebug().setCause(e).log("the members of the metadata log cannot be read now");
            return;
        }
        next.ifPresent(members -> {
            log.atInfo().addKeyValue("members", members).log("the metadata log gets other members");
            stepping = true;
            getContext().pipeToSelf(
                    parts.metadataLog().changeMembers(members),
                    (done, failure) -> new Stepped(failure == null ? null : failure.toString()));
        });
    }
}
