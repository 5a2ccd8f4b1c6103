package dev.sampo.kafka.handler;

import dev.sampo.actors.config.ReplicaSelector;

/**
 * Bounds on what one fetch may cost, and who serves it.
 *
 * @param maxBytes most record bytes in one response, whatever the client asks for ({@code fetch.max.bytes}); the first
 *     batch is sent even if it is larger
 * @param sessionSlots most fetch sessions ({@code max.incremental.fetch.session.cache.slots})
 * @param maxWaitMs longest wait for data, whatever the client asks for
 * @param replicaSelector who serves a consumer ({@code replica.selector.class})
 */
public record FetchSettings(int maxBytes, int sessionSlots, int maxWaitMs, ReplicaSelector replicaSelector) {
    /** Kafka's defaults; Kafka does not bound the wait. */
    public static final FetchSettings DEFAULT = new FetchSettings(55 * 1024 * 1024, 1000, 300_000, ReplicaSelector.LEADER);

    public FetchSettings {
        if (maxBytes < 1024) {
            throw new IllegalArgumentException("fetch.max.bytes is " + maxBytes + ", must be at least 1024");
        }
        if (sessionSlots < 0) {
            throw new IllegalArgumentException(
                    "max.incremental.fetch.session.cache.slots is " + sessionSlots + ", must not be negative");
        }
        if (maxWaitMs < 0) {
            throw new IllegalArgumentException("the longest fetch wait is " + maxWaitMs + " ms, must not be negative");
        }
    }
}
