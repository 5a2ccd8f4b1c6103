package dev.sampo.persistence.log;

/** What a leader sent is no run of batches that can follow the log's end: it is asked again, the log is as it was. */
public final class UnfitBatchException extends Exception {
    private static final long serialVersionUID = 1L;

    UnfitBatchException(String message) {
        super(message);
    }
}
