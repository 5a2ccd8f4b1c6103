package dev.sampo.kafka.metrics;

import dev.sampo.actors.metrics.LogGauges;
import dev.sampo.actors.metrics.LogMetrics;
import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import dev.sampo.actors.metrics.MetricSource;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** The replicas of each partition that is served here. Values are -1 for a moment while its topic is being deleted. */
record PartitionSource(LogMetrics logs, ReplicaFigures figures) implements MetricSource {
    @Override
    public long version() {
        return logs.version();
    }

    @Override
    public void collect(Consumer<Metric> sink) {
        logs.open().forEach((id, log) -> {
            add(sink, "UnderReplicated", id, log, group -> ReplicaFigures.underReplicated(group) ? 1 : 0);
            add(sink, "UnderMinIsr", id, log,
                    group -> ReplicaFigures.underMinIsr(group, log.minInSyncReplicas()) ? 1 : 0);
            add(sink, "AtMinIsr", id, log,
                    group -> ReplicaFigures.atMinIsr(group, log.minInSyncReplicas()) ? 1 : 0);
            add(sink, "InSyncReplicasCount", id, log, group -> group.inSyncReplicas().size());
            add(sink, "ReplicasCount", id, log, group -> group.replicas().size());
            sink.accept(new Metric.Gauge(name("LastStableOffsetLag", id, log), log::lastStableOffsetLag));
        });
    }

    private void add(
            Consumer<Metric> sink, String name, TopicIdPartition id, LogGauges log,
            ToIntFunction<PlacementGroup> value) {
        sink.accept(new Metric.Gauge(name(name, id, log), () -> {
            PlacementGroup group = figures.groupOf(id);
            return group == null ? -1 : value.applyAsInt(group);
        }));
    }

    private static MetricName name(String name, TopicIdPartition id, LogGauges log) {
        return MetricName.of(
                "kafka.cluster", "Partition", name, "topic", log.topic(), "partition",
                Integer.toString(id.partition()));
    }
}
