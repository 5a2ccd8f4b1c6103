package dev.sampo.kafka.metrics;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.metrics.Meter;
import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.coordinator.GroupAccess;
import dev.sampo.kafka.fetch.FetchSessions;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.persistence.metadata.MetadataLog.Role;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Adds to a broker's measurements what is known of its node: replicas, metadata, groups, sessions, version. */
public final class NodeMetrics {
    private static final String SERVER = "kafka.server";
    private static final String REPLICAS = "ReplicaManager";
    private static final String CONTROLLER = "kafka.controller";
    private static final String GROUPS = "kafka.coordinator.group";

    /** Kafka's number for a broker that serves. */
    private static final int RUNNING = 3;

    /**
     * Where the figures come from.
     *
     * @param role what this node is in the metadata log now
     */
    public record Parts(
            int brokerId, String clusterId, MetadataImages images, PartitionRegistry registry, GroupAccess groups,
            FetchSessions sessions, Supplier<Role> role, String version, String commitId, long startTimeMs) {}

    private NodeMetrics() {}

    /** Called once for each broker, when it serves. Counts of deleted topics go from now on. */
    public static void add(BrokerMetrics metrics, Parts parts) {
        var figures = new ReplicaFigures(
                parts.brokerId(), parts.images(), parts.registry(), metrics.logs().open());
        metrics.add(replicas(metrics, parts, figures));
        metrics.add(controller(parts, figures));
        metrics.add(groups(parts.groups()));
        metrics.add(sessions(metrics, parts.sessions()));
        metrics.add(server(parts));
        metrics.add(new PartitionSource(metrics.logs(), figures));
        var _ = parts.images().subscribe((before, next) -> {
            if (!before.topics().equals(next.topics())) {
                metrics.topics().retain(id -> next.topic(id) != null);
            }
        });
    }

    private static Gauges replicas(BrokerMetrics metrics, Parts parts, ReplicaFigures figures) {
        var changes = new IsrChanges(parts.brokerId());
        var _ = parts.images().subscribe(changes::onImage);
        return new Gauges()
                .gauge(SERVER, REPLICAS, "PartitionCount", figures::partitions)
                .gauge(SERVER, REPLICAS, "LeaderCount", figures::leaders)
                .gauge(SERVER, REPLICAS, "UnderReplicatedPartitions",
                        () -> figures.led((group, min) -> ReplicaFigures.underReplicated(group)))
                .gauge(SERVER, REPLICAS, "UnderMinIsrPartitionCount",
                        () -> figures.led(ReplicaFigures::underMinIsr))
                .gauge(SERVER, REPLICAS, "AtMinIsrPartitionCount", () -> figures.led(ReplicaFigures::atMinIsr))
                .gauge(SERVER, REPLICAS, "OfflineReplicaCount", figures::offline)
                .gauge("kafka.log", "LogManager", "OfflineLogDirectoryCount", () -> figures.offline() > 0 ? 1 : 0)
                .add(rate(metrics, REPLICAS, "IsrShrinksPerSec", "shrinks", changes.shrinks))
                .add(rate(metrics, REPLICAS, "IsrExpandsPerSec", "expands", changes.expands));
    }

    private static Metric rate(
            BrokerMetrics metrics, String type, String name, String eventType, LongAdder count) {
        return new Metric.Rate(
                MetricName.of(SERVER, type, name), new Meter(count::sum, metrics.nanoTime()), eventType);
    }

    private static Gauges controller(Parts parts, ReplicaFigures figures) {
        String type = "KafkaController";
        Map<String, Supplier<?>> raft = new LinkedHashMap<>();
        raft.put("current-state", () -> parts.role().get().leader() ? "leader" : "follower");
        raft.put("current-epoch", () -> (double) parts.role().get().term());
        raft.put("high-watermark", () -> (double) figures.offset() + 1);
        return new Gauges()
                .gauge(CONTROLLER, type, "ActiveControllerCount", () -> parts.role().get().leader() ? 1 : 0)
                .gauge(CONTROLLER, type, "ActiveBrokerCount", () -> figures.brokers(false))
                .gauge(CONTROLLER, type, "FencedBrokerCount", () -> figures.brokers(true))
                .gauge(CONTROLLER, type, "GlobalTopicCount", figures::globalTopics)
                .gauge(CONTROLLER, type, "GlobalPartitionCount", figures::globalPartitions)
                .gauge(CONTROLLER, type, "OfflinePartitionsCount", figures::withoutLeader)
                .gauge(CONTROLLER, type, "PreferredReplicaImbalanceCount", figures::notPreferred)
                .gauge(CONTROLLER, type, "LastAppliedRecordOffset", figures::offset)
                .values(MetricName.of(SERVER, "raft-metrics", ""), raft);
    }

    private static Gauges groups(GroupAccess groups) {
        String type = "GroupMetadataManager";
        var gauges = new Gauges().gauge(GROUPS, type, "NumGroups", () -> classic(groups, null));
        for (String state : new String[] {"PreparingRebalance", "CompletingRebalance", "Stable", "Empty", "Dead"}) {
            gauges.gauge(GROUPS, type, "NumGroups" + state, () -> classic(groups, state));
        }
        return gauges;
    }

    /** Classic groups alone, as in Kafka; in any state when it is null. */
    private static int classic(GroupAccess groups, @Nullable String state) {
        int count = 0;
        for (Group.Summary group : groups.list().groups()) {
            boolean counts = group.groupType().equals("classic") && (state == null || group.state().equals(state));
            count += counts ? 1 : 0;
        }
        return count;
    }

    private static Gauges sessions(BrokerMetrics metrics, FetchSessions sessions) {
        String type = "FetchSessionCache";
        return new Gauges()
                .gauge(SERVER, type, "NumIncrementalFetchSessions", sessions::count)
                .gauge(SERVER, type, "NumIncrementalFetchPartitionsCached", sessions::partitionCount)
                .add(new Metric.Rate(
                        MetricName.of(SERVER, type, "IncrementalFetchSessionEvictionsPerSec"),
                        new Meter(sessions::evictions, metrics.nanoTime()), "evictions"));
    }

    private static Gauges server(Parts parts) {
        Map<String, Supplier<?>> info = new LinkedHashMap<>();
        info.put("Version", parts::version);
        info.put("CommitId", parts::commitId);
        info.put("StartTimeMs", parts::startTimeMs);
        String type = "KafkaServer";
        var gauges = new Gauges()
                .gauge(SERVER, type, "BrokerState", () -> RUNNING)
                .gauge(SERVER, type, "ClusterId", parts::clusterId)
                .values(MetricName.of(SERVER, "app-info", "", "id", Integer.toString(parts.brokerId())), info);
        if (DiskIo.readable()) {
            gauges.gauge(SERVER, type, "linux-disk-read-bytes", () -> DiskIo.value("read_bytes"))
                    .gauge(SERVER, type, "linux-disk-write-bytes", () -> DiskIo.value("write_bytes"));
        }
        return gauges;
    }
}
