package dev.sampo.group.coordinator;

import dev.sampo.group.member.SessionDeadlines;

/**
 * How long the first rebalance of an empty group waits for more members: the configured time, again and again while members keep
 * coming, a rebalance timeout at most; and no longer where nobody has come for a while. Pure.
 *
 * @see "KIP-134"
 */
final class InitialDelay {
    private static final long NEVER = SessionDeadlines.NEVER;

    private final int delayMs;
    private final int quietMs;
    private boolean running;
    private boolean memberAdded; // since it was last prolonged
    private int leftMs;
    private long endMs = NEVER;
    private long quietAtMs = NEVER;

    /** Both times in ms; {@code quietMs} 0 for not before its time. */
    InitialDelay(int delayMs, int quietMs) {
        this.delayMs = delayMs;
        this.quietMs = quietMs;
    }

    void begin(int rebalanceTimeoutMs, long nowMs) {
        running = true;
        memberAdded = false;
        leftMs = Math.max(rebalanceTimeoutMs - delayMs, 0);
        endMs = nowMs + delayMs;
        somebodyCame(nowMs);
    }

    boolean isRunning() {
        return running;
    }

    /** A member, or one that will be. */
    void somebodyCame(long nowMs) {
        if (running && quietMs > 0) {
            quietAtMs = nowMs + quietMs;
        }
    }

    void memberAdded(long nowMs) {
        memberAdded = true;
        somebodyCame(nowMs);
    }

    /** Whether it has waited long enough; goes on by itself where it has not. */
    boolean isOver(long nowMs) {
        if (nextMs() > nowMs) {
            return false;
        }
        if (quietAtMs > nowMs && memberAdded && leftMs > 0) {
            memberAdded = false;
            int moreMs = Math.min(delayMs, leftMs);
            leftMs -= moreMs;
            endMs = nowMs + moreMs;
            return false;
        }
        return true;
    }

    void end() {
        running = false;
        endMs = NEVER;
        quietAtMs = NEVER;
    }

    /** When to look again. */
    long nextMs() {
        return Math.min(endMs, quietAtMs);
    }
}
