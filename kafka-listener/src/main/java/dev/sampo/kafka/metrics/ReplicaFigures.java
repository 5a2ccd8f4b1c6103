package dev.sampo.kafka.metrics;

import dev.sampo.actors.metrics.LogGauges;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.controller.MetadataImages;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Figures that are computed from the metadata image and from the partitions led here when somebody asks. Thread-safe. */
final class ReplicaFigures {
    private final int brokerId;
    private final MetadataImages images;
    private final PartitionRegistry registry;
    private final Map<TopicIdPartition, LogGauges> logs;

    /** {@code logs} are the open ones, a live view. */
    ReplicaFigures(
            int brokerId, MetadataImages images, PartitionRegistry registry, Map<TopicIdPartition, LogGauges> logs) {
        this.brokerId = brokerId;
        this.images = images;
        this.registry = registry;
        this.logs = logs;
    }

    /** Whether a group is as {@code min.insync.replicas} wants it. */
    interface IsrCheck {
        boolean test(PlacementGroup group, int minInSyncReplicas);
    }

    static boolean underReplicated(PlacementGroup group) {
        return group.inSyncReplicas().size() < group.replicas().size();
    }

    static boolean underMinIsr(PlacementGroup group, int minInSyncReplicas) {
        return group.inSyncReplicas().size() < minInSyncReplicas;
    }

    static boolean atMinIsr(PlacementGroup group, int minInSyncReplicas) {
        return group.inSyncReplicas().size() == minInSyncReplicas;
    }

    /** The group that holds a partition, null when its topic is gone. */
    @Nullable PlacementGroup groupOf(TopicIdPartition id) {
        MetadataImage image = images.current();
        Topic topic = image.topic(id.topicId());
        return topic == null || id.partition() >= topic.partitionGroups().size()
                ? null
                : image.groupOf(topic, id.partition());
    }

    /** Partitions led here whose group passes. */
    int led(IsrCheck check) {
        int count = 0;
        for (Map.Entry<TopicIdPartition, LogGauges> entry : logs.entrySet()) {
            PlacementGroup group = groupOf(entry.getKey());
            if (group != null && group.leader() == brokerId && check.test(group, entry.getValue().minInSyncReplicas())) {
                count++;
            }
        }
        return count;
    }

    int leaders() {
        return registry.entries().size();
    }

    /** Partitions registered here whose log is not open: the disk refused, or the log is damaged. */
    int offline() {
        int count = 0;
        for (PartitionRegistry.Entry entry : registry.entries()) {
            if (!logs.containsKey(entry.id())) {
                count++;
            }
        }
        return count;
    }

    /** Partitions that have a replica on this broker. */
    int partitions() {
        return sum(group -> group.replicas().contains(brokerId) ? 1 : 0);
    }

    int globalTopics() {
        return images.current().topics().size();
    }

    int globalPartitions() {
        return sum(group -> 1);
    }

    int withoutLeader() {
        return sum(group -> group.leader() < 0 ? 1 : 0);
    }

    /** Partitions that are led by another replica than the first. */
    int notPreferred() {
        return sum(group -> group.leader() >= 0 && group.leader() != group.replicas().getFirst() ? 1 : 0);
    }

    int brokers(boolean fenced) {
        int count = 0;
        for (Broker broker : images.current().brokers().values()) {
            count += broker.fenced() == fenced ? 1 : 0;
        }
        return count;
    }

    long offset() {
        return images.current().offset();
    }

    /** Each group once, times its partitions. */
    private int sum(ToIntFunction<PlacementGroup> each) {
        MetadataImage image = images.current();
        int sum = 0;
        for (Map.Entry<String, ?> entry : image.groupPartitions().entrySet()) {
            PlacementGroup group = image.groups().get(entry.getKey());
            if (group != null) {
                sum += each.applyAsInt(group) * image.partitionsOf(group.id()).size();
            }
        }
        return sum;
    }
}
