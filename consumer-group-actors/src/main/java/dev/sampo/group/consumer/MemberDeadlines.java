package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import dev.sampo.group.lag.Rebalance.Reason;
import dev.sampo.group.member.SessionDeadlines;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Until when the members of a consumer group have to be heard of, to have given up what is not theirs any more, and those of
 * the classic protocol to have joined and synced.
 */
final class MemberDeadlines {
    private final SessionDeadlines sessions = new SessionDeadlines();
    private final SessionDeadlines revocations = new SessionDeadlines(); // rebalance timeouts
    private final SessionDeadlines joins = new SessionDeadlines();
    private final SessionDeadlines syncs = new SessionDeadlines();
    private final Map<String, CurrentAssignment> revoking = new HashMap<>(); // what those in revocations owned then

    /** A member has a whole session, and its rebalance timeout where it has to give partitions up. */
    void heard(ConsumerMember member, int sessionTimeoutMs, long nowMs) {
        String memberId = member.memberId();
        sessions.set(memberId, nowMs + sessionTimeoutMs);
        joins.remove(memberId);
        syncs.remove(memberId);
        if (member.owns().state() != MemberState.UNREVOKED_PARTITIONS) {
            revocations.remove(memberId);
            revoking.remove(memberId);
        } else if (!member.owns().equals(revoking.put(memberId, member.owns()))) {
            revocations.set(memberId, nowMs + member.wants().rebalanceTimeoutMs());
        }
    }

    /** A member of the classic protocol has a whole session. What it has to give up, it gives up when it joins. */
    void heardClassic(String memberId, int sessionTimeoutMs, long nowMs) {
        sessions.set(memberId, nowMs + sessionTimeoutMs);
    }

    /** A member of the classic protocol has to join within its rebalance timeout, which may run already. */
    void expectJoin(ConsumerMember member, long nowMs) {
        if (!joins.watches(member.memberId())) {
            joins.set(member.memberId(), nowMs + member.wants().rebalanceTimeoutMs());
        }
    }

    /** A member of the classic protocol has joined; now it has to sync. */
    void joined(String memberId, int rebalanceTimeoutMs, long nowMs) {
        joins.remove(memberId);
        syncs.set(memberId, nowMs + rebalanceTimeoutMs);
    }

    /** A member of the classic protocol has its assignment. */
    void synced(String memberId) {
        syncs.remove(memberId);
    }

    /** It is no member any more. */
    void forget(String memberId) {
        sessions.remove(memberId);
        revocations.remove(memberId);
        revoking.remove(memberId);
        joins.remove(memberId);
        syncs.remove(memberId);
    }

    /** Who is late, each once; the owner removes all of them. */
    List<LateMember> late(long nowMs, GroupFacts facts) {
        var late = new LinkedHashMap<String, Reason>();
        for (String memberId : revocations.late(nowMs)) {
            CurrentAssignment then = revoking.remove(memberId);
            revocations.remove(memberId);
            ConsumerMember member = facts.find(memberId);
            if (member != null && then != null && member.memberEpoch() == then.memberEpoch()) {
                late.put(memberId, Reason.REVOCATION_TIMED_OUT);
            }
        }
        joins.late(nowMs).forEach(memberId -> late.putIfAbsent(memberId, Reason.JOIN_TIMED_OUT));
        syncs.late(nowMs).forEach(memberId -> late.putIfAbsent(memberId, Reason.SYNC_TIMED_OUT));
        sessions.late(nowMs).forEach(memberId -> late.putIfAbsent(memberId, Reason.SESSION_EXPIRED));
        var members = new ArrayList<LateMember>();
        late.forEach((memberId, reason) -> members.add(new LateMember(memberId, reason)));
        return members;
    }

    /** When somebody will be late, {@link SessionDeadlines#NEVER} when nobody is watched. */
    long nextMs() {
        return Math.min(
                Math.min(sessions.nextMs(), revocations.nextMs()), Math.min(joins.nextMs(), syncs.nextMs()));
    }
}
