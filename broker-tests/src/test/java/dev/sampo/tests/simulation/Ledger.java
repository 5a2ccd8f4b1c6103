package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.HashMap;
import java.util.Map;

/** What brokers have promised to clients, kept for ever and compared at every further promise. */
final class Ledger {
    private record Key(TopicIdPartition id, long producerId, long sequence) {}

    private final Judge judge;
    private final Map<Key, Long> acked = new HashMap<>();

    Ledger(Judge judge) {
        this.judge = judge;
    }

    int size() {
        return acked.size();
    }

    /** Invariants 5 and 16: what is acknowledged with acks=all is committed, there, and nowhere else. */
    void acked(TopicIdPartition id, long producerId, long sequence, int count, long baseOffset) {
        Long before = acked.putIfAbsent(new Key(id, producerId, sequence), baseOffset);
        if (before != null && before != baseOffset) {
            throw new Violation(16, "producer " + producerId + " heard that its sequence " + sequence + " is at " + before
                    + ", now at " + baseOffset);
        }
        PartitionTruth truth = judge.truth(id);
        Batch there = truth.committedAt(baseOffset);
        if (there == null || there.producerId() != producerId || there.baseSequence() != sequence || there.count() != count) {
            throw new Violation(5, "sequence " + sequence + " of producer " + producerId + " is acknowledged at " + baseOffset
                    + " of " + id + ", committed there is " + there + " (up to " + truth.committedEnd() + ")");
        }
    }
}
