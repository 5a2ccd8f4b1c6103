package dev.sampo.tests.simulation;

import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberStored;
import dev.sampo.group.journal.ConsumerGroupEvent.RegexStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetEpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** What is committed of the members of one group that use the consumer protocol: of invariants 28 and 29. */
final class ConsumerGroupTruth {
    private final String groupId;
    private final Set<String> members = new TreeSet<>();
    private final Map<String, CurrentAssignment> current = new TreeMap<>();
    private final Map<String, List<CurrentAssignment>> history = new HashMap<>();
    private int epoch;

    ConsumerGroupTruth(String groupId) {
        this.groupId = groupId;
    }

    /** @param mayDie somebody has asked for the group's deletion */
    void committed(ConsumerGroupEvent event, boolean mayDie) {
        switch (event) {
            case EpochStored(int next, long hash) -> {
                if (next < epoch) {
                    throw new Violation(28, groupId + " went back from epoch " + epoch + " to " + next);
                }
                epoch = next;
            }
            case TargetEpochStored(int target, long timestampMs) -> {
                if (target > epoch) {
                    throw new Violation(28, groupId + " has a target of epoch " + target + " in epoch " + epoch);
                }
            }
            case MemberStored(String memberId, var subscription) -> members.add(memberId);
            case TargetStored target -> { } // what members should own, another one may own still
            case CurrentStored(String memberId, CurrentAssignment owns) -> {
                requireFree(memberId, owns);
                current.put(memberId, owns);
                history.computeIfAbsent(memberId, id -> new ArrayList<>()).add(owns);
            }
            case RegexStored regex -> throw new IllegalStateException("no regular expression is simulated: " + regex);
            case Removed(ConsumerKey key) -> removed(key, mayDie);
        }
    }

    private void removed(ConsumerKey key, boolean mayDie) {
        switch (key.kind()) {
            case MEMBER -> members.remove(key.name());
            case CURRENT -> current.remove(key.name());
            case EPOCH -> {
                if (!mayDie || !members.isEmpty()) {
                    throw new Violation(28, this + " is removed" + (mayDie ? "" : ", nobody asked for that"));
                }
                epoch = 0;
            }
            default -> { }
        }
    }

    private void requireFree(String memberId, CurrentAssignment owns) {
        current.forEach((other, held) -> {
            if (!other.equals(memberId)) {
                for (int partition : partitions(owns)) {
                    if (partitions(held).contains(partition)) {
                        throw new Violation(28, "partition " + partition + " of " + groupId + " is given to " + memberId
                                + " while it is with " + other + ": " + held);
                    }
                }
            }
        });
    }

    /** With those that it has to give up. */
    private static Set<Integer> partitions(CurrentAssignment owns) {
        var all = new TreeSet<>(owns.assigned().getOrDefault(GroupJudge.WORK_ID, Map.of()).keySet());
        all.addAll(owns.pendingRevocation().getOrDefault(GroupJudge.WORK_ID, Map.of()).keySet());
        return all;
    }

    /** A commit became true: it is from outside of a group without members, or from a member for what it has had since that epoch. */
    void requireMayCommit(GroupTruth.Commit commit, OffsetCommitted fact) {
        if (commit.generationId() < 0 && members.isEmpty()) {
            return;
        }
        CurrentAssignment owns = current.get(commit.memberId());
        Integer since = owns == null ? null : since(owns, fact.key().partition());
        boolean may = owns != null && commit.generationId() >= 0 && (commit.generationId() == owns.memberEpoch()
                || (commit.generationId() < owns.memberEpoch() && since != null && commit.generationId() >= since));
        if (!may) {
            throw new Violation(29, groupId + " took " + fact + " from " + commit + ", which may not: " + this);
        }
    }

    private static @Nullable Integer since(CurrentAssignment owns, int partition) {
        Integer assigned = owns.assigned().getOrDefault(GroupJudge.WORK_ID, Map.of()).get(partition);
        return assigned != null ? assigned : owns.pendingRevocation().getOrDefault(GroupJudge.WORK_ID, Map.of()).get(partition);
    }

    /** Whether the partition is the member's, perhaps one that it has to give up. */
    boolean holds(String memberId, int partition) {
        CurrentAssignment owns = current.get(memberId);
        return owns != null && since(owns, partition) != null;
    }

    /** The answer to a heartbeat: something that is stored of the member. */
    void told(ConsumerGroupHeartbeatReply reply) {
        if (reply.memberEpoch() < 0) {
            return; // it has left
        }
        Map<Uuid, Set<Integer>> assignment = reply.assignment();
        Set<Integer> partitions = assignment == null ? null : assignment.getOrDefault(GroupJudge.WORK_ID, Set.of());
        for (CurrentAssignment owns : history.getOrDefault(String.valueOf(reply.memberId()), List.of())) {
            if (owns.memberEpoch() == reply.memberEpoch() && (partitions == null
                    || owns.assigned().getOrDefault(GroupJudge.WORK_ID, Map.of()).keySet().equals(partitions))) {
                return;
            }
        }
        throw new Violation(28, reply + " of " + groupId + " is not stored: " + this);
    }

    boolean isMember(String memberId) {
        return members.contains(memberId);
    }

    int memberCount() {
        return members.size();
    }

    int epoch() {
        return epoch;
    }

    @Override
    public String toString() {
        return "epoch " + epoch + " of " + groupId + ": " + current;
    }
}
