package dev.sampo.client;

import java.util.concurrent.TimeoutException;

/** A commit was not answered within {@code commit-timeout}; whether the broker has it is unknown. */
public class CommitTimeoutException extends TimeoutException {
    private static final long serialVersionUID = 1L;

    /** With a message that names the time-out. */
    public CommitTimeoutException(String message) {
        super(message);
    }
}
