package dev.sampo.http.body;

import dev.sampo.http.route.Doc;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The cluster, its brokers and where partitions are placed. */
public final class ClusterBodies {
    private ClusterBodies() {}

    /** One broker. */
    public record Broker(
            int brokerId, String host, int port, @Nullable String rack,
            @Doc("True while it may lead nothing.") boolean fenced,
            @Doc("live; drained: gets no replicas and leads nothing; down: registered, not there.") String state,
            @Doc("Partitions that it leads.") int leads, @Doc("Partitions that it has a copy of.") int replicas) {}

    /** All of it. */
    public record Cluster(
            @Doc("The same for ever.") String clusterId,
            @Doc("The broker that takes requests to the controller, -1 without one.") int controllerId,
            List<Broker> brokers) {}

    /** All brokers. */
    public record Brokers(List<Broker> brokers) {}

    /** One partition in a log folder. */
    public record LogDirPartition(
            String topic, int partition, @Doc("Bytes of its .log files.") long sizeBytes,
            @Doc("Records that are not on every in-sync replica yet.") long offsetLag) {}

    /** One log folder. */
    public record LogDir(
            String path, long totalBytes, long usableBytes, @Doc("Name of a Kafka error, null when it can be used.") @Nullable String error,
            List<LogDirPartition> partitions) {}

    /** The log folders of a broker. */
    public record LogDirs(int brokerId, List<LogDir> logDirs) {}

    /** One partition by name. */
    public record PlacedPartition(String topic, int partition) {}

    /** One placement group. */
    public record PlacementGroup(
            String groupId, @Doc("Brokers with a copy, the preferred leader first.") List<Integer> replicas,
            @Doc("Tells groups with the same replicas apart.") int stripe, @Doc("-1 without one.") int leader,
            int leaderEpoch, int partitionEpoch, List<Integer> inSyncReplicas, List<PlacedPartition> partitions) {}

    /** Where everything is. */
    public record Placement(
            @Doc("How far this broker has read the metadata log.") long metadataOffset, long controllerEpoch,
            List<PlacementGroup> groups) {}

    /** One check of the health. */
    public record HealthCheck(
            String name, boolean healthy, @Doc("Milliseconds that the check took.") double durationMs,
            @Doc("Why it fails; null when it does not.") @Nullable String reason) {}

    /** The health. */
    public record Health(@Doc("up or down") String status, List<HealthCheck> checks) {}
}
