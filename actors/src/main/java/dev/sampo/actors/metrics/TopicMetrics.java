package dev.sampo.actors.metrics;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.common.Uuid;

/** The counts of the broker and of each topic that was used since the broker started. Thread-safe. */
public final class TopicMetrics implements MetricSource {
    private final LongSupplier nanoTime;
    private final Runnable onChange;
    private final TopicMeters broker;
    private final ConcurrentHashMap<Uuid, TopicMeters> topics = new ConcurrentHashMap<>();
    private final AtomicLong version = new AtomicLong();

    /** {@code onChange} is told, on any thread, when there are other topics than before. */
    public TopicMetrics(LongSupplier nanoTime, Runnable onChange) {
        this.nanoTime = nanoTime;
        this.onChange = onChange;
        broker = new TopicMeters(null, null, nanoTime);
    }

    /** All topics together, those that are gone included. */
    public TopicMeters broker() {
        return broker;
    }

    /** The counts of a topic, from zero at the first call for its id. */
    public TopicMeters of(Uuid topicId, String topic) {
        TopicMeters found = topics.get(topicId);
        if (found != null) {
            return found;
        }
        var fresh = new TopicMeters(topic, broker, nanoTime);
        found = topics.putIfAbsent(topicId, fresh);
        if (found != null) {
            return found;
        }
        changed();
        return fresh;
    }

    /** Forgets topics that do not exist any more; the broker's counts keep what they had. */
    public void retain(Predicate<Uuid> exists) {
        if (topics.keySet().removeIf(id -> !exists.test(id))) {
            changed();
        }
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
        broker.collect(sink);
        topics.values().forEach(topic -> topic.collect(sink));
    }
}
