package dev.sampo.group.lag;

import dev.sampo.actors.model.KafkaError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The groups of this broker's coordinators. Thread-safe. */
public interface WatchedGroups {
    /**
     * A group, or where to ask for it.
     *
     * @param error NONE with the group; GROUP_ID_NOT_FOUND; COORDINATOR_LOAD_IN_PROGRESS; NOT_COORDINATOR
     * @param brokerId who coordinates it when this broker does not, -1 for nobody
     */
    record Found(KafkaError error, @Nullable WatchedGroup group, int brokerId) {}

    /** All that are coordinated here. */
    List<WatchedGroup> all();

    /** Nothing is in {@link #all}, nor about to be: no group is being loaded or made. */
    boolean none();

    /** One by its name. */
    Found find(String groupId);
}
