package dev.sampo.group.journal;

import dev.sampo.actors.model.KafkaError;

/**
 * A partition of {@code __consumer_offsets} is not coordinated here (any more), or its leader did not confirm a batch; whether that is
 * stored may be open. The journal logs it, once for all groups.
 */
public final class OffsetsJournalException extends RuntimeException {
    private static final long serialVersionUID = 1;

    OffsetsJournalException(int partition, KafkaError error) {
        super("partition " + partition + " of __consumer_offsets answered " + error);
    }
}
