package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.Loops;
import dev.sampo.gate.Gate;
import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.handler.ApiHandler;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;

/**
 * Serves streams on nodes of the cluster as {@link KafkaListener} serves sockets: the same connections, requests and
 * handlers, with messages between actors in the place of sockets. Safe for any thread.
 */
public final class ClusterGate {
    /** Its name in metrics. */
    private static final String NAME = "CLUSTER";

    private final ActorRef<Object> actor;
    private final Loops.Lease lease;

    private ClusterGate(ActorRef<Object> actor, Loops.Lease lease) {
        this.actor = actor;
        this.lease = lease;
    }

    /**
     * Opens the gate, at {@code /system/cluster-gate}; once for each system.
     *
     * @param endpoints the listener whose endpoints answers name
     * @param isMember whether a node of this name is a member of the cluster
     */
    public static ClusterGate start(
            ActorSystem<?> system, String endpoints, ListenerSettings settings, AdvertisedApis apis,
            Map<ApiKeys, ApiHandler> handlers, Predicate<String> isMember) {
        Loops.Lease lease = Loops.lease(system);
        ListenerContext context =
                ListenerContext.of(system, NAME, endpoints, false, settings, apis, handlers, lease.loops());
        ActorRef<Object> actor = system.systemActorOf(
                GateActor.create(context, lease.loops(), isMember), Gate.NAME, DispatcherSelector.defaultDispatcher());
        var _ = system.getWhenTerminated().whenComplete((done, failure) -> lease.close());
        return new ClusterGate(actor, lease);
    }

    /** Takes in nothing more, lets requests in flight finish for {@code shutdown-timeout}, closes all connections. */
    public CompletionStage<Void> stop() {
        var done = new CompletableFuture<Void>();
        actor.tell(new GateActor.Shutdown(done));
        return done.whenComplete((nothing, failure) -> lease.close());
    }
}
