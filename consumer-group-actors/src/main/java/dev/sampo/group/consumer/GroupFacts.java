package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Kind;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberStored;
import dev.sampo.group.journal.ConsumerGroupEvent.RegexStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import dev.sampo.group.journal.ConsumerGroupEvent.ResolvedRegex;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetEpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is true of one consumer group: all that is stored, and what follows from it. The rules read it and decide facts; only
 * {@link #apply} changes it.
 *
 * <p>Invariant: a partition has one owner at most, see {@link PartitionEpochs}.
 */
final class GroupFacts {
    /** Epochs are positive, and a member that joins brings 0: a group begins with 1, as Kafka's do. */
    private static final int FIRST_EPOCH = 1;

    private final Map<String, ConsumerMember> members = new HashMap<>();
    private final Map<String, String> idByInstance = new HashMap<>();
    private final Subscriptions subscriptions = new Subscriptions();
    private final PartitionEpochs partitions = new PartitionEpochs();
    private final TargetAssignment targets = new TargetAssignment();
    private int groupEpoch = FIRST_EPOCH;
    private int assignmentEpoch = FIRST_EPOCH;
    private long assignmentTimestampMs;
    private long metadataHash;
    private ConsumerGroup.@Nullable State state; // null until somebody asks

    /** A fact that was decided here or that is stored, any order of those that are true at one time. */
    void apply(ConsumerGroupEvent event) {
        state = null;
        switch (event) {
            case EpochStored(int epoch, long hash) -> {
                groupEpoch = epoch;
                metadataHash = hash;
            }
            case MemberStored(String memberId, Subscription wants) -> put(memberOrNew(memberId).with(wants));
            case TargetEpochStored(int epoch, long timestampMs) -> {
                assignmentEpoch = epoch;
                assignmentTimestampMs = timestampMs;
            }
            case TargetStored(String memberId, var partitionsOfMember) -> targets.put(memberId, partitionsOfMember);
            case CurrentStored(String memberId, CurrentAssignment owns) -> put(memberOrNew(memberId).with(owns));
            case RegexStored(String regex, ResolvedRegex found) -> subscriptions.resolve(regex, found);
            case Removed(ConsumerKey(Kind kind, String name)) -> removed(kind, name);
        }
    }

    private void removed(Kind kind, String name) {
        switch (kind) {
            case CURRENT -> {
                ConsumerMember member = members.get(name);
                if (member != null) {
                    put(member.with(new CurrentAssignment(
                            ConsumerMember.LEFT, ConsumerMember.LEFT, member.owns().state(), Map.of(), Map.of())));
                }
            }
            case TARGET -> targets.remove(name);
            case MEMBER -> {
                ConsumerMember member = members.remove(name);
                if (member != null) {
                    subscriptions.replace(member.wants(), Subscription.NONE);
                    partitions.replace(member.owns(), CurrentAssignment.NONE);
                    String instanceId = member.wants().instanceId();
                    if (instanceId != null) {
                        idByInstance.remove(instanceId, name);
                    }
                }
            }
            case REGULAR_EXPRESSION -> subscriptions.forget(name);
            case EPOCH, TARGET_EPOCH, PARTITION_METADATA -> { } // only at the group's end
        }
    }

    private void put(ConsumerMember member) {
        ConsumerMember before = members.put(member.memberId(), member);
        ConsumerMember was = before != null ? before : new ConsumerMember(member.memberId());
        subscriptions.replace(was.wants(), member.wants());
        partitions.replace(was.owns(), member.owns());
        String instanceBefore = was.wants().instanceId();
        if (instanceBefore != null) {
            idByInstance.remove(instanceBefore, member.memberId());
        }
        String instanceId = member.wants().instanceId();
        if (instanceId != null) {
            idByInstance.put(instanceId, member.memberId());
        }
    }

    // ---- facts that end others

    /** Adds the facts that remove a member, in Kafka's order. */
    static void remove(String memberId, List<ConsumerGroupEvent> events) {
        events.add(new Removed(new ConsumerKey(Kind.CURRENT, memberId)));
        events.add(new Removed(new ConsumerKey(Kind.TARGET, memberId)));
        events.add(new Removed(new ConsumerKey(Kind.MEMBER, memberId)));
    }

    /** The facts that end the group, in Kafka's order. */
    List<ConsumerGroupEvent> end() {
        var events = new ArrayList<ConsumerGroupEvent>();
        members.keySet().forEach(memberId -> events.add(new Removed(new ConsumerKey(Kind.CURRENT, memberId))));
        members.keySet().forEach(memberId -> events.add(new Removed(new ConsumerKey(Kind.TARGET, memberId))));
        events.add(new Removed(ConsumerKey.of(Kind.TARGET_EPOCH)));
        members.keySet().forEach(memberId -> events.add(new Removed(new ConsumerKey(Kind.MEMBER, memberId))));
        subscriptions.resolved().keySet()
                .forEach(regex -> events.add(new Removed(new ConsumerKey(Kind.REGULAR_EXPRESSION, regex))));
        events.add(new Removed(ConsumerKey.of(Kind.PARTITION_METADATA)));
        events.add(new Removed(ConsumerKey.of(Kind.EPOCH)));
        return events;
    }

    // ---- members

    /** Null when there is none. */
    @Nullable ConsumerMember find(String memberId) {
        return members.get(memberId);
    }

    /** One that is known to be there. */
    ConsumerMember member(String memberId) {
        return Objects.requireNonNull(members.get(memberId), "checked before");
    }

    ConsumerMember memberOrNew(String memberId) {
        ConsumerMember known = members.get(memberId);
        return known != null ? known : new ConsumerMember(memberId);
    }

    /** Null when nobody holds the instance id. */
    @Nullable ConsumerMember holder(@Nullable String instanceId) {
        String memberId = instanceId == null ? null : idByInstance.get(instanceId);
        return memberId == null ? null : members.get(memberId);
    }

    /** NONE, UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when another member holds the instance id. */
    KafkaError checkId(String memberId, @Nullable String instanceId) {
        if (instanceId != null) {
            ConsumerMember holder = holder(instanceId);
            if (holder == null) {
                return KafkaError.UNKNOWN_MEMBER_ID;
            }
            return holder.memberId().equals(memberId) ? KafkaError.NONE : KafkaError.FENCED_INSTANCE_ID;
        }
        return members.containsKey(memberId) ? KafkaError.NONE : KafkaError.UNKNOWN_MEMBER_ID;
    }

    Collection<ConsumerMember> members() {
        return members.values();
    }

    int size() {
        return members.size();
    }

    /** How many there are with this one, which may come new or in the place of another. */
    int sizeWith(ConsumerMember member) {
        boolean counted = members.containsKey(member.memberId()) || holder(member.wants().instanceId()) != null;
        return counted ? members.size() : members.size() + 1;
    }

    // ---- what is wanted, should be and is

    Subscriptions subscriptions() {
        return subscriptions;
    }

    PartitionEpochs partitions() {
        return partitions;
    }

    TargetAssignment targets() {
        return targets;
    }

    /** Under which id the target of a member is stored: a static one's under that of whoever held its instance id. */
    @Nullable String targetHolder(ConsumerMember member) {
        String instanceId = member.wants().instanceId();
        return instanceId == null ? member.memberId() : idByInstance.get(instanceId);
    }


    int groupEpoch() {
        return groupEpoch;
    }

    int assignmentEpoch() {
        return assignmentEpoch;
    }

    /** Wall clock, 0 where the next assignment need not wait. */
    long assignmentTimestampMs() {
        return assignmentTimestampMs;
    }

    /** Of the topics that the group read when its epoch began. */
    long metadataHash() {
        return metadataHash;
    }

    ConsumerGroup.State state() {
        ConsumerGroup.State known = state;
        if (known == null) {
            if (members.isEmpty()) {
                known = ConsumerGroup.State.EMPTY;
            } else if (groupEpoch > assignmentEpoch) {
                known = ConsumerGroup.State.ASSIGNING;
            } else {
                boolean stable = members.values().stream().allMatch(member -> member.isReconciledTo(assignmentEpoch));
                known = stable ? ConsumerGroup.State.STABLE : ConsumerGroup.State.RECONCILING;
            }
            state = known;
        }
        return known;
    }
}
