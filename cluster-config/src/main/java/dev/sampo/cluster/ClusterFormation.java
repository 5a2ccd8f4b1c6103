package dev.sampo.cluster;

import dev.sampo.cluster.ClusterSettings.HostPort;
import dev.sampo.persistence.metadata.MetadataLog;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has this node become a member of the Pekko cluster. Only the node that leads the metadata log may form a new one, and only
 * when no seed answers that it is in one: a majority stands behind it, so there are never two first members. All others ask
 * the seeds until one lets them in. Host names are looked up anew each time.
 */
final class ClusterFormation {
    private static final Logger log = LoggerFactory.getLogger(ClusterFormation.class);
    private static final Duration FIRST_RETRY = Duration.ofMillis(200);
    private static final Duration LAST_RETRY = Duration.ofSeconds(4);
    /** Pekko's {@code seed-node-timeout} and some more: the leader's own attempt must not be cut short. */
    private static final Duration LEADER_RETRY = Duration.ofSeconds(8);

    private final ActorSystem<?> system;
    private final Cluster cluster;
    private final List<HostPort> seeds;
    private final Supplier<MetadataLog.Role> role;
    private final Executor blocking;
    private MetadataLog.Role asked = new MetadataLog.Role(false, -1);
    private Duration retry = FIRST_RETRY;
    private long nextNanos;

    private ClusterFormation(
            ActorSystem<?> system, List<HostPort> seeds, Supplier<MetadataLog.Role> role, Executor blocking) {
        this.system = system;
        this.cluster = Cluster.get(system);
        this.seeds = seeds;
        this.role = role;
        this.blocking = blocking;
        this.nextNanos = System.nanoTime();
    }

    /** The only broker of its cluster. */
    static void alone(ActorSystem<?> system) {
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }

    /** Completes when this node is up. Ends with the actor system. */
    static CompletableFuture<Void> start(
            ActorSystem<?> system, List<HostPort> seeds, Supplier<MetadataLog.Role> role, Executor blocking) {
        var formation = new ClusterFormation(system, seeds, role, blocking);
        var up = new CompletableFuture<Void>();
        formation.look(up);
        return up;
    }

    private void look(CompletableFuture<Void> up) {
        if (system.whenTerminated().isCompleted()) {
            up.completeExceptionally(new StartException("the actor system has ended before it joined the cluster"));
            return;
        }
        MemberStatus status = cluster.selfMember().status();
        if (status.equals(MemberStatus.up())) {
            up.complete(null);
            return;
        }
        boolean outside = status.equals(MemberStatus.removed());
        MetadataLog.Role now = role.get();
        boolean changed = now.leader() != asked.leader() || now.leaderId() != asked.leaderId();
        if (outside && (changed || System.nanoTime() - nextNanos >= 0)) {
            ask(now, changed);
        }
        system.scheduler().scheduleOnce(Duration.ofMillis(50), () -> look(up), system.executionContext());
    }

    private void ask(MetadataLog.Role now, boolean changed) {
        asked = now;
        retry = changed ? FIRST_RETRY : min(retry.multipliedBy(2), LAST_RETRY);
        nextNanos = System.nanoTime() + (now.leader() ? LEADER_RETRY : retry).toNanos();
        blocking.execute(() -> {
            Address self = cluster.selfMember().address();
            List<Address> addresses = new ArrayList<>(addresses(self));
            if (now.leader()) {
                addresses.addFirst(self);
            }
            if (addresses.isEmpty()) {
                log.atWarn().log("no other broker is known: name members of the cluster with sampo.cluster.seeds");
            } else {
                cluster.manager().tell(new JoinSeedNodes(addresses));
            }
        });
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /**
     * The seeds under the names that were given and under all their addresses, without this node: a member answers only to
     * the name that it gave itself.
     */
    private Set<Address> addresses(Address self) {
        var hosts = new LinkedHashSet<HostPort>();
        for (HostPort seed : seeds) {
            hosts.add(seed);
            try {
                for (InetAddress address : InetAddress.getAllByName(seed.host())) {
                    hosts.add(new HostPort(address.getHostAddress(), seed.port()));
                }
            } catch (UnknownHostException e) {
                log.atDebug().addKeyValue("seed", seed).log("cannot be looked up");
            }
        }
        var addresses = new LinkedHashSet<Address>();
        for (HostPort host : hosts) {
            addresses.add(new Address(self.protocol(), self.system(), host.host(), host.port()));
        }
        addresses.remove(self);
        return addresses;
    }
}
