package dev.sampo.partition.balance;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** As many bytes on each live broker as on the others: a replica moves, or two change places. */
final class ByteGoal implements Goal {
    private static final int RANK = 4;
    /** So many of the smallest, and of those nearest to the right size, are tried in exchange. */
    private static final int TRIED = 8;
    private static final double MIB = 1 << 20;

    /** Index -1: nothing comes back. */
    private record Step(int index, int[] list, int backIndex, int[] backList, double score) {}

    @Override
    public boolean step(Layout layout) {
        Range range = layout.byteRange();
        int[] most = layout.live(Comparator.comparingLong((Integer broker) -> -layout.bytes(broker)));
        int[] fewest = layout.live(Comparator.comparingLong(layout::bytes));
        for (int from : most) {
            for (int to : fewest) {
                boolean relieves = layout.bytes(from) > range.high() && layout.bytes(to) < range.high();
                boolean fills = layout.bytes(to) < range.low() && layout.bytes(from) > range.low();
                if (relieves || fills) {
                    Step step = best(layout, from, to, range);
                    if (step != null) {
                        String reason = reason(layout, relieves ? from : to, range);
                        layout.change(step.index(), step.list(), RANK, reason);
                        if (step.backIndex() >= 0) {
                            layout.change(step.backIndex(), step.backList(), RANK, reason);
                        }
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static @Nullable Step best(Layout layout, int from, int to, Range range) {
        int[] back = layout.on(to)
                .filter(index -> layout.part(index).movable() && !layout.holds(from, index))
                .boxed()
                .sorted(Comparator.comparingLong((Integer index) -> layout.part(index).size()))
                .mapToInt(Integer::intValue)
                .toArray();
        Step best = null;
        for (int index : layout.on(from).toArray()) {
            Layout.Part part = layout.part(index);
            int[] list = part.movable() ? layout.replaced(part, from, to) : null;
            if (list == null || part.size() == 0) {
                continue;
            }
            if (countsStayEven(layout, from, to)) {
                best = better(best, step(layout, from, to, range, index, list, -1));
            }
            for (int other : exchanged(layout, back, part.size() - wanted(layout, from, to, range))) {
                best = better(best, step(layout, from, to, range, index, list, other));
            }
        }
        return best;
    }

    private static @Nullable Step better(@Nullable Step one, @Nullable Step other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return other.score() > one.score() ? other : one;
    }

    private static long wanted(Layout layout, int from, int to, Range range) {
        return Math.max(layout.bytes(from) - range.high(), range.low() - layout.bytes(to));
    }

    private static int[] exchanged(Layout layout, int[] bySize, long size) {
        int low = 0;
        for (int high = bySize.length; low < high;) {
            int middle = (low + high) / 2;
            if (layout.part(bySize[middle]).size() < size) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        int near = low;
        int first = Math.max(TRIED, near - TRIED);
        return IntStream.concat(
                        Arrays.stream(bySize).limit(TRIED),
                        IntStream.range(first, Math.min(bySize.length, near + TRIED)).map(place -> bySize[place]))
                .toArray();
    }

    private static boolean countsStayEven(Layout layout, int from, int to) {
        Range range = layout.replicaRange();
        long now = range.outside(layout.replicas(from)) + range.outside(layout.replicas(to));
        return range.outside(layout.replicas(from) - 1) + range.outside(layout.replicas(to) + 1) <= now;
    }

    /** Null when it makes nothing more even. */
    private static @Nullable Step step(
            Layout layout, int from, int to, Range range, int index, int[] list, int backIndex) {
        Layout.Part part = layout.part(index);
        int[] backList = {};
        long goes = part.size();
        long cost = layout.cost(part, list);
        if (backIndex >= 0) {
            Layout.Part backPart = layout.part(backIndex);
            int[] found = layout.replaced(backPart, to, from);
            if (found == null) {
                return null;
            }
            backList = found;
            goes -= backPart.size();
            cost += layout.cost(backPart, found);
        }
        long gain = range.outside(layout.bytes(from)) + range.outside(layout.bytes(to))
                - range.outside(layout.bytes(from) - goes) - range.outside(layout.bytes(to) + goes);
        return gain <= 0 ? null : new Step(index, list, backIndex, backList, 2.0 * gain - cost);
    }

    private static String reason(Layout layout, int broker, Range range) {
        return String.format(
                Locale.ROOT, "broker %d holds %.1f MiB, mean %.1f MiB", layout.id(broker), layout.bytes(broker) / MIB,
                range.mean() / MIB);
    }
}
