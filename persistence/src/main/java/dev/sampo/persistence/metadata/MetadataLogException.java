package dev.sampo.persistence.metadata;

import org.jspecify.annotations.Nullable;

/** A call to the metadata log has failed; for an append the outcome is not known. The message names the folder. */
public final class MetadataLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@code cause} is null when the log itself refused. */
    public MetadataLogException(String message, @Nullable Throwable cause) {
        super(cause == null ? message : message + ": " + cause.getMessage(), cause);
    }
}
