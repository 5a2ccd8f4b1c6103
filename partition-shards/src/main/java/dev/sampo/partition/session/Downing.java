package dev.sampo.partition.session;

import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.remote.RemoteActorRefProvider;

/** Takes members out of the cluster. */
final class Downing {
    private Downing() {}

    /** Has no effect on who is on the way out already, nor on this node. */
    static void down(ActorSystem<?> system, UniqueAddress address, String reason) {
        Cluster cluster = Cluster.get(Adapter.toClassic(system));
        for (Member member : cluster.state().getMembers()) {
            boolean leaves = member.status().equals(MemberStatus.leaving())
                    || member.status().equals(MemberStatus.exiting()) || member.status().equals(MemberStatus.down());
            if (member.uniqueAddress().equals(address) && !leaves
                    && !member.uniqueAddress().equals(cluster.selfUniqueAddress())) {
                quarantine(system, address, reason);
                cluster.down(member.address());
            }
        }
    }

    /** The failure detector need not find out: this node's remoting and cluster take the member for gone at once. */
    private static void quarantine(ActorSystem<?> system, UniqueAddress member, String reason) {
        var extended = (ExtendedActorSystem) Adapter.toClassic(system);
        if (extended.provider() instanceof RemoteActorRefProvider remote) {
            remote.quarantine(member.address(), scala.Option.apply((Object) member.longUid()), reason);
        }
    }
}
