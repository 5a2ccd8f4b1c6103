package dev.sampo.kafka.codec;

import org.jspecify.annotations.Nullable;

/** The bytes of a frame are not the response that was waited for: the connection is closed. */
public final class MalformedResponseException extends Exception {
    private static final long serialVersionUID = 1L;

    /** {@code message} says what is wrong with which value. */
    public MalformedResponseException(String message) {
        super(message);
    }

    MalformedResponseException(String message, @Nullable RuntimeException cause) {
        super(message, cause);
    }
}
