package dev.sampo.cluster;

/** The cluster shut this broker's node out while it started; the next attempt may succeed. */
final class ShutOutException extends StartException {
    private static final long serialVersionUID = 1L;

    ShutOutException() {
        super("the broker was shut out of the cluster while it started: see the log");
    }
}
