package dev.sampo.partition.balance;

import dev.sampo.partition.balance.BalancePlan.Load;
import dev.sampo.partition.balance.ClusterPicture.Broker;
import dev.sampo.partition.balance.ClusterPicture.State;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Who holds what while a plan is made. Brokers are their places in the order of their ids, partitions theirs in the order of
 * topic and number. Used for one plan and thrown away.
 */
final class Layout {
    /** A replica list that is not in use yet weighs as much as copying this, since it needs a placement group. */
    static final long NEW_LIST_BYTES = 64L << 20;

    private static final double COUNT_SHARE = 0.05;
    private static final double BYTE_SHARE = 0.15;
    private static final long LEAST_BYTES = 64L << 20;

    /** One partition: where it was, where it is now. */
    static final class Part {
        private final ClusterPicture.Partition partition;
        private final int[] original;
        private int[] now;
        private int rank = Integer.MAX_VALUE;
        private final Set<String> reasons = new LinkedHashSet<>();

        Part(ClusterPicture.Partition partition, int[] original) {
            this.partition = partition;
            this.original = original;
            this.now = original;
        }

        String topic() {
            return partition.topic();
        }

        int partition() {
            return partition.partition();
        }

        long size() {
            return partition.sizeBytes();
        }

        boolean movable() {
            return !partition.moving();
        }

        int[] original() {
            return original;
        }

        int[] now() {
            return now;
        }

        int rank() {
            return rank;
        }

        String reason() {
            return String.join("; ", reasons);
        }

        /** Bytes that its move copies. */
        long copied() {
            return copied(now);
        }

        /** Bytes that a move to this list would copy, counted from where it was. */
        long copied(int[] list) {
            int added = 0;
            for (int broker : list) {
                added += place(original, broker) < 0 ? 1 : 0;
            }
            return size() * added;
        }
    }

    /** A list as a key: lists are looked up for each candidate of each step. */
    private static final class ListKey {
        private final int[] list;

        ListKey(int[] list) {
            this.list = list;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ListKey key && Arrays.equals(list, key.list);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(list);
        }
    }

    private final int[] ids;
    private final Broker[] brokers;
    private final int[] racks;
    private final Set<Integer> liveRacks;
    private final Part[] parts;
    private final BitSet[] held;
    private final int[] replicas;
    private final int[] leaders;
    private final long[] bytes;
    private final Map<ListKey, Integer> lists = new HashMap<>();

    Layout(ClusterPicture picture) {
        var byId = new TreeMap<Integer, Broker>();
        picture.partitions().forEach(partition -> partition.replicas().forEach(
                id -> byId.put(id, new Broker(id, null, State.DOWN)))); // one that nobody knows
        picture.brokers().forEach(broker -> byId.put(broker.id(), broker));
        ids = byId.keySet().stream().mapToInt(Integer::intValue).toArray();
        brokers = byId.values().toArray(new Broker[0]);
        racks = racks(brokers);
        liveRacks = IntStream.range(0, ids.length).filter(this::isLive).mapToObj(broker -> racks[broker])
                .collect(Collectors.toSet());
        held = IntStream.range(0, ids.length).mapToObj(broker -> new BitSet()).toArray(BitSet[]::new);
        replicas = new int[ids.length];
        leaders = new int[ids.length];
        bytes = new long[ids.length];
        parts = picture.partitions().stream()
                .sorted(Comparator.comparing(ClusterPicture.Partition::topic)
                        .thenComparingInt(ClusterPicture.Partition::partition))
                .map(partition -> new Part(
                        partition, partition.replicas().stream().mapToInt(id -> Arrays.binarySearch(ids, id)).toArray()))
                .toArray(Part[]::new);
        for (int index = 0; index < parts.length; index++) {
            count(index, 1);
        }
    }

    private static int[] racks(Broker[] brokers) {
        var numbers = new HashMap<String, Integer>();
        return Arrays.stream(brokers).mapToInt(broker -> {
            String rack = broker.rack() == null ? "\0" + broker.id() : broker.rack();
            int number = numbers.getOrDefault(rack, numbers.size());
            numbers.put(rack, number);
            return number;
        }).toArray();
    }

    private void count(int index, int sign) {
        Part part = parts[index];
        for (int place = 0; place < part.now.length; place++) {
            int broker = part.now[place];
            held[broker].set(index, sign > 0);
            replicas[broker] += sign;
            bytes[broker] += sign * part.size();
            leaders[broker] += place == 0 ? sign : 0;
        }
        var list = new ListKey(part.now);
        int uses = lists.getOrDefault(list, 0) + sign;
        if (uses == 0) {
            lists.remove(list);
        } else {
            lists.put(list, uses);
        }
    }

    int brokers() {
        return ids.length;
    }

    int id(int broker) {
        return ids[broker];
    }

    @Nullable String rackName(int broker) {
        return brokers[broker].rack();
    }

    int rack(int broker) {
        return racks[broker];
    }

    State state(int broker) {
        return brokers[broker].state();
    }

    boolean isLive(int broker) {
        return state(broker) == State.LIVE;
    }

    /** Live brokers, in this order. */
    int[] live(Comparator<Integer> order) {
        return IntStream.range(0, ids.length).filter(this::isLive).boxed().sorted(order).mapToInt(Integer::intValue).toArray();
    }

    int parts() {
        return parts.length;
    }

    Part part(int index) {
        return parts[index];
    }

    /** Places of the partitions on a broker. */
    IntStream on(int broker) {
        return held[broker].stream();
    }

    boolean holds(int broker, int index) {
        return held[broker].get(index);
    }

    int replicas(int broker) {
        return replicas[broker];
    }

    int leaders(int broker) {
        return leaders[broker];
    }

    long bytes(int broker) {
        return bytes[broker];
    }

    private long overLive(IntToLongFunction amount) {
        return IntStream.range(0, ids.length).filter(this::isLive).mapToLong(amount).sum();
    }

    private int liveCount() {
        return (int) IntStream.range(0, ids.length).filter(this::isLive).count();
    }

    long liveReplicas() {
        return overLive(broker -> replicas[broker]);
    }

    Range replicaRange() {
        return Range.around(liveReplicas(), liveCount(), COUNT_SHARE, 1);
    }

    Range leaderRange() {
        return Range.around(overLive(broker -> leaders[broker]), liveCount(), COUNT_SHARE, 1);
    }

    Range byteRange() {
        return Range.around(overLive(broker -> bytes[broker]), liveCount(), BYTE_SHARE, LEAST_BYTES);
    }

    int distinctRacks(int[] list) {
        int distinct = 0;
        for (int i = 0; i < list.length; i++) {
            boolean known = false;
            for (int before = 0; before < i && !known; before++) {
                known = racks[list[before]] == racks[list[i]];
            }
            distinct += known ? 0 : 1;
        }
        return distinct;
    }

    /** Racks that the partition could be on beyond those it is on. */
    int missingRacks(Part part) {
        int distinct = distinctRacks(part.now);
        if (distinct == part.now.length) {
            return 0;
        }
        var possible = new HashSet<>(liveRacks);
        Arrays.stream(part.now).forEach(broker -> possible.add(racks[broker]));
        return Math.min(part.now.length, possible.size()) - distinct;
    }

    /** The list with another broker in one's place, null when the broker is in it or fewer racks would be. */
    int @Nullable [] replaced(Part part, int from, int to) {
        if (place(part.now, to) >= 0) {
            return null;
        }
        int[] list = with(part.now, place(part.now, from), to);
        return distinctRacks(list) < distinctRacks(part.now) ? null : list;
    }

    static int[] with(int[] list, int place, int broker) {
        int[] changed = list.clone();
        changed[place] = broker;
        return changed;
    }

    static int place(int[] list, int broker) {
        for (int place = 0; place < list.length; place++) {
            if (list[place] == broker) {
                return place;
            }
        }
        return -1;
    }

    boolean isInUse(int[] list) {
        return lists.containsKey(new ListKey(list));
    }

    /** What a change of a partition's list costs, in bytes; less than 0 when it takes a move back. */
    long cost(Part part, int[] list) {
        return part.copied(list) - part.copied() + (isInUse(list) ? 0 : NEW_LIST_BYTES);
    }

    /** Gives a partition another list. {@code rank} is the goal's place. */
    void change(int index, int[] list, int rank, String reason) {
        count(index, -1);
        Part part = parts[index];
        part.now = list;
        part.rank = Math.min(part.rank, rank);
        part.reasons.add(reason);
        count(index, 1);
    }

    List<Part> changed() {
        return Arrays.stream(parts).filter(part -> !Arrays.equals(part.now, part.original)).toList();
    }

    List<Load> loads() {
        var loads = new ArrayList<Load>();
        for (int broker = 0; broker < ids.length; broker++) {
            loads.add(new Load(replicas[broker], leaders[broker], bytes[broker]));
        }
        return loads;
    }

    int listsInUse() {
        return lists.size();
    }

    List<Integer> ids(int[] list) {
        return Arrays.stream(list).mapToObj(broker -> ids[broker]).toList();
    }
}
