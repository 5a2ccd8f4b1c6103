package dev.sampo.actors.protocol;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * The partitions that this broker leads now. A leader enters itself when it serves and removes itself when it stops;
 * a miss is NOT_LEADER_OR_FOLLOWER. Safe for any thread.
 */
public final class PartitionRegistry {
    /** A serving leader. */
    public record Entry(TopicIdPartition id, ActorRef<Partition.Command> leader, int leaderEpoch) {}

    private final ConcurrentHashMap<TopicIdPartition, Entry> entries = new ConcurrentHashMap<>();

    /** The leader on this broker, null when it leads elsewhere, is starting or does not exist. */
    public @Nullable Entry find(TopicIdPartition id) {
        return entries.get(id);
    }

    /** Called by the leader itself once it serves. */
    public void enter(Entry entry) {
        entries.put(entry.id(), entry);
    }

    /** Called by the leader itself; an entry that another incarnation made stays. */
    public void remove(Entry entry) {
        entries.remove(entry.id(), entry);
    }

    /** A weakly consistent view. */
    public Collection<Entry> entries() {
        return entries.values();
    }
}
