package dev.sampo.partition.balance;

import dev.sampo.partition.balance.ClusterPicture.State;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Replicas of a partition on as many racks as there are. */
final class RackGoal implements Goal {
    private static final int RANK = 2;

    /** A replica's way to another rack. */
    private record Way(int from, int[] list, long[] score) {}

    @Override
    public boolean step(Layout layout) {
        for (int index = 0; index < layout.parts(); index++) {
            Layout.Part part = layout.part(index);
            if (part.movable() && layout.missingRacks(part) > 0) {
                Way way = best(layout, part);
                if (way != null) {
                    layout.change(index, way.list(), RANK, reason(layout, part, way.from()));
                    return true;
                }
            }
        }
        return false;
    }

    private static @Nullable Way best(Layout layout, Layout.Part part) {
        Way best = null;
        for (int place = 0; place < part.now().length; place++) {
            int from = part.now()[place];
            if (layout.state(from) == State.DOWN || onRackOf(layout, part, from) < 2) {
                continue;
            }
            for (int target = 0; target < layout.brokers(); target++) {
                if (layout.isLive(target) && onRackOf(layout, part, target) == 0) {
                    int[] list = Layout.with(part.now(), place, target);
                    long[] score = {
                        part.copied(list), (long) layout.replicas(target) - layout.replicas(from), layout.cost(part, list), -place
                    };
                    if (best == null || Arrays.compare(score, best.score()) < 0) {
                        best = new Way(from, list, score);
                    }
                }
            }
        }
        return best;
    }

    private static long onRackOf(Layout layout, Layout.Part part, int broker) {
        return Arrays.stream(part.now()).filter(each -> layout.rack(each) == layout.rack(broker)).count();
    }

    private static String reason(Layout layout, Layout.Part part, int from) {
        return "rack " + layout.rackName(from) + " holds " + onRackOf(layout, part, from) + " of its replicas";
    }
}
