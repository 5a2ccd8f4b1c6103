package dev.sampo.kafka.metrics;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.metrics.Meter;
import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import dev.sampo.actors.metrics.MetricSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * How idle the loops are. They are network threads and request handlers in one, so both of Kafka's figures are theirs.
 * Shares of time from 0 to 1, over about a minute. Thread-safe.
 */
final class LoopSource implements MetricSource {
    private static final double NANOS_PER_SECOND = 1e9;

    private final List<Metric> metrics = new ArrayList<>();

    LoopSource(List<SelectorLoop> loops, LongSupplier nanoTime) {
        long startNanos = nanoTime.getAsLong();
        long busyAtStart = busy(loops);
        var idle = new Meter(
                () -> Math.max(
                        0, nanoTime.getAsLong() - startNanos - (busy(loops) - busyAtStart) / loops.size()),
                NANOS_PER_SECOND, nanoTime);
        metrics.add(new Metric.Rate(
                MetricName.of("kafka.server", "KafkaRequestHandlerPool", "RequestHandlerAvgIdlePercent"), idle,
                "percent"));
        metrics.add(new Metric.Gauge(
                MetricName.of("kafka.network", "SocketServer", "NetworkProcessorAvgIdlePercent"),
                () -> idleShare(idle)));
        for (SelectorLoop loop : loops) {
            long before = loop.busyNanos();
            var own = new Meter(
                    () -> Math.max(0, nanoTime.getAsLong() - startNanos - (loop.busyNanos() - before)),
                    NANOS_PER_SECOND, nanoTime);
            metrics.add(new Metric.Gauge(
                    MetricName.of(
                            "kafka.network", "Processor", "IdlePercent", "networkProcessor",
                            Integer.toString(loop.index())),
                    () -> idleShare(own)));
        }
    }

    /** Until the first five seconds have passed, the share since the start. */
    private static double idleShare(Meter idle) {
        Meter.Rates rates = idle.rates();
        return Math.clamp(rates.oneMinute() == 0 ? rates.mean() : rates.oneMinute(), 0.0, 1.0);
    }

    private static long busy(List<SelectorLoop> loops) {
        return loops.stream().mapToLong(SelectorLoop::busyNanos).sum();
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
