package dev.sampo.kafka.connection;

import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * What a listener did since its start; all but {@code connections} and {@code requestMemoryBytes} only grow.
 *
 * @param connections open now
 * @param rejected refused by a limit right after accepting
 * @param malformed connections closed since their bytes were no request or broke a frame limit
 * @param tooSlow connections closed since a frame, or the reading of answers, did not go on
 * @param idleClosed connections closed after {@code connections.max.idle.ms}
 * @param handlerFailures requests whose handler threw
 * @param requestMemoryBytes of requests received and not answered
 * @param requests by API key
 */
public record ListenerMetrics(
        int connections, long accepted, long rejected, long bytesIn, long bytesOut, long malformed, long tooSlow,
        long idleClosed, long handlerFailures, long requestMemoryBytes, Map<ApiKeys, Long> requests) {}
