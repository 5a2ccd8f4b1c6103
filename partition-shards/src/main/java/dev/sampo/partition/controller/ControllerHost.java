package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the controller where the metadata log is led: a child while this node leads it, none otherwise. Commands that
 * come before the first leader is known wait here; those beyond the bound are dropped, and their asker asks again.
 */
public final class ControllerHost extends AbstractMatchingBehavior<Controller.Command> {
    private static final int MAX_WAITING = 1_000;

    /** This node leads the metadata log, or does not any more. */
    public record RoleChanged(boolean leader) implements Controller.Internal {}

    private final StashBuffer<Controller.Command> waiting;
    private final Supplier<Behavior<Controller.Command>> controller;
    private @Nullable ActorRef<Controller.Command> running;

    private ControllerHost(
            ActorContext<Controller.Command> context, StashBuffer<Controller.Command> waiting,
            Supplier<Behavior<Controller.Command>> controller) {
        super(context);
        this.waiting = waiting;
        this.controller = controller;
    }

    /** Starts {@code controller} on {@link RoleChanged}. */
    public static Behavior<Controller.Command> create(Supplier<Behavior<Controller.Command>> controller) {
        return Behaviors.setup(context -> Behaviors.withStash(
                MAX_WAITING, waiting -> new ControllerHost(context, waiting, controller)));
    }

    @Override
    public Behavior<Controller.Command> onMessage(Controller.Command command) {
        if (command instanceof RoleChanged(boolean leader)) {
            return onRole(leader);
        }
        if (running != null) {
            running.tell(command);
        } else if (!waiting.isFull()) {
            waiting.stash(command);
        }
        return this;
    }

    private Behavior<Controller.Command> onRole(boolean leader) {
        if (leader && running == null) {
            running = getContext().spawnAnonymous(controller.get());
            return waiting.unstashAll(this);
        }
        if (!leader && running != null) {
            getContext().stop(running);
            running = null;
        }
        return this;
    }
}
