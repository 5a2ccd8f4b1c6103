package dev.sampo.cluster;

import dev.sampo.partition.replica.LogFolders;
import dev.sampo.persistence.log.CleanShutdownMarker;
import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.log.MetaProperties;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A broker's data folder, held by one process: {@code meta.properties} says whose it is, {@code metadata/} holds the
 * metadata log, {@code topics/} one folder per partition.
 */
final class DataFolder implements AutoCloseable {
    private final Path path;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final MetaProperties identity;
    private final boolean closedCleanly;
    private final boolean lostTail;
    private final LogFiles files;

    private DataFolder(
            Path path, FileChannel lockFile, FileLock lock, MetaProperties identity, boolean closedCleanly,
            boolean lostTail, LogFiles files) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
        this.identity = identity;
        this.closedCleanly = closedCleanly;
        this.lostTail = lostTail;
        this.files = files;
    }

    /**
     * Takes the folder, creating it when it is missing.
     *
     * @param clusterId that the folder must have, null for whichever it has
     * @param newClusterId that an empty folder gets when {@code clusterId} is null; null for a random one
     * @throws StartException it cannot be written, is in use, or belongs to another broker or cluster
     */
    static DataFolder open(
            Path path, int nodeId, @Nullable String clusterId, @Nullable String newClusterId, LogFiles files) {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new StartException("data folder " + path + " cannot be created (" + e
                    + "): give this user the right to write there, or name another folder with log.dirs", e);
        }
        if (!Files.isWritable(path)) {
            throw new StartException("data folder " + path
                    + " is not writable: give this user the right to write there, or name another folder with log.dirs");
        }
        try {
            FileChannel lockFile = FileChannel.open(
                    path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(lockFile);
            if (lock == null) {
                lockFile.close();
                throw new StartException("data folder " + path
                        + " is in use by another broker: stop that one, or name another folder with log.dirs");
            }
            try {
                boolean empty = MetaProperties.read(path, files).isEmpty();
                MetaProperties identity =
                        identity(path, nodeId, clusterId, clusterId == null ? newClusterId : clusterId, files);
                checkMetadata(path);
                Files.createDirectories(topics(path));
                boolean clean = CleanShutdownMarker.take(topics(path), files);
                boolean lostTail = !empty && !clean && !BootId.isThatOf(path);
                return new DataFolder(path, lockFile, lock, identity, clean, lostTail, files);
            } catch (IOException | StartException e) {
                lockFile.close(); // and with it the lock
                throw e;
            }
        } catch (IOException e) {
            throw new StartException("data folder " + path + " cannot be used (" + e
                    + "): give this user the right to read and write there, or name another folder with log.dirs", e);
        }
    }

    /** Without metadata every topic would look like a deleted one, and its log would be removed. */
    private static void checkMetadata(Path path) throws IOException {
        Path metadata = path.resolve("metadata");
        boolean empty = true;
        if (Files.isDirectory(metadata)) {
            try (Stream<Path> entries = Files.list(metadata)) {
                empty = entries.findAny().isEmpty();
            }
        }
        if (empty && LogFolders.holdsLogs(topics(path))) {
            throw new StartException("data folder " + path + " holds logs below " + topics(path) + ", but "
                    + metadata + " is empty, so nobody knows which topics they belong to: restore " + metadata
                    + " from a copy, or name an empty folder with log.dirs");
        }
    }

    private static @Nullable FileLock tryLock(FileChannel lockFile) throws IOException {
        try {
            return lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // another broker of this JVM
        }
    }

    private static MetaProperties identity(
            Path path, int nodeId, @Nullable String clusterId, @Nullable String newClusterId, LogFiles files)
            throws IOException {
        MetaProperties found = MetaProperties.read(path, files).orElse(null);
        if (found == null) {
            var made = new MetaProperties(
                    newClusterId == null ? Uuid.randomUuid().toString() : newClusterId, nodeId, Uuid.randomUuid());
            made.write(path, files);
            return made;
        }
        if (clusterId != null && !clusterId.equals(found.clusterId())) {
            throw new StartException("data folder " + path + " belongs to cluster " + found.clusterId()
                    + ", this broker to cluster " + clusterId
                    + ": name the folder of this cluster with log.dirs, or remove cluster.id to take the folder's");
        }
        if (found.nodeId() != nodeId) {
            throw new StartException("data folder " + path + " belongs to broker " + found.nodeId()
                    + ", this is broker " + nodeId + ": set node.id=" + found.nodeId()
                    + ", or name another folder with log.dirs");
        }
        return found;
    }

    String clusterId() {
        return identity.clusterId();
    }

    Uuid directoryId() {
        return identity.directoryId();
    }

    /** False after a crash: logs then check their tails. */
    boolean closedCleanly() {
        return closedCleanly;
    }

    /**
     * Logs here may lack records that they had: the last process did not stop cleanly, and what it had not forced to disk
     * went with the machine's memory. After a mere end of the process it did not.
     */
    boolean lostTail() {
        return lostTail;
    }

    /** A force failed: what the disk holds is not what was written to it, also without a crash of the machine. */
    void forgetBootId() throws IOException {
        BootId.forget(path);
    }

    /** Whether a file beside the logs can be written and forced. @throws IOException it cannot */
    void probe() throws IOException {
        Path file = topics().resolve(".probe");
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(ByteBuffer.allocate(4096));
            channel.force(true);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** The controller knows what {@link #lostTail} says: from here on the logs are those of this boot of the machine. */
    void writeBootId() throws IOException {
        BootId.write(path);
    }

    /** Whether this folder took part in a metadata log already. */
    boolean holdsMetadata() throws IOException {
        if (!Files.isDirectory(metadata())) {
            return false;
        }
        try (Stream<Path> entries = Files.list(metadata())) {
            return entries.anyMatch(Files::isDirectory);
        }
    }

    Path topics() {
        return topics(path);
    }

    Path metadata() {
        return path.resolve("metadata");
    }

    private static Path topics(Path path) {
        return path.resolve("topics");
    }

    /** Every log below was closed and forced: the next start needs no recovery. */
    void markClean() throws IOException {
        CleanShutdownMarker.write(topics(), files);
    }

    @Override
    public void close() throws IOException {
        lock.release();
        lockFile.close();
    }
}
