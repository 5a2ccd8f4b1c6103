package dev.sampo.partition.placement;

import dev.sampo.partition.controller.ControllerEvent.PlacementGroupCreated;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which placement group holds a new partition. Used for one topic and thrown away; pure.
 *
 * <p>Live brokers that are neither drained nor stopping stand in a ring that alternates racks. The replica list that starts at a broker takes the next
 * brokers of the ring, other racks first, so there are as many sets of brokers as brokers: few ways to lose every
 * copy at once (copysets). Several groups (stripes) share a list, made on demand; their followers stand in rotating
 * order so that a lost leader's load spreads. All stripes together number at most
 * {@code min(256, max(4 x brokers, partitions / 200))} per replication factor, since each is a shard.
 */
public final class PlacementGroups {
    /** More shards than this cost more than they bring; only a new replica list may make another group. */
    public static final int SOFT_LIMIT = 256;

    /** Sharding does not carry more: a new replica list is refused. */
    public static final int HARD_LIMIT = 1024;

    private static final int GROUPS_PER_BROKER = 4;
    private static final int PARTITIONS_PER_GROUP = 200;

    /** The replication factor or the replica list cannot be had; the message says why. */
    public static final class PlacementException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        PlacementException(String message) {
            super(message);
        }
    }

    private final List<Integer> ring;
    private final List<Integer> spare; // dead or stopping: they may hold copies where the others do not suffice
    private final Map<Integer, String> racks = new HashMap<>();
    private final Map<List<Integer>, List<String>> groupsByList = new HashMap<>();
    private final Map<String, Integer> load = new HashMap<>(); // partitions by group id
    private final Map<Integer, Integer> preferredLeaders = new HashMap<>(); // partitions by first broker
    private final List<PlacementGroupCreated> created = new ArrayList<>();
    private final MetadataImage image;
    private int partitions;

    /** Over the groups and live brokers of {@code image}. */
    public PlacementGroups(MetadataImage image) {
        this.image = image;
        this.ring = ring(image);
        this.spare = image.brokers().values().stream()
                .filter(broker -> !broker.drained() && (broker.fenced() || broker.shuttingDown()))
                .map(Broker::id)
                .sorted()
                .toList();
        for (int number = 0; number < image.groups().size(); number++) {
            PlacementGroup group = image.groups().get("g" + number);
            if (group == null) {
                throw new IllegalStateException("placement groups are not dense: g" + number + " is missing");
            }
            groupsByList.computeIfAbsent(group.replicas(), list -> new ArrayList<>()).add(group.id());
            count(group.id(), group.replicas(), image.partitionsOf(group.id()).size());
        }
    }

    /** Groups made so far, to be journaled before the topic. */
    public List<PlacementGroupCreated> created() {
        return List.copyOf(created);
    }

    /**
     * Groups for {@code count} new partitions of one topic, leaders spread evenly.
     *
     * @param existing groups of the partitions that the topic has already
     * @throws PlacementException no broker lives, or fewer are registered than the replication factor
     */
    public List<String> place(int count, int replicationFactor, List<String> existing) {
        if (ring.isEmpty()) {
            throw new PlacementException(image.brokers().values().stream().allMatch(Broker::fenced)
                    ? "All brokers are currently fenced."
                    : "All brokers are currently fenced, or have all their log directories cordoned.");
        }
        if (replicationFactor > ring.size() + spare.size()) {
            throw new PlacementException("The target replication factor of " + replicationFactor
                    + " cannot be reached because only " + (ring.size() + spare.size()) + " broker(s) are registered.");
        }
        var families = new LinkedHashMap<Integer, List<List<Integer>>>(); // by first broker: its replica lists
        for (int start = 0; start < ring.size(); start++) {
            families.put(ring.get(start), rotations(window(start, replicationFactor)));
        }
        Map<Integer, Integer> ofTopic = new HashMap<>(); // partitions of this topic by first broker
        for (String groupId : existing) {
            PlacementGroup group = image.groups().get(groupId);
            if (group != null) {
                ofTopic.merge(group.replicas().getFirst(), 1, Integer::sum);
            }
        }
        var result = new ArrayList<String>(count);
        Comparator<Integer> leastLed = Comparator
                .comparing((Integer broker) -> ofTopic.getOrDefault(broker, 0))
                .thenComparing(broker -> preferredLeaders.getOrDefault(broker, 0));
        int target = stripesPerFamily(partitions + count);
        for (int i = 0; i < count; i++) {
            Integer first = families.keySet().stream().min(leastLed).orElseThrow(); // the first of equals, in ring order
            ofTopic.merge(first, 1, Integer::sum);
            result.add(leastLoaded(families.getOrDefault(first, List.of()), target));
        }
        return result;
    }

    /**
     * The group for a partition whose replica list an administrator gave.
     *
     * @throws PlacementException the cluster has as many groups as it can carry
     */
    public String forReplicas(List<Integer> replicas) {
        return leastLoaded(List.of(List.copyOf(replicas)), stripesPerFamily(partitions + 1));
    }

    /** The group with the fewest partitions among these lists, or a new one while that helps and is allowed. */
    private String leastLoaded(List<List<Integer>> lists, int target) {
        String best = null;
        int groups = 0;
        for (List<Integer> list : lists) {
            for (String groupId : groupsByList.getOrDefault(list, List.of())) {
                groups++;
                if (best == null || load(groupId) < load(best)) {
                    best = groupId;
                }
            }
        }
        int all = image.groups().size() + created.size();
        if (best == null || (load(best) > 0 && groups < target && all < SOFT_LIMIT)) {
            if (all >= HARD_LIMIT) {
                throw new PlacementException("The cluster has " + all + " placement groups, one for each distinct"
                        + " replica list, and carries no more: use a replica list that exists already.");
            }
            best = create(lists.get(groups % lists.size()));
        }
        List<Integer> replicas = replicas(best);
        count(best, replicas, 1);
        return best;
    }

    private String create(List<Integer> replicas) {
        String groupId = "g" + (image.groups().size() + created.size());
        List<String> stripes = groupsByList.computeIfAbsent(replicas, list -> new ArrayList<>());
        List<Integer> inSync = replicas.stream().filter(image::isLive).toList();
        created.add(new PlacementGroupCreated(groupId, replicas, stripes.size(), inSync));
        stripes.add(groupId);
        return groupId;
    }

    private List<Integer> replicas(String groupId) {
        PlacementGroup group = image.groups().get(groupId);
        if (group != null) {
            return group.replicas();
        }
        int number = Integer.parseInt(groupId, 1, groupId.length(), 10);
        return created.get(number - image.groups().size()).replicas();
    }

    private void count(String groupId, List<Integer> replicas, int added) {
        load.merge(groupId, added, Integer::sum);
        preferredLeaders.merge(replicas.getFirst(), added, Integer::sum);
        partitions += added;
    }

    private int load(String groupId) {
        return load.getOrDefault(groupId, 0);
    }

    private int stripesPerFamily(int partitionsThen) {
        int brokers = Math.max(1, ring.size());
        int groups = Math.min(SOFT_LIMIT, Math.max(GROUPS_PER_BROKER * brokers,
                Math.ceilDiv(partitionsThen, PARTITIONS_PER_GROUP)));
        return Math.ceilDiv(groups, brokers);
    }

    /** Brokers that take partitions now, racks taking turns; a broker without a rack is a rack of its own. */
    private List<Integer> ring(MetadataImage image) {
        var byRack = new TreeMap<String, ArrayList<Integer>>();
        for (Broker broker : image.brokers().values()) {
            if (!broker.fenced() && !broker.drained() && !broker.shuttingDown()) {
                String rack = broker.rack() == null ? "\0" + broker.id() : broker.rack();
                racks.put(broker.id(), rack);
                byRack.computeIfAbsent(rack, r -> new ArrayList<>()).add(broker.id());
            }
        }
        byRack.values().forEach(brokers -> brokers.sort(null));
        var order = new ArrayList<Integer>();
        for (int turn = 0; order.size() < racks.size(); turn++) {
            for (List<Integer> brokers : byRack.values()) {
                if (turn < brokers.size()) {
                    order.add(brokers.get(turn));
                }
            }
        }
        return order;
    }

    /** Replicas from the ring's place {@code start} on: each rack once before any rack twice, and so on. */
    private List<Integer> window(int start, int replicationFactor) {
        var replicas = new ArrayList<Integer>(replicationFactor);
        Set<String> used = new HashSet<>();
        int living = Math.min(replicationFactor, ring.size());
        while (replicas.size() < living) {
            for (int i = 0; i < ring.size() && replicas.size() < living; i++) {
                Integer broker = ring.get((start + i) % ring.size());
                if (!replicas.contains(broker) && used.add(racks.getOrDefault(broker, ""))) {
                    replicas.add(broker);
                }
            }
            used.clear();
        }
        for (int i = 0; replicas.size() < replicationFactor; i++) {
            replicas.add(spare.get((start + i) % spare.size()));
        }
        return List.copyOf(replicas);
    }

    /** The list with its followers rotated: as many lists as followers, all with the same leader. */
    private static List<List<Integer>> rotations(List<Integer> replicas) {
        int followers = replicas.size() - 1;
        if (followers < 2) {
            return List.of(replicas);
        }
        var result = new ArrayList<List<Integer>>(followers);
        for (int shift = 0; shift < followers; shift++) {
            var list = new ArrayList<Integer>(replicas.size());
            list.add(replicas.getFirst());
            for (int i = 0; i < followers; i++) {
                list.add(replicas.get(1 + (shift + i) % followers));
            }
            result.add(List.copyOf(list));
        }
        return result;
    }
}
