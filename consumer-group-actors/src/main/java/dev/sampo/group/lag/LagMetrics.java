package dev.sampo.group.lag;

import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import dev.sampo.actors.metrics.MetricSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The last sample as metrics, under the names that exporters of consumer lag have made common. For scrapes alone: each
 * time the values of that moment, of at most {@value #MOST_PARTITIONS} partitions; sums are of all.
 */
final class LagMetrics implements MetricSource {
    static final int MOST_PARTITIONS = 10_000;

    private static final double MS_PER_S = 1000;

    private final Supplier<List<GroupReport>> latest;
    private final WatchedGroups groups;

    LagMetrics(Supplier<List<GroupReport>> latest, WatchedGroups groups) {
        this.latest = latest;
        this.groups = groups;
    }

    @Override
    public long version() {
        return 0;
    }

    @Override
    public void collect(Consumer<Metric> sink) {
        groups.all().forEach(group ->
                gauge(sink, group.rebalances().count(), "rebalances", "consumergroup", group.groupId()));
        int shown = 0;
        for (GroupReport group : latest.get()) {
            String id = group.groupId();
            gauge(sink, group.lagRecords(), "lag_sum", "consumergroup", id);
            gauge(sink, group.lagMs() / MS_PER_S, "lag_max_seconds", "consumergroup", id);
            gauge(sink, 1, "status", "consumergroup", id, "status", group.status().text());
            for (PartitionReport partition : group.partitions()) {
                if (partition.endOffset() < 0 || ++shown > MOST_PARTITIONS) {
                    continue;
                }
                String[] tags = {
                    "consumergroup", id, "topic", partition.topic(), "partition", Integer.toString(partition.partition())};
                gauge(sink, partition.committedOffset(), "current_offset", tags);
                gauge(sink, partition.lagRecords(), "lag", tags);
                if (partition.lagMs() >= 0) {
                    gauge(sink, partition.lagMs() / MS_PER_S, "lag_seconds", tags);
                }
            }
        }
    }

    private static void gauge(Consumer<Metric> sink, Number value, String name, String... tags) {
        sink.accept(new Metric.Gauge(MetricName.of("kafka", "consumergroup", name, tags), () -> value));
    }
}
