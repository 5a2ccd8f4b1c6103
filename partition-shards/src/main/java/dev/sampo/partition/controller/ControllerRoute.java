package dev.sampo.partition.controller;

import dev.sampo.partition.placement.GroupAllocation;
import dev.sampo.persistence.metadata.MetadataLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/**
 * Where commands to the controller go: to the {@link ControllerHost} of the node that leads the metadata log, whose address
 * is that of the cluster member with its broker id. Thread-safe.
 */
public final class ControllerRoute {
    /** The host's name below {@code /system}. */
    public static final String HOST_NAME = "controller-host";

    private final ActorSystem<?> system;
    private final Cluster cluster;
    private final Supplier<MetadataLog.Role> role;
    private final AtomicInteger turn = new AtomicInteger();

    /** @param role of this node in the metadata log, as it is now */
    public ControllerRoute(ActorSystem<?> system, Supplier<MetadataLog.Role> role) {
        this.system = system;
        this.cluster = Cluster.get(Adapter.toClassic(system));
        this.role = role;
    }

    /** Whether the controller runs, or is about to run, on this node. */
    boolean leadsHere() {
        return role.get().leader();
    }

    /** Whether this node knows who leads the metadata log: not while it elects, nor before it takes part. */
    boolean leaderIsKnown() {
        return role.get().leaderId() >= 0;
    }

    /** The host on the leader's node, empty when it is not known or no member of the cluster. */
    Optional<ActorSelection> leader() {
        int leader = role.get().leaderId();
        for (Member member : cluster.state().getMembers()) {
            if (GroupAllocation.brokerId(member).orElse(-1) == leader && !member.status().equals(MemberStatus.down())) {
                return Optional.of(host(member.address()));
            }
        }
        return Optional.empty();
    }

    /** The host of another broker, each time the next; empty when there is none. */
    Optional<ActorSelection> another() {
        List<Address> others = new ArrayList<>();
        for (Member member : cluster.state().getMembers()) {
            if (!member.address().equals(cluster.selfAddress()) && GroupAllocation.brokerId(member).isPresent()) {
                others.add(member.address());
            }
        }
        return others.isEmpty()
                ? Optional.empty()
                : Optional.of(host(others.get(Math.floorMod(turn.getAndIncrement(), others.size()))));
    }

    private ActorSelection host(Address address) {
        return Adapter.toClassic(system).actorSelection(address + "/system/" + HOST_NAME);
    }
}
