package dev.sampo.partition.sharding;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Member;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the sentinel's shell does next, in list order. */
public sealed interface SentinelEffect {
    /** Ask the controller for a leader epoch above {@code knownEpoch}. */
    record AskController(long imageOffset, int knownEpoch) implements SentinelEffect {}

    /** Come back with {@link SentinelState#onRetry} after this time. */
    record RetryAfter(long delayMs) implements SentinelEffect {}

    /**
     * Ask the controller for this ISR.
     *
     * @param partitionEpoch the one that is to be changed
     * @param members the whole ISR wanted
     */
    record ChangeInSync(int leaderEpoch, int partitionEpoch, List<Member> members) implements SentinelEffect {}

    /**
     * Ask the controller to end the move of a partition.
     *
     * @param partitionEpoch of the group that it leaves, which must not have changed
     * @param caughtUp broker id to incarnation
     */
    record FinishMove(
            int leaderEpoch, int partitionEpoch, TopicIdPartition partition, String targetGroupId,
            Map<Integer, Long> caughtUp)
            implements SentinelEffect {}

    /** Come back with {@link SentinelState#onInSyncRetry} after this time. */
    record RetryInSyncAfter(long delayMs) implements SentinelEffect {}

    /** Have a partition of this group lead, and report to this sentinel: {@link Partition.Activate}. */
    record Activate(
            TopicIdPartition id, String topic, int leaderEpoch, Partition.Replicas replicas,
            Partition.@Nullable Proposal proposal, TopicSettings settings)
            implements SentinelEffect {}

    /** Tell a partition of this group. */
    record Tell(TopicIdPartition id, Partition.Command command) implements SentinelEffect {}
}
