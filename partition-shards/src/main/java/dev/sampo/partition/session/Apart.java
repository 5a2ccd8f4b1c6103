package dev.sampo.partition.session;

/**
 * Whether this node is in another Pekko cluster than the broker that leads the metadata: for longer than it takes to join,
 * that broker is live by the metadata and no member here. Such a node starts again and joins it. Pure.
 */
public final class Apart {
    private final long patienceNanos;
    private boolean apart;
    private long sinceNanos;

    /** @param patienceNanos longer than joining, and than ending a session, takes */
    public Apart(long patienceNanos) {
        this.patienceNanos = patienceNanos;
    }

    /** @param now the leader is another broker, live, and no member of the cluster that this node is in */
    public boolean isOver(boolean now, long nowNanos) {
        if (now && !apart) {
            sinceNanos = nowNanos;
        }
        apart = now;
        return apart && nowNanos - sinceNanos > patienceNanos;
    }
}
