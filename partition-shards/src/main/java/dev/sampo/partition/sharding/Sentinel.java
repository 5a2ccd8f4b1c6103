package dev.sampo.partition.sharding;

import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.serialization.SampoMessage;

/**
 * What the sentinel of a shard is told. It shares the entity type with the partitions of its group, so its messages
 * are {@link Partition.Internal}; entity ids ({@link GroupEntityIds}) keep them apart.
 */
public interface Sentinel {
    /** Be the leader of this group, or see that its partitions are active if you are. Repeating it is harmless. */
    record EnsureLeader() implements Partition.Internal, SampoMessage {}
}
