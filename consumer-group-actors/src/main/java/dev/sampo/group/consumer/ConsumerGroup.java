package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribeReply;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import dev.sampo.actors.protocol.Group.DescribedConsumer;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Kind;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberStored;
import dev.sampo.group.journal.ConsumerGroupEvent.RegexStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import dev.sampo.group.journal.ConsumerGroupEvent.ResolvedRegex;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetEpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import dev.sampo.group.member.SessionDeadlines;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.MemberAssignment;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one consumer group. A heartbeat is decided whole, over the state before it, into facts; only {@link #apply}
 * changes the state, when they were decided or when they are read again. So a request that is refused leaves nothing
 * behind, and a restored group is the group that was stored.
 *
 * <p>Three epochs follow each other: that of the group grows when members, their subscriptions or topics change; that of
 * the target when an assignor has answered to it; that of a member when it owns what it may and nothing that it must not.
 *
 * <p>Invariant: a partition has one owner at most, see {@link PartitionEpochs}.
 *
 * @see "KIP-848"
 */
public final class ConsumerGroup {
    /** Epochs are positive, and a member that joins brings 0: a group begins with 1, as Kafka's do. */
    private static final int FIRST_EPOCH = 1;
    private static final int JOINS = 0;
    private static final long REGEX_REFRESH_MIN_INTERVAL_MS = 10_000;

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
     * What a request comes to: facts to store and {@link #apply}, then the answer.
     *
     * @param resolve regular expressions whose topics have to be looked up, perhaps none
     */
    public record Decision(
            List<ConsumerGroupEvent> events, ConsumerGroupHeartbeatReply reply, Set<String> resolve) {
        static Decision refused(KafkaError error, String message) {
            return new Decision(List.of(), ConsumerGroupHeartbeatReply.failed(error, message), Set.of());
        }
    }

    private final String groupId;
    private final ConsumerGroupSettings settings;
    private final Map<String, ConsumerMember> members = new HashMap<>();
    private final Map<String, String> idByInstance = new HashMap<>();
    private final Subscriptions subscriptions = new Subscriptions();
    private final PartitionEpochs partitions = new PartitionEpochs();
    private final TargetAssignment targets = new TargetAssignment();
    private final SessionDeadlines sessions = new SessionDeadlines();
    private final SessionDeadlines revocations = new SessionDeadlines(); // rebalance timeouts
    private final Map<String, CurrentAssignment> revoking = new HashMap<>(); // what those in revocations owned then
    private int groupEpoch = FIRST_EPOCH;
    private int assignmentEpoch = FIRST_EPOCH;
    private long assignmentTimestampMs;
    private long metadataHash;
    private TopicHashes hashes = new TopicHashes(Topics.NONE);
    private boolean topicsChanged = true; // since the hash was compared
    private boolean resolving;
    private @Nullable State state; // null until somebody asks

    public ConsumerGroup(String groupId, ConsumerGroupSettings settings) {
        this.groupId = groupId;
        this.settings = settings;
    }

    // ---- heartbeats

    /** Null, or the refusal of a request that no group would take. */
    public static @Nullable ConsumerGroupHeartbeatReply check(ConsumerGroupHeartbeat request, ConsumerGroupSettings settings) {
        int epoch = request.memberEpoch();
        String problem = null;
        if ((request.memberIdRequired() || epoch > 0 || epoch == ConsumerMember.LEFT) && request.memberId().isBlank()) {
            problem = "a member id is needed";
        } else if (request.groupId().isBlank()) {
            problem = "the group id is empty";
        } else if (request.instanceId() != null && request.instanceId().isBlank()) {
            problem = "the instance id is empty";
        } else if (request.rackId() != null && request.rackId().isBlank()) {
            problem = "the rack id is empty";
        } else if (epoch < ConsumerMember.STATIC_LEFT) {
            problem = "no member has epoch " + epoch;
        } else if (epoch == ConsumerMember.STATIC_LEFT && request.instanceId() == null) {
            problem = "only a member with an instance id leaves for a while";
        } else if (epoch == JOINS && request.rebalanceTimeoutMs() == -1) {
            problem = "a member that joins has to say its rebalance timeout";
        } else if (epoch == JOINS && (request.topicPartitions() == null || !request.topicPartitions().isEmpty())) {
            problem = "a member that joins has to say that it owns no partitions";
        } else if (epoch == JOINS && request.subscribedTopicNames() == null && request.subscribedTopicRegex() == null) {
            problem = "a member that joins has to say its topics";
        }
        if (problem != null) {
            return ConsumerGroupHeartbeatReply.failed(KafkaError.INVALID_REQUEST, problem);
        }
        String assignor = request.serverAssignor();
        List<String> known = settings.assignors().stream().map(ConsumerGroupPartitionAssignor::name).toList();
        return assignor == null || known.contains(assignor)
                ? null
                : ConsumerGroupHeartbeatReply.failed(
                        KafkaError.UNSUPPORTED_ASSIGNOR, "there are the assignors " + known + ", none is " + assignor);
    }

    /** The cluster's topics from now on; looked at with the next request. */
    public void onTopics(Topics topics) {
        long before = subscriptions.hash(hashes);
        hashes = new TopicHashes(topics);
        topicsChanged |= subscriptions.hash(hashes) != before; // those that nobody here wants may change as they like
    }

    /**
     * A member joins, is alive or leaves. Nothing has changed until the facts are applied and {@link #heard} is called.
     *
     * @param request passed {@link #check}
     * @param newMemberId for one that joins without an id
     */
    public Decision heartbeat(ConsumerGroupHeartbeat request, String newMemberId, long nowMs) {
        int epoch = request.memberEpoch();
        if (epoch < JOINS) {
            return leave(request);
        }
        String instanceId = request.instanceId();
        String holderId = instanceId == null ? null : idByInstance.get(instanceId);
        if (holderId == null && members.size() >= settings.maxSize() && !members.containsKey(request.memberId())) {
            return Decision.refused(
                    KafkaError.GROUP_MAX_SIZE_REACHED, "group " + groupId + " is full with " + settings.maxSize() + " members");
        }
        String memberId = request.memberId().isEmpty() ? newMemberId : request.memberId();
        var events = new ArrayList<ConsumerGroupEvent>();
        ConsumerMember before;
        if (holderId != null && epoch == JOINS) {
            ConsumerMember holder = member(holderId);
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
            ConsumerMember known = members.get(memberId);
            before = known != null ? known : new ConsumerMember(memberId);
        }
        return decide(request, before, events, nowMs);
    }

    /** Null, or why this is not the member that it says it is; one that joins need not be known. */
    private @Nullable Decision checkMember(
            String memberId, @Nullable String instanceId, int epoch, @Nullable Map<Uuid, Set<Integer>> owned) {
        if (epoch == JOINS) {
            return null;
        }
        Decision unknown = checkKnown(memberId, instanceId);
        if (unknown != null) {
            return unknown;
        }
        CurrentAssignment owns = member(memberId).owns();
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
        KafkaError error = checkId(memberId, instanceId);
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
        remove(holder.memberId(), events);
        CurrentAssignment owned = holder.owns();
        var member = new ConsumerMember(memberId, holder.wants(), new CurrentAssignment(
                0, 0, owned.state(), owned.assigned(), owned.pendingRevocation()));
        events.add(new MemberStored(memberId, member.wants()));
        events.add(new TargetStored(memberId, targets.of(holder.memberId())));
        events.add(new CurrentStored(memberId, member.owns()));
        return member;
    }

    private Decision decide(
            ConsumerGroupHeartbeat request, ConsumerMember before, List<ConsumerGroupEvent> events, long nowMs) {
        String memberId = before.memberId();
        Subscription wanted = before.wants();
        Subscription wants = updated(wanted, request);
        ConsumerMember member = before.with(wants);
        if (!wants.equals(wanted)) {
            events.add(new MemberStored(memberId, wants));
        }
        boolean namesChanged = !wants.topicNames().equals(wanted.topicNames());

        String regexBefore = Subscriptions.regexOf(wanted);
        String regex = Subscriptions.regexOf(wants);
        boolean regexChanged = !Objects.equals(wanted.topicRegex(), wants.topicRegex());
        boolean regexIsNew = false;
        if (regexChanged && regex != null && subscriptions.members(regex) == 0) {
            regexIsNew = true;
            String problem = RegexMatcher.problem(regex);
            if (problem != null) {
                return Decision.refused(KafkaError.INVALID_REGULAR_EXPRESSION, "`" + regex + "`: " + problem);
            }
        }
        Subscriptions next = subscriptions;
        if (!wants.equals(wanted)) { // else a heartbeat costs what it must
            next = subscriptions.copy();
            next.replace(wanted, wants);
        }
        if (regexChanged && regexBefore != null && subscriptions.members(regexBefore) == 1) {
            events.add(new Removed(new ConsumerKey(Kind.REGULAR_EXPRESSION, regexBefore)));
            next.forget(regexBefore);
        }
        boolean topicsOfRegexChanged = regexChanged
                && (regex == null ? regexBefore != null : subscriptions.resolved(regex) != null);
        Set<String> resolve = regexesToResolve(next, regexIsNew, nowMs);

        int epoch = groupEpoch;
        String assignor = assignor(next);
        boolean bump = namesChanged || topicsOfRegexChanged || !assignor.equals(assignor(subscriptions));
        if (bump || topicsChanged) {
            long hash = next.hash(hashes);
            if (bump || hash != metadataHash) {
                epoch++;
                events.add(new EpochStored(epoch, hash));
            }
        }

        int targetEpoch = assignmentEpoch;
        Map<Uuid, Set<Integer>> target = targets.of(targetHolder(member));
        if (assignmentEpoch < epoch && mayAssign(nowMs)) {
            SubscriptionType type = next.type(sizeWith(member));
            try {
                MemberAssignment assigned =
                        assign(assignor, epoch, type, member, events, nowMs).get(memberId);
                target = assigned == null ? Map.of() : assigned.partitions();
                targetEpoch = epoch;
            } catch (RuntimeException failed) { // an assignor may be a user's: its failure is not the group's end
                return Decision.refused(
                        KafkaError.UNKNOWN_SERVER_ERROR, "assignor " + assignor + " failed in epoch " + epoch + ": " + failed);
            }
        }

        boolean subscriptionChanged = namesChanged || regexChanged;
        CurrentAssignment owns = member.owns();
        if (subscriptionChanged || !member.isReconciledTo(targetEpoch)) {
            CurrentAssignment owned = new Reconciliation(
                            member, targetEpoch, target, subscriptions.topicsOf(wants), hashes.topics(), partitions,
                            request.topicPartitions())
                    .next(subscriptionChanged);
            if (owned == null) {
                return Decision.refused(
                        KafkaError.FENCED_MEMBER_EPOCH,
                        "what member " + memberId + " owns is not known here: it has to give up all partitions and join again");
            }
            owns = owned;
            if (!owns.equals(member.owns())) {
                events.add(new CurrentStored(memberId, owns));
            }
        }
        boolean saidAll = request.rebalanceTimeoutMs() != -1 && request.topicPartitions() != null
                && (request.subscribedTopicNames() != null || request.subscribedTopicRegex() != null);
        boolean tell = request.memberEpoch() == JOINS || saidAll || !owns.assigned().equals(before.owns().assigned());
        return new Decision(events, new ConsumerGroupHeartbeatReply(
                KafkaError.NONE, null, memberId, owns.memberEpoch(), settings.heartbeatIntervalMs(),
                tell ? withoutEpochs(owns.assigned()) : null), resolve);
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

    private int sizeWith(ConsumerMember member) {
        String instanceId = member.wants().instanceId();
        boolean counted = members.containsKey(member.memberId())
                || (instanceId != null && idByInstance.containsKey(instanceId));
        return counted ? members.size() : members.size() + 1;
    }

    /** Under which id the target of a member is stored: a static one's under that of whoever held its instance id. */
    private @Nullable String targetHolder(ConsumerMember member) {
        String instanceId = member.wants().instanceId();
        return instanceId == null ? member.memberId() : idByInstance.get(instanceId);
    }

    private String assignor(Subscriptions of) {
        String preferred = of.preferredAssignor();
        return preferred != null ? preferred : settings.assignors().getFirst().name();
    }

    // ---- target assignment

    private boolean mayAssign(long nowMs) {
        return assignmentTimestampMs == 0 || nowMs >= assignmentTimestampMs + settings.assignmentIntervalMs();
    }

    private Map<String, MemberAssignment> assign(
            String assignorName, int epoch, SubscriptionType type, ConsumerMember member, List<ConsumerGroupEvent> events,
            long nowMs) {
        ConsumerGroupPartitionAssignor assignor = settings.assignors().stream()
                .filter(each -> each.name().equals(assignorName))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a member asks for assignor " + assignorName + ", which is gone"));
        Topics topics = hashes.topics();
        Map<String, TargetAssignment.Member> specs = new HashMap<>();
        for (ConsumerMember each : members.values()) {
            specs.put(each.memberId(), spec(each, each.memberId(), topics));
        }
        var stored = new HashSet<>(targets.memberIds());
        String holder = Objects.requireNonNullElse(targetHolder(member), member.memberId());
        specs.remove(holder); // when a static member takes over
        specs.put(member.memberId(), spec(member, holder, topics));
        if (stored.contains(holder)) {
            stored.add(member.memberId());
        }
        var assigned = targets.compute(assignor, specs, type, topics, stored, events);
        events.add(new TargetEpochStored(epoch, nowMs));
        return assigned;
    }

    private TargetAssignment.Member spec(ConsumerMember member, String targetHolder, Topics topics) {
        return new TargetAssignment.Member(
                Optional.ofNullable(member.wants().rackId()), Optional.ofNullable(member.wants().instanceId()),
                new TopicIds(subscriptions.topicsOf(member.wants()), topics),
                Collections.unmodifiableMap(targets.of(targetHolder))); // Kafka's assignors take no other map
    }

    // ---- regular expressions

    /** None while others are being looked up, or were a moment ago. */
    private Set<String> regexesToResolve(Subscriptions next, boolean isNew, long nowMs) {
        if (resolving || (!isNew && subscriptions.regexes().isEmpty()) || next.regexes().isEmpty()) {
            return Set.of();
        }
        ResolvedRegex last = subscriptions.resolved().values().stream()
                .max(Comparator.comparingLong(ResolvedRegex::timestampMs)).orElse(null);
        if (last != null && nowMs <= last.timestampMs() + REGEX_REFRESH_MIN_INTERVAL_MS) {
            return Set.of();
        }
        boolean due = isNew || last == null || next.regexes().size() != subscriptions.resolved().size()
                || last.version() < hashes.topics().newestTopicVersion()
                || nowMs > last.timestampMs() + settings.regexRefreshIntervalMs();
        return due ? Set.copyOf(next.regexes()) : Set.of();
    }

    /** The topics of regular expressions are being looked up: {@link #onResolved} will be called. */
    public void resolving() {
        resolving = true;
    }

    /** The topics of regular expressions; facts to store and {@link #apply}. Members get them with their next heartbeats. */
    public List<ConsumerGroupEvent> onResolved(Map<String, Set<String>> topicsByRegex, Topics in, long nowMs) {
        resolving = false;
        topicsChanged = false;
        var events = new ArrayList<ConsumerGroupEvent>();
        Subscriptions next = subscriptions.copy();
        boolean changed = false;
        for (var entry : topicsByRegex.entrySet()) {
            String regex = entry.getKey();
            if (subscriptions.members(regex) == 0) {
                continue; // given up meanwhile
            }
            var found = new ResolvedRegex(entry.getValue(), in.version(), nowMs);
            ResolvedRegex before = subscriptions.resolved(regex);
            changed |= !found.topics().equals(before == null ? Set.of() : before.topics());
            next.resolve(regex, found);
            events.add(new RegexStored(regex, found));
        }
        long hash = next.hash(hashes);
        if (changed || hash != metadataHash) {
            events.add(new EpochStored(groupEpoch + 1, hash));
        }
        return events;
    }

    // ---- leaving

    private Decision leave(ConsumerGroupHeartbeat request) {
        Decision unknown = checkKnown(request.memberId(), request.instanceId());
        if (unknown != null) {
            return unknown;
        }
        ConsumerMember member = member(request.memberId());
        var reply = new ConsumerGroupHeartbeatReply(
                KafkaError.NONE, null, request.memberId(), request.memberEpoch(), 0, null);
        if (request.instanceId() == null || request.memberEpoch() == ConsumerMember.LEFT) {
            return new Decision(removals(List.of(member)), reply, Set.of());
        }
        CurrentAssignment owns = member.owns();
        Map<Uuid, Map<Integer, Integer>> kept = new HashMap<>();
        owns.assigned().forEach((topicId, epochs) -> {
            Map<Integer, Integer> unknownEpochs = new HashMap<>();
            epochs.keySet().forEach(partition -> unknownEpochs.put(partition, 0));
            kept.put(topicId, unknownEpochs);
        });
        return new Decision(
                List.of(new CurrentStored(member.memberId(), new CurrentAssignment(
                        ConsumerMember.STATIC_LEFT, owns.previousMemberEpoch(), owns.state(), kept, Map.of()))),
                reply, Set.of());
    }

    /**
     * Members leave by the classic protocol's request, as administrators' tools do; facts to {@link #apply}.
     *
     * @param errors receives one for each member, in order
     */
    public List<ConsumerGroupEvent> leave(List<LeavingMember> leaving, List<KafkaError> errors) {
        var left = new LinkedHashSet<ConsumerMember>();
        for (LeavingMember who : leaving) {
            String instanceId = who.groupInstanceId();
            String memberId = who.memberId();
            if (instanceId != null && memberId.isEmpty()) {
                memberId = idByInstance.getOrDefault(instanceId, "");
            }
            KafkaError error = checkId(memberId, instanceId);
            errors.add(error);
            if (error == KafkaError.NONE) {
                left.add(member(memberId));
            }
        }
        return left.isEmpty() ? List.of() : removals(left);
    }

    /** Members are gone: the group goes on in another epoch. */
    private List<ConsumerGroupEvent> removals(Collection<ConsumerMember> gone) {
        var events = new ArrayList<ConsumerGroupEvent>();
        Subscriptions next = subscriptions.copy();
        for (ConsumerMember member : gone) {
            remove(member.memberId(), events);
            next.replace(member.wants(), Subscription.NONE);
        }
        for (String regex : subscriptions.regexes()) {
            if (next.members(regex) == 0) {
                events.add(new Removed(new ConsumerKey(Kind.REGULAR_EXPRESSION, regex)));
                next.forget(regex);
            }
        }
        events.add(new EpochStored(groupEpoch + 1, next.hash(hashes)));
        if (gone.size() == members.size()) {
            events.add(new TargetEpochStored(groupEpoch + 1, 0));
        }
        return events;
    }

    private static void remove(String memberId, List<ConsumerGroupEvent> events) {
        events.add(new Removed(new ConsumerKey(Kind.CURRENT, memberId)));
        events.add(new Removed(new ConsumerKey(Kind.TARGET, memberId)));
        events.add(new Removed(new ConsumerKey(Kind.MEMBER, memberId)));
    }

    /** The facts that end the group, in Kafka's order; apply none of them, forget the object. */
    public List<ConsumerGroupEvent> end() {
        var events = new ArrayList<ConsumerGroupEvent>();
        members.keySet().forEach(memberId -> events.add(new Removed(new ConsumerKey(Kind.CURRENT, memberId))));
        members.keySet().forEach(memberId -> events.add(new Removed(new ConsumerKey(Kind.TARGET, memberId))));
        events.add(new Removed(new ConsumerKey(Kind.TARGET_EPOCH, "")));
        members.keySet().forEach(memberId -> events.add(new Removed(new ConsumerKey(Kind.MEMBER, memberId))));
        subscriptions.resolved().keySet()
                .forEach(regex -> events.add(new Removed(new ConsumerKey(Kind.REGULAR_EXPRESSION, regex))));
        events.add(new Removed(new ConsumerKey(Kind.PARTITION_METADATA, "")));
        events.add(new Removed(new ConsumerKey(Kind.EPOCH, "")));
        return events;
    }

    // ---- time

    /** A member was answered: it has a whole session, and its rebalance timeout where it has to give partitions up. */
    public void heard(String memberId, long nowMs) {
        topicsChanged = false;
        if (members.containsKey(memberId)) {
            sessions.set(memberId, nowMs + settings.sessionTimeoutMs());
            watchRevocation(member(memberId), nowMs);
        }
    }

    private void watchRevocation(ConsumerMember member, long nowMs) {
        String memberId = member.memberId();
        if (member.owns().state() != MemberState.UNREVOKED_PARTITIONS) {
            revocations.remove(memberId);
            revoking.remove(memberId);
        } else if (!member.owns().equals(revoking.put(memberId, member.owns()))) {
            revocations.set(memberId, nowMs + member.wants().rebalanceTimeoutMs());
        }
    }

    /** Removes who is late; the facts are applied already. */
    public List<ConsumerGroupEvent> onTime(long nowMs) {
        var events = new ArrayList<ConsumerGroupEvent>();
        for (String memberId : revocations.late(nowMs)) {
            CurrentAssignment then = revoking.remove(memberId);
            revocations.remove(memberId);
            ConsumerMember member = members.get(memberId);
            if (member != null && then != null && member.memberEpoch() == then.memberEpoch()) {
                removeNow(member, events);
            }
        }
        for (String memberId : sessions.late(nowMs)) {
            removeNow(member(memberId), events);
        }
        return events;
    }

    /** Removes whose host is gone, static members apart; the facts are applied already. */
    public List<ConsumerGroupEvent> nodesGone(Predicate<String> gone) {
        List<ConsumerMember> left = new TreeMap<>(members).values().stream()
                .filter(member -> member.wants().instanceId() == null && gone.test(member.wants().clientHost()))
                .toList();
        if (left.isEmpty()) {
            return List.of();
        }
        List<ConsumerGroupEvent> removals = removals(left);
        removals.forEach(this::apply);
        return removals;
    }

    private void removeNow(ConsumerMember member, List<ConsumerGroupEvent> events) {
        List<ConsumerGroupEvent> removals = removals(List.of(member));
        removals.forEach(this::apply);
        events.addAll(removals);
    }

    /** When {@link #onTime} is due next, {@link SessionDeadlines#NEVER} when nobody is watched. */
    public long nextMs() {
        return Math.min(sessions.nextMs(), revocations.nextMs());
    }

    // ---- facts

    /** A fact that was decided here or that is stored, any order of those that are true at one time. */
    public void apply(ConsumerGroupEvent event) {
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
                    sessions.remove(name);
                    revocations.remove(name);
                    revoking.remove(name);
                }
            }
            case REGULAR_EXPRESSION -> subscriptions.forget(name);
            case EPOCH, TARGET_EPOCH, PARTITION_METADATA -> { } // only at the group's end
        }
    }

    private ConsumerMember memberOrNew(String memberId) {
        ConsumerMember known = members.get(memberId);
        return known != null ? known : new ConsumerMember(memberId);
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

    /** After the last stored fact: every member gets a whole session to be heard of. */
    public void restored(long nowMs) {
        for (ConsumerMember member : members.values()) {
            sessions.set(member.memberId(), nowMs + settings.sessionTimeoutMs());
            watchRevocation(member, nowMs);
        }
    }

    // ---- offsets

    /** NONE, or why offsets may not be committed. All or none of them are. */
    public KafkaError checkCommit(String memberId, int memberEpoch, boolean epochsSupported, List<OffsetToCommit> offsets) {
        if (memberEpoch < 0 && members.isEmpty()) {
            return KafkaError.NONE;
        }
        ConsumerMember member = members.get(memberId);
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
        ConsumerMember member = memberId == null ? null : members.get(memberId);
        if (member == null) {
            return KafkaError.UNKNOWN_MEMBER_ID;
        }
        return memberEpoch == member.memberEpoch() ? KafkaError.NONE : KafkaError.STALE_MEMBER_EPOCH;
    }

    // ---- views

    /** NONE, UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when another member holds the instance id. */
    public KafkaError checkId(String memberId, @Nullable String instanceId) {
        if (instanceId != null) {
            String holder = idByInstance.get(instanceId);
            if (holder == null) {
                return KafkaError.UNKNOWN_MEMBER_ID;
            }
            return holder.equals(memberId) ? KafkaError.NONE : KafkaError.FENCED_INSTANCE_ID;
        }
        return members.containsKey(memberId) ? KafkaError.NONE : KafkaError.UNKNOWN_MEMBER_ID;
    }

    private ConsumerMember member(String memberId) {
        return Objects.requireNonNull(members.get(memberId), "checked before");
    }

    /** Where the group stands. */
    public State state() {
        State known = state;
        if (known == null) {
            if (members.isEmpty()) {
                known = State.EMPTY;
            } else if (groupEpoch > assignmentEpoch) {
                known = State.ASSIGNING;
            } else {
                boolean stable = members.values().stream().allMatch(member -> member.isReconciledTo(assignmentEpoch));
                known = stable ? State.STABLE : State.RECONCILING;
            }
            state = known;
        }
        return known;
    }

    /** True when a member wants the topic, by name or by regular expression. */
    public boolean subscribedTo(String topic) {
        return subscriptions.contains(topic);
    }

    /** The answer to a description. */
    public ConsumerGroupDescribeReply describe() {
        var described = new ArrayList<DescribedConsumer>(members.size());
        for (ConsumerMember member : new TreeMap<>(members).values()) {
            Subscription wants = member.wants();
            CurrentAssignment owns = member.owns();
            Map<Uuid, Set<Integer>> all = new HashMap<>(withoutEpochs(owns.assigned()));
            withoutEpochs(owns.pendingRevocation()).forEach((topicId, ids) -> all.merge(topicId, ids, (one, more) -> {
                var both = new HashSet<>(one);
                both.addAll(more);
                return both;
            }));
            described.add(new DescribedConsumer(
                    member.memberId(), wants.instanceId(), wants.rackId(), member.memberEpoch(), wants.clientId(),
                    wants.clientHost(), wants.topicNames().stream().sorted().toList(), wants.topicRegex(), named(all),
                    named(targets.of(member.memberId()))));
        }
        return new ConsumerGroupDescribeReply(
                KafkaError.NONE, null, state().wireName, groupEpoch, assignmentEpoch, assignor(subscriptions), described);
    }

    /** In order of names and partitions. */
    private List<TopicPartitions> named(Map<Uuid, Set<Integer>> byId) {
        var named = new TreeMap<String, TopicPartitions>();
        byId.forEach((topicId, ids) -> {
            Topics.Topic topic = hashes.topics().topic(topicId);
            if (topic != null) {
                named.put(topic.name(), new TopicPartitions(topic.name(), topicId, List.copyOf(new TreeSet<>(ids))));
            }
        });
        return List.copyOf(named.values());
    }

    private static Map<Uuid, Set<Integer>> withoutEpochs(Map<Uuid, Map<Integer, Integer>> epochs) {
        Map<Uuid, Set<Integer>> partitions = new HashMap<>();
        epochs.forEach((topicId, byPartition) -> partitions.put(topicId, Set.copyOf(byPartition.keySet())));
        return partitions;
    }
}
