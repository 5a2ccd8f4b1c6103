package dev.sampo.gate;

/**
 * Whether this node is in a cluster without brokers: when all of them are gone and begin anew, they form another one, which a
 * node can enter only with another run of its actor system. Pure.
 */
final class Orphan {
    private final long patienceNanos;
    private boolean met; // a broker, once
    private boolean alone;
    private long sinceNanos;

    Orphan(long patienceNanos) {
        this.patienceNanos = patienceNanos;
    }

    /** @param broker whether a broker that can be reached is a member now; before the first one this node only waits */
    boolean isOver(boolean broker, long nowNanos) {
        met |= broker;
        boolean now = met && !broker;
        if (now && !alone) {
            sinceNanos = nowNanos;
        }
        alone = now;
        return alone && nowNanos - sinceNanos > patienceNanos;
    }
}
