package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.LoopMetrics;
import dev.sampo.actors.loop.Loops;
import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.handler.ApiHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.jspecify.annotations.Nullable;

/** A bound port that serves Kafka's protocol on the loops of an actor system. Safe for any thread. */
public final class KafkaListener {
    private final ListenerContext context;
    private final ServerSocketChannel server;
    private final InetSocketAddress address;
    private final Loops.Lease lease;
    private final List<ConnectionSet> sets;
    private final ActorRef<ListenerActor.Command> actor;

    private KafkaListener(
            ListenerContext context, ServerSocketChannel server, InetSocketAddress address, Loops.Lease lease,
            List<ConnectionSet> sets,
            ActorRef<ListenerActor.Command> actor) {
        this.context = context;
        this.server = server;
        this.address = address;
        this.lease = lease;
        this.sets = sets;
        this.actor = actor;
    }

    /**
     * Binds a listener for clients and begins to accept.
     *
     * @see #start(ActorSystem, String, boolean, InetSocketAddress, ListenerSettings, AdvertisedApis, Map)
     */
    public static KafkaListener start(
            ActorSystem<?> system, String name, InetSocketAddress bind, ListenerSettings settings, AdvertisedApis apis,
            Map<ApiKeys, ApiHandler> handlers)
            throws IOException {
        return start(system, name, false, bind, settings, apis, handlers);
    }

    /**
     * Binds and begins to accept.
     *
     * @param name the listener's name, as {@link dev.sampo.kafka.handler.ClientContext#listener} says it; letters,
     *     digits, - and _
     * @param internal only brokers know it: replicas may fetch there
     * @param bind host and port; port 0 takes a free one
     * @param apis what is advertised and served; a handler is needed for each of its keys
     * @throws IOException the port cannot be bound; the message names host, port and the remedy
     */
    public static KafkaListener start(
            ActorSystem<?> system, String name, boolean internal, InetSocketAddress bind, ListenerSettings settings,
            AdvertisedApis apis, Map<ApiKeys, ApiHandler> handlers)
            throws IOException {
        Loops.Lease lease = Loops.lease(system);
        ServerSocketChannel server;
        try {
            server = bind(bind, settings.backlog());
        } catch (IOException e) {
            lease.close();
            throw e;
        }
        ListenerContext context = ListenerContext.of(
                system, name, name, internal, settings, apis, handlers, lease.loops());
        var address = (InetSocketAddress) server.getLocalAddress();
        Props dispatcher = DispatcherSelector.fromConfig("sampo.loop-0");
        List<ConnectionSet> sets = lease.loops().stream().map(ConnectionSet::new).toList();
        ActorRef<ListenerActor.Command> actor = system.systemActorOf(
                ListenerActor.create(context, server, lease.loops(), sets),
                "kafka-listener-" + name + "-" + address.getPort(), dispatcher);
        var _ = system.getWhenTerminated().whenComplete((done, failure) -> lease.close());
        return new KafkaListener(context, server, address, lease, sets, actor);
    }

    /** Where it listens, with the real port. */
    public InetSocketAddress address() {
        return address;
    }

    /** True while it accepts connections. */
    public boolean isOpen() {
        return server.isOpen();
    }

    /** What it did so far. */
    public ListenerMetrics metrics() {
        return context.counters().snapshot(context.budget().usedBytes());
    }

    /** What the loops did so far. */
    public List<LoopMetrics> loopMetrics() {
        return lease.loops().stream().map(SelectorLoop::metrics).toList();
    }

    /**
     * Closes connections at once, whatever is in flight on them; their clients may come again.
     *
     * @param clientId those whose last request bore this {@code client.id}; null for all
     * @return how many were closed
     */
    public CompletionStage<Integer> closeConnections(@Nullable String clientId) {
        CompletableFuture<Integer> closed = CompletableFuture.completedFuture(0);
        for (ConnectionSet set : sets) {
            closed = closed.thenCombine(set.close(clientId), Integer::sum);
        }
        return closed;
    }

    /** While true, every new connection is closed as soon as it is accepted. Completes when that is in force. */
    public CompletionStage<Void> refuseConnections(boolean refuse) {
        var done = new CompletableFuture<Void>();
        actor.tell(new ListenerActor.Refuse(refuse, done));
        return done;
    }

    /** Stops accepting and closes all connections, with requests in flight unanswered. */
    public CompletionStage<Void> abort() {
        return refuseConnections(true).thenCompose(refused -> closeConnections(null)).thenCompose(closed -> stop());
    }

    /** Stops accepting, lets requests in flight finish for {@code shutdown-timeout}, closes all connections. */
    public CompletionStage<Void> stop() {
        var done = new CompletableFuture<Void>();
        actor.tell(new ListenerActor.Shutdown(done));
        return done.whenComplete((nothing, failure) -> lease.close());
    }

    private static ServerSocketChannel bind(InetSocketAddress bind, int backlog) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.configureBlocking(false);
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(bind, backlog);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw new IOException("cannot listen on " + bind.getHostString() + ":" + bind.getPort() + " ("
                    + e.getMessage() + "): end the process that has the port, or configure another host and port", e);
        }
    }
}
