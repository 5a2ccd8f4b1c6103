package dev.sampo.kafka.metrics;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.concurrent.atomic.LongAdder;

/** Counts how often partitions led by one broker lost and gained in-sync replicas. Called in the order of images. */
final class IsrChanges {
    final LongAdder shrinks = new LongAdder();
    final LongAdder expands = new LongAdder();
    private final int brokerId;

    IsrChanges(int brokerId) {
        this.brokerId = brokerId;
    }

    @SuppressWarnings("ReferenceEquality") // immutable maps and records: the same object means that nothing changed
    void onImage(MetadataImage before, MetadataImage next) {
        if (before.groups() == next.groups()) {
            return;
        }
        for (PlacementGroup group : next.groups().values()) {
            PlacementGroup old = before.groups().get(group.id());
            if (old == null || old == group || group.leader() != brokerId) {
                continue;
            }
            int partitions = next.partitionsOf(group.id()).size();
            int change = Integer.compare(group.inSyncReplicas().size(), old.inSyncReplicas().size());
            if (change < 0) {
                shrinks.add(partitions);
            } else if (change > 0) {
                expands.add(partitions);
            }
        }
    }
}
