package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.protocol.Partition;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts on loop 0, checks the quotas, places connections on the loops in turn, and is their parent. */
final class ListenerActor extends AbstractBehavior<ListenerActor.Command> {
    private static final Logger log = LoggerFactory.getLogger(ListenerActor.class);
    private static final int MAX_ACCEPTS_PER_TURN = 100;
    private static final long RETRY_ACCEPT_MS = 1_000;

    sealed interface Command {}

    /** Stop accepting, finish what is in flight, close; then complete {@code done} and stop. */
    record Shutdown(CompletableFuture<Void> done) implements Command {}

    /** From now on new connections are closed at once, or (false) served again. */
    record Refuse(boolean refuse, CompletableFuture<Void> done) implements Command {}

    private record Accepted(SocketChannel channel, InetAddress peer) implements Command {}

    private record SocketClosed(ActorRef<Object> connection) implements Command {}

    private record ShutdownTimedOut() implements Command {}

    /** A message that found no actor; an answer of a partition may hold a file, which is released here. */
    private record Undelivered(Object message) implements Command {}

    private final ListenerContext listener;
    private final ServerSocketChannel server;
    private final List<SelectorLoop> loops;
    private final List<ConnectionSet> sets;
    private final ConnectionQuotas quotas;
    private final Map<ActorRef<?>, InetAddress> connections = new HashMap<>();
    private final SelectorLoop.Registration registration;
    private boolean refusing;
    private @Nullable CompletableFuture<Void> closing;
    private long nextConnection;

    private ListenerActor(
            ActorContext<Command> context, ListenerContext listener, ServerSocketChannel server,
            List<SelectorLoop> loops, List<ConnectionSet> sets)
            throws IOException {
        super(context);
        this.listener = listener;
        this.server = server;
        this.loops = loops;
        this.sets = sets;
        ListenerSettings settings = listener.settings();
        quotas = new ConnectionQuotas(
                settings.maxConnections(), settings.maxConnectionsPerAddress(), settings.newConnectionsPerSecond(),
                settings.newConnectionsBurst());
        ActorRef<DeadLetter> deadLetters = context.messageAdapter(
                DeadLetter.class, letter -> new Undelivered(letter.message()));
        context.getSystem().eventStream().tell(new EventStream.Subscribe<>(DeadLetter.class, deadLetters));
        ActorRef<Command> self = context.getSelf();
        registration = loops.getFirst().register(server, SelectionKey.OP_ACCEPT, ops -> accept(self));
    }

    /** To be spawned on the dispatcher of loop 0. {@code server} is bound and non-blocking; a set for each loop. */
    static Behavior<Command> create(
            ListenerContext listener, ServerSocketChannel server, List<SelectorLoop> loops, List<ConnectionSet> sets) {
        return Behaviors.setup(context -> new ListenerActor(context, listener, server, loops, sets));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Accepted.class, this::onAccepted)
                .onMessage(Refuse.class, wanted -> {
                    refusing = wanted.refuse();
                    wanted.done().complete(null);
                    return this;
                })
                .onMessage(Undelivered.class, undelivered -> {
                    if (undelivered.message() instanceof Partition.Reply reply) {
                        Connection.release(reply);
                    }
                    return this;
                })
                .onMessage(SocketClosed.class, closed -> onConnectionEnd(closed.connection()))
                .onMessage(Shutdown.class, this::onShutdown)
                .onMessage(ShutdownTimedOut.class, timedOut -> {
                    connections.keySet().forEach(connection -> tell(connection, ConnectionActor.CLOSE));
                    finishShutdown();
                    return Behaviors.stopped();
                })
                .onSignal(Terminated.class, terminated -> onConnectionEnd(terminated.getRef()))
                .onSignal(PostStop.class, signal -> {
                    registration.cancel();
                    server.close();
                    finishShutdown();
                    return this;
                })
                .build();
    }

    /** On loop 0, outside of a message. */
    private void accept(ActorRef<Command> self) {
        try {
            for (int i = 0; i < MAX_ACCEPTS_PER_TURN; i++) {
                SocketChannel channel = server.accept();
                if (channel == null) {
                    return;
                }
                if (!(channel.getRemoteAddress() instanceof InetSocketAddress address)) {
                    channel.close(); // reset meanwhile
                    continue;
                }
                InetAddress peer = address.getAddress();
                String limit = refusing ? "refused for a while" : quotas.accept(peer, loops.getFirst().nowMs());
                if (limit != null) {
                    listener.counters().rejected.increment();
                    log.atDebug().addKeyValue("client", peer).log("connection refused: " + limit);
                    channel.close();
                    continue;
                }
                listener.counters().accepted.increment();
                listener.counters().connections.incrementAndGet();
                self.tell(new Accepted(channel, peer));
            }
        } catch (IOException e) { // mostly: no file descriptors. Readiness stays, so look away for a while
            log.atWarn().addKeyValue("listener", listener.name()).setCause(e)
                    .log("cannot accept; is the limit of open files (ulimit -n) reached? trying again");
            registration.interestOps(0);
            var _ = loops.getFirst().schedule(
                    RETRY_ACCEPT_MS, () -> registration.interestOps(SelectionKey.OP_ACCEPT));
        }
    }

    private Behavior<Command> onAccepted(Accepted accepted) throws IOException {
        if (closing != null) {
            accepted.channel().close();
            ended(accepted.peer());
            return this;
        }
        ActorRef<Command> self = getContext().getSelf(); // told from other loops too
        long id = nextConnection++;
        int index = (int) (id % loops.size());
        ActorRef<Object> actor = getContext().spawn(
                ConnectionActor.create(listener, loops.get(index), sets.get(index), TransportOpener.of(accepted.channel()), id,
                        connection -> self.tell(new SocketClosed(connection))),
                "connection-" + id, DispatcherSelector.fromConfig("sampo.loop-" + index));
        connections.put(actor, accepted.peer());
        getContext().watch(actor);
        return this;
    }

    /** Its socket closed, or (when it failed early) its actor ended; the actor itself stays for late answers. */
    private Behavior<Command> onConnectionEnd(ActorRef<?> connection) {
        InetAddress peer = connections.remove(connection);
        if (peer != null) {
            ended(peer);
        }
        return closing != null && connections.isEmpty() ? Behaviors.stopped() : this;
    }

    private void ended(InetAddress peer) {
        quotas.closed(peer);
        listener.counters().connections.decrementAndGet();
    }

    private Behavior<Command> onShutdown(Shutdown shutdown) throws IOException {
        if (closing != null) {
            var _ = closing.whenComplete((done, failure) -> shutdown.done().complete(null));
            return this;
        }
        closing = shutdown.done();
        registration.cancel();
        server.close();
        if (connections.isEmpty()) {
            return Behaviors.stopped();
        }
        connections.keySet().forEach(connection -> tell(connection, ConnectionActor.DRAIN));
        getContext().scheduleOnce(
                Duration.ofMillis(listener.settings().shutdownTimeoutMs()), getContext().getSelf(),
                new ShutdownTimedOut());
        return this;
    }

    private void finishShutdown() {
        if (closing != null) {
            closing.complete(null);
        }
    }

    private static void tell(ActorRef<?> connection, Object message) {
        connection.<Object>unsafeUpcast().tell(message);
    }
}
