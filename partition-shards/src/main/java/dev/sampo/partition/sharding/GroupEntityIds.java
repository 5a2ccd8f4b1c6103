package dev.sampo.partition.sharding;

import dev.sampo.actors.model.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/** Entity ids: {@code g17/<topic id>-3} for a partition, {@code g17/~} for the sentinel; the shard is before the slash. */
public final class GroupEntityIds {
    private static final String SENTINEL = "~";
    private static final int TOPIC_ID_LENGTH = 22; // base64 of 16 bytes; may itself hold '-'

    private GroupEntityIds() {}

    /** The entity of a partition. */
    public static String partition(String groupId, TopicIdPartition id) {
        return groupId + "/" + id.directoryName();
    }

    /** The entity of a group's sentinel. */
    public static String sentinel(String groupId) {
        return groupId + "/" + SENTINEL;
    }

    /** The group, which is the shard. */
    public static String groupId(String entityId) {
        return entityId.substring(0, slash(entityId));
    }

    /** Whether this is a sentinel's id. */
    public static boolean isSentinel(String entityId) {
        return entityId.substring(slash(entityId) + 1).equals(SENTINEL);
    }

    /** The partition of a partition's entity id. */
    public static TopicIdPartition partition(String entityId) {
        String name = entityId.substring(slash(entityId) + 1);
        if (name.length() < TOPIC_ID_LENGTH + 2 || name.charAt(TOPIC_ID_LENGTH) != '-') {
            throw new IllegalArgumentException("entity id " + entityId + ": expected <group>/<topic id>-<partition>");
        }
        return new TopicIdPartition(Uuid.fromString(name.substring(0, TOPIC_ID_LENGTH)),
                Integer.parseInt(name.substring(TOPIC_ID_LENGTH + 1)));
    }

    private static int slash(String entityId) {
        int slash = entityId.indexOf('/');
        if (slash <= 0) {
            throw new IllegalArgumentException("entity id " + entityId + ": expected <group>/<name>");
        }
        return slash;
    }
}
