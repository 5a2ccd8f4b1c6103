package dev.sampo.group.coordinator;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import java.util.concurrent.TimeUnit;

/**
 * What the operator decides about groups; keys below {@code sampo.group}, see reference.conf. Times in milliseconds.
 *
 * @param initialRebalanceQuietMs the initial delay ends when nobody has come for so long; 0 for not before its time
 * @param rebalanceQuietMs a rebalance for a new member waits until no other has come for so long; 0 for not
 * @param maxSize most members of one classic group
 * @param newMemberJoinTimeoutMs how long a member that has no id yet may wait in a join
 * @param offsetsRetentionMs how long an unused offset is kept
 * @param offsetMetadataMaxSize most characters of a commit's metadata
 * @param offsetsTopicPartitions number of partitions of {@code __consumer_offsets}; never changed once it exists
 */
public record GroupSettings(
        int minSessionTimeoutMs, int maxSessionTimeoutMs, int initialRebalanceDelayMs, int initialRebalanceQuietMs,
        int rebalanceQuietMs, int maxSize, int newMemberJoinTimeoutMs, long offsetsRetentionMs, long retentionCheckIntervalMs, int offsetMetadataMaxSize,
        int offsetsTopicPartitions, int offsetsTopicReplicationFactor, int offsetsTopicSegmentBytes,
        int commitTimeoutMs, int loadReadBytes, int maxBatchBytes, ConsumerGroupSettings consumer) {
    public GroupSettings {
        atLeast("min-session-timeout", minSessionTimeoutMs, 1);
        atLeast("max-session-timeout", maxSessionTimeoutMs, minSessionTimeoutMs);
        atLeast("initial-rebalance-delay", initialRebalanceDelayMs, 0);
        atLeast("initial-rebalance-quiet-time", initialRebalanceQuietMs, 0);
        atLeast("rebalance-quiet-time", rebalanceQuietMs, 0);
        atLeast("max-size", maxSize, 1);
        atLeast("new-member-join-timeout", newMemberJoinTimeoutMs, 1);
        atLeast("offsets-retention", offsetsRetentionMs, 1);
        atLeast("offsets-retention-check-interval", retentionCheckIntervalMs, 1);
        atLeast("offset-metadata-max-size", offsetMetadataMaxSize, 0);
        atLeast("offsets-topic.num-partitions", offsetsTopicPartitions, 1);
        atLeast("offsets-topic.replication-factor", offsetsTopicReplicationFactor, 1);
        atLeast("offsets-topic.segment-size", offsetsTopicSegmentBytes, 1024 * 1024);
        atLeast("commit-timeout", commitTimeoutMs, 1);
        atLeast("load-read-size", loadReadBytes, 1024);
        atLeast("max-batch-size", maxBatchBytes, 1024);
    }

    private static void atLeast(String key, long value, long least) {
        if (value < least) {
            throw new ConfigException.BadValue("sampo.group." + key, "is " + value + ", must be at least " + least);
        }
    }

    /** Reads {@code sampo.group} of a whole configuration. */
    public static GroupSettings from(Config config) {
        Config group = config.getConfig("sampo.group");
        return new GroupSettings(
                millis(group, "min-session-timeout"), millis(group, "max-session-timeout"),
                millis(group, "initial-rebalance-delay"), millis(group, "initial-rebalance-quiet-time"),
                millis(group, "rebalance-quiet-time"), group.getInt("max-size"),
                millis(group, "new-member-join-timeout"),
                group.getDuration("offsets-retention", TimeUnit.MILLISECONDS),
                group.getDuration("offsets-retention-check-interval", TimeUnit.MILLISECONDS),
                group.getInt("offset-metadata-max-size"), group.getInt("offsets-topic.num-partitions"),
                group.getInt("offsets-topic.replication-factor"),
                Math.toIntExact(group.getBytes("offsets-topic.segment-size")), millis(group, "commit-timeout"),
                Math.toIntExact(group.getBytes("load-read-size")), Math.toIntExact(group.getBytes("max-batch-size")),
                ConsumerGroupSettings.from(config));
    }

    private static int millis(Config config, String key) {
        return Math.toIntExact(config.getDuration(key, TimeUnit.MILLISECONDS));
    }
}
