package dev.sampo.gate;

import java.time.Duration;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.MemberStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends the actor system of a node without brokers. Shell of {@link Orphan}. */
final class StreamNodeActor extends AbstractBehavior<StreamNodeActor.Tick> {
    enum Tick {
        NOW
    }

    private static final Logger log = LoggerFactory.getLogger(StreamNodeActor.class);
    private static final Duration EACH = Duration.ofSeconds(1);

    private final Cluster cluster;
    private final Orphan orphan;

    private StreamNodeActor(ActorContext<Tick> context, TimerScheduler<Tick> timers, Duration patience) {
        super(context);
        this.cluster = Cluster.get(Adapter.toClassic(context.getSystem()));
        this.orphan = new Orphan(patience.toNanos());
        timers.startTimerWithFixedDelay(Tick.NOW, EACH);
    }

    static Behavior<Tick> create(Duration patience) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new StreamNodeActor(context, timers, patience)));
    }

    @Override
    public Receive<Tick> createReceive() {
        return newReceiveBuilder().onMessage(Tick.class, this::look).build();
    }

    private Behavior<Tick> look(Tick tick) {
        CurrentClusterState state = cluster.state();
        boolean broker = StreamSupport.stream(state.getMembers().spliterator(), false)
                .anyMatch(member -> member.hasRole(Gate.BROKER_ROLE) && member.status().equals(MemberStatus.up())
                        && !state.getUnreachable().contains(member));
        if (!orphan.isOver(broker, System.nanoTime())) {
            return this;
        }
        log.atError().addKeyValue("node", ClusterNode.of(cluster.selfUniqueAddress()))
                .log("no broker is in this node's cluster any more: its actor system ends, start it anew");
        cluster.down(cluster.selfAddress()); // alone, it need not say goodbye
        getContext().getSystem().terminate();
        return Behaviors.stopped();
    }
}
