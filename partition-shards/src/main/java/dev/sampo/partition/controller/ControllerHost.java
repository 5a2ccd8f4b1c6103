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
import org.jspecify.annotations.Nullable;

/**
 * Runs the controller where the metadata log is led: a child while this node leads it, none otherwise. Commands that
 * come a moment before this node leads wait here; those beyond the bound or too old are dropped, and their asker asks again.
 */
public final class ControllerHost extends AbstractMatchingBehavior<Controller.Command> {
    private static final int MAX_WAITING = 1_000;
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);

    /** This node leads the metadata log, or does not any more. */
    public record RoleChanged(boolean leader) implements Controller.Internal {}

    /** From a node that does not know where the controller runs. */
    public record Forward(Controller.Command command) implements Controller.Internal {}

    private record Waiting(Controller.Command command, long untilNanos) {}

    private final Supplier<Behavior<Controller.Command>> controller;
    private final Supplier<Optional<ActorSelection>> elsewhere;
    private final @Nullable MetadataQuorum quorum;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private @Nullable ActorRef<Controller.Command> running;

    private ControllerHost(
            ActorContext<Controller.Command> context, Supplier<Behavior<Controller.Command>> controller,
            Supplier<Optional<ActorSelection>> elsewhere, @Nullable MetadataQuorum quorum) {
        super(context);
        this.quorum = quorum;
        this.controller = controller;
        this.elsewhere = elsewhere;
    }

    /** Starts {@code controller} on {@link RoleChanged}; the only node that has one. */
    public static Behavior<Controller.Command> create(Supplier<Behavior<Controller.Command>> controller) {
        return Behaviors.setup(context -> new ControllerHost(context, controller, Optional::empty, null));
    }

    /**
     * Starts {@code controller} on {@link RoleChanged}; {@code route} knows where it runs otherwise. What is asked of the
     * metadata log itself {@code quorum} answers.
     */
    public static Behavior<Controller.Command> create(
            Supplier<Behavior<Controller.Command>> controller, ControllerRoute route, MetadataQuorum quorum) {
        return Behaviors.setup(context -> new ControllerHost(context, controller, route::leader, quorum));
    }

    @Override
    public Behavior<Controller.Command> onMessage(Controller.Command command) {
        switch (command) {
            case RoleChanged(boolean leader) -> onRole(leader);
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
        long now = System.nanoTime();
        while (!waiting.isEmpty() && waiting.element().untilNanos() - now < 0) {
            waiting.remove();
        }
        if (waiting.size() < MAX_WAITING) {
            waiting.add(new Waiting(command, now + MAX_WAIT.toNanos()));
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
