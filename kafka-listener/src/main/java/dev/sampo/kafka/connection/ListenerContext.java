package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.codec.RequestCodec;
import dev.sampo.kafka.frame.RequestBudget;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.kafka.metrics.NetworkMetrics;
import dev.sampo.kafka.metrics.ProcessorMeters;
import dev.sampo.kafka.metrics.RequestMetrics;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * What all connections of a listener share.
 *
 * @param endpoints the listener whose endpoints clients are told
 * @param internal only brokers know the listener: replicas may fetch
 * @param processors by index of the loop
 */
record ListenerContext(
        String name, String endpoints, boolean internal, ListenerSettings settings, Map<ApiKeys, ApiHandler> handlers, AdvertisedApis apis,
        RequestCodec codec, RequestBudget budget, ListenerCounters counters, RequestMetrics requests,
        List<ProcessorMeters> processors) {
    /** A new one; each key that is served needs a handler. */
    static ListenerContext of(
            ActorSystem<?> system, String name, String endpoints, boolean internal, ListenerSettings settings,
            AdvertisedApis apis, Map<ApiKeys, ApiHandler> handlers, List<SelectorLoop> loops) {
        for (ApiKeys key : ApiKeys.values()) {
            if (apis.serves(key) && !handlers.containsKey(key)) {
                throw new IllegalArgumentException("no handler for " + key + ", which is advertised");
            }
        }
        var context = new ListenerContext(
                name, endpoints, internal, settings, Map.copyOf(handlers), apis, new RequestCodec(apis),
                new RequestBudget(settings.requestMemoryBytes()), new ListenerCounters(), RequestMetrics.get(system),
                NetworkMetrics.get(system).listener(name, loops));
        context.requests().serve(context.handlers().keySet());
        return context;
    }
}
