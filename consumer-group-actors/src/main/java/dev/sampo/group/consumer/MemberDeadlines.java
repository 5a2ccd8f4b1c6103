package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import dev.sampo.group.lag.Rebalance.Reason;
import dev.sampo.group.member.SessionDeadlines;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Until when the members of a consumer group have to be heard of, and to have given up what is not theirs any more. */
final class MemberDeadlines {
    /** A member that is late, and with what. */
    record Late(String memberId, Reason reason) {}

    private final SessionDeadlines sessions = new SessionDeadlines();
    private final SessionDeadlines revocations = new SessionDeadlines(); // rebalance timeouts
    private final Map<String, CurrentAssignment> revoking = new HashMap<>(); // what those in revocations owned then

    /** A member was answered: it has a whole session, and its rebalance timeout where it has to give partitions up. */
    void heard(ConsumerMember member, int sessionTimeoutMs, long nowMs) {
        String memberId = member.memberId();
        sessions.set(memberId, nowMs + sessionTimeoutMs);
        if (member.owns().state() != MemberState.UNREVOKED_PARTITIONS) {
            revocations.remove(memberId);
            revoking.remove(memberId);
        } else if (!member.owns().equals(revoking.put(memberId, member.owns()))) {
            revocations.set(memberId, nowMs + member.wants().rebalanceTimeoutMs());
        }
    }

    /** It is no member any more. */
    void forget(String memberId) {
        sessions.remove(memberId);
        revocations.remove(memberId);
        revoking.remove(memberId);
    }

    /** Who is late, each once. */
    List<Late> late(long nowMs, GroupFacts facts) {
        var late = new ArrayList<Late>();
        for (String memberId : revocations.late(nowMs)) {
            CurrentAssignment then = revoking.remove(memberId);
            revocations.remove(memberId);
            ConsumerMember member = facts.find(memberId);
            if (member != null && then != null && member.memberEpoch() == then.memberEpoch()) {
                late.add(new Late(memberId, Reason.REVOCATION_TIMED_OUT));
                sessions.remove(memberId);
            }
        }
        sessions.late(nowMs).forEach(memberId -> late.add(new Late(memberId, Reason.SESSION_EXPIRED)));
        return late;
    }

    /** When somebody will be late, {@link SessionDeadlines#NEVER} when nobody is watched. */
    long nextMs() {
        return Math.min(sessions.nextMs(), revocations.nextMs());
    }
}
