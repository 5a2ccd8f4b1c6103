package dev.sampo.group.journal;

import dev.sampo.actors.model.KafkaError;

/** The leader of a partition of {@code __consumer_offsets} did not confirm a batch; whether it is stored may be open. */
public final class OffsetsWriteException extends RuntimeException {
    private static final long serialVersionUID = 1;

    OffsetsWriteException(int partition, KafkaError error) {
        super("partition " + partition + " of __consumer_offsets answered " + error);
    }
}
