package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Passes every call on to another file system. Extended by those that change some calls: the reserve of the metadata log,
 * disks that fail on command.
 */
public abstract class ForwardingLogFiles implements LogFiles {
    private final LogFiles files;

    /** {@code files} does the work. */
    protected ForwardingLogFiles(LogFiles files) {
        this.files = files;
    }

    @Override
    public LogFile open(Path path) throws IOException {
        return files.open(path);
    }

    @Override
    public LogFile openOrCreate(Path path) throws IOException {
        return files.openOrCreate(path);
    }

    @Override
    public byte[] readAll(Path path) throws IOException {
        return files.readAll(path);
    }

    @Override
    public ByteBuffer map(Path path) throws IOException {
        return files.map(path);
    }

    @Override
    public boolean exists(Path path) {
        return files.exists(path);
    }

    @Override
    public long size(Path path) throws IOException {
        return files.size(path);
    }

    @Override
    public long lastModifiedMs(Path path) throws IOException {
        return files.lastModifiedMs(path);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return files.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        files.createDirectories(directory);
    }

    @Override
    public void move(Path source, Path target) throws IOException {
        files.move(source, target);
    }

    @Override
    public void deleteIfExists(Path path) throws IOException {
        files.deleteIfExists(path);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        files.forceDirectory(directory);
    }

    @Override
    public void setLastModifiedMs(Path path, long timeMs) throws IOException {
        files.setLastModifiedMs(path, timeMs);
    }
}
