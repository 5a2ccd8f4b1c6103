package dev.sampo.partition.session;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Until when a broker may lead: the lease counts from when it sent the heartbeat that a majority of the metadata voters has
 * answered, and not from one later than the newest that a leader of the metadata log has. An answer counts once the broker has
 * read the metadata as far as the voter had.
 *
 * <p>So the majority shuts out whom a deposed leader answers, the leader whom only other voters hear and it will fence, and
 * the metadata whoever does not know yet that another broker was elected. Pure.
 */
public final class LeaseQuorum {
    private record Answer(int voter, long sentNanos, boolean leads, long imageOffset) {}

    private final long leaseNanos;
    private final List<Answer> ahead = new ArrayList<>(); // of what this broker has read
    private final Map<Integer, Long> answered = new HashMap<>(); // voter to the newest heartbeat it answered
    private final Map<Integer, Long> answeredAsLeader = new HashMap<>();

    /** @param leaseNanos shorter than the session that the controller grants */
    public LeaseQuorum(long leaseNanos) {
        this.leaseNanos = leaseNanos;
    }

    /** A voter that had read the metadata up to {@code imageOffset}, and led its log or not, answered a heartbeat. */
    public void answered(int voter, long sentNanos, boolean leads, long imageOffset) {
        ahead.removeIf(answer -> sentNanos - answer.sentNanos() > leaseNanos);
        ahead.add(new Answer(voter, sentNanos, leads, imageOffset));
    }

    /** Whether an answer will count when this broker has read more of the metadata. */
    public boolean waitsForImage() {
        return !ahead.isEmpty();
    }

    /**
     * The end of the lease that these voters give, empty while fewer than a majority of them, or no leader, ever answered.
     *
     * @param imageOffset how far this broker has read the metadata
     */
    public OptionalLong until(Set<Integer> voters, long imageOffset) {
        ahead.stream().filter(answer -> answer.imageOffset() <= imageOffset).forEach(this::count);
        ahead.removeIf(answer -> answer.imageOffset() <= imageOffset);
        List<Long> sent = newestFirst(answered, voters);
        List<Long> sentToLeaders = newestFirst(answeredAsLeader, voters);
        int majority = voters.size() / 2 + 1;
        if (sent.size() < majority || sentToLeaders.isEmpty()) {
            return OptionalLong.empty();
        }
        long ofMajority = sent.get(majority - 1);
        long ofLeader = sentToLeaders.getFirst();
        return OptionalLong.of((ofMajority - ofLeader > 0 ? ofLeader : ofMajority) + leaseNanos);
    }

    private void count(Answer answer) {
        answered.merge(answer.voter(), answer.sentNanos(), LeaseQuorum::later);
        if (answer.leads()) {
            answeredAsLeader.merge(answer.voter(), answer.sentNanos(), LeaseQuorum::later);
        }
    }

    private static List<Long> newestFirst(Map<Integer, Long> answered, Set<Integer> voters) {
        List<Long> sent = new ArrayList<>();
        for (int voter : voters) {
            Long nanos = answered.get(voter);
            if (nanos != null) {
                sent.add(nanos);
            }
        }
        sent.sort(Collections.reverseOrder((a, b) -> Long.signum(a - b)));
        return sent;
    }

    private static long later(long before, long now) {
        return now - before > 0 ? now : before;
    }
}
