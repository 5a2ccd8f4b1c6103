package dev.sampo.partition.session;

import dev.sampo.gate.ClusterNode;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/** The nodes of the cluster by their names, as this node sees them now. Any thread. */
public final class ClusterNodes {
    private final Cluster cluster;

    /** Those of the system's cluster. */
    public ClusterNodes(ActorSystem<?> system) {
        this.cluster = Cluster.get(Adapter.toClassic(system));
    }

    /** Whether a node is a member and stays one. */
    public boolean contains(String node) {
        return StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .anyMatch(member -> ClusterNode.of(member.uniqueAddress()).equals(node) && !isOnItsWayOut(member));
    }

    /** Whether a client's host is a node that is not {@link #contains in the cluster}; not for hosts outside of it. */
    public boolean lacks(String host) {
        return ClusterNode.isOne(host) && !contains(host);
    }

    static boolean isOnItsWayOut(Member member) {
        MemberStatus status = member.status();
        return status.equals(MemberStatus.exiting()) || status.equals(MemberStatus.down())
                || status.equals(MemberStatus.removed());
    }
}
