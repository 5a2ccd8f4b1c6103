package dev.sampo.actors.protocol;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * The partitions that this broker leads now. A leader enters itself when it serves and removes itself when it stops;
 * a miss is NOT_LEADER_OR_FOLLOWER. Followers, which serve consumers' reads only, are found apart from leaders (KIP-392).
 * Safe for any thread.
 */
public final class PartitionRegistry {
    /** Serves consumers' reads of one partition: its leader, or a follower. Tells its actor; by any thread. */
    public interface Reader {
        /** Each read is answered exactly once. */
        void read(Partition.Read read);

        /** What this replica holds. */
        void describe(Partition.DescribeLog describe);
    }

    /**
     * A serving leader.
     *
     * @param handedOff its group is on the way to another broker: it serves until that one leads
     */
    public record Entry(TopicIdPartition id, ActorRef<Partition.Command> leader, int leaderEpoch, boolean handedOff)
            implements Reader {
        /** One whose group is here. */
        public Entry(TopicIdPartition id, ActorRef<Partition.Command> leader, int leaderEpoch) {
            this(id, leader, leaderEpoch, false);
        }

        @Override
        public void read(Partition.Read read) {
            leader.tell(read);
        }

        @Override
        public void describe(Partition.DescribeLog describe) {
            leader.tell(describe);
        }
    }

    private final ConcurrentHashMap<TopicIdPartition, Entry> entries = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<TopicIdPartition, Reader> followers = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<BiConsumer<Entry, Boolean>> listeners = new CopyOnWriteArrayList<>();

    /** The leader on this broker, null when it leads elsewhere, is starting or does not exist. */
    public @Nullable Entry find(TopicIdPartition id) {
        return entries.get(id);
    }

    /** Whether its leader is here, and not only until the next one is elected. */
    public boolean serves(TopicIdPartition id) {
        Entry entry = entries.get(id);
        return entry != null && !entry.handedOff();
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

    /** The follower on this broker that serves consumers, null when there is none. */
    public @Nullable Reader follower(TopicIdPartition id) {
        return followers.get(id);
    }

    /** Called by the follower itself once it serves. */
    public void follows(TopicIdPartition id, Reader follower) {
        followers.put(id, follower);
    }

    /** Called by the follower itself, which served as {@code follower}. */
    public void followsNoMore(TopicIdPartition id, Reader follower) {
        followers.remove(id, follower);
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

    /** Every replica that serves here, leaders and followers, as of now. */
    public Map<TopicIdPartition, Reader> replicas() {
        var replicas = new HashMap<TopicIdPartition, Reader>(followers);
        replicas.putAll(entries);
        return replicas;
    }
}
