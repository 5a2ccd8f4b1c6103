package dev.sampo.gate;

import java.time.Duration;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.SeenChanged;
import org.apache.pekko.cluster.InternalClusterAction;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Has this node gossip fast while the members do not agree, and at Pekko's leisure of a second when they do. Placement waits
 * until all have seen that a member came or went, so the interval of a second decided over every start, stop and failover,
 * and a short one was most of what an idle cluster cost. Pekko's own ticks go on; these come in between.
 */
public final class GossipPace extends AbstractBehavior<GossipPace.Command> {
    /** To the pace. */
    public sealed interface Command {}

    private record Seen(boolean byAll) implements Command {}

    private enum Tick implements Command {
        INSTANCE
    }

    private static final Duration FIRST = Duration.ofMillis(20);
    /** For as long as a member is out of reach and not yet down. */
    private static final Duration LONGEST = Duration.ofMillis(320);

    private final TimerScheduler<Command> timers;
    private final ActorRef membership;
    private Duration pause = FIRST;

    private GossipPace(ActorContext<Command> context, TimerScheduler<Command> timers) {
        super(context);
        this.timers = timers;
        this.membership = org.apache.pekko.cluster.Cluster.get(context.getSystem()).clusterCore();
        Cluster.get(context.getSystem()).subscriptions().tell(Subscribe.create(
                context.messageAdapter(SeenChanged.class, seen -> new Seen(seen.convergence())), SeenChanged.class));
    }

    /** Before the node joins. */
    public static void start(ActorSystem<?> system) {
        system.systemActorOf(
                Behaviors.<Command>setup(context ->
                        Behaviors.withTimers(timers -> new GossipPace(context, timers))),
                "gossip-pace", Props.empty());
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Seen.class, this::onSeen)
                .onMessage(Tick.class, this::onTick)
                .build();
    }

    private Behavior<Command> onSeen(Seen seen) {
        if (seen.byAll()) {
            timers.cancel(Tick.INSTANCE);
            lead();
        } else {
            pause = FIRST;
            gossip();
        }
        return this;
    }

    private Behavior<Command> onTick(Tick tick) {
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST) < 0 ? twice : LONGEST;
        gossip();
        return this;
    }

    private void gossip() {
        membership.tell(InternalClusterAction.GossipTick$.MODULE$, ActorRef.noSender());
        lead(); // an exiting member may have confirmed meanwhile, which changes nothing that is published
        timers.startSingleTimer(Tick.INSTANCE, pause);
    }

    /** If this node is the one that lets members in and out, it looks now. */
    private void lead() {
        membership.tell(InternalClusterAction.LeaderActionsTick$.MODULE$, ActorRef.noSender());
    }
}
