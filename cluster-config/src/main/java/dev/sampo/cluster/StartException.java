package dev.sampo.cluster;

import org.jspecify.annotations.Nullable;

/** The broker cannot start, for a reason that its user can mend; the message names the thing and the remedy. */
public class StartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StartException(String message) {
        super(message);
    }

    public StartException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
