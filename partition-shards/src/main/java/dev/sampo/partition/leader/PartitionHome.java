package dev.sampo.partition.leader;

import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.persistence.log.LogFiles;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * What all partitions of one broker share: the log folder, the registry, threads for what blocks, the wall clock.
 *
 * @param logFolder holds one folder per partition, see {@code TopicIdPartition.directoryName}
 * @param cleanStart the log folder was closed cleanly: no log needs recovery
 * @param flush runs {@code force}
 * @param blocking opens, recovers, closes and deletes logs
 * @param cleaner compacts, one log at a time
 * @param wallClockMs milliseconds since 1970, for record timestamps and retention only
 * @param logs counts what is open, for the clean-shutdown marker
 * @param producerIdExpirationMs idle time after which a producer's state is dropped
 */
public record PartitionHome(
        Path logFolder,
        LogFiles files,
        boolean cleanStart,
        PartitionRegistry registry,
        Executor flush,
        Executor blocking,
        Executor cleaner,
        LongSupplier wallClockMs,
        OpenLogs logs,
        long producerIdExpirationMs) {
    /** How many logs are open, and whether all that were closed went down clean. Thread-safe. */
    public static final class OpenLogs {
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicBoolean allClean = new AtomicBoolean(true);

        void opened() {
            open.incrementAndGet();
        }

        void closed(boolean clean) {
            if (!clean) {
                allClean.set(false);
            }
            open.decrementAndGet();
        }

        void damaged() {
            allClean.set(false);
        }

        /** True when nothing is open and nothing was left unclean: the marker may be written. */
        public boolean mayMarkClean() {
            return open.get() == 0 && allClean.get();
        }
    }
}
