package dev.sampo.persistence.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;

/** An open {@code .log} file that is closed when its segment and every slice of it have let go. */
final class SegmentFile {
    private final LogFile file;
    private final AtomicInteger uses = new AtomicInteger(1);

    SegmentFile(LogFile file) {
        this.file = file;
    }

    LogFile file() {
        return file;
    }

    /** Only by one who holds a use already. */
    SegmentFile retain() {
        uses.incrementAndGet();
        return this;
    }

    void release() {
        if (uses.decrementAndGet() == 0) {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
