package dev.sampo.persistence.reserve;

import dev.sampo.persistence.log.ForwardingLogFile;
import dev.sampo.persistence.log.ForwardingLogFiles;
import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.LogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The files of all logs of a broker, on a disk with a {@link DiskReserve}: segment files are refused bytes while the
 * reserve is given back, as by a full disk; the small files beside them, which retention and deletion write, are not. Tells
 * the reserve when the disk refuses for want of space.
 */
public final class ReservedLogFiles extends ForwardingLogFiles {
    private final DiskReserve reserve;

    public ReservedLogFiles(LogFiles files, DiskReserve reserve) {
        super(files);
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
        return handle(super.open(path), path);
    }

    @Override
    public LogFile openOrCreate(Path path) throws IOException {
        try {
            return handle(super.openOrCreate(path), path);
        } catch (IOException e) {
            throw noted(e);
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        try {
            super.createDirectories(directory);
        } catch (IOException e) {
            throw noted(e);
        }
    }

    @Override
    public void move(Path source, Path target) throws IOException {
        try {
            super.move(source, target);
        } catch (IOException e) {
            throw noted(e);
        }
    }

    private final class Handle extends ForwardingLogFile {
        private final Path path;
        private final boolean records;

        Handle(LogFile file, Path path, boolean records) {
            super(file);
            this.path = path;
            this.records = records;
        }

        @Override
        public void write(long position, ByteBuffer[] buffers, int count) throws IOException {
            if (records && !reserve.mayWriteRecords()) {
                throw new IOException("No space left on device for " + path
                        + ": what is left is kept for the metadata log; free space, delete topics or lower retention.ms");
            }
            try {
                super.write(position, buffers, count);
            } catch (IOException e) {
                throw noted(e);
            }
        }

        @Override
        public void force() throws IOException {
            try {
                super.force();
            } catch (IOException e) {
                throw noted(e);
            }
        }
    }
}
