package dev.sampo.partition.balance;

import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;

/** As many replicas on each live broker as on the others. */
final class ReplicaGoal implements Goal {
    private static final int RANK = 3;

    private final int[] atFirst;

    /** {@code layout} as it is before the plan: reasons name its numbers. */
    ReplicaGoal(Layout layout) {
        atFirst = IntStream.range(0, layout.brokers()).map(layout::replicas).toArray();
    }

    @Override
    public boolean step(Layout layout) {
        Range range = layout.replicaRange();
        int[] most = layout.live(Comparator.comparingInt((Integer broker) -> -layout.replicas(broker)));
        int[] fewest = layout.live(Comparator.comparingInt(layout::replicas));
        for (int from : most) {
            for (int to : fewest) {
                boolean relieves = layout.replicas(from) > range.high() && layout.replicas(to) < range.high();
                boolean fills = layout.replicas(to) < range.low() && layout.replicas(from) > range.low();
                if ((relieves || fills) && move(layout, from, to, range)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean move(Layout layout, int from, int to, Range range) {
        long wanted = wantedSize(layout, from, to, range);
        Range leaders = layout.leaderRange();
        boolean leaderFits = layout.leaders(from) > leaders.mean() && layout.leaders(to) < leaders.mean();
        int best = -1;
        int[] bestList = {};
        long bestCost = 0;
        for (int index : layout.on(from).toArray()) {
            Layout.Part part = layout.part(index);
            if (!part.movable() || layout.holds(to, index)) {
                continue;
            }
            boolean copies = Layout.place(part.original(), to) < 0 && Layout.place(part.original(), from) >= 0;
            long cost = (copies ? 2 * Math.abs(part.size() - wanted) : 0)
                    + ((part.now()[0] == from) == leaderFits ? 0 : 1);
            if (best >= 0 && cost >= bestCost) {
                continue;
            }
            int[] list = layout.replaced(part, from, to);
            if (list == null) {
                continue;
            }
            cost += layout.isInUse(list) ? 0 : 2 * Layout.NEW_LIST_BYTES;
            if (best < 0 || cost < bestCost) {
                best = index;
                bestList = list;
                bestCost = cost;
            }
        }
        if (best < 0) {
            return false;
        }
        layout.change(best, bestList, RANK, reason(layout, from, to, range));
        return true;
    }

    /** What makes bytes even as well, with as little as is enough. */
    private static long wantedSize(Layout layout, int from, int to, Range range) {
        Range bytes = layout.byteRange();
        double lacks = (bytes.low() - layout.bytes(to)) / Math.max(1, range.mean() - layout.replicas(to));
        double spare = (layout.bytes(from) - bytes.high()) / Math.max(1, layout.replicas(from) - range.mean());
        return (long) Math.max(0, Math.max(lacks, spare));
    }

    private String reason(Layout layout, int from, int to, Range range) {
        boolean tooFew = atFirst[to] < range.low() || layout.replicas(from) <= range.high();
        int named = tooFew ? to : from;
        return String.format(
                Locale.ROOT, "broker %d holds %d of %d replicas, mean %.1f", layout.id(named),
                range.outside(atFirst[named]) > 0 ? atFirst[named] : layout.replicas(named), layout.liveReplicas(),
                range.mean());
    }
}
