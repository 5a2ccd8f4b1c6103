package dev.sampo.partition.sharding;

import dev.sampo.actors.protocol.Partition;

/** Sends control messages to sharded entities, wherever they run. At most once. */
@FunctionalInterface
interface GroupEntities {
    /** @param entityId see {@link GroupEntityIds} */
    void tell(String entityId, Partition.Command command);
}
