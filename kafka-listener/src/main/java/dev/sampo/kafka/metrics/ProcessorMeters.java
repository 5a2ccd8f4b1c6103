package dev.sampo.kafka.metrics;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.metrics.Meter;
import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The connections of one listener on one loop: what Kafka says of a network processor. Thread-safe. */
public final class ProcessorMeters {
    /** Connections taken over by the loop. */
    public final LongAdder created = new LongAdder();
    /** Of them, those whose socket is closed. */
    public final LongAdder closed = new LongAdder();
    /** Bytes read. */
    public final LongAdder bytesIn = new LongAdder();
    /** Bytes that sockets took. */
    public final LongAdder bytesOut = new LongAdder();
    /** Requests read. */
    public final LongAdder requests = new LongAdder();
    /** Answers that sockets took wholly. */
    public final LongAdder responses = new LongAdder();

    private final Metric metric;

    /** {@code listener} is its name, the loop's index the number of the processor. */
    public ProcessorMeters(String listener, SelectorLoop loop, LongSupplier nanoTime) {
        Map<String, Supplier<?>> values = new LinkedHashMap<>();
        values.put("connection-count", () -> (double) (created.sum() - closed.sum()));
        count(values, "connection-creation", created, nanoTime);
        count(values, "connection-close", closed, nanoTime);
        count(values, "incoming-byte", bytesIn, nanoTime);
        count(values, "outgoing-byte", bytesOut, nanoTime);
        count(values, "request", requests, nanoTime);
        count(values, "response", responses, nanoTime);
        metric = new Metric.Attributes(
                MetricName.of(
                        "kafka.server", "socket-server-metrics", "", "listener", listener, "networkProcessor",
                        Integer.toString(loop.index())),
                Map.copyOf(values));
    }

    private static void count(Map<String, Supplier<?>> values, String name, LongAdder adder, LongSupplier nanoTime) {
        var meter = new Meter(adder::sum, nanoTime);
        values.put(name + "-rate", () -> meter.rates().oneMinute());
        values.put(name + "-total", () -> (double) adder.sum());
    }

    Metric metric() {
        return metric;
    }
}
