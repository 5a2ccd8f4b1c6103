package dev.sampo.actors.protocol;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * The partitions that this broker leads now. A leader enters itself when it serves and removes itself when it stops;
 * a miss is NOT_LEADER_OR_FOLLOWER. Safe for any thread.
 */
public final class PartitionRegistry {
    /**
     * A serving leader.
     *
     * @param handedOff its group is on the way to another broker: it serves until that one leads
     */
    public record Entry(TopicIdPartition id, ActorRef<Partition.Command> leader, int leaderEpoch, boolean handedOff) {
        /** One whose group is here. */
        public Entry(TopicIdPartition id, ActorRef<Partition.Command> leader, int leaderEpoch) {
            this(id, leader, leaderEpoch, false);
        }
    }

    private final ConcurrentHashMap<TopicIdPartition, Entry> entries = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<BiConsumer<Entry, Boolean>> listeners = new CopyOnWriteArrayList<>();

    /** The leader on this broker, null when it leads elsewhere, is starting or does not exist. */
    public @Nullable Entry find(TopicIdPartition id) {
        return entries.get(id);
    }

    /** Called by the leader itself once it serves. */
    public void enter(Entry entry) {
        entries.put(entry.id(), entry);
        listeners.forEach(listener -> listener.accept(entry, true));
    }

    /** Called by the leader itself; an entry that another incarnation made stays. */
    public void remove(Entry entry) {
        if (entries.remove(entry.id(), entry)) {
            listeners.forEach(listener -> listener.accept(entry, false));
        }
    }

    /**
     * Calls {@code listener} with (entry, true) when a leader has entered and (entry, false) when it has been removed,
     * on the leader's thread: it only tells an actor. Entries of now come first, on the caller's thread; an entry that
     * comes at that moment may be reported twice. Calls for different entries are not ordered among each other: a
     * listener compares leader epochs.
     *
     * @return ends the subscription
     */
    public Runnable subscribe(BiConsumer<Entry, Boolean> listener) {
        listeners.add(listener);
        entries.values().forEach(entry -> listener.accept(entry, true));
        return () -> listeners.remove(listener);
    }

    /** A weakly consistent view. */
    public Collection<Entry> entries() {
        return entries.values();
    }
}
