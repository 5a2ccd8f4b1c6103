package dev.sampo.kafka.codec;

/** A response could not be written; its slices were released. A fault of this broker: the connection is closed. */
public final class ResponseFailure extends Exception {
    private static final long serialVersionUID = 1L;

    ResponseFailure(String message, Exception cause) {
        super(message, cause);
    }
}
