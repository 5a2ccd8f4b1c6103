package dev.sampo.group.consumer;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether groups with members change their protocol: Kafka's {@code group.consumer.migration.policy}. */
public enum MigrationPolicy {
    /** Members of both protocols never meet. */
    DISABLED,
    /** A classic group becomes a consumer group when a member of the consumer protocol joins. */
    UPGRADE,
    /** A consumer group becomes a classic group when only members of the classic protocol are left. */
    DOWNGRADE,
    /** Both. */
    BIDIRECTIONAL;

    /** In any case; null when there is none of this name. */
    static @Nullable MigrationPolicy of(String name) {
        for (MigrationPolicy policy : values()) {
            if (policy.name().equals(name.toUpperCase(Locale.ROOT))) {
                return policy;
            }
        }
        return null;
    }

    /** Classic groups become consumer groups. */
    public boolean upgrades() {
        return this == UPGRADE || this == BIDIRECTIONAL;
    }

    /** Consumer groups become classic groups. */
    public boolean downgrades() {
        return this == DOWNGRADE || this == BIDIRECTIONAL;
    }
}
