package dev.sampo.cluster;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who should take part in the metadata log, one change at a time: every registered broker does, as a listener where it is no
 * voter. Who votes is changed by an administrator (AddRaftVoter, RemoveRaftVoter). Pure.
 */
final class MetadataMembers {
    private MetadataMembers() {}

    /** The members to have next, empty when all is as it should be. */
    static Optional<Set<Member>> next(Set<Member> members, MetadataImage image) {
        List<Broker> brokers =
                image.brokers().values().stream().sorted(Comparator.comparingInt(Broker::id)).toList();
        for (Broker broker : brokers) {
            String address = broker.raftAddress();
            if (!broker.fenced() && address != null
                    && members.stream().noneMatch(member -> member.nodeId() == broker.id())) {
                return change(members, null, new Member(broker.id(), address, false));
            }
        }
        for (Member member : members) {
            if (!member.voter() && image.brokerRegistrations() > 0 && !image.brokers().containsKey(member.nodeId())) {
                return change(members, member, null);
            }
        }
        return Optional.empty();
    }

    private static Optional<Set<Member>> change(Set<Member> members, @Nullable Member gone, @Nullable Member added) {
        Set<Member> next = new HashSet<>(members);
        if (gone != null) {
            next.remove(gone);
        }
        if (added != null) {
            next.add(added);
        }
        return Optional.of(next);
    }
}
