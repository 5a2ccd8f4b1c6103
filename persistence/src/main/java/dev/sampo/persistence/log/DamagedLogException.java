package dev.sampo.persistence.log;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/**
 * Bytes inside the log are not what was written, and they are not a tail that a crash has torn. Nothing was changed on
 * disk. The replica is quarantined: never elected, rebuilt from the leader, or, when it is the only copy, given to the
 * operator.
 */
public final class DamagedLogException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Path file;
    private final long position;
    private final long offset;

    public DamagedLogException(Path file, long position, long offset, String what) {
        super(file + " is damaged at byte " + position + ", next expected offset " + offset + ": " + what
                + "; rebuild this replica from another one, or restore the file");
        this.file = file;
        this.position = position;
        this.offset = offset;
    }

    public Path file() {
        return file;
    }

    /** Byte position of the damaged batch. */
    public long position() {
        return position;
    }

    /** First offset that cannot be read. */
    public long offset() {
        return offset;
    }
}
