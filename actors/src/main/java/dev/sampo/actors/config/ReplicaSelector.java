package dev.sampo.actors.config;

import org.jspecify.annotations.Nullable;

/**
 * Who serves a consumer, {@code replica.selector.class}: Kafka's two, by the names of Kafka's classes. No class is loaded.
 *
 * @see "KIP-392"
 */
public enum ReplicaSelector {
    /** Leaders only: the default. */
    LEADER("org.apache.kafka.common.replica.LeaderSelector"),
    /** A follower in the consumer's rack, when the leader is in another. */
    RACK_AWARE("org.apache.kafka.common.replica.RackAwareReplicaSelector");

    private final String className;

    ReplicaSelector(String className) {
        this.className = className;
    }

    /** The selector with the name of Kafka's class, {@link #LEADER} for an empty one, null when there is no such selector. */
    public static @Nullable ReplicaSelector ofClass(String className) {
        String name = className.strip();
        for (ReplicaSelector selector : values()) {
            if (selector.className.equals(name)) {
                return selector;
            }
        }
        return name.isEmpty() ? LEADER : null;
    }

    /** What is wrong with a value of {@code replica.selector.class}, null when nothing is. */
    static @Nullable String problem(String className) {
        return ofClass(className) != null
                ? null
                : "Invalid value " + className + " for configuration replica.selector.class: Sampo loads no classes, it has "
                        + RACK_AWARE.className + " (a follower in the consumer's rack serves it), and " + LEADER.className
                        + " or nothing (leaders only)";
    }
}
