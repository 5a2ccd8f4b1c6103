package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.GroupAssignment;
import org.apache.kafka.coordinator.group.api.assignor.GroupSpec;
import org.apache.kafka.coordinator.group.api.assignor.MemberAssignment;
import org.apache.kafka.coordinator.group.api.assignor.MemberSubscription;
import org.apache.kafka.coordinator.group.api.assignor.PartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.jspecify.annotations.Nullable;

/** What each member should own, as an assignor of Kafka's interface decided. Changed only by facts. */
final class TargetAssignment {
    private final Map<String, Map<Uuid, Set<Integer>>> byMember = new HashMap<>();
    private final Map<Uuid, Map<Integer, String>> owners = new HashMap<>();

    /** Empty for one that has no target yet. */
    Map<Uuid, Set<Integer>> of(@Nullable String memberId) {
        return memberId == null ? Map.of() : byMember.getOrDefault(memberId, Map.of());
    }

    void put(String memberId, Map<Uuid, Set<Integer>> partitions) {
        remove(memberId);
        byMember.put(memberId, partitions);
        partitions.forEach((topicId, ids) -> {
            Map<Integer, String> byPartition = owners.computeIfAbsent(topicId, id -> new HashMap<>());
            ids.forEach(partition -> byPartition.put(partition, memberId));
        });
    }

    /** What others have taken meanwhile stays theirs. */
    void remove(String memberId) {
        Map<Uuid, Set<Integer>> before = byMember.remove(memberId);
        if (before != null) {
            before.forEach((topicId, ids) -> owners.computeIfPresent(topicId, (id, byPartition) -> {
                ids.forEach(partition -> byPartition.remove(partition, memberId));
                return byPartition.isEmpty() ? null : byPartition;
            }));
        }
    }

    /** A member as an assignor sees it. */
    record Member(
            Optional<String> rackId, Optional<String> instanceId, Set<Uuid> subscribedTopicIds,
            Map<Uuid, Set<Integer>> partitions)
            implements MemberSubscription, MemberAssignment {}

    private record Spec(Map<String, Member> members, SubscriptionType subscriptionType, Map<Uuid, Map<Integer, String>> owners)
            implements GroupSpec {
        @Override
        public Collection<String> memberIds() {
            return members.keySet();
        }

        @Override
        public boolean isPartitionAssigned(Uuid topicId, int partition) {
            return owners.getOrDefault(topicId, Map.of()).containsKey(partition);
        }

        @Override
        public boolean isPartitionAssignable(Uuid topicId, int partition) {
            return true;
        }

        @Override
        public MemberSubscription memberSubscription(String memberId) {
            Member member = members.get(memberId);
            if (member == null) {
                throw new IllegalArgumentException("an assignor asks for member " + memberId + ", which is none");
            }
            return member;
        }

        @Override
        public MemberAssignment memberAssignment(String memberId) {
            Member member = members.get(memberId);
            return member != null ? member : new Member(Optional.empty(), Optional.empty(), Set.of(), Map.of());
        }
    }

    private record Describer(Topics topics) implements SubscribedTopicDescriber {
        @Override
        public int numPartitions(Uuid topicId) {
            Topics.Topic topic = topics.topic(topicId);
            return topic == null ? -1 : topic.partitionCount();
        }

        @Override
        public Set<String> racksForPartition(Uuid topicId, int partition) {
            Topics.Topic topic = topics.topic(topicId);
            return topic == null || partition >= topic.partitionCount()
                    ? Set.of()
                    : new HashSet<>(topics.racks(topic, partition));
        }
    }

    /**
     * Asks an assignor, perhaps one of a user's. Changes nothing here.
     *
     * @param members by id; each brings the target that it had
     * @param events receives the targets that differ from those that are stored
     * @param storedFor the id under which a member's present target is stored, where it is
     * @return the targets of all members that have one
     */
    Map<String, MemberAssignment> compute(
            PartitionAssignor assignor, Map<String, Member> members, SubscriptionType type, Topics topics,
            Set<String> storedFor, List<ConsumerGroupEvent> events) {
        GroupAssignment assigned = assignor.assign(new Spec(members, type, owners), new Describer(topics));
        members.forEach((memberId, member) -> {
            MemberAssignment target = assigned.members().get(memberId);
            Map<Uuid, Set<Integer>> partitions = target == null ? Map.of() : target.partitions();
            if (!storedFor.contains(memberId) || !partitions.equals(member.partitions())) {
                events.add(new TargetStored(memberId, copy(partitions)));
            }
        });
        return assigned.members();
    }

    /** Assignors may hand out views of what they go on with. In an order that is the same each time: assignors go by it. */
    private static Map<Uuid, Set<Integer>> copy(Map<Uuid, Set<Integer>> partitions) {
        Map<Uuid, Set<Integer>> copy = new HashMap<>();
        partitions.forEach((topicId, ids) -> copy.put(topicId, new HashSet<>(ids)));
        return copy;
    }

    Set<String> memberIds() {
        return byMember.keySet();
    }
}
