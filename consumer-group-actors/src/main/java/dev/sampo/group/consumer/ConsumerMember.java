package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A member of a consumer group: what it wants and what it owns. Immutable. */
record ConsumerMember(String memberId, Subscription wants, CurrentAssignment owns) {
    /** The epoch that a member brings when it joins. */
    static final int JOINS = 0;
    /** The epoch of a member that left, on its way out. */
    static final int LEFT = -1;
    /** The epoch of a static member that left for a while. */
    static final int STATIC_LEFT = -2;

    /** One that has said nothing yet. */
    ConsumerMember(String memberId) {
        this(memberId, Subscription.NONE, CurrentAssignment.NONE);
    }

    ConsumerMember with(Subscription now) {
        return new ConsumerMember(memberId, now, owns);
    }

    ConsumerMember with(CurrentAssignment now) {
        return new ConsumerMember(memberId, wants, now);
    }

    int memberEpoch() {
        return owns.memberEpoch();
    }

    /** True when there is nothing to do for this target. */
    boolean isReconciledTo(int targetEpoch) {
        return owns.state() == MemberState.STABLE && owns.memberEpoch() == targetEpoch;
    }

    /** The epoch since which it owns a partition, also one that it has to give up; null when it does not. */
    @Nullable Integer assignmentEpoch(Uuid topicId, int partition) {
        Integer assigned = owns.assigned().getOrDefault(topicId, Map.of()).get(partition);
        return assigned != null ? assigned : owns.pendingRevocation().getOrDefault(topicId, Map.of()).get(partition);
    }

    /** Partitions by topic without the epochs in which they were assigned. */
    static Map<Uuid, Set<Integer>> withoutEpochs(Map<Uuid, Map<Integer, Integer>> epochs) {
        Map<Uuid, Set<Integer>> partitions = new HashMap<>();
        epochs.forEach((topicId, byPartition) -> partitions.put(topicId, Set.copyOf(byPartition.keySet())));
        return partitions;
    }
}
