package dev.sampo.partition.balance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as a plan is made of it. Replicas on brokers that are not in {@code brokers} count as being on one that is down.
 */
public record ClusterPicture(List<Broker> brokers, List<Partition> partitions) {
    /** What a broker may be used for. */
    public enum State {
        /** Takes replicas. */
        LIVE,
        /** Its replicas go elsewhere. */
        DRAINED,
        /** Not there: its replicas stay, it takes none. */
        DOWN
    }

    /** One broker; one without a rack is a rack of its own. */
    public record Broker(int id, @Nullable String rack, State state) {}

    /**
     * One partition.
     *
     * @param replicas distinct broker ids, the preferred leader first; those that it moves to while it moves
     * @param sizeBytes of one copy, as its leader has it
     * @param moving it moves already: it counts where it goes and is left alone
     */
    public record Partition(String topic, int partition, List<Integer> replicas, long sizeBytes, boolean moving) {
        /** Immutable. */
        public Partition {
            replicas = List.copyOf(replicas);
        }
    }

    /** Immutable. */
    public ClusterPicture {
        brokers = List.copyOf(brokers);
        partitions = List.copyOf(partitions);
    }
}
