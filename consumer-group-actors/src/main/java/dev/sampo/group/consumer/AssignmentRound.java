package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetEpochStored;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.MemberAssignment;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;

/** Prepares a group for an assignor: its members as they will be after the request that is decided just now. */
record AssignmentRound(GroupFacts facts, ConsumerGroupSettings settings, Topics topics) {
    private static final int LEAST_MS_PER_MEMBER = 1; // the assignment of a large group is much work

    /**
     * False as long as the last target is younger than the assignment interval and more changes are likely.
     *
     * @param changes whether the group changes with this request
     */
    boolean isDue(Moment moment, boolean changes) {
        ConsumerTimes times = moment.times();
        long lastMs = facts.assignmentTimestampMs();
        if (lastMs == 0 || moment.nowMs() >= lastMs + times.assignmentIntervalMs()) {
            return true;
        }
        int quietMs = Math.max(times.assignmentQuietMs(), facts.size() * LEAST_MS_PER_MEMBER);
        return times.assignmentQuietMs() > 0 && !changes && moment.nowMs() >= moment.epochSinceMs() + quietMs;
    }

    /**
     * A new target for all members; changes nothing here.
     *
     * @param epoch of the group, from now on of its target
     * @param member as it will be, in the group already or not
     * @param events receives the facts
     * @return the target of {@code member}
     * @throws RuntimeException the assignor, perhaps one of a user's, fails
     */
    Map<Uuid, Set<Integer>> run(
            String assignorName, int epoch, SubscriptionType type, ConsumerMember member, List<ConsumerGroupEvent> events,
            long nowMs) {
        ConsumerGroupPartitionAssignor assignor = settings.assignors().stream()
                .filter(each -> each.name().equals(assignorName))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a member asks for assignor " + assignorName + ", which is gone"));
        Map<String, TargetAssignment.Member> specs = new HashMap<>();
        for (ConsumerMember each : facts.members()) {
            specs.put(each.memberId(), spec(each, each.memberId()));
        }
        var stored = new HashSet<>(facts.targets().memberIds());
        String holder = Objects.requireNonNullElse(facts.targetHolder(member), member.memberId());
        specs.remove(holder); // when a static member takes over
        specs.put(member.memberId(), spec(member, holder));
        if (stored.contains(holder)) {
            stored.add(member.memberId());
        }
        MemberAssignment assigned =
                facts.targets().compute(assignor, specs, type, topics, stored, events).get(member.memberId());
        events.add(new TargetEpochStored(epoch, nowMs));
        return assigned == null ? Map.of() : assigned.partitions();
    }

    private TargetAssignment.Member spec(ConsumerMember member, String targetHolder) {
        return new TargetAssignment.Member(
                Optional.ofNullable(member.wants().rackId()), Optional.ofNullable(member.wants().instanceId()),
                new TopicIds(facts.subscriptions().topicsOf(member.wants()), topics),
                Collections.unmodifiableMap(facts.targets().of(targetHolder))); // Kafka's assignors take no other map
    }
}
