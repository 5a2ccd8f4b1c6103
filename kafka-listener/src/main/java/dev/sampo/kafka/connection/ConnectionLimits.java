package dev.sampo.kafka.connection;

/**
 * Where a connection stops reading; it reads on below half of each.
 *
 * @param maxRequests requests read and not answered in order
 * @param maxRequestBytes their bytes
 * @param maxUnsentBytes answers that wait for their turn or for the peer
 */
public record ConnectionLimits(int maxRequests, long maxRequestBytes, long maxUnsentBytes) {
    /** The most requests that the ring of answers has room for. */
    public static final int RING_SLOTS = 64;

    public ConnectionLimits {
        if (maxRequests < 1 || maxRequests > RING_SLOTS) {
            throw new IllegalArgumentException(
                    "sampo.listener.in-flight-requests is " + maxRequests + "; it must be 1 to " + RING_SLOTS);
        }
    }
}
