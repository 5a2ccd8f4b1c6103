package dev.sampo.cluster;

/** The broker cannot start, for a reason that its user can mend; the message names the thing and the remedy. */
public final class StartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StartException(String message) {
        super(message);
    }

    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
