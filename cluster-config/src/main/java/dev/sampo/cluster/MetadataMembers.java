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
 * Who should take part in the metadata log, and the next step on the way: every registered broker does, those that are no
 * voters as listeners. One member changes at a time; a new voter was a listener that has copied the log before. Pure.
 */
final class MetadataMembers {
    /** What the leader of the metadata log does next. */
    sealed interface Step {
        /** These members. */
        record Change(Set<Member> members) implements Step {}

        /** Another voter leads first: this one is to be none. */
        record Transfer(int nodeId) implements Step {}

        /** A broker that is to be a voter is not registered, or not live. */
        record Missing(int nodeId) implements Step {}
    }

    private MetadataMembers() {}

    /**
     * The next step, empty when all is as it should be.
     *
     * @param wanted the voters to have, null for those that there are
     */
    static Optional<Step> next(Set<Member> members, MetadataImage image, int self, @Nullable Set<Integer> wanted) {
        List<Broker> brokers =
                image.brokers().values().stream().sorted(Comparator.comparingInt(Broker::id)).toList();
        for (Broker broker : brokers) {
            String address = broker.raftAddress();
            if (!broker.fenced() && address != null && find(members, broker.id()) == null) {
                return change(members, null, new Member(broker.id(), address, false));
            }
        }
        for (Member member : members) {
            if (!member.voter() && image.brokerRegistrations() > 0 && !image.brokers().containsKey(member.nodeId())) {
                return change(members, member, null);
            }
        }
        return wanted == null ? Optional.empty() : voters(members, image, self, wanted);
    }

    private static Optional<Step> voters(Set<Member> members, MetadataImage image, int self, Set<Integer> wanted) {
        for (int id : wanted.stream().sorted().toList()) {
            Member member = find(members, id);
            if (member == null || (!member.voter() && !image.isLive(id))) {
                return Optional.of(new Step.Missing(id));
            } else if (!member.voter()) {
                return change(members, member, new Member(id, member.address(), true));
            }
        }
        List<Member> others = members.stream()
                .filter(member -> member.voter() && !wanted.contains(member.nodeId()))
                .sorted(Comparator.comparing((Member member) -> member.nodeId() == self)) // this one is the last
                .toList();
        if (others.isEmpty()) {
            return Optional.empty();
        }
        Member less = others.getFirst();
        return less.nodeId() == self
                ? Optional.of(new Step.Transfer(wanted.stream().sorted().findFirst().orElseThrow()))
                : change(members, less, new Member(less.nodeId(), less.address(), false));
    }

    private static @Nullable Member find(Set<Member> members, int id) {
        return members.stream().filter(member -> member.nodeId() == id).findFirst().orElse(null);
    }

    private static Optional<Step> change(Set<Member> members, @Nullable Member gone, @Nullable Member added) {
        Set<Member> next = new HashSet<>(members);
        if (gone != null) {
            next.remove(gone);
        }
        if (added != null) {
            next.add(added);
        }
        return Optional.of(new Step.Change(next));
    }
}
