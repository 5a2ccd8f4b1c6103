package dev.sampo.partition.balance;

import dev.sampo.partition.balance.ClusterPicture.State;
import java.util.Arrays;

/** Nothing on drained brokers. Racks are kept apart as far as the live brokers can. */
final class DrainedGoal implements Goal {
    private static final int RANK = 1;

    @Override
    public boolean step(Layout layout) {
        for (int broker = 0; broker < layout.brokers(); broker++) {
            if (layout.state(broker) == State.DRAINED) {
                for (int index : layout.on(broker).toArray()) {
                    if (layout.part(index).movable() && off(layout, index, broker)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static boolean off(Layout layout, int index, int drained) {
        Layout.Part part = layout.part(index);
        int[] best = null;
        long[] bestScore = {};
        for (int target = 0; target < layout.brokers(); target++) {
            if (layout.isLive(target) && Layout.place(part.now(), target) < 0) {
                int[] list = Layout.with(part.now(), Layout.place(part.now(), drained), target);
                long[] score = {-layout.distinctRacks(list), layout.replicas(target), layout.cost(part, list)};
                if (best == null || Arrays.compare(score, bestScore) < 0) {
                    best = list;
                    bestScore = score;
                }
            }
        }
        if (best == null) {
            return false;
        }
        layout.change(index, best, RANK, "broker " + layout.id(drained) + " is drained");
        return true;
    }
}
