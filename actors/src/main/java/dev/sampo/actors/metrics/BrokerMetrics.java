package dev.sampo.actors.metrics;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/**
 * Everything that one broker measures: one per actor system, so that several brokers in one process share nothing. Parts
 * that measure add themselves; readers walk through all sources. Thread-safe.
 */
public final class BrokerMetrics implements Extension {
    private static final ExtensionId<BrokerMetrics> ID = new ExtensionId<>() {
        @Override
        public BrokerMetrics createExtension(ActorSystem<?> system) {
            return new BrokerMetrics(System::nanoTime);
        }
    };

    private final LongSupplier nanoTime;
    private final List<MetricSource> sources = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArraySet<Runnable> listeners = new CopyOnWriteArraySet<>();
    private final TopicMetrics topics;
    private final LogMetrics logs;

    /** With this clock; brokers use {@link #get}. */
    public BrokerMetrics(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        topics = new TopicMetrics(nanoTime, this::changed);
        logs = new LogMetrics(nanoTime, this::changed);
        sources.add(topics);
        sources.add(logs);
    }

    /** The broker's of this system. */
    public static BrokerMetrics get(ActorSystem<?> system) {
        return system.registerExtension(ID);
    }

    /** The clock of the instruments: monotonic, nanoseconds. */
    public LongSupplier nanoTime() {
        return nanoTime;
    }

    /** Counts by topic. */
    public TopicMetrics topics() {
        return topics;
    }

    /** Open logs. */
    public LogMetrics logs() {
        return logs;
    }

    /** Adds a part that measures, for the rest of the broker's life. */
    public void add(MetricSource source) {
        sources.add(source);
        changed();
    }

    /** All parts. */
    public List<MetricSource> sources() {
        return List.copyOf(sources);
    }

    /** A source measures other things than before; cheap, for any thread. */
    public void changed() {
        listeners.forEach(Runnable::run);
    }

    /** Calls {@code listener} on any thread when some source has another version; it must return at once. */
    public Runnable onChange(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }
}
