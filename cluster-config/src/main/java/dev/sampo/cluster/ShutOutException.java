package dev.sampo.cluster;

/** The cluster shut this broker's node out while it started; the next attempt may succeed. */
final class ShutOutException extends StartException {
    private static final long serialVersionUID = 1L;

    private static final String MESSAGE = "the broker was shut out of the cluster while it started: see the log";

    ShutOutException() {
        super(MESSAGE);
    }

    /** Of a part that failed since it ended. */
    ShutOutException(Throwable cause) {
        super(MESSAGE, cause);
    }
}
