package dev.sampo.kafka.fetch;

/** As much of a partition's answer as a session remembers or decides by. */
public interface PartitionOutcome {
    /** Bytes of records in the answer. */
    int recordsSizeBytes();

    /** -1 on error. */
    long highWatermark();

    /** -1 on error. */
    long logStartOffset();

    /** True for an error, a diverging epoch or a preferred replica: the client hears of it in any case. */
    boolean mustBeSent();

    /** True when the answer is an error. */
    boolean failed();
}
