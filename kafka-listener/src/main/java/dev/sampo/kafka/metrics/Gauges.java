package dev.sampo.kafka.metrics;

import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import dev.sampo.actors.metrics.MetricSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Metrics that are the same for the broker's whole life. */
final class Gauges implements MetricSource {
    private final List<Metric> metrics = new ArrayList<>();

    Gauges gauge(String domain, String type, String name, Supplier<?> value) {
        return add(new Metric.Gauge(MetricName.of(domain, type, name), value));
    }

    Gauges values(MetricName name, Map<String, Supplier<?>> values) {
        return add(new Metric.Attributes(name, values));
    }

    Gauges add(Metric metric) {
        metrics.add(metric);
        return this;
    }

    @Override
    public long version() {
        return 0;
    }

    @Override
    public void collect(Consumer<Metric> sink) {
        metrics.forEach(sink);
    }
}
