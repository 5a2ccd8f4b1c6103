package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribeReply;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Kind;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetEpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.Rebalance.Reason;
import dev.sampo.group.lag.RebalanceHistory;
import dev.sampo.group.member.SessionDeadlines;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one consumer group. A heartbeat is decided whole, over the facts before it, into facts; only {@link #accept}
 * makes them true, and {@link #apply} when they are read again. So a request that is refused leaves nothing behind, and a
 * restored group is the group that was stored.
 *
 * <p>Three epochs follow each other: that of the group grows when members, their subscriptions or topics change; that of
 * the target when an assignor has answered to it; that of a member when it owns what it may and nothing that it must not.
 *
 * @see "KIP-848"
 */
public final class ConsumerGroup {
    /** Kafka's names are in {@link #wireName}. */
    public enum State {
        EMPTY("Empty"),
        /** No target assignment of the group's epoch yet. */
        ASSIGNING("Assigning"),
        /** Some members are on their way to it. */
        RECONCILING("Reconciling"),
        STABLE("Stable");

        public final String wireName;

        State(String wireName) {
            this.wireName = wireName;
        }
    }

    /**
     * What a request comes to: a change for {@link #accept}, then the answer.
     *
     * @param resolve regular expressions whose topics have to be looked up, perhaps none
     */
    public record Decision(Change change, ConsumerGroupHeartbeatReply reply, Set<String> resolve) {
        static Decision refused(KafkaError error, String message) {
            return new Decision(Change.NONE, ConsumerGroupHeartbeatReply.failed(error, message), Set.of());
        }
    }

    private final String groupId;
    private final ConsumerGroupSettings settings;
    private final GroupFacts facts = new GroupFacts();
    private final RegexLookups lookups = new RegexLookups(facts);
    private final MemberDeadlines deadlines = new MemberDeadlines();
    private final ConsumerRebalances rebalances;
    private ConsumerTimes times;
    private TopicHashes hashes = new TopicHashes(Topics.NONE);
    private boolean topicsChanged = true; // since the hash was compared

    public ConsumerGroup(String groupId, ConsumerGroupSettings settings, RebalanceHistory history) {
        this.groupId = groupId;
        this.settings = settings;
        this.times = ConsumerTimes.of(settings, Map.of());
        this.rebalances = new ConsumerRebalances(history);
        this.rebalances.startFrom(facts);
    }

    /** The cluster's topics from now on; looked at with the next request. */
    public void onTopics(Topics topics) {
        Subscriptions wanted = facts.subscriptions();
        long before = wanted.hash(hashes);
        hashes = new TopicHashes(topics);
        topicsChanged |= wanted.hash(hashes) != before; // those that nobody here wants may change as they like
    }

    /** The group's own configuration from now on; sessions that run keep the length that they have. */
    public void onConfigs(Map<String, String> own) {
        times = ConsumerTimes.of(settings, own);
    }

    // ---- heartbeats

    /**
     * A member joins, is alive or leaves. Nothing has changed until the change is accepted and {@link #heard} is called.
     *
     * @param request passed {@link HeartbeatCheck}
     * @param newMemberId for one that joins without an id
     */
    public Decision heartbeat(ConsumerGroupHeartbeat request, String newMemberId, long nowMs) {
        int epoch = request.memberEpoch();
        if (epoch < ConsumerMember.JOINS) {
            return leave(request);
        }
        String instanceId = request.instanceId();
        ConsumerMember holder = facts.holder(instanceId);
        if (holder == null && facts.size() >= settings.maxSize() && facts.find(request.memberId()) == null) {
            return Decision.refused(
                    KafkaError.GROUP_MAX_SIZE_REACHED, "group " + groupId + " is full with " + settings.maxSize() + " members");
        }
        String memberId = request.memberId().isEmpty() ? newMemberId : request.memberId();
        var events = new ArrayList<ConsumerGroupEvent>();
        ConsumerMember before;
        if (holder != null && epoch == ConsumerMember.JOINS) {
            if (holder.memberEpoch() != ConsumerMember.STATIC_LEFT) {
                return Decision.refused(
                        KafkaError.UNRELEASED_INSTANCE_ID, "member " + holder.memberId() + " holds instance id " + instanceId);
            }
            before = takeOver(holder, memberId, events);
        } else {
            Decision refusal = checkMember(memberId, instanceId, epoch, request.topicPartitions());
            if (refusal != null) {
                return refusal;
            }
            before = facts.memberOrNew(memberId);
        }
        return decide(request, before, events, nowMs);
    }

    /** Null, or why this is not the member that it says it is; one that joins need not be known. */
    private @Nullable Decision checkMember(
            String memberId, @Nullable String instanceId, int epoch, @Nullable Map<Uuid, Set<Integer>> owned) {
        if (epoch == ConsumerMember.JOINS) {
            return null;
        }
        Decision unknown = checkKnown(memberId, instanceId);
        if (unknown != null) {
            return unknown;
        }
        CurrentAssignment owns = facts.member(memberId).owns();
        // The answer with its newer epoch may have been lost: then it says the epoch before, and owns nothing new.
        boolean lostAnswer = epoch == owns.previousMemberEpoch() && owned != null && ownsAllOf(owns, owned);
        return epoch == owns.memberEpoch() || (epoch < owns.memberEpoch() && lostAnswer)
                ? null
                : Decision.refused(
                        KafkaError.FENCED_MEMBER_EPOCH,
                        "member " + memberId + " is in epoch " + owns.memberEpoch() + ", not in " + epoch
                                + ": it has to give up all partitions and join again");
    }

    private @Nullable Decision checkKnown(String memberId, @Nullable String instanceId) {
        KafkaError error = facts.checkId(memberId, instanceId);
        return switch (error) {
            case NONE -> null;
            case FENCED_INSTANCE_ID -> Decision.refused(error, "another member holds instance id " + instanceId);
            default -> Decision.refused(error, "no member of group " + groupId + " is " + memberId);
        };
    }

    private static boolean ownsAllOf(CurrentAssignment owns, Map<Uuid, Set<Integer>> said) {
        return said.entrySet().stream().allMatch(topic -> owns.assigned().containsKey(topic.getKey())
                && owns.assigned().getOrDefault(topic.getKey(), Map.of()).keySet().containsAll(topic.getValue()));
    }

    /** A static member is back, perhaps under another id: it goes on with what it had. */
    private ConsumerMember takeOver(ConsumerMember holder, String memberId, List<ConsumerGroupEvent> events) {
        GroupFacts.remove(holder.memberId(), events);
        CurrentAssignment owned = holder.owns();
        var member = new ConsumerMember(memberId, holder.wants(), new CurrentAssignment(
                0, 0, owned.state(), owned.assigned(), owned.pendingRevocation()));
        events.add(new MemberStored(memberId, member.wants()));
        events.add(new TargetStored(memberId, facts.targets().of(holder.memberId())));
        events.add(new CurrentStored(memberId, member.owns()));
        return member;
    }

    private Decision decide(
            ConsumerGroupHeartbeat request, ConsumerMember before, List<ConsumerGroupEvent> events, long nowMs) {
        var decision = new MemberDecision(facts, settings, hashes, before, updated(before.wants(), request), events);
        MemberDecision.Refusal refusal = decision.subscribe();
        if (refusal == null) {
            decision.beginEpoch(topicsChanged);
            refusal = decision.assign(times.assignmentIntervalMs(), nowMs);
        }
        if (refusal == null) {
            refusal = decision.reconcile(request.topicPartitions());
        }
        if (refusal != null) {
            return Decision.refused(refusal.error(), refusal.message());
        }
        CurrentAssignment owns = decision.owns();
        boolean saidAll = request.rebalanceTimeoutMs() != -1 && request.topicPartitions() != null
                && (request.subscribedTopicNames() != null || request.subscribedTopicRegex() != null);
        boolean tell = request.memberEpoch() == ConsumerMember.JOINS || saidAll
                || !owns.assigned().equals(before.owns().assigned());
        var reply = new ConsumerGroupHeartbeatReply(
                KafkaError.NONE, null, before.memberId(), owns.memberEpoch(), times.heartbeatIntervalMs(),
                tell ? ConsumerMember.withoutEpochs(owns.assigned()) : null);
        return new Decision(decision.change(), reply, lookups.due(
                decision.next(), decision.regexIsNew(), hashes.topics(), settings.regexRefreshIntervalMs(), nowMs));
    }

    private static Subscription updated(Subscription before, ConsumerGroupHeartbeat request) {
        List<String> names = request.subscribedTopicNames();
        return new Subscription(
                request.instanceId() != null ? request.instanceId() : before.instanceId(),
                request.rackId() != null ? request.rackId() : before.rackId(), request.clientId(), request.clientHost(),
                request.rebalanceTimeoutMs() != -1 ? request.rebalanceTimeoutMs() : before.rebalanceTimeoutMs(),
                names != null ? new HashSet<>(names) : before.topicNames(),
                request.subscribedTopicRegex() != null ? request.subscribedTopicRegex() : before.topicRegex(),
                request.serverAssignor() != null ? request.serverAssignor() : before.assignor());
    }

    // ---- regular expressions

    /** The topics of regular expressions are being looked up: {@link #onResolved} will be called. */
    public void resolving() {
        lookups.begin();
    }

    /** The topics of regular expressions, none where the look-up failed. Members get them with their next heartbeats. */
    public Change onResolved(Map<String, Set<String>> topicsByRegex, Topics in, long nowMs) {
        topicsChanged = false;
        return lookups.found(topicsByRegex, in, hashes, nowMs);
    }

    // ---- leaving

    private Decision leave(ConsumerGroupHeartbeat request) {
        Decision unknown = checkKnown(request.memberId(), request.instanceId());
        if (unknown != null) {
            return unknown;
        }
        ConsumerMember member = facts.member(request.memberId());
        var reply = new ConsumerGroupHeartbeatReply(
                KafkaError.NONE, null, request.memberId(), request.memberEpoch(), 0, null);
        if (request.instanceId() == null || request.memberEpoch() == ConsumerMember.LEFT) {
            return new Decision(removals(List.of(member), Reason.MEMBER_LEFT), reply, Set.of());
        }
        CurrentAssignment owns = member.owns();
        Map<Uuid, Map<Integer, Integer>> kept = new HashMap<>();
        owns.assigned().forEach((topicId, epochs) -> {
            Map<Integer, Integer> unknownEpochs = new HashMap<>();
            epochs.keySet().forEach(partition -> unknownEpochs.put(partition, 0));
            kept.put(topicId, unknownEpochs);
        });
        var away = new CurrentStored(member.memberId(), new CurrentAssignment(
                ConsumerMember.STATIC_LEFT, owns.previousMemberEpoch(), owns.state(), kept, Map.of()));
        return new Decision(new Change(List.of(away), List.of()), reply, Set.of());
    }

    /**
     * Members leave by the classic protocol's request, as administrators' tools do.
     *
     * @param errors receives one for each member, in order
     */
    public Change leave(List<LeavingMember> leaving, List<KafkaError> errors) {
        var left = new LinkedHashSet<ConsumerMember>();
        for (LeavingMember who : leaving) {
            String instanceId = who.groupInstanceId();
            String memberId = who.memberId();
            if (instanceId != null && memberId.isEmpty()) {
                ConsumerMember holder = facts.holder(instanceId);
                memberId = holder == null ? "" : holder.memberId();
            }
            KafkaError error = facts.checkId(memberId, instanceId);
            errors.add(error);
            if (error == KafkaError.NONE) {
                left.add(facts.member(memberId));
            }
        }
        return left.isEmpty() ? Change.NONE : removals(left, Reason.MEMBER_LEFT);
    }

    /** Members are gone: the group goes on in another epoch. */
    private Change removals(Collection<ConsumerMember> gone, Reason reason) {
        var events = new ArrayList<ConsumerGroupEvent>();
        Subscriptions now = facts.subscriptions();
        Subscriptions next = now.copy();
        for (ConsumerMember member : gone) {
            GroupFacts.remove(member.memberId(), events);
            next.replace(member.wants(), Subscription.NONE);
        }
        for (String regex : now.regexes()) {
            if (next.members(regex) == 0) {
                events.add(new Removed(new ConsumerKey(Kind.REGULAR_EXPRESSION, regex)));
                next.forget(regex);
            }
        }
        int epoch = facts.groupEpoch() + 1;
        events.add(new EpochStored(epoch, next.hash(hashes)));
        if (gone.size() == facts.size()) {
            events.add(new TargetEpochStored(epoch, 0));
        }
        return new Change(events, gone.stream()
                .map(member -> new Cause(reason, member.memberId(), member.wants().instanceId()))
                .toList());
    }

    /** The facts that end the group, in Kafka's order; apply none of them, forget the object. */
    public List<ConsumerGroupEvent> end() {
        return facts.end();
    }

    // ---- time

    /** A member was answered: it has a whole session, and its rebalance timeout where it has to give partitions up. */
    public void heard(String memberId, long nowMs) {
        topicsChanged = false;
        ConsumerMember member = facts.find(memberId);
        if (member != null) {
            deadlines.heard(member, times.sessionTimeoutMs(), nowMs);
        }
    }

    /** Removes who is late; the facts are accepted already. */
    public List<ConsumerGroupEvent> onTime(long nowMs) {
        var events = new ArrayList<ConsumerGroupEvent>();
        for (MemberDeadlines.Late late : deadlines.late(nowMs, facts)) {
            events.addAll(accept(removals(List.of(facts.member(late.memberId())), late.reason()), nowMs));
        }
        return events;
    }

    /** When {@link #onTime} is due next, {@link SessionDeadlines#NEVER} when nobody is watched. */
    public long nextMs() {
        return deadlines.nextMs();
    }

    // ---- facts

    /** Makes a change true that was decided over the facts as they are. Returns what has to be stored. */
    public List<ConsumerGroupEvent> accept(Change change, long nowMs) {
        if (!change.events().isEmpty()) {
            change.events().forEach(this::apply);
            rebalances.look(change.causes(), facts, nowMs);
        }
        return change.events();
    }

    /** A fact that is stored, any order of those that are true at one time. */
    public void apply(ConsumerGroupEvent event) {
        facts.apply(event);
        if (event instanceof Removed(ConsumerKey(Kind kind, String memberId)) && kind == Kind.MEMBER) {
            deadlines.forget(memberId);
        }
    }

    /** After the last stored fact: every member gets a whole session to be heard of. */
    public void restored(long nowMs) {
        facts.members().forEach(member -> deadlines.heard(member, times.sessionTimeoutMs(), nowMs));
        rebalances.startFrom(facts);
    }

    // ---- offsets

    /** NONE, or why offsets may not be committed. All or none of them are. */
    public KafkaError checkCommit(String memberId, int memberEpoch, boolean epochsSupported, List<OffsetToCommit> offsets) {
        if (memberEpoch < 0 && facts.size() == 0) {
            return KafkaError.NONE;
        }
        ConsumerMember member = facts.find(memberId);
        if (member == null) {
            return KafkaError.UNKNOWN_MEMBER_ID;
        }
        if (!epochsSupported) {
            return KafkaError.UNSUPPORTED_VERSION;
        }
        if (memberEpoch == member.memberEpoch()) {
            return KafkaError.NONE;
        }
        if (memberEpoch > member.memberEpoch()) {
            return KafkaError.STALE_MEMBER_EPOCH;
        }
        // From before it was told its newer epoch: fine for what it has owned since then (KIP-1251).
        boolean owned = offsets.stream().allMatch(offset -> {
            Integer since = member.assignmentEpoch(offset.topicId(), offset.partition());
            return since != null && memberEpoch >= since;
        });
        return owned ? KafkaError.NONE : KafkaError.STALE_MEMBER_EPOCH;
    }

    /** NONE, or why offsets may not be read by a member; null and -1 are from outside. */
    public KafkaError checkFetch(@Nullable String memberId, int memberEpoch) {
        if (memberId == null && memberEpoch < 0) {
            return KafkaError.NONE;
        }
        ConsumerMember member = memberId == null ? null : facts.find(memberId);
        if (member == null) {
            return KafkaError.UNKNOWN_MEMBER_ID;
        }
        return memberEpoch == member.memberEpoch() ? KafkaError.NONE : KafkaError.STALE_MEMBER_EPOCH;
    }

    // ---- views

    /** NONE, UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when another member holds the instance id. */
    public KafkaError checkId(String memberId, @Nullable String instanceId) {
        return facts.checkId(memberId, instanceId);
    }

    /** Where the group stands. */
    public State state() {
        return facts.state();
    }

    /** True when a member wants the topic, by name or by regular expression. */
    public boolean subscribedTo(String topic) {
        return facts.subscriptions().contains(topic);
    }

    /** The answer to a description. */
    public ConsumerGroupDescribeReply describe() {
        String preferred = facts.subscriptions().preferredAssignor();
        return new ConsumerDescription(facts, hashes.topics())
                .describe(preferred != null ? preferred : settings.assignors().getFirst().name());
    }
}
