package dev.sampo.http.body;

import dev.sampo.http.route.Doc;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Topics, their partitions and configurations. */
public final class TopicBodies {
    private TopicBodies() {}

    /** One line of the list of topics. */
    public record TopicSummary(
            String name, String topicId, @Doc("True for Kafka's own topics.") boolean internal, int partitions,
            int replicationFactor) {}

    /** A page of topics, by name. */
    public record Topics(
            List<TopicSummary> topics, @Doc("page_token of the next page; null on the last.") @Nullable String nextPageToken) {}

    /** Who holds a partition. */
    public record PartitionReplicas(
            int partition, @Doc("-1 without one.") int leader, int leaderEpoch, List<Integer> replicas,
            List<Integer> inSyncReplicas, List<Integer> offlineReplicas) {}

    /** A topic. */
    public record Topic(
            String name, String topicId, boolean internal, int replicationFactor, List<PartitionReplicas> partitions) {}

    /** A topic to be made. */
    public record NewTopic(
            String name, @Doc("Default: num.partitions of the broker.") @Nullable Integer partitions,
            @Doc("Default: default.replication.factor of the broker.") @Nullable Integer replicationFactor,
            @Doc("Broker ids of each partition, the preferred leader first; instead of the two above.")
                    @Nullable List<List<Integer>> replicaAssignments,
            @Doc("Topic settings under Kafka's names.") @Nullable Map<String, String> configs) {}

    /** A topic that was made, or would have been. */
    public record CreatedTopic(
            String name, @Doc("Null in a dry run.") @Nullable String topicId, int partitions, int replicationFactor,
            boolean dryRun) {}

    /** A topic that was deleted, or would have been. */
    public record DeletedTopic(String name, String topicId, boolean dryRun) {}

    /** How many partitions a topic should have. */
    public record PartitionCount(@Doc("All partitions, not only the new ones.") int count) {}

    /** How many partitions a topic has, or would have. */
    public record PartitionCountChange(String topic, int before, int count, boolean dryRun) {}

    /** One partition with its log. */
    public record Partition(
            String topic, int partition, int leader, int leaderEpoch, List<Integer> replicas,
            List<Integer> inSyncReplicas, List<Integer> offlineReplicas, @Doc("First offset kept.") long logStartOffset,
            @Doc("First offset that is not on every in-sync replica: consumers read up to here.") long highWatermark,
            @Doc("First offset of the oldest open transaction, at most high_watermark.") long lastStableOffset,
            @Doc("Bytes of its .log files on the leader.") long sizeBytes) {}

    /** All partitions of a topic. */
    public record Partitions(List<Partition> partitions) {}

    /** One setting. */
    public record ConfigEntry(
            String name, @Doc("Null when it is secret or has none.") @Nullable String value,
            @Doc("Where the value comes from, in Kafka's words.") String source,
            @Doc("True when nobody set it here.") boolean isDefault,
            @Doc("The value that holds when nobody sets it here.") @Nullable String defaultValue, boolean readOnly,
            boolean sensitive, @Doc("Kafka's type: STRING, INT, LIST, ...") String type,
            @Nullable String documentation) {}

    /** Settings of a topic or broker. */
    public record Configs(@Doc("topic or broker") String resource, String name, List<ConfigEntry> configs) {}

    /** Settings to be changed. */
    public record ConfigChanges(
            @Doc("New values by name.") @Nullable Map<String, String> set,
            @Doc("Names that go back to their default.") @Nullable List<String> reset) {}

    /** One setting that was changed, or would have been. */
    public record ConfigChange(
            String name, @Nullable String before, @Doc("Null when it was secret or has none.") @Nullable String after,
            @Doc("True when it went back to its default.") boolean reset) {}

    /** What was changed, or would have been. */
    public record ChangedConfigs(String resource, String name, List<ConfigChange> changes, boolean dryRun) {}

    /** Where the log of a partition begins, or would. */
    public record DeletedRecords(
            int partition, @Doc("First offset kept before.") long before,
            @Doc("First offset kept now.") long logStartOffset) {}

    /** Records that were deleted, or would have been. */
    public record RecordDeletion(String topic, List<DeletedRecords> partitions, boolean dryRun) {}
}
