package dev.sampo.partition.follower;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** What the follower of one placement group in one leader epoch is told. */
public interface Follower {
    /** To a follower. */
    sealed interface Command permits Assign, Fetched, LeaderOffsets, Maintain, Read, Describe, Stop, Internal {}

    /** A shell's private messages. */
    non-sealed interface Internal extends Command {}

    /** A partition to follow: its topic's name and settings. */
    record Wanted(String topic, TopicSettings settings) {}

    /** Follow these from now on, and no others. */
    record Assign(Map<TopicIdPartition, Wanted> partitions) implements Command {}

    /**
     * The leader's answer for one partition.
     *
     * @param leaderEpoch the epoch that was asked in
     * @param fetchOffset the offset that was asked for
     * @param divergingEpoch largest epoch of the leader's log at or below the follower's, where the logs part; -1 when
     *     they do not
     * @param divergingEndOffset where that epoch ends in the leader's log
     * @param records whole batches from the fetch offset on, valid until the answer is handled
     */
    record Answer(
            TopicIdPartition id, int leaderEpoch, long fetchOffset, KafkaError error, long highWatermark,
            long logStartOffset, int divergingEpoch, long divergingEndOffset, ByteBuffer records) {}

    /** What has come for partitions of this follower; to be answered with {@link LeaderLink.Fetch}, {@code handled}. */
    record Fetched(List<Answer> answers) implements Command {}

    /** Where the leader's log begins and ends; -1 each on error. */
    record LeaderOffsets(
            TopicIdPartition id, int leaderEpoch, KafkaError error, long logStartOffset, long logEndOffset)
            implements Command {}

    /** A consumer reads one of the partitions (KIP-392); answered exactly once, up to the high watermark. */
    record Read(TopicIdPartition id, Partition.Read read) implements Command {}

    /** What one of the partitions holds here; NOT_LEADER_OR_FOLLOWER while it cannot be told. */
    record Describe(TopicIdPartition id, Partition.DescribeLog describe) implements Command {}

    /** Look after the logs; {@code retention}: the retention check is due as well. */
    record Maintain(boolean retention) implements Command {}

    /** Give all logs back and stop. */
    enum Stop implements Command {
        INSTANCE
    }
}
