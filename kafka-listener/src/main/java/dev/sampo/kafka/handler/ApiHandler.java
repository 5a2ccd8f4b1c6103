package dev.sampo.kafka.handler;

import org.apache.kafka.common.protocol.ApiKeys;

/** Serves one API key. One instance per broker, called on the loop of the connection that received the request. */
public interface ApiHandler {
    /** The API key served. */
    ApiKeys apiKey();

    /**
     * True when requests may run beside other requests of the same connection (answers keep request order anyway).
     * False: it starts after all earlier ones were answered, and nothing starts before it was answered.
     */
    default boolean overlaps() {
        return false;
    }

    /** Answers the exchange exactly once: now, or later on the same loop. Must not block. */
    void handle(Exchange exchange);
}
