package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribeReply;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import dev.sampo.actors.protocol.Group.Heartbeat;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.Sync;
import dev.sampo.actors.protocol.Group.SyncReply;
import dev.sampo.gate.ClusterNode;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicMember;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Kind;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
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
    private final ClassicRequests classicRequests = new ClassicRequests(facts, deadlines);
    private final HeartbeatPace pace = new HeartbeatPace();
    private final ConsumerRebalances rebalances;
    private ConsumerTimes times;
    private long epochSinceMs;
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
            if (holder.memberEpoch() != ConsumerMember.STATIC_LEFT && !holder.isClassic()) {
                return Decision.refused(
                        KafkaError.UNRELEASED_INSTANCE_ID, "member " + holder.memberId() + " holds instance id " + instanceId);
            }
            before = MemberDecision.takeOver(facts, holder, memberId, events);
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

    private Decision decide(
            ConsumerGroupHeartbeat request, ConsumerMember before, List<ConsumerGroupEvent> events, long nowMs) {
        var decision = new MemberDecision(facts, settings, moment(nowMs), before, updated(before.wants(), request), events);
        MemberDecision.Refusal refusal = decision.subscribe();
        if (refusal == null) {
            decision.beginEpoch();
            refusal = decision.assign();
        }
        if (refusal == null) {
            refusal = decision.reconcile(request.topicPartitions());
        }
        if (refusal != null) {
            return Decision.refused(refusal.error(), refusal.message());
        }
        CurrentAssignment owns = decision.owns();
        Change change = decision.change();
        boolean stable = change.events().isEmpty() && facts.state() == State.STABLE;
        int intervalMs = pace.intervalMs(
                times.heartbeatIntervalMs(), settings.rebalanceHeartbeatIntervalMs(), facts.size(), stable, nowMs);
        boolean saidAll = request.rebalanceTimeoutMs() != -1 && request.topicPartitions() != null
                && (request.subscribedTopicNames() != null || request.subscribedTopicRegex() != null);
        boolean tell = request.memberEpoch() == ConsumerMember.JOINS || saidAll
                || !owns.assigned().equals(before.owns().assigned());
        var reply = new ConsumerGroupHeartbeatReply(
                KafkaError.NONE, null, before.memberId(), owns.memberEpoch(), intervalMs,
                tell ? ConsumerMember.withoutEpochs(owns.assigned()) : null);
        return new Decision(change, reply, decision.due(lookups));
    }

    private static Subscription updated(Subscription before, ConsumerGroupHeartbeat request) {
        List<String> names = request.subscribedTopicNames();
        return new Subscription(
                request.instanceId() != null ? request.instanceId() : before.instanceId(),
                request.rackId() != null ? request.rackId() : before.rackId(), request.clientId(), request.clientHost(),
                request.rebalanceTimeoutMs() != -1 ? request.rebalanceTimeoutMs() : before.rebalanceTimeoutMs(),
                names != null ? new HashSet<>(names) : before.topicNames(),
                request.subscribedTopicRegex() != null ? request.subscribedTopicRegex() : before.topicRegex(),
                request.serverAssignor() != null ? request.serverAssignor() : before.assignor(), null);
    }

    // ---- members of the classic protocol

    /**
     * A member of the classic protocol joins, or joins again with what it owns. Nothing has changed until the change is
     * accepted and {@link #joined} is called.
     *
     * @param newMemberId for one that joins without an id
     * @param classicMaxSize most members of a classic group
     */
    public JoinDecision join(Join request, String newMemberId, int classicMaxSize, long nowMs) {
        return new ClassicJoin(request, newMemberId, classicMaxSize, facts, settings, lookups, moment(nowMs)).decide();
    }

    private Moment moment(long nowMs) {
        return new Moment(hashes, topicsChanged, times, epochSinceMs, nowMs);
    }

    /** A member of the classic protocol was answered: it has a whole session, and its rebalance timeout to sync. */
    public void joined(String memberId, Join request, long nowMs) {
        topicsChanged = false;
        deadlines.heardClassic(memberId, request.sessionTimeoutMs(), nowMs);
        deadlines.joined(memberId, request.rebalanceTimeoutMs(), nowMs);
    }

    /** The answer to a member of the classic protocol that wants its assignment. */
    public SyncReply sync(Sync request, long nowMs) {
        return classicRequests.sync(request, hashes.topics(), nowMs);
    }

    /** The answer to a member of the classic protocol that is alive. */
    public KafkaError heartbeat(Heartbeat request, long nowMs) {
        return classicRequests.heartbeat(request, nowMs);
    }

    /**
     * Begins this group as what a classic group was: its generation is the epoch of group, target and members. Returns the
     * facts, which are true already.
     *
     * @param adopted each with a part of the assignment that no other has
     */
    public List<ConsumerGroupEvent> adopt(int generationId, List<Adopted> adopted, long nowMs) {
        var events = new ArrayList<ConsumerGroupEvent>();
        adopted.forEach(member -> events.add(new MemberStored(member.memberId(), member.wants())));
        events.forEach(facts::apply);
        var more = new ArrayList<ConsumerGroupEvent>();
        more.add(new EpochStored(generationId, facts.subscriptions().hash(hashes)));
        adopted.forEach(member -> more.add(new TargetStored(member.memberId(), member.partitions())));
        more.add(new TargetEpochStored(generationId, 0));
        adopted.forEach(member -> more.add(new CurrentStored(member.memberId(), new CurrentAssignment(
                generationId, generationId, MemberState.STABLE, withEpoch(member.partitions(), generationId), Map.of()))));
        more.forEach(facts::apply);
        for (Adopted member : adopted) {
            ClassicMember classic = Objects.requireNonNull(member.wants().classic(), "of a classic group");
            deadlines.heardClassic(member.memberId(), classic.sessionTimeoutMs(), nowMs);
        }
        rebalances.startFrom(facts);
        events.addAll(more);
        return events;
    }

    private static Map<Uuid, Map<Integer, Integer>> withEpoch(Map<Uuid, Set<Integer>> partitions, int epoch) {
        Map<Uuid, Map<Integer, Integer>> epochs = new HashMap<>();
        partitions.forEach((topicId, ids) -> {
            Map<Integer, Integer> byPartition = new HashMap<>();
            ids.forEach(partition -> byPartition.put(partition, epoch));
            epochs.put(topicId, byPartition);
        });
        return epochs;
    }

    /**
     * True when without these members there are some left, all of the classic protocol, and the operator lets the group
     * become a classic one.
     */
    public boolean mayEndWithout(Set<String> gone) {
        long classicGone = gone.stream().map(facts::member).filter(ConsumerMember::isClassic).count();
        int left = facts.size() - gone.size();
        return left > 0 && facts.classic().members() - classicGone == left && settings.migrationPolicy().downgrades();
    }

    /** The members other than these, in order of their ids, each with what it should own; all speak the classic protocol. */
    public List<Adopted> membersWithout(Set<String> gone) {
        return facts.members().stream()
                .filter(member -> !gone.contains(member.memberId()))
                .sorted(Comparator.comparing(ConsumerMember::memberId))
                .map(member -> new Adopted(member.memberId(), member.wants(), facts.targets().of(member.memberId())))
                .toList();
    }

    /** The epoch of the group. */
    public int groupEpoch() {
        return facts.groupEpoch();
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
        return new Change(
                events,
                gone.stream().map(member -> new Cause(reason, member.memberId(), member.wants().instanceId())).toList(),
                gone.stream().map(ConsumerMember::memberId).collect(Collectors.toSet()));
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

    /** Who is late, each once: the owner has them {@link #expel}led. */
    public List<LateMember> late(long nowMs) {
        return deadlines.late(nowMs, facts);
    }

    /** A member is gone because it is late. */
    public Change expel(LateMember late) {
        return removals(List.of(facts.member(late.memberId())), late.reason());
    }

    /** Members whose host is gone are gone with it, static members apart. */
    public Change nodesGone(Predicate<String> gone) {
        List<ConsumerMember> left = facts.members().stream()
                .filter(member -> member.wants().instanceId() == null && gone.test(member.wants().clientHost()))
                .sorted(Comparator.comparing(ConsumerMember::memberId))
                .toList();
        return left.isEmpty() ? Change.NONE : removals(left, Reason.NODE_LEFT);
    }

    /** The nodes of the cluster on which members live. */
    public Set<String> nodes() {
        return facts.members().stream()
                .map(member -> member.wants().clientHost())
                .filter(ClusterNode::isOne)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** When somebody will be late, {@link SessionDeadlines#NEVER} when nobody is watched. */
    public long nextMs() {
        return deadlines.nextMs();
    }

    // ---- facts

    /** Makes a change true that was decided over the facts as they are. Returns what has to be stored. */
    public List<ConsumerGroupEvent> accept(Change change, long nowMs) {
        if (!change.events().isEmpty()) {
            int epoch = facts.groupEpoch();
            change.events().forEach(this::apply);
            epochSinceMs = facts.groupEpoch() == epoch ? epochSinceMs : nowMs;
            pace.changed(nowMs);
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
        if (!epochsSupported && !member.isClassic()) {
            return KafkaError.UNSUPPORTED_VERSION;
        }
        if (memberEpoch == member.memberEpoch()) {
            return KafkaError.NONE;
        }
        if (memberEpoch > member.memberEpoch()) {
            return stale(member);
        }
        // From before it was told its newer epoch: fine for what it has owned since then (KIP-1251).
        boolean owned = offsets.stream().allMatch(offset -> {
            Integer since = member.assignmentEpoch(offset.topicId(), offset.partition());
            return since != null && memberEpoch >= since;
        });
        return owned ? KafkaError.NONE : stale(member);
    }

    private static KafkaError stale(ConsumerMember member) {
        return member.isClassic() ? KafkaError.ILLEGAL_GENERATION : KafkaError.STALE_MEMBER_EPOCH;
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
        return memberEpoch == member.memberEpoch() ? KafkaError.NONE : stale(member);
    }

    // ---- views

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
