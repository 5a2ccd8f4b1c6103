package dev.sampo.group.consumer;

/**
 * How often the members of one group are asked for heartbeats. They learn by the answers what to give up and to take, so they
 * are asked more often while the group changes, and half as often for some time after, when more changes are likely.
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
     * @param stable whether every member has what it should have, and this answer changes nothing
     */
    int intervalMs(int usualMs, int rebalanceMs, int members, boolean stable, long nowMs) {
        if (stable && nowMs >= settledAtMs) {
            return usualMs;
        }
        long soonMs = Math.max(rebalanceMs, members * LEAST_MS_PER_MEMBER);
        return (int) Math.min(usualMs, stable ? 2 * soonMs : soonMs);
    }
}
