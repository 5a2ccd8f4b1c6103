package dev.sampo.partition.replica;

import java.io.IOException;

/** A log is not given to whoever asked for it; nothing on disk was touched. */
public final class LogRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** Somebody asked for it in a newer leader epoch. */
        STALE_EPOCH,
        /** A force failed or damage was found: nobody opens it before the broker starts again. */
        OFFLINE,
        /** The claim was withdrawn. */
        WITHDRAWN,
        /** The broker stops. */
        CLOSED
    }

    private final Reason reason;

    LogRefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}
