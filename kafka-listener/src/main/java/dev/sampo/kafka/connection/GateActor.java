package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.gate.Gate;
import dev.sampo.group.coordinator.GroupCalled;
import dev.sampo.partition.session.NodeGone;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in connections of streams on nodes of the cluster, places them on the loops in turn, and is their parent, as
 * {@link ListenerActor} is for sockets. Its messages are {@code Object}: those of {@link Gate} come from other nodes.
 */
final class GateActor {
    private static final Logger log = LoggerFactory.getLogger(GateActor.class);

    /** Take in nothing more, finish what is in flight, close; then complete {@code done} and stop. */
    record Shutdown(CompletableFuture<Void> done) {}

    private record Closed(ActorRef<Object> connection) {}

    private record ShutdownTimedOut() {}

    private record Peer(ActorRef<Gate.ToStream> stream, String node, boolean called) {}

    private final ActorContext<Object> context;
    private final ListenerContext listener;
    private final List<SelectorLoop> loops;
    private final List<ConnectionSet> sets;
    private final Predicate<String> isMember;
    private final Map<ActorRef<?>, Peer> connections = new HashMap<>();
    private @Nullable CompletableFuture<Void> closing;
    private long nextConnection;

    private GateActor(
            ActorContext<Object> context, ListenerContext listener, List<SelectorLoop> loops,
            Predicate<String> isMember) {
        this.context = context;
        this.listener = listener;
        this.loops = loops;
        this.sets = loops.stream().map(ConnectionSet::new).toList();
        this.isMember = isMember;
        ActorRef<Object> self = context.getSelf();
        context.getSystem().eventStream().tell(new EventStream.Subscribe<>(NodeGone.class, self.narrow()));
        context.getSystem().eventStream().tell(new EventStream.Subscribe<>(GroupCalled.class, self.narrow()));
    }

    /** {@code isMember} of the cluster is a node by its name: only streams on those are taken in. */
    static Behavior<Object> create(ListenerContext listener, List<SelectorLoop> loops, Predicate<String> isMember) {
        return Behaviors.setup(context -> new GateActor(context, listener, loops, isMember).behavior());
    }

    private Behavior<Object> behavior() {
        return Behaviors.receive(Object.class)
                .onMessage(Gate.Open.class, open -> {
                    onOpen(open);
                    return Behaviors.same();
                })
                .onMessage(GroupCalled.class, called -> {
                    connections.values().stream()
                            .filter(peer -> peer.called() && called.nodes().contains(peer.node()))
                            .forEach(peer -> peer.stream().tell(new Gate.Called(called.groupId())));
                    return Behaviors.same();
                })
                .onMessage(NodeGone.class, gone -> {
                    connections.forEach((connection, peer) -> {
                        if (peer.node().equals(gone.node())) {
                            tell(connection, new Gate.End("the node has left the cluster"));
                        }
                    });
                    return Behaviors.same();
                })
                .onMessage(Closed.class, closed -> onEnd(closed.connection()))
                .onMessage(Shutdown.class, this::onShutdown)
                .onMessage(ShutdownTimedOut.class, timedOut -> {
                    connections.keySet().forEach(connection -> tell(connection, ConnectionActor.CLOSE));
                    return Behaviors.stopped();
                })
                .onSignal(Terminated.class, terminated -> onEnd(terminated.getRef()))
                .onSignal(PostStop.class, signal -> {
                    if (closing != null) {
                        closing.complete(null);
                    }
                    return Behaviors.same();
                })
                .build();
    }

    private void onOpen(Gate.Open open) {
        String refusal = null;
        if (closing != null) {
            refusal = "the broker stops";
        } else if (!isMember.test(open.node())) {
            refusal = open.node() + " is no member of this broker's cluster";
        } else if (connections.size() >= listener.settings().maxConnections()) {
            refusal = "the broker has " + connections.size() + " connections of streams, which is the most it takes";
        }
        if (refusal != null) {
            listener.counters().rejected.increment();
            log.atDebug().addKeyValue("node", open.node()).log("connection refused: " + refusal);
            open.stream().tell(new Gate.End(refusal));
            return;
        }
        listener.counters().accepted.increment();
        listener.counters().connections.incrementAndGet();
        ActorRef<Object> self = context.getSelf(); // told from other loops too
        long id = nextConnection++;
        int index = (int) (id % loops.size());
        InetAddress address = address(open.stream());
        TransportOpener opener =
                (loop, owner) -> new GateTransport(loop, owner, open.stream(), open.node(), address);
        ActorRef<Object> connection = context.spawn(
                Behaviors.setup(child -> {
                    child.watchWith(open.stream(), new Gate.End("the stream has ended, or its node is gone"));
                    return ConnectionActor.create(
                            listener, loops.get(index), sets.get(index), opener, id,
                            closed -> self.tell(new Closed(closed)));
                }),
                "stream-" + id, DispatcherSelector.fromConfig("sampo.loop-" + index));
        connections.put(connection, new Peer(open.stream(), open.node(), open.called()));
        context.watch(connection);
        open.stream().tell(new Gate.Opened(connection.narrow()));
    }

    /** For logs; nothing is looked up. */
    private static InetAddress address(ActorRef<?> stream) {
        String host = stream.path().address().getHost().orElse("");
        try {
            return host.isEmpty() ? InetAddress.getLoopbackAddress() : InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException e) {
            try {
                return InetAddress.getByAddress(host, new byte[4]);
            } catch (UnknownHostException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    private Behavior<Object> onEnd(ActorRef<?> connection) {
        if (connections.remove(connection) != null) {
            listener.counters().connections.decrementAndGet();
        }
        return closing != null && connections.isEmpty() ? Behaviors.stopped() : Behaviors.same();
    }

    private Behavior<Object> onShutdown(Shutdown shutdown) {
        if (closing != null) {
            var _ = closing.whenComplete((done, failure) -> shutdown.done().complete(null));
            return Behaviors.same();
        }
        closing = shutdown.done();
        if (connections.isEmpty()) {
            return Behaviors.stopped();
        }
        connections.keySet().forEach(connection -> tell(connection, ConnectionActor.DRAIN));
        context.scheduleOnce(
                Duration.ofMillis(listener.settings().shutdownTimeoutMs()), context.getSelf(), new ShutdownTimedOut());
        return Behaviors.same();
    }

    private static void tell(ActorRef<?> connection, Object message) {
        connection.<Object>unsafeUpcast().tell(message);
    }
}
