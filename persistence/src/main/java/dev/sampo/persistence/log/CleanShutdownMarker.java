package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The file {@code .kafka_cleanshutdown} in a log folder: every log below it was closed. */
public final class CleanShutdownMarker {
    public static final String FILE_NAME = ".kafka_cleanshutdown";

    private CleanShutdownMarker() {}

    /** After the last log of the folder was closed clean. Durable on return. */
    public static void write(Path logFolder, LogFiles files) throws IOException {
        try (LogFile file = files.openOrCreate(logFolder.resolve(FILE_NAME))) {
            file.write(0, ByteBuffer.wrap(new byte[] {'0', '\n'}));
            file.force();
        }
        files.forceDirectory(logFolder);
    }

    /** Before the first log is opened: whether the marker was there. It is gone, durably, on return. */
    public static boolean take(Path logFolder, LogFiles files) throws IOException {
        Path path = logFolder.resolve(FILE_NAME);
        if (!files.exists(path)) {
            return false;
        }
        files.deleteIfExists(path);
        files.forceDirectory(logFolder);
        return true;
    }
}
