package dev.sampo.actors.metrics;

import java.util.function.Consumer;

/** A part of the broker that measures something. Thread-safe. */
public interface MetricSource {
    /** Another number each time that the set of what is measured has changed; values may change at any time. */
    long version();

    /** Hands over everything measured now; instruments stay the same from call to call. */
    void collect(Consumer<Metric> sink);
}
