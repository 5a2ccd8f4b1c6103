package dev.sampo.partition.leader;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.persistence.log.LogFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * What all partitions of one broker share: the log folder, the registry, threads for what blocks, the wall clock.
 *
 * @param logFolder holds one folder per partition, see {@code TopicIdPartition.directoryName}
 * @param cleanStart the log folder was closed cleanly: no log needs recovery when it is opened for the first time
 * @param flush runs {@code force}
 * @param blocking opens, recovers, closes and deletes logs
 * @param cleaner compacts, one log at a time
 * @param wallClockMs milliseconds since 1970, for record timestamps and retention only
 * @param logs knows what is open, for the clean-shutdown marker
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
    /**
     * Whether the clean-shutdown marker may be written: every log was closed clean, and none is on disk that still needs
     * the recovery which this start found due. Blocks.
     */
    public boolean mayMarkClean() throws IOException {
        if (!logs.allClosedClean()) {
            return false;
        }
        return cleanStart || files.list(logFolder).stream().filter(LogFolders::isPartition).allMatch(logs::wasOpened);
    }

    /** Which logs are and were open in this process, and how they ended. Thread-safe. */
    public static final class OpenLogs {
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicBoolean allClean = new AtomicBoolean(true);
        private final Set<String> opened = ConcurrentHashMap.newKeySet(); // directory names
        private final Set<String> forceFailed = ConcurrentHashMap.newKeySet();
        private final Set<String> quarantined = ConcurrentHashMap.newKeySet();

        /** True when this process opens the log for the first time: it is as the process before has left it. */
        boolean opening(TopicIdPartition id) {
            open.incrementAndGet();
            return opened.add(id.directoryName());
        }

        /** Each {@link #opening} ends here, whether it came to an open log or not. */
        void closed(boolean clean) {
            if (!clean) {
                allClean.set(false);
            }
            open.decrementAndGet();
        }

        /** A force failed: what the disk holds of this log is known only after a restart. */
        void forceFailed(TopicIdPartition id) {
            allClean.set(false);
            forceFailed.add(id.directoryName());
        }

        boolean isForceFailed(TopicIdPartition id) {
            return forceFailed.contains(id.directoryName());
        }

        /** Damage was found: nothing of the log is touched until a restart, when somebody may have mended it. */
        void quarantine(TopicIdPartition id) {
            allClean.set(false);
            quarantined.add(id.directoryName());
        }

        /** Whether this process may not open the log again. */
        boolean isOffline(TopicIdPartition id) {
            return isForceFailed(id) || quarantined.contains(id.directoryName());
        }

        boolean wasOpened(String directoryName) {
            return opened.contains(directoryName);
        }

        boolean allClosedClean() {
            return open.get() == 0 && allClean.get();
        }
    }
}
