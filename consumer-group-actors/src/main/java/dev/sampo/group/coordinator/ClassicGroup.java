package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.JoinedMember;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.actors.protocol.Group.Sync;
import dev.sampo.actors.protocol.Group.SyncReply;
import dev.sampo.gate.ClusterNode;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.journal.GroupEvent.StoredMember;
import dev.sampo.group.lag.Rebalance.Reason;
import dev.sampo.group.lag.RebalanceHistory;
import dev.sampo.group.member.Member;
import dev.sampo.group.member.Members;
import dev.sampo.group.member.SessionDeadlines;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.jspecify.annotations.Nullable;

/**
 * Membership and rebalances of one group under the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup and
 * time. Pure: equal calls in equal order give equal effects. Changes take place at the call; effects tell what must be
 * stored before the answers go out, and an owner that cannot store throws this object away.
 *
 * <p>Invariants: members wait in a join only in PREPARING_REBALANCE, in a sync only in COMPLETING_REBALANCE; the
 * generation grows by one at each rebalance and never shrinks while the group exists.
 *
 * @see "KIP-62 (rebalance timeout), KIP-134 (initial delay), KIP-345 (static members), KIP-394 (member id required),
 *     KIP-814 (skip assignment)"
 */
final class ClassicGroup {
    /** Kafka's names are in {@link #wireName}. */
    enum State {
        EMPTY("Empty"),
        PREPARING_REBALANCE("PreparingRebalance"),
        COMPLETING_REBALANCE("CompletingRebalance"),
        STABLE("Stable"),
        /** Does not exist: never did, or was deleted. */
        DEAD("Dead");

        final String wireName;

        State(String wireName) {
            this.wireName = wireName;
        }
    }

    private static final long NEVER = SessionDeadlines.NEVER;

    private final GroupSettings settings;
    private final Supplier<String> uniqueIds;
    private final Members members = new Members();
    private final Map<String, String> pendingMemberIds = new HashMap<>(); // told MEMBER_ID_REQUIRED, not yet back; their hosts
    private final Set<String> awaitedSyncs = new HashSet<>(); // joined this generation, have not synced
    private final SessionDeadlines deadlines = new SessionDeadlines(); // members and pending ids
    private final RebalanceHistory rebalances;
    private final InitialDelay initialDelay;
    private final Stragglers stragglers;

    private State state = State.DEAD;
    private String protocolType = "";
    private @Nullable String protocolName;
    private @Nullable Set<String> subscribedTopics;
    private int generationId;
    private long stateTimestampMs = -1;

    private long joinDeadlineMs = NEVER;
    private long syncDeadlineMs = NEVER;
    private boolean memberLeft; // since the last look: a member, not only a pending id

    ClassicGroup(GroupSettings settings, Supplier<String> uniqueIds, RebalanceHistory rebalances) {
        this.settings = settings;
        this.uniqueIds = uniqueIds;
        this.rebalances = rebalances;
        this.initialDelay = new InitialDelay(settings.initialRebalanceDelayMs(), settings.initialRebalanceQuietMs());
        this.stragglers = new Stragglers(settings.rebalanceQuietMs(), settings.initialRebalanceDelayMs());
    }

    // ---- requests

    void join(long requestId, Join request, long nowMs, List<GroupEffect> out) {
        KafkaError error = checkJoin(request);
        if (error != KafkaError.NONE) {
            String memberId = request.memberId();
            if (error == KafkaError.GROUP_MAX_SIZE_REACHED) {
                turnAway(memberId, out);
                memberId = "";
            }
            reply(requestId, JoinReply.failed(error, memberId), out);
            return;
        }
        if (request.memberId().isEmpty()) {
            joinNew(requestId, request, nowMs, out);
        } else if (pendingMemberIds.remove(request.memberId()) != null) {
            deadlines.remove(request.memberId());
            addMember(request.memberId(), requestId, request, nowMs, out);
        } else {
            joinAgain(requestId, request, nowMs, out);
        }
    }

    private KafkaError checkJoin(Join request) {
        if (request.groupId().isEmpty()) {
            return KafkaError.INVALID_GROUP_ID;
        }
        if (request.sessionTimeoutMs() < settings.minSessionTimeoutMs()
                || request.sessionTimeoutMs() > settings.maxSessionTimeoutMs()) {
            return KafkaError.INVALID_SESSION_TIMEOUT;
        }
        boolean first = request.memberId().isEmpty();
        if (state == State.DEAD && !first) {
            return KafkaError.UNKNOWN_MEMBER_ID;
        }
        if (!hasRoomFor(request)) {
            return KafkaError.GROUP_MAX_SIZE_REACHED;
        }
        boolean anyType = state == State.DEAD || state == State.EMPTY;
        boolean fits = !request.protocolType().isEmpty()
                && members.supportOneOf(request.protocols())
                && (anyType || protocolType.equals(request.protocolType()));
        if (!fits) {
            return KafkaError.INCONSISTENT_GROUP_PROTOCOL;
        }
        if (first || (request.groupInstanceId() == null && pendingMemberIds.containsKey(request.memberId()))) {
            return KafkaError.NONE;
        }
        return members.check(request.memberId(), request.groupInstanceId());
    }

    /** Others were faster in this rebalance: who did not find a place is no member any more. */
    private void turnAway(String memberId, List<GroupEffect> out) {
        if (pendingMemberIds.remove(memberId) != null) {
            deadlines.remove(memberId);
        }
        Member member = members.get(memberId);
        if (member != null) {
            removeMember(member, out);
            memberLeft = false; // the rebalance goes on
        }
    }

    private boolean hasRoomFor(Join request) {
        String instance = request.groupInstanceId();
        Member member = members.get(request.memberId());
        if (instance != null && request.memberId().isEmpty()) {
            member = members.ofInstance(instance); // takes its own place; Kafka turns it away
        }
        return switch (state) {
            case DEAD, EMPTY -> true;
            case PREPARING_REBALANCE -> (member != null && member.joining())
                    || members.joiningCount() < settings.maxSize();
            case COMPLETING_REBALANCE, STABLE -> member != null || members.size() < settings.maxSize();
        };
    }

    private void joinNew(long requestId, Join request, long nowMs, List<GroupEffect> out) {
        if (state == State.DEAD) { // stored at once, as in Kafka: after a failover the group is still in the list
            enter(State.EMPTY, nowMs);
            persist(out);
        }
        String instance = request.groupInstanceId();
        if (instance != null) {
            String memberId = request.newMemberId(uniqueIds.get());
            Member holder = members.ofInstance(instance);
            if (holder == null) {
                addMember(memberId, requestId, request, nowMs, out);
            } else {
                replaceStatic(holder, memberId, requestId, request, nowMs, out);
            }
            return;
        }
        String memberId = request.newMemberId(uniqueIds.get());
        if (request.requireKnownMemberId()) {
            pendingMemberIds.put(memberId, request.clientHost());
            deadlines.set(memberId, nowMs + request.sessionTimeoutMs());
            initialDelay.somebodyCame(nowMs);
            if (state == State.PREPARING_REBALANCE) {
                newOneCame(nowMs);
            }
            reply(requestId, JoinReply.failed(KafkaError.MEMBER_ID_REQUIRED, memberId), out);
        } else {
            addMember(memberId, requestId, request, nowMs, out);
        }
    }

    private void addMember(String memberId, long requestId, Join request, long nowMs, List<GroupEffect> out) {
        if (members.isEmpty()) {
            protocolType = request.protocolType();
        }
        var member = new Member(
                memberId, request.groupInstanceId(), request.clientId(), request.clientHost(),
                request.rebalanceTimeoutMs(), request.sessionTimeoutMs(), request.protocols());
        member.joinRequestId = requestId;
        member.unanswered = true;
        members.add(member);
        initialDelay.memberAdded(nowMs);
        if (state != State.EMPTY) {
            newOneCame(nowMs);
        }
        // It has no member id to send heartbeats with, so its session cannot count yet.
        deadlines.set(memberId, nowMs + settings.newMemberJoinTimeoutMs());
        rebalances.cause(Reason.MEMBER_JOINED, memberId, request.groupInstanceId());
        rebalanceOrComplete(nowMs, out);
    }

    private void joinAgain(long requestId, Join request, long nowMs, List<GroupEffect> out) {
        Member member = Objects.requireNonNull(members.get(request.memberId()), "checked by checkJoin");
        boolean leader = members.leads(member.memberId());
        boolean unchanged = member.offers(request.protocols());
        boolean answerWithCurrent = switch (state) {
            case COMPLETING_REBALANCE -> unchanged; // it missed the answer of this generation
            case STABLE -> unchanged && !leader; // a leader that joins again asks for a rebalance
            case PREPARING_REBALANCE, EMPTY, DEAD -> false;
        };
        if (answerWithCurrent) {
            reply(requestId, joined(member, leader), out);
            return;
        }
        if (member.joining()) { // the older request was given up by the client
            reply(member.joinRequestId, JoinReply.failed(KafkaError.REBALANCE_IN_PROGRESS, member.memberId()), out);
        }
        member.offer(request.rebalanceTimeoutMs(), request.sessionTimeoutMs(), request.protocols());
        member.joinRequestId = requestId;
        if (state != State.PREPARING_REBALANCE || !unchanged) {
            rebalances.cause(
                    unchanged ? Reason.LEADER_JOINED_AGAIN : Reason.SUBSCRIPTION_CHANGED, member.memberId(),
                    member.groupInstanceId());
        }
        rebalanceOrComplete(nowMs, out);
    }

    /** A static member is back under a new id; whoever used the old id is fenced (KIP-345). */
    private void replaceStatic(
            Member old, String memberId, long requestId, Join request, long nowMs, List<GroupEffect> out) {
        String leaderBefore = members.leader();
        Set<String> topicsBefore = topicsOf(old);
        failRequests(old, KafkaError.FENCED_INSTANCE_ID, out);
        deadlines.remove(old.memberId());
        boolean syncAwaited = awaitedSyncs.remove(old.memberId());
        Member member = old.withMemberId(memberId, request.clientId(), request.clientHost());
        heard(member, nowMs); // first by the session that it had, as in Kafka
        member.offer(request.rebalanceTimeoutMs(), request.sessionTimeoutMs(), request.protocols());
        members.replace(old, member);
        boolean keeps = state == State.STABLE
                && members.chooseProtocol().equals(protocolName)
                && Objects.equals(topicsBefore, topicsOf(member));
        if (!keeps) {
            member.joinRequestId = requestId;
            rebalances.cause(Reason.STATIC_MEMBER_CAME_BACK, memberId, member.groupInstanceId());
            rebalanceOrComplete(nowMs, out);
            return;
        }
        if (syncAwaited) {
            awaitedSyncs.add(memberId);
        }
        persist(out);
        boolean leader = members.leads(memberId);
        reply(requestId, request.skipAssignmentSupported()
                ? new JoinReply(
                        KafkaError.NONE, memberId, generationId, protocolType, protocolName, members.leader(), leader,
                        leader ? joinedMembers() : List.of())
                : new JoinReply( // told the old leader's id, it will not assign partitions itself
                        KafkaError.NONE, memberId, generationId, protocolType, protocolName, leaderBefore, false,
                        List.of()), out);
    }

    private @Nullable Set<String> topicsOf(Member member) {
        return protocolType.equals("consumer") ? Members.subscription(member.metadata(protocolName)) : null;
    }

    void sync(long requestId, Sync request, long nowMs, List<GroupEffect> out) {
        KafkaError error = checkSync(request);
        if (error != KafkaError.NONE) {
            reply(requestId, SyncReply.failed(error), out);
            return;
        }
        Member member = Objects.requireNonNull(members.get(request.memberId()), "checked by checkSync");
        received(member);
        if (state == State.STABLE) {
            reply(requestId, synced(member), out);
            return;
        }
        if (member.syncing()) {
            reply(member.syncRequestId, SyncReply.failed(KafkaError.REBALANCE_IN_PROGRESS), out);
        }
        member.syncRequestId = requestId;
        if (!members.leads(member.memberId())) {
            return;
        }
        for (Member each : members.all()) {
            each.assign(request.assignments().getOrDefault(each.memberId(), new byte[0]));
        }
        persist(out); // with the time at which the generation began, as in Kafka
        enter(State.STABLE, nowMs);
        for (Member each : members.all()) {
            if (each.syncing()) {
                reply(each.syncRequestId, synced(each), out);
                each.syncRequestId = Member.NO_REQUEST;
                heard(each, nowMs);
            }
        }
    }

    private KafkaError checkSync(Sync request) {
        if (request.groupId().isEmpty()) {
            return KafkaError.INVALID_GROUP_ID;
        }
        KafkaError error = checkMember(request.memberId(), request.groupInstanceId(), request.generationId());
        if (error != KafkaError.NONE) {
            return error;
        }
        if ((request.protocolType() != null && !request.protocolType().equals(protocolType))
                || (request.protocolName() != null && !request.protocolName().equals(protocolName)
                        && protocolName != null)) {
            return KafkaError.INCONSISTENT_GROUP_PROTOCOL;
        }
        return state == State.PREPARING_REBALANCE ? KafkaError.REBALANCE_IN_PROGRESS : KafkaError.NONE;
    }

    /** NONE, or why these are not the words of a member of this generation. */
    KafkaError checkMember(String memberId, @Nullable String groupInstanceId, int ofGenerationId) {
        if (state == State.DEAD) {
            return KafkaError.UNKNOWN_MEMBER_ID;
        }
        KafkaError error = members.check(memberId, groupInstanceId);
        return error == KafkaError.NONE && ofGenerationId != generationId ? KafkaError.ILLEGAL_GENERATION : error;
    }

    KafkaError heartbeat(Group.Heartbeat request, long nowMs) {
        if (request.groupId().isEmpty()) {
            return KafkaError.INVALID_GROUP_ID;
        }
        KafkaError error = checkMember(request.memberId(), request.groupInstanceId(), request.generationId());
        if (error == KafkaError.NONE) {
            heard(request.memberId(), nowMs);
        }
        return error == KafkaError.NONE && state == State.PREPARING_REBALANCE
                ? KafkaError.REBALANCE_IN_PROGRESS
                : error;
    }

    /** One error per member, in order; one rebalance for all that left. */
    List<KafkaError> leave(List<LeavingMember> leaving, long nowMs, List<GroupEffect> out) {
        var errors = new ArrayList<KafkaError>(leaving.size());
        boolean left = false;
        for (LeavingMember who : leaving) {
            String instance = who.groupInstanceId();
            if (pendingMemberIds.remove(who.memberId()) != null) {
                deadlines.remove(who.memberId());
                errors.add(KafkaError.NONE);
                left = true;
                continue;
            }
            Member member;
            KafkaError error;
            if (who.memberId().isEmpty()) {
                member = instance == null ? null : members.ofInstance(instance);
                error = member == null ? KafkaError.UNKNOWN_MEMBER_ID : KafkaError.NONE;
            } else {
                member = members.get(who.memberId());
                error = members.check(who.memberId(), instance);
            }
            errors.add(error);
            if (error == KafkaError.NONE && member != null) {
                removeMember(member, out);
                rebalances.cause(Reason.MEMBER_LEFT, member.memberId(), member.groupInstanceId());
                left = true;
            }
        }
        if (left) {
            membersLeft(nowMs, out);
        }
        return errors;
    }

    // ---- the cluster

    /**
     * Nodes of the cluster are gone, and with them the members that lived there, without waiting for their sessions. Static
     * members are kept for theirs: to come back, perhaps elsewhere, is what they are for.
     */
    void nodesGone(Predicate<String> gone, long nowMs, List<GroupEffect> out) {
        boolean left = false;
        for (String memberId : pendingMemberIds.keySet().stream().sorted().toList()) {
            if (gone.test(pendingMemberIds.getOrDefault(memberId, ""))) {
                pendingMemberIds.remove(memberId);
                deadlines.remove(memberId);
                left = true;
            }
        }
        for (Member member : List.copyOf(members.all())) {
            if (member.groupInstanceId() == null && gone.test(member.clientHost())) {
                removeMember(member, out);
                rebalances.cause(Reason.NODE_LEFT, member.memberId(), null);
                left = true;
            }
        }
        if (left) {
            membersLeft(nowMs, out);
        }
    }

    private void newOneCame(long nowMs) {
        if (!initialDelay.isRunning()) {
            stragglers.somebodyCame(nowMs);
        }
    }

    // ---- time

    /** Everything that is due; calling it early, late or twice does no harm. */
    void onTime(long nowMs, List<GroupEffect> out) {
        boolean left = false;
        for (String memberId : deadlines.late(nowMs)) {
            Member member = members.get(memberId);
            if (member == null) {
                pendingMemberIds.remove(memberId);
                deadlines.remove(memberId);
                left = true;
            } else if (!member.unanswered && (member.joining() || member.syncing())) {
                heard(member, nowMs); // it waits for us, so it cannot be late
            } else {
                removeMember(member, out);
                rebalances.cause(Reason.SESSION_EXPIRED, memberId, member.groupInstanceId());
                left = true;
            }
        }
        if (left) {
            membersLeft(nowMs, out);
            if (state == State.PREPARING_REBALANCE && allJoined()) {
                completeJoins(nowMs, out); // even in the initial delay, as in Kafka
            }
        }
        if (joinDeadlineMs <= nowMs || initialDelay.isOver(nowMs)) {
            completeJoins(nowMs, out);
        }
        if (stragglers.isOver(nowMs)) {
            completeIfAllJoined(nowMs, out);
        }
        if (syncDeadlineMs <= nowMs) {
            syncDeadlineMs = NEVER;
            awaitedSyncs.stream().sorted().map(members::get).filter(Objects::nonNull).toList().forEach(member -> {
                removeMember(member, out);
                rebalances.cause(Reason.SYNC_TIMED_OUT, member.memberId(), member.groupInstanceId());
            });
            awaitedSyncs.clear();
            membersLeft(nowMs, out);
        }
    }

    /** When {@link #onTime} is due next, {@link SessionDeadlines#NEVER} when nothing waits for time. */
    long nextMs() {
        long rebalanceMs = Math.min(Math.min(initialDelay.nextMs(), stragglers.nextMs()), Math.min(joinDeadlineMs, syncDeadlineMs));
        return Math.min(rebalanceMs, deadlines.nextMs());
    }

    // ---- rebalance

    private void rebalanceOrComplete(long nowMs, List<GroupEffect> out) {
        switch (state) {
            case EMPTY, STABLE, COMPLETING_REBALANCE -> prepareRebalance(nowMs, out);
            case PREPARING_REBALANCE -> completeIfAllJoined(nowMs, out);
            case DEAD -> throw new IllegalStateException("a group that does not exist cannot rebalance");
        }
    }

    private void membersLeft(long nowMs, List<GroupEffect> out) {
        switch (state) {
            case STABLE, COMPLETING_REBALANCE -> {
                if (memberLeft) {
                    prepareRebalance(nowMs, out);
                }
            }
            case PREPARING_REBALANCE -> completeIfAllJoined(nowMs, out);
            case EMPTY, DEAD -> { }
        }
        memberLeft = false;
    }

    private void prepareRebalance(long nowMs, List<GroupEffect> out) {
        for (Member member : members.all()) {
            if (member.syncing()) {
                reply(member.syncRequestId, SyncReply.failed(KafkaError.REBALANCE_IN_PROGRESS), out);
                member.syncRequestId = Member.NO_REQUEST;
                heard(member, nowMs);
            }
            if (state == State.COMPLETING_REBALANCE) {
                member.assign(new byte[0]); // that of a generation before the one that is given up
            }
        }
        awaitedSyncs.clear();
        syncDeadlineMs = NEVER;
        boolean first = state == State.EMPTY;
        enter(State.PREPARING_REBALANCE, nowMs);
        if (first && settings.initialRebalanceDelayMs() == 0) {
            completeJoins(nowMs, out); // with those who are here: who was only told its id comes to the next one
            return;
        }
        if (first) {
            initialDelay.begin(members.rebalanceTimeoutMs(), nowMs);
            return;
        }
        joinDeadlineMs = nowMs + members.rebalanceTimeoutMs();
        callMembers(out);
        completeIfAllJoined(nowMs, out);
    }

    /** Whether members live on nodes of the cluster. */
    boolean hasNodes() {
        return members.all().stream().anyMatch(member -> ClusterNode.isOne(member.clientHost()));
    }

    /** The others learn it by their next heartbeat. */
    private void callMembers(List<GroupEffect> out) {
        Set<String> nodes = members.all().stream()
                .filter(member -> !member.joining() && ClusterNode.isOne(member.clientHost()))
                .map(Member::clientHost)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!nodes.isEmpty()) {
            out.add(new GroupEffect.Call(nodes));
        }
    }

    private void completeIfAllJoined(long nowMs, List<GroupEffect> out) {
        if (!initialDelay.isRunning() && !stragglers.areAwaited() && allJoined()) {
            completeJoins(nowMs, out);
        }
    }

    private boolean allJoined() {
        return pendingMemberIds.isEmpty() && members.allJoining();
    }

    private void completeJoins(long nowMs, List<GroupEffect> out) {
        joinDeadlineMs = NEVER;
        initialDelay.end();
        stragglers.end();
        for (Member member : List.copyOf(members.all())) {
            if (!member.joining() && member.groupInstanceId() == null) {
                removeMember(member, out);
                rebalances.cause(Reason.JOIN_TIMED_OUT, member.memberId(), null);
            }
        }
        memberLeft = false;
        if (!members.electJoiningLeader() && !members.isEmpty()) {
            joinDeadlineMs = nowMs + members.rebalanceTimeoutMs(); // only static members, all away: their session decides
            return;
        }
        generationId++;
        awaitedSyncs.clear();
        if (members.isEmpty()) {
            protocolName = null;
            subscribedTopics = members.subscribedTopics(protocolType, null);
            enter(State.EMPTY, nowMs);
            persist(out);
            return;
        }
        protocolName = members.chooseProtocol();
        subscribedTopics = members.subscribedTopics(protocolType, protocolName);
        enter(State.COMPLETING_REBALANCE, nowMs);
        syncDeadlineMs = nowMs + members.rebalanceTimeoutMs();
        for (Member member : members.all()) { // a static member that is away has as long as the others to come and sync
            if (member.joining()) {
                reply(member.joinRequestId, joined(member, members.leads(member.memberId())), out);
                member.joinRequestId = Member.NO_REQUEST;
            }
            member.unanswered = false;
            awaitedSyncs.add(member.memberId());
            heard(member, nowMs);
        }
    }

    private void removeMember(Member member, List<GroupEffect> out) {
        failRequests(member, KafkaError.UNKNOWN_MEMBER_ID, out);
        members.remove(member);
        deadlines.remove(member.memberId());
        received(member);
        memberLeft = true;
    }

    private void failRequests(Member member, KafkaError error, List<GroupEffect> out) {
        if (member.joining()) {
            String memberId = error == KafkaError.UNKNOWN_MEMBER_ID ? "" : member.memberId(); // it has none any more
            reply(member.joinRequestId, JoinReply.failed(error, memberId), out);
            member.joinRequestId = Member.NO_REQUEST;
        }
        if (member.syncing()) {
            reply(member.syncRequestId, SyncReply.failed(error), out);
            member.syncRequestId = Member.NO_REQUEST;
        }
    }

    private void received(Member member) {
        awaitedSyncs.remove(member.memberId());
        if (awaitedSyncs.isEmpty()) {
            syncDeadlineMs = NEVER;
        }
    }

    /** A sign of life; no member, no effect. */
    void heard(String memberId, long nowMs) {
        Member member = members.get(memberId);
        if (member != null) {
            heard(member, nowMs);
        }
    }

    private void heard(Member member, long nowMs) {
        deadlines.set(member.memberId(), nowMs + member.sessionTimeoutMs());
    }

    private void enter(State next, long nowMs) {
        state = next;
        stateTimestampMs = nowMs;
        switch (next) {
            case PREPARING_REBALANCE -> rebalances.begin(generationId, members.size(), nowMs);
            case COMPLETING_REBALANCE -> rebalances.joined();
            case STABLE, EMPTY -> rebalances.complete(generationId, members.size(), nowMs);
            case DEAD -> { }
        }
    }

    private JoinReply joined(Member member, boolean leader) {
        return new JoinReply(
                KafkaError.NONE, member.memberId(), generationId, protocolType, protocolName, members.leader(), false,
                leader ? joinedMembers() : List.of());
    }

    private List<JoinedMember> joinedMembers() {
        return members.all().stream()
                .map(member -> new JoinedMember(
                        member.memberId(), member.groupInstanceId(), member.metadata(protocolName)))
                .toList();
    }

    private SyncReply synced(Member member) {
        return new SyncReply(KafkaError.NONE, protocolType, protocolName, member.assignment());
    }

    private void persist(List<GroupEffect> out) {
        out.add(new GroupEffect.Persist(List.of(stored())));
    }

    private static void reply(long requestId, Group.Reply reply, List<GroupEffect> out) {
        out.add(new GroupEffect.Reply(requestId, reply));
    }

    // ---- existence and recovery

    /** A commit from outside the protocol brings a group into being. */
    void exist() {
        if (state == State.DEAD) {
            state = State.EMPTY;
        }
    }

    /** The group is deleted; only an empty one. */
    void die() {
        if (!members.isEmpty()) {
            throw new IllegalStateException("a group with members was deleted");
        }
        pendingMemberIds.keySet().forEach(deadlines::remove);
        pendingMemberIds.clear();
        state = State.DEAD;
        protocolType = "";
        protocolName = null;
        subscribedTopics = null;
        generationId = 0;
        stateTimestampMs = -1;
    }

    /** The group as it is stored now. */
    GroupStored stored() {
        return new GroupStored(
                protocolType, generationId, protocolName, members.isEmpty() ? null : members.leader(),
                stateTimestampMs,
                members.all().stream()
                        .map(member -> new StoredMember(
                                member.memberId(), member.groupInstanceId(), member.clientId(), member.clientHost(),
                                member.rebalanceTimeoutMs(), member.sessionTimeoutMs(),
                                member.metadata(protocolName), member.assignment()))
                        .toList());
    }

    /** Only before the first request. */
    void restore(GroupStored event) {
        members.clear();
        protocolType = event.protocolType();
        protocolName = event.protocolName();
        generationId = event.generationId();
        stateTimestampMs = event.stateTimestampMs();
        for (StoredMember stored : event.members()) {
            var member = new Member(
                    stored.memberId(), stored.groupInstanceId(), stored.clientId(), stored.clientHost(),
                    stored.rebalanceTimeoutMs(), stored.sessionTimeoutMs(),
                    List.of(new Protocol(Objects.requireNonNullElse(protocolName, ""), stored.subscription())));
            member.assign(stored.assignment());
            members.add(member);
        }
        members.restoreLeader(event.leader());
        subscribedTopics = members.subscribedTopics(protocolType, protocolName);
        state = members.isEmpty() ? State.EMPTY : State.STABLE;
    }

    /** After the last {@link #restore}: every member gets a whole session to be heard of. */
    void restored(long nowMs, List<GroupEffect> out) {
        members.all().forEach(member -> heard(member, nowMs));
        if (members.size() > settings.maxSize()) {
            rebalances.cause(Reason.TOO_LARGE, "", null);
            prepareRebalance(nowMs, out);
        }
    }

    // ---- migration

    /** It becomes a consumer group: whoever waits is asked to come again, and this object does not exist any more. */
    void endForUpgrade(List<GroupEffect> out) {
        for (Member member : members.all()) {
            failRequests(member, KafkaError.REBALANCE_IN_PROGRESS, out);
            deadlines.remove(member.memberId());
        }
        members.clear();
        awaitedSyncs.clear();
        joinDeadlineMs = NEVER;
        initialDelay.end();
        stragglers.end();
        syncDeadlineMs = NEVER;
        die();
    }

    /**
     * It was a consumer group of which only members of the classic protocol are left.
     *
     * @param adopted at least one, in order
     * @param assignment that of a member with this metadata
     * @param rebalance what the members have is not what they should have
     */
    void adopt(
            int ofGenerationId, List<Member> adopted, BiFunction<Member, byte[], byte[]> assignment, boolean rebalance,
            long nowMs, List<GroupEffect> out) {
        if (state != State.DEAD) {
            throw new IllegalStateException("a group that is " + state + " cannot take over a consumer group");
        }
        adopted.forEach(members::add);
        generationId = ofGenerationId;
        protocolType = ConsumerProtocol.PROTOCOL_TYPE;
        protocolName = members.chooseProtocol();
        subscribedTopics = members.subscribedTopics(protocolType, protocolName);
        state = State.STABLE;
        stateTimestampMs = nowMs;
        for (Member member : members.all()) {
            member.assign(assignment.apply(member, member.metadata(protocolName)));
            heard(member, nowMs);
        }
        persist(out);
        if (rebalance) {
            prepareRebalance(nowMs, out);
        } else {
            rebalances.complete(generationId, members.size(), nowMs);
        }
    }

    // ---- views

    /** In order of arrival. */
    Collection<Member> members() {
        return members.all();
    }

    /** The protocol of this generation, null when there is none. */
    @Nullable String protocolName() {
        return protocolName;
    }

    State state() {
        return state;
    }

    int generationId() {
        return generationId;
    }

    String protocolType() {
        return protocolType;
    }

    /** When the state was entered, -1 when not known. */
    long stateTimestampMs() {
        return stateTimestampMs;
    }

    /** True when a member reads the topic, or may do so for all that is known. */
    boolean subscribedTo(String topic) {
        return subscribedTopics == null ? protocolType.equals("consumer") : subscribedTopics.contains(topic);
    }

    /** True when the subscribed topics are known. */
    boolean knowsTopics() {
        return subscribedTopics != null;
    }

    Group.DescribeReply describe() {
        boolean stable = state == State.STABLE;
        return new Group.DescribeReply(
                state == State.DEAD ? KafkaError.GROUP_ID_NOT_FOUND : KafkaError.NONE, state.wireName, protocolType,
                stable && protocolName != null ? protocolName : "",
                members.all().stream()
                        .map(member -> new Group.DescribedMember(
                                member.memberId(), member.groupInstanceId(), member.clientId(), member.clientHost(),
                                stable ? member.metadata(protocolName) : new byte[0], member.assignment()))
                        .toList());
    }
}
