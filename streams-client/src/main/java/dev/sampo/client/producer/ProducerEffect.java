package dev.sampo.client.producer;

import java.util.Set;

/** What the owner of a {@link ProducerState} does next, in list order. */
sealed interface ProducerEffect {
    /** Send these batches to their leader and bring the answer to {@link ProducerState#onProduced} or {@code onCallFailed}. */
    record Produce(ProduceCall call) implements ProducerEffect {}

    /** Ask for a producer id and bring it to {@link ProducerState#onProducerId} or {@code onProducerIdFailed}. */
    record InitProducerId() implements ProducerEffect {}

    /** Ask where these topics' partitions are led and bring it to {@link ProducerState#onMetadata} or {@code onMetadataFailed}. */
    record FetchMetadata(Set<String> topics) implements ProducerEffect {}

    /** All records of the batch are in the log. */
    record Acknowledged(ProducerBatch batch, long baseOffset, long logAppendTimeMs) implements ProducerEffect {}

    /** All records of the batch are given up. */
    record GaveUp(ProducerBatch batch, RuntimeException cause) implements ProducerEffect {}

    /** One record that never reached a batch is given up. */
    record Refused(Delivery delivery, RuntimeException cause) implements ProducerEffect {}
}
