package dev.sampo.kafka.metrics;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricSource;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/** What all listeners of one broker count, by API key. Thread-safe. */
public final class RequestMetrics implements Extension, MetricSource {
    private static final ExtensionId<RequestMetrics> ID = new ExtensionId<>() {
        @Override
        public RequestMetrics createExtension(ActorSystem<?> system) {
            BrokerMetrics metrics = BrokerMetrics.get(system);
            var requests = new RequestMetrics(metrics.nanoTime(), metrics::changed);
            metrics.add(requests);
            return requests;
        }
    };

    private final LongSupplier nanoTime;
    private final Runnable onChange;
    private final AtomicReferenceArray<RequestMeters> byKey =
            new AtomicReferenceArray<>(1 + Set.of(ApiKeys.values()).stream().mapToInt(key -> key.id).max().orElse(0));
    private final AtomicLong version = new AtomicLong();

    /** {@code onChange} is told, on any thread, when there is something new to show. */
    public RequestMetrics(LongSupplier nanoTime, Runnable onChange) {
        this.nanoTime = nanoTime;
        this.onChange = onChange;
    }

    /** The broker's of this system. */
    public static RequestMetrics get(ActorSystem<?> system) {
        return system.registerExtension(ID);
    }

    /** Shows these keys from now on, also before their first request. */
    public void serve(Set<ApiKeys> keys) {
        keys.forEach(this::of);
    }

    /** The counts of an API key. */
    public RequestMeters of(ApiKeys key) {
        RequestMeters found = byKey.get(key.id);
        if (found == null) {
            byKey.compareAndSet(key.id, null, new RequestMeters(key, nanoTime, this::changed));
            found = byKey.get(key.id);
            changed();
        }
        return found;
    }

    private void changed() {
        version.incrementAndGet();
        onChange.run();
    }

    @Override
    public long version() {
        return version.get();
    }

    @Override
    public void collect(Consumer<Metric> sink) {
        for (int i = 0; i < byKey.length(); i++) {
            RequestMeters meters = byKey.get(i);
            if (meters != null) {
                meters.collect(sink);
            }
        }
    }
}
