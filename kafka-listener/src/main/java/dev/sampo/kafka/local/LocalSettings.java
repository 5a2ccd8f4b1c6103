package dev.sampo.kafka.local;

import java.time.Duration;

/**
 * Bounds of requests from within the process.
 *
 * @param maxRequests requests at the same time; one more is refused
 * @param maxRecordsBytes most bytes of records that one fetch response may bring into memory
 * @param timeout after which an unanswered request fails, unless the call says another
 */
public record LocalSettings(int maxRequests, int maxRecordsBytes, Duration timeout) {
    /** Refuses bounds that serve nobody. */
    public LocalSettings {
        if (maxRequests < 1 || maxRecordsBytes < 1 || !timeout.isPositive()) {
            throw new IllegalArgumentException("local requests need bounds above 0, not " + maxRequests + " requests, "
                    + maxRecordsBytes + " bytes and " + timeout);
        }
    }
}
