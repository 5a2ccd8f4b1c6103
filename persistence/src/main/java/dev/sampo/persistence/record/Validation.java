package dev.sampo.persistence.record;

import java.nio.ByteBuffer;
import java.util.List;

/** What {@link BatchValidator} says of a batch. */
public sealed interface Validation {
    /**
     * It may be appended once its offsets are patched.
     *
     * @param batch the batch, from position to limit: the client's own bytes, or new ones when it had to be compressed
     *     anew
     * @param maxTimestamp the batch's largest timestamp as it will be in the log
     * @param maxTimestampIndex index in the batch of the record that has it; the last one with LogAppendTime
     */
    record Valid(ByteBuffer batch, long maxTimestamp, int maxTimestampIndex) implements Validation {}

    /**
     * It is refused and nothing of it is appended.
     *
     * @param records the records that are to blame, where single ones are (KIP-467)
     */
    record Invalid(Reason reason, String message, List<RecordError> records) implements Validation {}

    /** One refused record, by its index in the batch. */
    record RecordError(int batchIndex, String message) {}

    /** Named like Kafka's errors. */
    enum Reason {
        CORRUPT_MESSAGE,
        INVALID_RECORD,
        INVALID_TIMESTAMP,
        MESSAGE_TOO_LARGE,
        RECORD_LIST_TOO_LARGE,
        UNSUPPORTED_COMPRESSION_TYPE,
        UNSUPPORTED_FOR_MESSAGE_FORMAT
    }
}
