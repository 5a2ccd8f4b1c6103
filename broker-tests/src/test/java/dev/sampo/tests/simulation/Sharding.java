package dev.sampo.tests.simulation;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.placement.GroupHosts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A model of Pekko Cluster and Cluster Sharding, as far as they decide where sentinels run: members, an oldest one that allocates by
 * the production {@link GroupHosts}, hand-offs, downing. All of it is a hint: it is wrong at times, and must be harmless then.
 */
final class Sharding {
    private record Member(BrokerProcess process, long number) {}

    private final Cluster cluster;
    private final Dice dice;
    private final TreeMap<Integer, Member> members = new TreeMap<>(); // by broker id
    private final TreeMap<Integer, Long> cutOffSince = new TreeMap<>();
    private final TreeMap<String, Integer> homes = new TreeMap<>();
    private final Set<BrokerProcess> downing = new HashSet<>();
    private final TreeSet<String> moving = new TreeSet<>();
    private long joins;
    private long coordinatorSince;
    private int coordinator = -1;

    Sharding(Cluster cluster, Dice dice) {
        this.cluster = cluster;
        this.dice = dice;
    }

    void start() {
        tick();
        rebalance();
    }

    void joined(BrokerProcess process) {
        Member before = members.put(process.brokerId(), new Member(process, joins++));
        if (before != null && before.process() != process) {
            homes.values().removeIf(home -> home == process.brokerId());
        }
    }

    /** The controller's monitor fenced a broker and takes it out of the cluster. */
    void downed(BrokerProcess process) {
        Member member = members.get(process.brokerId());
        if (member != null && member.process() == process && downing.add(process)) {
            cluster.time().after(dice.between(20, 400) * Timeline.MILLIS, () -> {
                remove(process.brokerId(), member);
                downing.remove(process);
                cluster.removedFromCluster(process);
            });
        }
    }

    /** By broker id. */
    Map<Integer, BrokerProcess> members() {
        var processes = new TreeMap<Integer, BrokerProcess>();
        members.forEach((id, member) -> processes.put(id, member.process()));
        return processes;
    }

    private void remove(int brokerId, Member member) {
        if (members.get(brokerId) == member) {
            members.remove(brokerId);
            homes.values().removeIf(home -> home == brokerId);
            cluster.trace(() -> "pekko: broker " + brokerId + " is removed");
        }
    }

    private void tick() {
        cluster.time().after(500 * Timeline.MILLIS, this::tick);
        long now = cluster.time().nowMicros();
        for (Member member : List.copyOf(members.values())) {
            int id = member.process().brokerId();
            int reached = 1;
            for (int other : members.keySet()) {
                if (other != id && cluster.network().openBothWays(id, other) && cluster.machine(other).awake()) {
                    reached++;
                }
            }
            if (member.process().alive() && !member.process().paused() && reached > members.size() / 2) {
                cutOffSince.remove(id);
            } else if (now - cutOffSince.computeIfAbsent(id, key -> now) > 11 * Timeline.SECONDS && members.size() > 1) {
                cutOffSince.remove(id);
                remove(id, member);
                cluster.removedFromCluster(member.process());
            }
        }
        int oldest = oldest();
        if (oldest != coordinator) {
            coordinator = oldest;
            coordinatorSince = now + dice.between(100, 2_000) * Timeline.MILLIS; // it takes its state over
        }
    }

    private int oldest() {
        int oldest = -1;
        long number = Long.MAX_VALUE;
        for (Member member : members.values()) {
            if (member.number() < number && member.process().alive() && !member.process().paused()) {
                number = member.number();
                oldest = member.process().brokerId();
            }
        }
        return oldest;
    }

    private @Nullable BrokerProcess coordinator() {
        Member member = members.get(coordinator);
        return member == null || cluster.time().nowMicros() < coordinatorSince || !member.process().alive()
                || member.process().paused() ? null : member.process();
    }

    /** A message to the sentinel of a group, from the region of a broker. */
    void ensureLeader(BrokerProcess from, String groupId) {
        BrokerProcess at = coordinator();
        if (at == null || moving.contains(groupId) || !cluster.network().openBothWays(from.brokerId(), at.brokerId())) {
            return; // buffered until it is too late; the watcher asks again
        }
        Integer home = homes.get(groupId);
        if (home == null) {
            OptionalInt host = GroupHosts.host(at.image(), groupId, reachable(), topic -> false);
            if (host.isEmpty()) {
                return;
            }
            home = host.getAsInt();
            homes.put(groupId, home);
        }
        deliver(from.brokerId(), home, groupId);
    }

    private void deliver(int from, int home, String groupId) {
        cluster.network().send(from, home, Network.Channel.CONTROL,
                () -> cluster.toProcess(home, host -> host.ensureLeader(groupId)));
    }

    private HashSet<Integer> reachable() {
        var reachable = new HashSet<Integer>();
        members.forEach((id, member) -> {
            if (!cutOffSince.containsKey(id)) {
                reachable.add(id);
            }
        });
        return reachable;
    }

    private void rebalance() {
        cluster.time().after(2 * Timeline.SECONDS, this::rebalance);
        BrokerProcess at = coordinator();
        if (at == null) {
            return;
        }
        var allocations = new TreeMap<Integer, List<String>>();
        members.keySet().forEach(id -> allocations.put(id, new ArrayList<>()));
        homes.forEach((group, home) -> allocations.computeIfAbsent(home, key -> new ArrayList<>()).add(group));
        var order = new TreeSet<>(GroupHosts.moves(at.image(), allocations, !cutOffSince.isEmpty(), moving, 10, broker -> true,
                topic -> false));
        order.forEach(this::move);
    }

    /** Hand-off: the group stops where it is; the next message starts it elsewhere. */
    void move(String groupId) {
        Integer home = homes.get(groupId);
        if (home == null || !moving.add(groupId)) {
            return;
        }
        cluster.time().after(dice.between(1, 200) * Timeline.MILLIS, () -> {
            cluster.toProcess(home, host -> host.stopGroup(groupId));
            homes.remove(groupId);
            moving.remove(groupId);
        });
    }

    /** Pekko runs a second copy of a group's sentinel, where a replica is or is not. */
    void secondCopy(Dice act) {
        MetadataImage image = cluster.journal().image();
        if (!image.groupPartitions().isEmpty()) {
            List<String> groups = new ArrayList<>(new TreeSet<>(image.groupPartitions().keySet()));
            String group = act.pick(groups);
            int broker = act.pick(image.groups().get(group).replicas());
            cluster.reach().hit(Reach.Point.SECOND_SENTINEL);
            cluster.toProcess(broker, host -> host.ensureLeader(group));
        }
    }

    /** What each member should stop since it runs elsewhere as well: when Pekko is whole again. */
    void settle() {
        for (Member member : members.values()) {
            for (String group : List.copyOf(member.process().hosted())) {
                Integer home = homes.get(group);
                if (home != null && home != member.process().brokerId()) {
                    member.process().deliver(() -> member.process().stopGroup(group));
                }
            }
        }
    }

    @Override
    public String toString() {
        return "members " + members.keySet() + " cut off " + cutOffSince.keySet() + " coordinator " + coordinator + " homes "
                + homes + " moving " + moving;
    }
}
