package dev.sampo.client.internal.consumer;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** The stage that a consumer actor works for. Called on the actor's thread: implementations only pass it on. */
interface ConsumerOwner {
    /** Partitions with the number of their assignment; positions are found. */
    void onAssigned(Map<TopicPartition, Long> partitions);

    /** Throw away what is held of these and end their substreams. */
    void onRevoked(Set<TopicPartition> partitions);

    /** Throw away what is held of these; it comes again from another position. */
    void onMoved(Set<TopicPartition> partitions);

    /** A rebalance begins (emit nothing) or is over. */
    void onPaused(boolean paused);

    /** Records of a partition without a listener of its own. */
    void onChunk(Chunk chunk);

    /** All chunks up to the marks of a {@link Span} have been passed. */
    void onMark();

    /** The consumer cannot go on. */
    void onFailed(Throwable cause);
}
