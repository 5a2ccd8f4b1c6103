package dev.sampo.client;

/** The consumer behind a stage ended while something still waited for it. */
public class ConsumerFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a message. */
    public ConsumerFailed(String message) {
        super(message);
    }

    /** With a message and what went wrong. */
    public ConsumerFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
