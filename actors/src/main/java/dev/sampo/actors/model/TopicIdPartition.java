package dev.sampo.actors.model;

import org.apache.kafka.common.Uuid;

/**
 * One partition of one topic, for ever: a topic that is deleted and created again has another id.
 *
 * @param topicId never the zero id
 * @param partition 0-based
 */
public record TopicIdPartition(Uuid topicId, int partition) {
    /** The partition's folder below a log folder: {@code <topic id>-<partition>}, 22 characters of id, safe in a path. */
    public String directoryName() {
        return topicId + "-" + partition;
    }

    @Override
    public String toString() {
        return directoryName();
    }
}
