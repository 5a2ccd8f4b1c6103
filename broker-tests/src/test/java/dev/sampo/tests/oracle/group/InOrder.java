package dev.sampo.tests.oracle.group;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.GroupAssignment;
import org.apache.kafka.coordinator.group.api.assignor.GroupSpec;
import org.apache.kafka.coordinator.group.api.assignor.MemberAssignment;
import org.apache.kafka.coordinator.group.api.assignor.MemberSubscription;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;

/** Kafka's assignors, shown members and topics in order on both sides: what they make of a hash map's order is chance. */
class InOrder implements ConsumerGroupPartitionAssignor {
    /** Uniform. */
    public static final class Uniform extends InOrder {
        public Uniform() {
            super(new UniformAssignor());
        }
    }

    /** Range. */
    public static final class Range extends InOrder {
        public Range() {
            super(new RangeAssignor());
        }
    }

    private final ConsumerGroupPartitionAssignor assignor;

    private InOrder(ConsumerGroupPartitionAssignor assignor) {
        this.assignor = assignor;
    }

    private record Subscription(Optional<String> rackId, Optional<String> instanceId, Set<Uuid> subscribedTopicIds)
            implements MemberSubscription {}

    private record Assignment(Map<Uuid, Set<Integer>> partitions) implements MemberAssignment {}

    private record Spec(GroupSpec group) implements GroupSpec {
        @Override
        public Collection<String> memberIds() {
            return new TreeSet<>(group.memberIds());
        }

        @Override
        public SubscriptionType subscriptionType() {
            return group.subscriptionType();
        }

        @Override
        public boolean isPartitionAssigned(Uuid topicId, int partition) {
            return group.isPartitionAssigned(topicId, partition);
        }

        @Override
        public boolean isPartitionAssignable(Uuid topicId, int partition) {
            return group.isPartitionAssignable(topicId, partition);
        }

        @Override
        public MemberSubscription memberSubscription(String memberId) {
            MemberSubscription member = group.memberSubscription(memberId);
            var topicIds = new TreeSet<Uuid>();
            member.subscribedTopicIds().forEach(topicIds::add); // Kafka's set can do little more
            return new Subscription(member.rackId(), member.instanceId(), topicIds);
        }

        @Override
        public MemberAssignment memberAssignment(String memberId) {
            var sorted = new TreeMap<Uuid, Set<Integer>>();
            group.memberAssignment(memberId).partitions().forEach((topicId, partitions) -> sorted.put(topicId, new TreeSet<>(partitions)));
            return new Assignment(Collections.unmodifiableMap(sorted));
        }
    }

    @Override
    public String name() {
        return assignor.name();
    }

    @Override
    public GroupAssignment assign(GroupSpec group, SubscribedTopicDescriber topics) {
        return assignor.assign(new Spec(group), topics);
    }
}
