package dev.sampo.persistence.reserve;

import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.LogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * The files of all logs of a broker, on a disk with a {@link DiskReserve}: segment files are refused bytes while the
 * reserve is given back, as by a full disk; the small files beside them, which retention and deletion write, are not. Tells
 * the reserve when the disk refuses for want of space.
 */
public final class ReservedLogFiles implements LogFiles {
    private final LogFiles files;
    private final DiskReserve reserve;

    public ReservedLogFiles(LogFiles files, DiskReserve reserve) {
        this.files = files;
        this.reserve = reserve;
    }

    /** Passes a refusal on, and takes note of a full disk. */
    private IOException noted(IOException refusal) {
        String message = String.valueOf(refusal.getMessage());
        if (message.contains("No space left") || message.contains("quota exceeded")) {
            reserve.onDiskFull();
        }
        return refusal;
    }

    private LogFile handle(LogFile file, Path path) {
        return new Handle(file, path, String.valueOf(path.getFileName()).contains(".log"));
    }

    @Override
    public LogFile open(Path path) throws IOException {
        return handle(files.open(path), path);
    }

    @Override
    public LogFile openOrCreate(Path path) throws IOException {
        try {
            return handle(files.openOrCreate(path), path);
        } catch (IOException e) {
            throw noted(e);
        }
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
    public void setLastModifiedMs(Path path, long timeMs) throws IOException {
        files.setLastModifiedMs(path, timeMs);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return files.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        try {
            files.createDirectories(directory);
        } catch (IOException e) {
            throw noted(e);
        }
    }

    @Override
    public void move(Path source, Path target) throws IOException {
        try {
            files.move(source, target);
        } catch (IOException e) {
            throw noted(e);
        }
    }

    @Override
    public void deleteIfExists(Path path) throws IOException {
        files.deleteIfExists(path);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        files.forceDirectory(directory);
    }

    private final class Handle implements LogFile {
        private final LogFile file;
        private final Path path;
        private final boolean records;

        Handle(LogFile file, Path path, boolean records) {
            this.file = file;
            this.path = path;
            this.records = records;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(long position, ByteBuffer[] buffers, int count) throws IOException {
            if (records && !reserve.mayWriteRecords()) {
                throw new IOException("No space left on device for " + path
                        + ": what is left is kept for the metadata log; free space, delete topics or lower retention.ms");
            }
            try {
                file.write(position, buffers, count);
            } catch (IOException e) {
                throw noted(e);
            }
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            return file.transferTo(position, count, target);
        }

        @Override
        public void force() throws IOException {
            try {
                file.force();
            } catch (IOException e) {
                throw noted(e);
            }
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
