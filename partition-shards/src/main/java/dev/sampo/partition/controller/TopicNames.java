package dev.sampo.partition.controller;

import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.jspecify.annotations.Nullable;

/** Kafka's rules for topic names. */
public final class TopicNames {
    /** Kafka's own metadata topic, which clients may not create. */
    static final String CLUSTER_METADATA = Topic.CLUSTER_METADATA_TOPIC_NAME;

    private TopicNames() {}

    /** Why Kafka refuses this name, null when it is legal. */
    public static @Nullable String problem(@Nullable String name) {
        if (name == null) {
            return "Invalid null topic name.";
        }
        try {
            Topic.validate(name);
            return null;
        } catch (InvalidTopicException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Whether the name holds {@code .} or {@code _}, which are one character in metric names. */
    static boolean mayCollide(String name) {
        return Topic.hasCollisionChars(name);
    }

    /** Two names with the same form may not exist at once. */
    static String collisionForm(String name) {
        return Topic.unifyCollisionChars(name);
    }

    /** Whether Kafka lists this topic as internal. */
    static boolean isInternal(String name) {
        return Topic.isInternal(name);
    }
}
