package dev.sampo.group.coordinator;

import dev.sampo.group.member.SessionDeadlines;

/**
 * How long a rebalance for a new member waits for more new ones, where all others are there already. New members come in bursts, and
 * who was just given partitions hears of the next rebalance only with its next heartbeat. Pure.
 */
final class Stragglers {
    private static final long NEVER = SessionDeadlines.NEVER;

    private final int quietMs;
    private final int longestMs;
    private long quietAtMs = NEVER;
    private long endMs = NEVER;

    /** Waits until nobody has come for {@code quietMs}, 0 for not at all, and no longer than {@code longestMs}. */
    Stragglers(int quietMs, int longestMs) {
        this.quietMs = Math.min(quietMs, longestMs);
        this.longestMs = longestMs;
    }

    /** A new member, or one that will be. */
    void somebodyCame(long nowMs) {
        if (quietMs > 0) {
            endMs = areAwaited() ? endMs : nowMs + longestMs;
            quietAtMs = nowMs + quietMs;
        }
    }

    boolean areAwaited() {
        return quietAtMs != NEVER;
    }

    /** Whether they were awaited long enough, told once. */
    boolean isOver(long nowMs) {
        if (nextMs() > nowMs) {
            return false;
        }
        end();
        return true;
    }

    void end() {
        endMs = NEVER;
        quietAtMs = NEVER;
    }

    /** When to look again. */
    long nextMs() {
        return Math.min(endMs, quietAtMs);
    }
}
