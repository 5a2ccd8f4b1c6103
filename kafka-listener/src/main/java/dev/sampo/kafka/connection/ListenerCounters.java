package dev.sampo.kafka.connection;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.protocol.ApiKeys;

/** What a listener counts. Safe for any thread. */
final class ListenerCounters {
    final AtomicInteger connections = new AtomicInteger();
    final LongAdder accepted = new LongAdder();
    final LongAdder rejected = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder malformed = new LongAdder();
    final LongAdder tooSlow = new LongAdder();
    final LongAdder idleClosed = new LongAdder();
    final LongAdder handlerFailures = new LongAdder();
    private final Map<ApiKeys, LongAdder> requests = new EnumMap<>(ApiKeys.class);

    ListenerCounters() {
        for (ApiKeys key : ApiKeys.values()) {
            requests.put(key, new LongAdder());
        }
    }

    void request(ApiKeys key) {
        LongAdder adder = requests.get(key);
        if (adder != null) {
            adder.increment();
        }
    }

    ListenerMetrics snapshot(long requestMemoryBytes) {
        var byKey = new EnumMap<ApiKeys, Long>(ApiKeys.class);
        requests.forEach((key, count) -> {
            if (count.sum() > 0) {
                byKey.put(key, count.sum());
            }
        });
        return new ListenerMetrics(
                connections.get(), accepted.sum(), rejected.sum(), bytesIn.sum(), bytesOut.sum(), malformed.sum(),
                tooSlow.sum(), idleClosed.sum(), handlerFailures.sum(), requestMemoryBytes, byKey);
    }
}
