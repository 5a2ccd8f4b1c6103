package dev.sampo.partition.placement;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/** Which node of the cluster a broker is. */
public final class BrokerNodes {
    private BrokerNodes() {}

    /** The system actor of this name on a broker's node, empty when the broker is no member of the cluster. */
    public static Optional<ActorSelection> actor(ActorSystem<?> system, int brokerId, String name) {
        CurrentClusterState state = Cluster.get(Adapter.toClassic(system)).state();
        return member(brokerId, state.getMembers(), state.getUnreachable())
                .map(member -> Adapter.toClassic(system).actorSelection(member.address() + "/system/" + name));
    }

    /** The system actors of this name on all other brokers that can be reached. */
    public static List<ActorSelection> others(ActorSystem<?> system, String name) {
        Cluster cluster = Cluster.get(Adapter.toClassic(system));
        CurrentClusterState state = cluster.state();
        return StreamSupport.stream(state.getMembers().spliterator(), false)
                .filter(member -> !member.uniqueAddress().equals(cluster.selfUniqueAddress()))
                .filter(member -> GroupAllocation.brokerId(member).isPresent() && !state.getUnreachable().contains(member))
                .map(member -> Adapter.toClassic(system).actorSelection(member.address() + "/system/" + name))
                .toList();
    }

    /**
     * The member that is this broker. One that has started again may be listed twice for a while: who can be reached and is Up
     * comes before others, then who joined last.
     */
    static Optional<Member> member(int brokerId, Iterable<Member> members, Set<Member> unreachable) {
        return StreamSupport.stream(members.spliterator(), false)
                .filter(member -> GroupAllocation.brokerId(member).orElse(-1) == brokerId)
                .filter(member -> !member.status().equals(MemberStatus.down()))
                .max(Comparator.comparing((Member member) -> !unreachable.contains(member))
                        .thenComparing(member -> member.status().equals(MemberStatus.up()))
                        .thenComparing((one, other) -> one.isOlderThan(other) ? -1 : other.isOlderThan(one) ? 1 : 0));
    }
}
