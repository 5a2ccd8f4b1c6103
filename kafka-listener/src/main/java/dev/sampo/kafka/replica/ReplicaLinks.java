package dev.sampo.kafka.replica;

import dev.sampo.actors.loop.Loops;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.follower.LeaderLink;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;

/** Makes the links of one broker to those that lead. */
public final class ReplicaLinks implements LeaderLink.Factory {
    private final int brokerId;
    private final long incarnation;
    private final ReplicaSettings settings;
    private final Executor blocking;
    private final Loops.Lease lease;
    private final ReplicationThrottle throttle;

    private ReplicaLinks(
            int brokerId, long incarnation, ReplicaSettings settings, Executor blocking, Loops.Lease lease,
            ReplicationThrottle throttle) {
        this.brokerId = brokerId;
        this.incarnation = incarnation;
        this.settings = settings;
        this.blocking = blocking;
        this.lease = lease;
        this.throttle = throttle;
    }

    /**
     * Connects nowhere yet. Uses the system's loops until it has ended.
     *
     * @param incarnation of this broker, as registered: what leaders know it by
     * @param blocking looks names up
     * @param images says which replicas are throttled
     */
    public static ReplicaLinks of(
            ActorSystem<?> system, int brokerId, long incarnation, Executor blocking, MetadataImages images) {
        ReplicaSettings settings = ReplicaSettings.from(system.settings().config().getConfig("sampo.replica"));
        Loops.Lease lease = Loops.lease(system);
        var _ = system.getWhenTerminated().thenRun(lease::close);
        return new ReplicaLinks(brokerId, incarnation, settings, blocking, lease, new ReplicationThrottle(brokerId, images));
    }

    @Override
    public Behavior<LeaderLink.Command> link(LeaderLink.Peer peer, int loop) {
        return ReplicaLinkActor.create(
                peer, lease.loops().get(loop), blocking, settings,
                new ReplicaFetches<>(brokerId, incarnation, settings), throttle, "broker-" + brokerId);
    }
}
