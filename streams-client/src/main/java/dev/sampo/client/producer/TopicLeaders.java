package dev.sampo.client.producer;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * Where a topic's partitions are led.
 *
 * @param topicId zero when the broker knows no topic ids
 * @param leaders broker id by partition, -1 for none; empty when {@code error} is set
 * @param error NONE, or why nothing is known
 */
record TopicLeaders(String topic, Uuid topicId, int[] leaders, Errors error) {
    static final int NO_LEADER = -1;
}
