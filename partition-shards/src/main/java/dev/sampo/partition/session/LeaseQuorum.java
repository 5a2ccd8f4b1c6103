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
 * answered. Pure.
 */
public final class LeaseQuorum {
    private final long leaseNanos;
    private final Map<Integer, Long> answered = new HashMap<>(); // voter to the newest heartbeat it answered

    /** @param leaseNanos shorter than the session that the controller grants */
    public LeaseQuorum(long leaseNanos) {
        this.leaseNanos = leaseNanos;
    }

    /** A voter answered the heartbeat that was sent at {@code sentNanos}. */
    public void answered(int voter, long sentNanos) {
        answered.merge(voter, sentNanos, (before, now) -> now - before > 0 ? now : before);
    }

    /** The end of the lease that these voters give, empty while fewer than a majority of them have ever answered. */
    public OptionalLong until(Set<Integer> voters) {
        List<Long> sent = new ArrayList<>();
        for (int voter : voters) {
            Long nanos = answered.get(voter);
            if (nanos != null) {
                sent.add(nanos);
            }
        }
        int majority = voters.size() / 2 + 1;
        if (sent.size() < majority) {
            return OptionalLong.empty();
        }
        sent.sort(Collections.reverseOrder((a, b) -> Long.signum(a - b)));
        return OptionalLong.of(sent.get(majority - 1) + leaseNanos);
    }
}
