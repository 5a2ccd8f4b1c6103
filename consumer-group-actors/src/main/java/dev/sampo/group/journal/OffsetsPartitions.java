package dev.sampo.group.journal;

import dev.sampo.actors.protocol.Partition;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.jspecify.annotations.Nullable;

/**
 * The partitions of {@code __consumer_offsets} that this node has loaded: where the journals, which Pekko makes by
 * reflection, find their storage. One per actor system. Thread-safe.
 */
public final class OffsetsPartitions implements Extension {
    private static final ExtensionId<OffsetsPartitions> ID = new ExtensionId<>() {
        @Override
        public OffsetsPartitions createExtension(ActorSystem<?> system) {
            return new OffsetsPartitions();
        }
    };

    /** Who leads a partition in one leader epoch: another actor once sharding has handed its group off. */
    @FunctionalInterface
    public interface Leader {
        /** Null when nobody does on this node any more. Any thread. */
        @Nullable ActorRef<Partition.Command> now();
    }

    /**
     * A loaded partition in one leader epoch.
     *
     * @param leader where to append
     * @param fold changed by the partition's journal only, once it is entered here
     */
    public record Loaded(
            int partition, int leaderEpoch, Leader leader, OffsetsFold fold, int maxBatchBytes) {}

    private final ConcurrentHashMap<Integer, Loaded> loaded = new ConcurrentHashMap<>();

    private OffsetsPartitions() {}

    /** The extension of this system. */
    public static OffsetsPartitions get(ActorSystem<?> system) {
        return system.registerExtension(ID);
    }

    /** Called when loading is complete, before the first group starts. */
    public void enter(Loaded partition) {
        loaded.put(partition.partition(), partition);
    }

    /** Called when all groups of it have stopped. */
    public void remove(Loaded partition) {
        loaded.remove(partition.partition(), partition);
    }

    /** Null when this node does not coordinate the partition. */
    public @Nullable Loaded find(int partition) {
        return loaded.get(partition);
    }
}
