package dev.sampo.client.producer;

import org.apache.kafka.clients.producer.RecordMetadata;

/** One record under way, as its owner knows it. Told exactly once how it ended. */
interface Delivery {
    /** The record is in the log. Its offset is -1 when acks=0 asked for no answer. */
    void acknowledged(RecordMetadata metadata);

    /** The record was given up. It may be in the log all the same when the cause is a time-out or a lost connection. */
    void failed(RuntimeException cause);
}
