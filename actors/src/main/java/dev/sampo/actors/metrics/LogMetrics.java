package dev.sampo.actors.metrics;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The logs that are open on this broker, and how long their flushes take. Thread-safe. */
public final class LogMetrics implements MetricSource {
    private static final double NANOS_PER_MS = 1e6;

    private final ConcurrentHashMap<TopicIdPartition, LogGauges> logs = new ConcurrentHashMap<>();
    private final Histogram flushNanos;
    private final Metric.Timing flushes;
    private final Runnable onChange;
    private final AtomicLong version = new AtomicLong();

    /** {@code onChange} is told, on any thread, when there are other logs than before. */
    public LogMetrics(LongSupplier nanoTime, Runnable onChange) {
        this.onChange = onChange;
        flushNanos = new Histogram(nanoTime);
        flushes = new Metric.Timing(
                MetricName.of("kafka.log", "LogFlushStats", "LogFlushRateAndTimeMs"),
                new Meter(flushNanos::count, nanoTime), flushNanos, NANOS_PER_MS, "calls");
    }

    /** A leader has opened its log; what was entered for the partition before is replaced. */
    public void enter(TopicIdPartition id, LogGauges gauges) {
        logs.put(id, gauges);
        changed();
    }

    /** The log is open no more; nothing happens when another was entered since. */
    public void leave(TopicIdPartition id, LogGauges gauges) {
        if (logs.remove(id, gauges)) {
            changed();
        }
    }

    /** A flush took so long. */
    public void flushed(long nanos) {
        flushNanos.record(nanos);
    }

    /** Open logs by partition: a live view. */
    public Map<TopicIdPartition, LogGauges> open() {
        return logs;
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
        sink.accept(flushes);
        logs.forEach((id, log) -> {
            String partition = Integer.toString(id.partition());
            sink.accept(new Metric.Gauge(name("Size", log, partition), log::sizeBytes));
            sink.accept(new Metric.Gauge(name("NumLogSegments", log, partition), log::segments));
            sink.accept(new Metric.Gauge(name("LogStartOffset", log, partition), log::logStartOffset));
            sink.accept(new Metric.Gauge(name("LogEndOffset", log, partition), log::logEndOffset));
        });
    }

    private static MetricName name(String name, LogGauges log, String partition) {
        return MetricName.of("kafka.log", "Log", name, "topic", log.topic(), "partition", partition);
    }
}
