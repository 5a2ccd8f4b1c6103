package dev.sampo.persistence.log;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

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
    private final String expected;
    private final String found;

    /**
     * Says where, what was expected there, and what was found instead.
     *
     * @param cause null for none
     */
    public DamagedLogException(
            Path file, long position, long offset, String expected, String found, @Nullable Throwable cause) {
        super(file + " is damaged at byte " + position + ", next offset " + offset + ": expected " + expected + ", found "
                        + found,
                cause);
        this.file = file;
        this.position = position;
        this.offset = offset;
        this.expected = expected;
        this.found = found;
    }

    /** What belongs there. */
    public String expected() {
        return expected;
    }

    /** What is there. */
    public String found() {
        return found;
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
