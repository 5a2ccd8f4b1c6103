package dev.sampo.kafka.fetch;

import dev.sampo.actors.model.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/**
 * What a consumer wants of one partition. Immutable, so that a session and a request may share it.
 *
 * @param currentLeaderEpoch -1 for no check
 * @param lastFetchedEpoch -1 for no check
 */
public record FetchPartition(
        Key key, long fetchOffset, int maxBytes, int currentLeaderEpoch, int lastFetchedEpoch) {
    /**
     * The partition as the request names it: by name up to version 12 (the id is then zero), by id from 13 on (the name
     * is then empty).
     */
    public record Key(String topic, TopicIdPartition id) {
        /** By name. */
        public static Key of(String topic, int partition) {
            return new Key(topic, new TopicIdPartition(Uuid.ZERO_UUID, partition));
        }

        /** By id. */
        public static Key of(Uuid topicId, int partition) {
            return new Key("", new TopicIdPartition(topicId, partition));
        }

        /** 0-based. */
        public int partition() {
            return id.partition();
        }
    }
}
