package dev.sampo.partition.replica;

import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.lease.Leading;
import dev.sampo.persistence.log.LogFiles;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * What all partitions of one broker share: the logs, the registry of leaders, threads for what blocks, the wall clock.
 *
 * @param logs the one owner of each log
 * @param flush runs {@code force}
 * @param blocking opens, recovers and deletes logs
 * @param cleaner compacts, one log at a time
 * @param wallClockMs milliseconds since 1970, for record timestamps and retention only
 * @param producerIdExpirationMs idle time after which a producer's state is dropped
 * @param leading this broker as a leader
 */
public record PartitionHome(
        ReplicaLogs logs,
        PartitionRegistry registry,
        Executor flush,
        Executor blocking,
        Executor cleaner,
        LongSupplier wallClockMs,
        long producerIdExpirationMs,
        Leading leading) {
    /** The file system of the logs. */
    public LogFiles files() {
        return logs.files();
    }

    /** See {@link ReplicaLogs#mayMarkClean}. */
    public boolean mayMarkClean() throws IOException {
        return logs.mayMarkClean();
    }
}
