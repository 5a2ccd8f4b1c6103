package dev.sampo.tests.oracle.group;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
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

/**
 * Kafka's assignors, shown members and topics in order on both sides: what they make of a hash map's order is chance. Members
 * have the same names on both sides (see {@link #names}), since assignors go by them.
 */
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

    private static final ThreadLocal<UnaryOperator<String>> NAMES = ThreadLocal.withInitial(UnaryOperator::identity);

    private final ConsumerGroupPartitionAssignor assignor;

    private InOrder(ConsumerGroupPartitionAssignor assignor) {
        this.assignor = assignor;
    }

    /** From now on members are shown by what this makes of their ids. */
    static void names(UnaryOperator<String> names) {
        NAMES.set(names);
    }

    private record Subscription(Optional<String> rackId, Optional<String> instanceId, Set<Uuid> subscribedTopicIds)
            implements MemberSubscription {}

    private record Assignment(Map<Uuid, Set<Integer>> partitions) implements MemberAssignment {}

    /** {@code ids}: by name. */
    private record Spec(GroupSpec group, SortedMap<String, String> ids) implements GroupSpec {
        @Override
        public Collection<String> memberIds() {
            return ids.keySet();
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
            MemberSubscription member = group.memberSubscription(ids.get(memberId));
            var topicIds = new TreeSet<Uuid>();
            member.subscribedTopicIds().forEach(topicIds::add); // Kafka's set can do little more
            return new Subscription(member.rackId(), member.instanceId(), topicIds);
        }

        @Override
        public MemberAssignment memberAssignment(String memberId) {
            var sorted = new TreeMap<Uuid, Set<Integer>>();
            group.memberAssignment(ids.get(memberId)).partitions().forEach((topicId, partitions) -> sorted.put(topicId, new TreeSet<>(partitions)));
            return new Assignment(Collections.unmodifiableMap(sorted));
        }
    }

    @Override
    public String name() {
        return assignor.name();
    }

    @Override
    public GroupAssignment assign(GroupSpec group, SubscribedTopicDescriber topics) {
        var ids = new TreeMap<String, String>();
        group.memberIds().forEach(id -> ids.put(NAMES.get().apply(id), id));
        Map<String, MemberAssignment> assigned = new HashMap<>();
        assignor.assign(new Spec(group, ids), topics).members().forEach((name, member) -> assigned.put(ids.get(name), member));
        return new GroupAssignment(assigned);
    }
}
