package dev.sampo.http.kafka;

import dev.sampo.http.body.TopicBodies.Partition;
import dev.sampo.http.body.TopicBodies.PartitionReplicas;
import dev.sampo.http.route.Problem;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Partitions with their logs. */
public final class PartitionCalls {
    private final TopicCalls topics;
    private final OffsetCalls offsets;
    private final ClusterCalls cluster;

    /** Puts the three together. */
    public PartitionCalls(TopicCalls topics, OffsetCalls offsets, ClusterCalls cluster) {
        this.topics = topics;
        this.offsets = offsets;
        this.cluster = cluster;
    }

    /** All of a topic, in order. */
    public CompletionStage<List<Partition>> all(String topic) {
        return topics.topic(topic).thenCompose(found -> withLogs(topic, TopicCalls.replicas(found)));
    }

    /** One; fails with 404 when there is none. */
    public CompletionStage<Partition> one(String topic, int partition) {
        return topics.topic(topic).thenCompose(found -> {
            List<PartitionReplicas> wanted = TopicCalls.replicas(found).stream()
                    .filter(one -> one.partition() == partition)
                    .toList();
            if (wanted.isEmpty()) {
                throw Problem.notFound(
                        "unknown-topic-or-partition", "There is no such partition",
                        "Topic \"" + topic + "\" has no partition " + partition + ".");
            }
            return withLogs(topic, wanted).thenApply(List::getFirst);
        });
    }

    private CompletionStage<List<Partition>> withLogs(String topic, List<PartitionReplicas> wanted) {
        List<Integer> ids = wanted.stream().map(PartitionReplicas::partition).toList();
        return offsets.ranges(topic, ids).thenCompose(ranges -> offsets.lastStable(topic, ids).thenCombine(
                cluster.sizes(topic, ids), (stable, sizes) -> wanted.stream()
                        .map(one -> partition(topic, one, ranges, stable, sizes))
                        .toList()));
    }

    private static Partition partition(
            String topic, PartitionReplicas one, Map<Integer, OffsetCalls.Range> ranges, Map<Integer, Long> stable,
            Map<Integer, Long> sizes) {
        int id = one.partition();
        OffsetCalls.Range range = ranges.getOrDefault(id, new OffsetCalls.Range(-1, -1));
        return new Partition(
                topic, id, one.leader(), one.leaderEpoch(), one.replicas(), one.inSyncReplicas(),
                one.offlineReplicas(), range.earliest(), range.highWatermark(), stable.getOrDefault(id, -1L),
                sizes.getOrDefault(id, -1L));
    }
}
