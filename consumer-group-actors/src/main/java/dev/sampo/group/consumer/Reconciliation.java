package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One step of a member towards its target: first it gives up what is not its own any more, then it takes what is free.
 * Its epoch moves to the target's only when it has nothing left to give up.
 *
 * @param targetEpoch epoch of {@code target}
 * @param topicNames all that the member wants
 * @param owned what the member says it owns, null when it says nothing
 * @see "KIP-848, reconciliation; KIP-1251, epochs of assignments"
 */
record Reconciliation(
        ConsumerMember member, int targetEpoch, Map<Uuid, Set<Integer>> target, Set<String> topicNames, Topics topics,
        PartitionEpochs partitions, @Nullable Map<Uuid, Set<Integer>> owned) {
    /**
     * The next assignment; the same object when nothing changes.
     *
     * @param subscriptionChanged topics that are not wanted any more are given up at once
     * @return null when the member has to give everything up and join anew
     */
    @Nullable CurrentAssignment next(boolean subscriptionChanged) {
        CurrentAssignment now = member.owns();
        return switch (now.state()) {
            case STABLE -> {
                if (now.memberEpoch() != targetEpoch) {
                    yield towardsTarget(now.memberEpoch());
                }
                yield subscriptionChanged ? withoutUnwanted() : now;
            }
            case UNREVOKED_PARTITIONS -> {
                if (!stillOwns(now.pendingRevocation())) {
                    yield towardsTarget(now.memberEpoch());
                }
                yield subscriptionChanged ? withoutUnwanted() : now;
            }
            case UNRELEASED_PARTITIONS -> towardsTarget(now.memberEpoch());
            case UNKNOWN -> owned != null && owned.isEmpty() ? towardsTarget(targetEpoch) : null;
        };
    }

    /** True as long as the member has not said that it gave them up. */
    private boolean stillOwns(Map<Uuid, Map<Integer, Integer>> revoked) {
        if (owned == null) {
            return true;
        }
        for (var topic : owned.entrySet()) {
            Set<Integer> gone = revoked.getOrDefault(topic.getKey(), Map.of()).keySet();
            if (topic.getValue().stream().anyMatch(gone::contains)) {
                return true;
            }
        }
        return false;
    }

    private boolean wants(Uuid topicId) {
        Topics.Topic topic = topics.topic(topicId);
        return topic != null && topicNames.contains(topic.name());
    }

    private CurrentAssignment withoutUnwanted() {
        CurrentAssignment now = member.owns();
        Map<Uuid, Map<Integer, Integer>> assigned = new HashMap<>();
        Map<Uuid, Map<Integer, Integer>> revoked = new HashMap<>(now.pendingRevocation());
        now.assigned().forEach((topicId, epochs) -> {
            if (wants(topicId)) {
                assigned.put(topicId, epochs);
            } else {
                revoked.merge(topicId, epochs, (one, more) -> {
                    var both = new HashMap<>(one);
                    both.putAll(more);
                    return both;
                });
            }
        });
        boolean wantsNothing = topicNames.isEmpty() && now.pendingRevocation().isEmpty(); // Kafka stores it anew even so
        if (assigned.size() == now.assigned().size() && !wantsNothing) {
            return now;
        }
        return !revoked.isEmpty() && stillOwns(revoked)
                ? new CurrentAssignment(
                        now.memberEpoch(), now.memberEpoch(), MemberState.UNREVOKED_PARTITIONS, assigned, revoked)
                : new CurrentAssignment(
                        now.memberEpoch(), now.memberEpoch(), now.state(), assigned, now.pendingRevocation());
    }

    private CurrentAssignment towardsTarget(int epoch) {
        CurrentAssignment now = member.owns();
        Map<Uuid, Map<Integer, Integer>> kept = new HashMap<>();
        Map<Uuid, Map<Integer, Integer>> revoked = new HashMap<>();
        Map<Uuid, Set<Integer>> taken = new HashMap<>();
        boolean unreleased = false;
        var topicIds = new HashSet<>(target.keySet());
        topicIds.addAll(now.assigned().keySet());
        for (Uuid topicId : topicIds) {
            Set<Integer> wanted = wants(topicId) ? target.getOrDefault(topicId, Set.of()) : Set.of();
            Map<Integer, Integer> assigned = now.assigned().getOrDefault(topicId, Map.of());
            for (var entry : assigned.entrySet()) {
                (wanted.contains(entry.getKey()) ? kept : revoked)
                        .computeIfAbsent(topicId, id -> new HashMap<>())
                        .put(entry.getKey(), entry.getValue());
            }
            Set<Integer> own = now.pendingRevocation().getOrDefault(topicId, Map.of()).keySet();
            for (Integer partition : wanted) {
                if (assigned.containsKey(partition)) {
                    continue;
                }
                if (partitions.isFree(topicId, partition) || own.contains(partition)) {
                    taken.computeIfAbsent(topicId, id -> new HashSet<>()).add(partition);
                } else {
                    unreleased = true;
                }
            }
        }
        if (!revoked.isEmpty() && stillOwns(revoked)) {
            return new CurrentAssignment(epoch, now.memberEpoch(), MemberState.UNREVOKED_PARTITIONS, kept, revoked);
        }
        taken.forEach((topicId, ids) -> {
            Map<Integer, Integer> epochs = kept.computeIfAbsent(topicId, id -> new HashMap<>());
            ids.forEach(partition -> epochs.put(partition, targetEpoch));
        });
        return new CurrentAssignment(
                targetEpoch, now.memberEpoch(), unreleased ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE,
                kept, Map.of());
    }
}
