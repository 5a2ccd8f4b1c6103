package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/**
 * Which partitions are owned, in which member epoch, by whoever. A partition is given to a member only when it is free
 * here, or its own.
 */
final class PartitionEpochs {
    private final Map<Uuid, Map<Integer, Integer>> byTopic = new HashMap<>();

    boolean isFree(Uuid topicId, int partition) {
        return !byTopic.getOrDefault(topicId, Map.of()).containsKey(partition);
    }

    /**
     * A member owns something else from now on.
     *
     * @throws IllegalStateException a partition would have two owners
     */
    void replace(CurrentAssignment before, CurrentAssignment after) {
        remove(before.assigned(), before.memberEpoch());
        remove(before.pendingRevocation(), before.memberEpoch());
        add(after.assigned(), after.memberEpoch());
        add(after.pendingRevocation(), after.memberEpoch());
    }

    /** What is meanwhile owned in another epoch has another owner, and stays. */
    private void remove(Map<Uuid, Map<Integer, Integer>> partitions, int memberEpoch) {
        partitions.forEach((topicId, epochs) -> byTopic.computeIfPresent(topicId, (id, owned) -> {
            epochs.keySet().forEach(partition -> owned.remove(partition, memberEpoch));
            return owned.isEmpty() ? null : owned;
        }));
    }

    private void add(Map<Uuid, Map<Integer, Integer>> partitions, int memberEpoch) {
        partitions.forEach((topicId, epochs) -> {
            Map<Integer, Integer> owned = byTopic.computeIfAbsent(topicId, id -> new HashMap<>());
            for (Integer partition : epochs.keySet()) {
                Integer before = owned.put(partition, memberEpoch);
                if (before != null && before >= memberEpoch) {
                    throw new IllegalStateException("partition " + topicId + "-" + partition + " is owned in epoch " + before
                            + " and given away in epoch " + memberEpoch);
                }
            }
        });
    }
}
