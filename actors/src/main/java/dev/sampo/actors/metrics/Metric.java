package dev.sampo.actors.metrics;

import java.util.Map;
import java.util.function.Supplier;

/** Something measured: its name and where its values come from. */
public sealed interface Metric {
    /** Unique within a broker. */
    MetricName name();

    /** One value of now: a number or, rarely, a text. */
    record Gauge(MetricName name, Supplier<?> value) implements Metric {}

    /** A count and its rates; {@code eventType} is what is counted, in the plural. */
    record Rate(MetricName name, Meter meter, String eventType) implements Metric {}

    /** A distribution; {@code unit} of the values is one of what readers see: 1000 when microseconds are shown as ms. */
    record Distribution(MetricName name, Histogram histogram, double unit) implements Metric {}

    /** How often something was done and how long it took: nanoseconds divided by {@code unit} are shown. */
    record Timing(MetricName name, Meter meter, Histogram histogram, double unit, String eventType) implements Metric {}

    /** Several values under one name, by attribute. */
    record Attributes(MetricName name, Map<String, Supplier<?>> values) implements Metric {}
}
