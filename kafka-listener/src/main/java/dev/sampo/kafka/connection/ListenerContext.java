package dev.sampo.kafka.connection;

import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.codec.RequestCodec;
import dev.sampo.kafka.frame.RequestBudget;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.kafka.metrics.ProcessorMeters;
import dev.sampo.kafka.metrics.RequestMetrics;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * What all connections of a listener share.
 *
 * @param internal only brokers know the listener: replicas may fetch
 * @param processors by index of the loop
 */
record ListenerContext(
        String name, boolean internal, ListenerSettings settings, Map<ApiKeys, ApiHandler> handlers, AdvertisedApis apis,
        RequestCodec codec, RequestBudget budget, ListenerCounters counters, RequestMetrics requests,
        List<ProcessorMeters> processors) {}
