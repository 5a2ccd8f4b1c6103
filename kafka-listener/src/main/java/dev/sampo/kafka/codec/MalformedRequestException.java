package dev.sampo.kafka.codec;

/** The bytes of a frame are no request that this broker serves: the connection is closed without an answer. */
public final class MalformedRequestException extends Exception {
    private static final long serialVersionUID = 1L;

    /** {@code message} says what is wrong with which value. */
    public MalformedRequestException(String message) {
        super(message);
    }

    MalformedRequestException(String message, RuntimeException cause) {
        super(message, cause);
    }
}
