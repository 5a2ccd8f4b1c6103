package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Runs the controller where the metadata log is led: a child while this node leads it, none otherwise. Commands that
 * come a moment before this node leads wait here, those that come a moment after it has led go to who does now; those beyond the
 * bound or too old are dropped, and their asker asks again.
 */
public final class ControllerHost extends AbstractMatchingBehavior<Controller.Command> {
    private static final int MAX_WAITING = 1_000;
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);
    /** Two nodes that take each other for the leader send a command to and fro no faster than this. */
    private static final Duration TRY_AGAIN = Duration.ofMillis(20);

    /** This node leads the metadata log, or does not any more. */
    public record RoleChanged(boolean leader) implements Controller.Internal {}

    /** From a node that does not know where the controller runs. */
    public record Forward(Controller.Command command) implements Controller.Internal {}

    private enum Tick implements Controller.Internal {
        INSTANCE
    }

    private record Waiting(Controller.Command command, long untilNanos) {}

    private final Supplier<Behavior<Controller.Command>> controller;
    private final Supplier<Optional<ActorSelection>> elsewhere;
    private final @Nullable MetadataQuorum quorum;
    private final TimerScheduler<Controller.Command> timers;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private @Nullable ActorRef<Controller.Command> running;

    private ControllerHost(
            ActorContext<Controller.Command> context, TimerScheduler<Controller.Command> timers,
            Supplier<Behavior<Controller.Command>> controller, Supplier<Optional<ActorSelection>> elsewhere,
            @Nullable MetadataQuorum quorum) {
        super(context);
        this.timers = timers;
        this.quorum = quorum;
        this.controller = controller;
        this.elsewhere = elsewhere;
    }

    /** Starts {@code controller} on {@link RoleChanged}; the only node that has one. */
    public static Behavior<Controller.Command> create(Supplier<Behavior<Controller.Command>> controller) {
        return create(controller, Optional::empty, null);
    }

    /**
     * Starts {@code controller} on {@link RoleChanged}; {@code route} knows where it runs otherwise. What is asked of the
     * metadata log itself {@code quorum} answers.
     */
    public static Behavior<Controller.Command> create(
            Supplier<Behavior<Controller.Command>> controller, ControllerRoute route, MetadataQuorum quorum) {
        return create(controller, () -> route.leadsHere() ? Optional.empty() : route.leader(), quorum);
    }

    static Behavior<Controller.Command> create(
            Supplier<Behavior<Controller.Command>> controller, Supplier<Optional<ActorSelection>> elsewhere,
            @Nullable MetadataQuorum quorum) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers ->
                new ControllerHost(context, timers, controller, elsewhere, quorum)));
    }

    @Override
    public Behavior<Controller.Command> onMessage(Controller.Command command) {
        switch (command) {
            case RoleChanged(boolean leader) -> onRole(leader);
            case Tick.INSTANCE -> sendOn();
            case Forward(Controller.Command forwarded) when running == null && elsewhere.get().isPresent() ->
                elsewhere.get().get().tell(forwarded, org.apache.pekko.actor.ActorRef.noSender());
            case Forward(Controller.Command forwarded) -> take(forwarded);
            default -> take(command);
        }
        return this;
    }

    private void take(Controller.Command command) {
        if (running != null) {
            pass(command, running);
            return;
        }
        if (waiting.size() < MAX_WAITING) {
            waiting.add(new Waiting(command, System.nanoTime() + MAX_WAIT.toNanos()));
        }
        tryAgain();
    }

    private void sendOn() {
        Optional<ActorSelection> leader = elsewhere.get();
        long now = System.nanoTime();
        while (!waiting.isEmpty() && (leader.isPresent() || waiting.element().untilNanos() - now < 0)) {
            Waiting next = waiting.remove();
            if (next.untilNanos() - now >= 0) {
                leader.ifPresent(host -> host.tell(next.command(), org.apache.pekko.actor.ActorRef.noSender()));
            }
        }
        if (!waiting.isEmpty()) {
            tryAgain();
        }
    }

    private void tryAgain() {
        if (!timers.isTimerActive(Tick.INSTANCE)) {
            timers.startSingleTimer(Tick.INSTANCE, TRY_AGAIN);
        }
    }

    private void pass(Controller.Command command, ActorRef<Controller.Command> leading) {
        if (quorum != null && command instanceof Controller.DescribeQuorum(var replyTo)) {
            replyTo.tell(quorum.describe());
        } else if (quorum != null && command instanceof Controller.ChangeVoter change) {
            var _ = quorum.change(change).thenAccept(reply -> change.replyTo().tell(reply));
        } else {
            leading.tell(command);
        }
    }

    private void onRole(boolean leader) {
        if (leader && running == null) {
            running = getContext().spawnAnonymous(controller.get());
            long now = System.nanoTime();
            for (Waiting next : waiting) {
                if (next.untilNanos() - now >= 0) {
                    pass(next.command(), running);
                }
            }
            waiting.clear();
        } else if (!leader && running != null) {
            getContext().stop(running);
            running = null;
        }
    }
}
