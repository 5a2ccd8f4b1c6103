package dev.sampo.partition.sharding;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;

/** What the sentinel's shell does next, in list order. */
sealed interface SentinelEffect {
    /** Ask the controller for the next leader epoch. */
    record AskController(long imageOffset) implements SentinelEffect {}

    /** Come back with {@link SentinelState#onRetry} after this time. */
    record RetryAfter(long delayMs) implements SentinelEffect {}

    /** Tell a partition of this group. */
    record Tell(TopicIdPartition id, Partition.Command command) implements SentinelEffect {}
}
