package dev.sampo.group.consumer;

/**
 * How often the members of one group are asked for heartbeats. They learn by the answers what to give up and to take, so they
 * are asked more often while the group changes and some time after, when more changes are likely.
 */
final class HeartbeatPace {
    private static final long SETTLED_AFTER_MS = 30_000;
    private static final int LEAST_MS_PER_MEMBER = 5; // a large group has no more than 200 heartbeats a second for this

    private long settledAtMs = Long.MIN_VALUE;

    /** Members, what they want or what they own changed. */
    void changed(long nowMs) {
        settledAtMs = nowMs + SETTLED_AFTER_MS;
    }

    /**
     * The time in ms from one heartbeat of a member to its next.
     *
     * @param changes whether this answer comes with a change
     */
    int intervalMs(int usualMs, int rebalanceMs, int members, boolean changes, long nowMs) {
        return changes || nowMs < settledAtMs
                ? Math.min(usualMs, Math.max(rebalanceMs, members * LEAST_MS_PER_MEMBER))
                : usualMs;
    }
}
