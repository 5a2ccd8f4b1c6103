package dev.sampo.actors.metrics;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNull;

/** The counts of one topic, which also count for the broker. Whoever counts often keeps it. Thread-safe. */
public final class TopicMeters {
    private final @Nullable TopicMeters broker;
    private final Map<TopicMetric, LongAdder> counts = new EnumMap<>(TopicMetric.class); // all keys, from the start
    private final List<Metric.Rate> rates = new ArrayList<>();

    /** {@code topic} and {@code broker} are null for the broker's own. */
    TopicMeters(@Nullable String topic, @Nullable TopicMeters broker, LongSupplier nanoTime) {
        this.broker = broker;
        for (TopicMetric metric : TopicMetric.values()) {
            LongAdder count = new LongAdder();
            counts.put(metric, count);
            MetricName name = topic == null
                    ? MetricName.of("kafka.server", "BrokerTopicMetrics", metric.kafkaName())
                    : MetricName.of("kafka.server", "BrokerTopicMetrics", metric.kafkaName(), "topic", topic);
            rates.add(new Metric.Rate(name, new Meter(count::sum, nanoTime), metric.eventType()));
        }
    }

    /** Counts {@code amount} for the topic and for the broker. */
    public void mark(TopicMetric metric, long amount) {
        adder(metric).add(amount);
        if (broker != null) {
            broker.mark(metric, amount);
        }
    }

    /** What was counted. */
    public long count(TopicMetric metric) {
        return adder(metric).sum();
    }

    private LongAdder adder(TopicMetric metric) {
        return requireNonNull(counts.get(metric));
    }

    void collect(Consumer<Metric> sink) {
        rates.forEach(sink);
    }
}
