package dev.sampo.http.metrics;

import dev.sampo.actors.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One family of series while it is collected. Of two points with the same labels the later counts. */
final class Family {
    /** Upper bounds of a histogram's buckets as powers of two of its values, from 2^8 on in steps of four. */
    private static final int FIRST_EDGE_BITS = 8;

    private static final int EDGES = 9;
    private static final int EDGE_STEP_BITS = 2;

    /** What its points are. */
    enum Kind {
        COUNTER,
        GAUGE,
        HISTOGRAM,
        /** Count and sum. */
        SUMMARY,
        /** Count, sum and percentiles of the last minutes. */
        QUANTILES
    }

    private final Kind kind;
    private final MetricMetadata metadata;
    private final Map<Labels, DataPointSnapshot> points = new LinkedHashMap<>();

    /** {@code name} without {@code _total}, ending in its unit. */
    Family(Kind kind, String name, String help, @Nullable Unit unit) {
        this.kind = kind;
        metadata = unit == null ? new MetricMetadata(name, help) : new MetricMetadata(name, help, unit);
    }

    void value(Labels labels, double value) {
        points.put(
                labels,
                kind == Kind.COUNTER
                        ? new CounterDataPointSnapshot(value, labels, null, 0L)
                        : new GaugeDataPointSnapshot(value, labels, null));
    }

    /** {@code perUnit} of the histogram's values are one of what is shown. */
    void distribution(Labels labels, Histogram histogram, double perUnit) {
        double sum = histogram.sum() / perUnit;
        points.put(labels, switch (kind) {
            case HISTOGRAM -> new HistogramDataPointSnapshot(
                    buckets(histogram, perUnit), sum, labels, Exemplars.EMPTY, 0L);
            case QUANTILES -> {
                Histogram.Snapshot now = histogram.snapshot();
                yield new SummaryDataPointSnapshot(
                        now.count(), sum,
                        Quantiles.of(
                                new Quantile(0.5, now.p50() / perUnit), new Quantile(0.75, now.p75() / perUnit),
                                new Quantile(0.95, now.p95() / perUnit), new Quantile(0.98, now.p98() / perUnit),
                                new Quantile(0.99, now.p99() / perUnit), new Quantile(0.999, now.p999() / perUnit)),
                        labels, Exemplars.EMPTY, 0L);
            }
            case SUMMARY, COUNTER, GAUGE -> new SummaryDataPointSnapshot(
                    histogram.count(), sum, Quantiles.EMPTY, labels, Exemplars.EMPTY, 0L);
        });
    }

    private static ClassicHistogramBuckets buckets(Histogram histogram, double perUnit) {
        var edges = new long[EDGES];
        var bounds = new double[EDGES + 1];
        for (int i = 0; i < EDGES; i++) {
            edges[i] = 1L << (FIRST_EDGE_BITS + i * EDGE_STEP_BITS);
            bounds[i] = edges[i] / perUnit;
        }
        bounds[EDGES] = Double.POSITIVE_INFINITY;
        long[] below = histogram.countsBelow(edges);
        var counts = new long[EDGES + 1];
        long before = 0;
        for (int i = 0; i < EDGES; i++) {
            counts[i] = below[i] - before;
            before = below[i];
        }
        counts[EDGES] = Math.max(0, histogram.count() - before);
        return ClassicHistogramBuckets.of(bounds, counts);
    }

    MetricSnapshot snapshot() {
        return switch (kind) {
            case COUNTER -> new CounterSnapshot(metadata, points(CounterDataPointSnapshot.class));
            case GAUGE -> new GaugeSnapshot(metadata, points(GaugeDataPointSnapshot.class));
            case HISTOGRAM -> new HistogramSnapshot(metadata, points(HistogramDataPointSnapshot.class));
            case SUMMARY, QUANTILES -> new SummarySnapshot(metadata, points(SummaryDataPointSnapshot.class));
        };
    }

    private <T extends DataPointSnapshot> List<T> points(Class<T> type) {
        var typed = new ArrayList<T>(points.size());
        points.values().forEach(point -> typed.add(type.cast(point)));
        return typed;
    }
}
