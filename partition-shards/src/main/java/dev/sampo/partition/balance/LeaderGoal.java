package dev.sampo.partition.balance;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * As many preferred leaders on each live broker as on the others: a follower takes the first place of a replica list. Where no
 * partition of the one that leads too many is on the one that leads too few, several do so in a chain.
 */
final class LeaderGoal implements Goal {
    private static final int RANK = 5;
    private static final int NONE = -1;

    private final int[] atFirst;

    /** {@code layout} as it is before the plan: reasons name its numbers. */
    LeaderGoal(Layout layout) {
        atFirst = IntStream.range(0, layout.brokers()).map(layout::leaders).toArray();
    }

    @Override
    public boolean step(Layout layout) {
        Range range = layout.leaderRange();
        int[] most = layout.live(Comparator.comparingInt((Integer broker) -> -layout.leaders(broker)));
        if (Arrays.stream(most).allMatch(broker -> range.outside(layout.leaders(broker)) == 0)) {
            return false;
        }
        int[][] offers = offers(layout);
        for (int from : most) {
            boolean over = layout.leaders(from) > range.high();
            if (!over && layout.leaders(from) <= range.low()) {
                break; // it has none to spare, nor have those behind it
            }
            List<Integer> path = path(layout, offers, from, over ? range.high() : range.low());
            if (!path.isEmpty()) {
                follow(layout, offers, path, range);
                return true;
            }
        }
        return false;
    }

    /** For each leader and follower a partition whose list they may change; one whose new list is in use, if there is one. */
    private static int[][] offers(Layout layout) {
        int[][] offers = new int[layout.brokers()][layout.brokers()];
        Arrays.stream(offers).forEach(row -> Arrays.fill(row, NONE));
        var inUse = new boolean[layout.brokers()][layout.brokers()];
        for (int index = 0; index < layout.parts(); index++) {
            Layout.Part part = layout.part(index);
            int[] list = part.now();
            if (!part.movable() || list.length < 2 || !layout.isLive(list[0])) {
                continue;
            }
            int leader = list[0];
            for (int place = 1; place < list.length; place++) {
                int to = list[place];
                if (layout.isLive(to) && !inUse[leader][to]) {
                    inUse[leader][to] = layout.isInUse(led(layout, part, to));
                    if (offers[leader][to] == NONE || inUse[leader][to]) {
                        offers[leader][to] = index;
                    }
                }
            }
        }
        return offers;
    }

    /** The list with this follower first: it and the leader change places, or all before it step back when that list is in use. */
    private static int[] led(Layout layout, Layout.Part part, int to) {
        int place = Layout.place(part.now(), to);
        int[] swapped = part.now().clone();
        swapped[place] = swapped[0];
        swapped[0] = to;
        int[] shifted = part.now().clone();
        System.arraycopy(part.now(), 0, shifted, 1, place);
        shifted[0] = to;
        return layout.isInUse(shifted) && !layout.isInUse(swapped) ? shifted : swapped;
    }

    /** A short way from a broker to the one that leads fewest of those with fewer than {@code room}; empty when there is none. */
    private static List<Integer> path(Layout layout, int[][] offers, int from, long room) {
        int[] before = new int[layout.brokers()];
        Arrays.fill(before, NONE);
        before[from] = from;
        var queue = new ArrayDeque<Integer>(List.of(from));
        int end = NONE;
        while (!queue.isEmpty()) {
            int at = queue.remove();
            if (end != NONE && layout.leaders(at) >= layout.leaders(end)) {
                continue;
            }
            if (at != from && layout.leaders(at) < room) {
                end = at;
                continue;
            }
            for (int next = 0; next < before.length; next++) {
                if (offers[at][next] != NONE && before[next] == NONE) {
                    before[next] = at;
                    queue.add(next);
                }
            }
        }
        var path = new ArrayList<Integer>();
        for (int at = end; at != NONE && at != from; at = before[at]) {
            path.addFirst(at);
        }
        if (!path.isEmpty()) {
            path.addFirst(from);
        }
        return path;
    }

    private void follow(Layout layout, int[][] offers, List<Integer> path, Range range) {
        int first = path.getFirst();
        int last = path.getLast();
        boolean over = layout.leaders(first) > range.high();
        int named = over ? first : last;
        String reason = String.format(
                Locale.ROOT, "broker %d leads %d partitions, mean %.1f", layout.id(named),
                range.outside(atFirst[named]) > 0 ? atFirst[named] : layout.leaders(named), range.mean());
        for (int i = 0; i + 1 < path.size(); i++) {
            int index = offers[path.get(i)][path.get(i + 1)];
            layout.change(index, led(layout, layout.part(index), path.get(i + 1)), RANK, reason);
        }
    }
}
