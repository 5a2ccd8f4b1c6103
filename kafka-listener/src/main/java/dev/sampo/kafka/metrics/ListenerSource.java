package dev.sampo.kafka.metrics;

import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricSource;
import java.util.List;
import java.util.function.Consumer;

/** The processors of one listener. */
record ListenerSource(List<ProcessorMeters> processors) implements MetricSource {
    @Override
    public long version() {
        return 0;
    }

    @Override
    public void collect(Consumer<Metric> sink) {
        processors.forEach(processor -> sink.accept(processor.metric()));
    }
}
