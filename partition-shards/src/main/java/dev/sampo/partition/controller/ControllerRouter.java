package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * "The controller" for everything on this broker: passes each command on to where the controller runs, at most once. While
 * nobody leads the metadata log commands wait here, bounded in number and time; their askers ask again.
 */
public final class ControllerRouter extends AbstractMatchingBehavior<Controller.Command> {
    private static final int MAX_WAITING = 1_000;
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);
    private static final Duration TRY_AGAIN = Duration.ofMillis(50);

    private enum Tick implements Controller.Internal {
        INSTANCE
    }

    private record Waiting(Controller.Command command, long untilNanos) {}

    private final ControllerRoute route;
    private final ActorRef<Controller.Command> localHost;
    private final TimerScheduler<Controller.Command> timers;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    private ControllerRouter(
            ActorContext<Controller.Command> context, TimerScheduler<Controller.Command> timers, ControllerRoute route,
            ActorRef<Controller.Command> localHost) {
        super(context);
        this.route = route;
        this.localHost = localHost;
        this.timers = timers;
    }

    /** @param localHost the {@link ControllerHost} of this node */
    public static Behavior<Controller.Command> create(ControllerRoute route, ActorRef<Controller.Command> localHost) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new ControllerRouter(context, timers, route, localHost)));
    }

    @Override
    public Behavior<Controller.Command> onMessage(Controller.Command command) {
        if (command == Tick.INSTANCE) {
            long now = System.nanoTime();
            while (!waiting.isEmpty()
                    && (waiting.element().untilNanos() - now < 0 || send(waiting.element().command()))) {
                waiting.remove();
            }
        } else if ((!waiting.isEmpty() || !send(command)) && waiting.size() < MAX_WAITING) {
            waiting.add(new Waiting(command, System.nanoTime() + MAX_WAIT.toNanos()));
        }
        if (!waiting.isEmpty() && !timers.isTimerActive(Tick.INSTANCE)) {
            timers.startSingleTimer(Tick.INSTANCE, TRY_AGAIN);
        }
        return this;
    }

    private boolean send(Controller.Command command) {
        if (route.leadsHere()) {
            localHost.tell(command);
            return true;
        }
        Optional<ActorSelection> leader = route.leader();
        if (leader.isPresent()) {
            leader.get().tell(command, org.apache.pekko.actor.ActorRef.noSender());
            return true;
        }
        // A broker that registers for the first time takes no part in the metadata log yet: another one knows.
        Optional<ActorSelection> another = route.leaderIsKnown() ? Optional.empty() : route.another();
        another.ifPresent(host ->
                host.tell(new ControllerHost.Forward(command), org.apache.pekko.actor.ActorRef.noSender()));
        return another.isPresent();
    }
}
