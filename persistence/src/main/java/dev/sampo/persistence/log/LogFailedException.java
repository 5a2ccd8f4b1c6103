package dev.sampo.persistence.log;

import java.io.IOException;
import java.io.Serial;

/** The disk refused an earlier call: the log in memory may not be used again; close it, reopen it through recovery. */
public final class LogFailedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    public LogFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
