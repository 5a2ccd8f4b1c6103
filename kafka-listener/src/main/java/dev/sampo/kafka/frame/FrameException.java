package dev.sampo.kafka.frame;

/** The peer does not speak the protocol, or breaks a limit: the connection is closed without an answer. */
public final class FrameException extends Exception {
    private static final long serialVersionUID = 1L;

    /** {@code message} names the limit and the value. */
    public FrameException(String message) {
        super(message);
    }
}
