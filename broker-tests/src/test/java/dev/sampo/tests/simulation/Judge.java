package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * Sees the whole cluster at every moment, which no broker can, and throws a {@link Violation} when what happens contradicts an
 * invariant.
 */
final class Judge implements MemoryLog.Watcher, Journal.Watcher {
    /**
     * A deposed leader may serve what it has for so long, if it was alive when another one was elected (C2): a lease, and the
     * time in which the image of the controller's node shows the election.
     */
    private static final long STALE_SERVICE = 10 * Timeline.SECONDS;

    /**
     * One that was fenced may, as long as a voter that does not know of it yet gives it a lease together with others: the
     * controller cannot reach it, so it cannot wait for it. It ends with the first heartbeat that meets a voter who knows.
     */
    private static final long FENCED_SERVICE = 3_500 * Timeline.MILLIS;

    private record Election(int epoch, int leader, long atMicros, boolean ofFencedLeader) {}

    private final Cluster cluster;
    private final Map<TopicIdPartition, PartitionTruth> truths = new TreeMap<>(Machine.BY_ID);
    private final Map<String, Map<Integer, Election>> elections = new HashMap<>(); // by group, by epoch
    private final Map<String, Set<Integer>> lostTails = new HashMap<>(); // by group: brokers that may miss what is committed
    private final Set<Integer> notRegisteredSince = new HashSet<>(); // brokers of which the journal does not know that they lost it
    private final Set<Uuid> topicIds = new HashSet<>();
    private final Set<Uuid> deletedTopics = new HashSet<>();
    private int term = -1;
    private long electionHash = 7;
    private boolean unclean;

    Judge(Cluster cluster) {
        this.cluster = cluster;
    }

    PartitionTruth truth(TopicIdPartition id) {
        return truths.computeIfAbsent(id, PartitionTruth::new);
    }

    Collection<PartitionTruth> truths() {
        return truths.values();
    }

    /** Of all elections so far: must not depend on wall clocks (invariant 43). */
    long electionHash() {
        return electionHash;
    }

    // ---- logs ----

    @Override
    public void appended(MemoryLog log, Batch batch) {
        truth(log.id()).appended(log, batch);
    }

    @Override
    public void truncated(MemoryLog log, List<Batch> removed) {
        truth(log.id()).truncated(log, removed);
    }

    @Override
    public void startMoved(MemoryLog log, long from) {
        if (log.logStartOffset() < from) {
            throw new Violation(17, "the log start offset of " + log.id() + " on broker " + log.brokerId() + " went back from "
                    + from + " to " + log.logStartOffset());
        }
    }

    @Override
    public long knownChain(MemoryLog log, Batch batch) {
        return truth(log.id()).knownChain(batch);
    }

    // ---- leaders ----

    /** A replica begins to serve as leader: invariants 4 and 27. */
    void leaderBegins(int broker, String groupId, int epoch, MemoryLog log) {
        Election election = elections.getOrDefault(groupId, Map.of()).get(epoch);
        if (election == null || election.leader() != broker) {
            throw new Violation(11, "broker " + broker + " leads " + log.id() + " in epoch " + epoch
                    + " of " + groupId + ", which was granted to " + election);
        }
        PartitionTruth truth = truth(log.id());
        boolean succeeded = elections.get(groupId).keySet().stream().anyMatch(later -> later > epoch);
        // One that slept through the election of its successor may begin; that it serves nobody is judged where it serves.
        if (!succeeded && !truth.isIn(log)) {
            throw new Violation(4, "broker " + broker + " begins to lead " + log.id() + " in epoch " + epoch
                    + " without all that is committed up to " + truth.committedEnd() + ": " + log + " but committed is "
                    + truth.allCommitted());
        }
    }

    void appendedAsLeader(int broker, TopicIdPartition id, Batch batch) {
        truth(id).appendedAsLeader(broker, batch);
    }

    /**
     * A leader's high watermark moved: invariants 6 and 10.
     *
     * @param counted the followers that the leader waits for
     */
    void highWatermark(int broker, String groupId, int epoch, MemoryLog log, long before, long now, Set<Integer> counted) {
        if (now < before) {
            throw new Violation(7, "the high watermark of " + log.id() + " on leader " + broker + " went back from " + before
                    + " to " + now);
        }
        if (now > log.logEndOffset()) {
            throw new Violation(6, "the high watermark of " + log.id() + " on leader " + broker + " is " + now
                    + ", its log ends at " + log.logEndOffset());
        }
        PlacementGroup group = cluster.journal().image().groups().get(groupId);
        boolean deleted = cluster.journal().image().topic(log.id().topicId()) == null; // which this leader has not heard of
        if (group != null && group.leaderEpoch() == epoch && now > before && !deleted) {
            for (int member : group.inSyncReplicas()) {
                requireCounted(broker, log, counted, member, group);
                requireHolds(6, broker, groupId, log, now, member);
            }
        }
        truth(log.id()).committed(log, now);
        if (cluster.groups().holds(log.id())) {
            cluster.groups().committed(truth(log.id()));
        }
    }

    private static void requireCounted(int broker, MemoryLog log, Set<Integer> counted, int member, PlacementGroup group) {
        if (member != broker && !counted.contains(member)) {
            throw new Violation(10, "leader " + broker + " of " + log.id() + " counts on " + counted + " only, the journal has "
                    + group.inSyncReplicas() + " in sync");
        }
    }

    private void requireHolds(int invariant, int broker, String groupId, MemoryLog log, long offset, int member) {
        if (member == broker || hasLostTail(groupId, member) || isDeleted(log.id().topicId())) {
            return;
        }
        MemoryLog copy = cluster.machine(member).logs.get(log.id());
        if (offset > 0 && (copy == null || copy.logEndOffset() < offset || (copy.chainUpTo(offset) != log.chainUpTo(offset)
                && copy.chainUpTo(offset) != 0 && log.chainUpTo(offset) != 0))) {
            throw new Violation(invariant, "leader " + broker + " believes " + log.id() + " up to " + offset + " on broker "
                    + member + ", which is in sync and has " + copy + "; the leader has " + log);
        }
    }

    /** An append is answered with success: invariants 5 and 13. */
    void acked(int broker, String groupId, int epoch, MemoryLog log, long baseOffset, long endOffset, boolean all,
            Set<Integer> counted, int minInSyncReplicas) {
        served(broker, groupId, epoch, log.id(), "acknowledges");
        electionHash = electionHash * 31 + baseOffset * 7 + broker;
        if (!all) {
            return;
        }
        if (counted.size() + 1 < minInSyncReplicas) {
            throw new Violation(5, "broker " + broker + " acknowledged " + log.id() + " " + baseOffset + ".." + endOffset
                    + " with followers " + counted + " in sync, min.insync.replicas is " + minInSyncReplicas);
        }
        if (endOffset <= truth(log.id()).deletedUpTo()) {
            return;
        }
        for (int member : counted) {
            PlacementGroup group = cluster.journal().image().groups().get(groupId);
            if (group != null && group.leaderEpoch() == epoch) { // else a newer leader may have let it truncate or lag
                requireHolds(5, broker, groupId, log, endOffset, member);
            }
        }
    }

    /** Acknowledging, or reading as leader: invariant 13. */
    void served(int broker, String groupId, int epoch, TopicIdPartition id, String what) {
        PartitionTruth truth = truth(id);
        if (epoch < truth.newestServedEpoch()) {
            Map<Integer, Election> ofGroup = elections.getOrDefault(groupId, Map.of());
            Election next = ofGroup.get(epoch + 1);
            if (next != null && broker != truth.newestServer() && cluster.time().nowMicros() - next.atMicros()
                    > (next.ofFencedLeader() ? FENCED_SERVICE : STALE_SERVICE)) {
                throw new Violation(13, "broker " + broker + " " + what + " " + id + " in epoch " + epoch + ", broker "
                        + truth.newestServer() + " has done so in epoch " + truth.newestServedEpoch() + "; the next one was "
                        + next);
            }
        }
        truth.served(broker, epoch);
    }

    // ---- machines ----

    /** A machine lost what was not forced, or its disk. */
    void lostTail(int broker) {
        notRegisteredSince.add(broker);
        for (PlacementGroup group : cluster.journal().image().groups().values()) {
            if (group.replicas().contains(broker)) {
                lostTails.computeIfAbsent(group.id(), key -> new HashSet<>()).add(broker);
            }
        }
    }

    boolean hasLostTail(String groupId, int broker) {
        return lostTails.getOrDefault(groupId, Set.of()).contains(broker);
    }

    /** Whether one more broker may lose its tail without breaking D3: fewer than min.insync.replicas have then. */
    boolean mayLoseTail(int broker, int minInSyncReplicas) {
        var unknown = new HashSet<>(notRegisteredSince);
        unknown.add(broker);
        cluster.machines().stream().filter(Machine::mayTellOfLoss).forEach(machine -> unknown.add(machine.id));
        if (unknown.size() > minInSyncReplicas - 1) {
            return false; // of a group that does not exist yet
        }
        for (PlacementGroup group : cluster.journal().image().groups().values()) {
            if (group.replicas().contains(broker)) {
                var lost = new HashSet<>(lostTails.getOrDefault(group.id(), Set.of()));
                lost.add(broker);
                if (lost.size() > minInSyncReplicas - 1) {
                    return false;
                }
            }
        }
        return true;
    }

    // ---- journal ----

    @Override
    public void committed(MetadataImage before, ControllerEvent event, MetadataImage now, int eventTerm) {
        if (eventTerm < term || (eventTerm > term && !(event instanceof ControllerEvent.EpochStarted))) {
            throw new Violation(22, "the journal of term " + term + " got " + event + " of term " + eventTerm + " at offset "
                    + now.offset());
        }
        term = eventTerm;
        switch (event) {
            case ControllerEvent.LeaderElected e -> elected(before, e);
            case ControllerEvent.InSyncReplicasChanged e -> inSyncChanged(before, e, now);
            case ControllerEvent.TopicCreated e -> {
                cluster.reach().hit(Reach.Point.TOPIC_CREATED);
                if (!topicIds.add(e.topicId())) {
                    throw new Violation(27, "topic id " + e.topicId() + " is used twice");
                }
            }
            case ControllerEvent.TopicDeleted e -> {
                cluster.reach().hit(Reach.Point.TOPIC_DELETED);
                deletedTopics.add(e.topicId());
            }
            case ControllerEvent.PlacementGroupCreated e -> e.replicas().stream().filter(notRegisteredSince::contains)
                    .forEach(broker -> lostTails.computeIfAbsent(e.groupId(), key -> new HashSet<>()).add(broker));
            case ControllerEvent.BrokerRegistered e -> {
                Machine machine = cluster.machine(e.brokerId());
                if (machine.running() && machine.process.processId.equals(e.processId())) { // else it was an earlier life's
                    notRegisteredSince.remove(e.brokerId());
                }
                if (e.incarnation() <= before.brokerRegistrations()) {
                    throw new Violation(24, "incarnation " + e.incarnation() + " of broker " + e.brokerId() + " is not new");
                }
            }
            case ControllerEvent.BrokerFenced e -> {
                cluster.reach().hit(Reach.Point.BROKER_FENCED);
                MetadataImage.Broker broker = before.brokers().get(e.brokerId());
                if (broker == null || broker.incarnation() != e.incarnation()) {
                    throw new Violation(24, "incarnation " + e.incarnation() + " is fenced, live is " + broker);
                }
            }
            default -> {
                // nothing that could go wrong alone
            }
        }
    }

    boolean isDeleted(Uuid topicId) {
        return deletedTopics.contains(topicId);
    }

    /** Invariants 11 and 12. */
    private void elected(MetadataImage before, ControllerEvent.LeaderElected e) {
        PlacementGroup group = before.groups().get(e.groupId());
        cluster.reach().hit(Reach.Point.LEADER_ELECTED);
        electionHash = electionHash * 31 + e.leader() * 1_000L + e.leaderEpoch();
        if (e.leaderEpoch() <= group.leaderEpoch()) {
            throw new Violation(1, "epoch " + e.leaderEpoch() + " of " + e.groupId() + " is given again");
        }
        boolean inSync = group.inSyncReplicas().contains(e.leader());
        if (!inSync && !group.eligible().contains(e.leader())) {
            throw new Violation(11, "broker " + e.leader() + " is elected out of " + group);
        }
        MetadataImage.Broker leader = before.brokers().get(e.leader());
        Machine machine = cluster.machine(e.leader());
        boolean alive = leader != null && machine.running() && machine.process.incarnation() == leader.incarnation();
        boolean lost = alive && hasLostTail(e.groupId(), e.leader()); // else it asked before it died, and never acts in this epoch
        if (lost && before.partitionsOf(e.groupId()).stream().anyMatch(id -> misses(machine, id))) {
            throw new Violation(12, "broker " + e.leader() + ", which has lost its tail, is elected out of " + group);
        }
        if (!inSync) {
            cluster.reach().hit(Reach.Point.ELECTED_FROM_ELIGIBLE);
        }
        if (!lostTails.getOrDefault(e.groupId(), Set.of()).isEmpty()) {
            cluster.reach().hit(Reach.Point.ELECTED_AFTER_POWER_CUT);
        }
        if (leader == null || leader.fenced()) {
            throw new Violation(24, "broker " + e.leader() + " is elected, but not live: " + leader);
        }
        boolean fenced = group.leader() < 0;
        if (!fenced && group.leader() != e.leader()) {
            cluster.reach().hit(Reach.Point.LEADER_DEPOSED);
        }
        elections.computeIfAbsent(e.groupId(), key -> new HashMap<>())
                .put(e.leaderEpoch(), new Election(e.leaderEpoch(), e.leader(), cluster.time().nowMicros(), fenced));
    }

    private boolean misses(Machine machine, TopicIdPartition id) {
        PartitionTruth truth = truth(id);
        MemoryLog copy = machine.logs.get(id);
        return truth.committedEnd() > 0 && truth.committedEnd() > truth.deletedUpTo() && (copy == null || !truth.isIn(copy));
    }

    /** Invariant 12, and that who comes in has all that is committed. */
    private void inSyncChanged(MetadataImage before, ControllerEvent.InSyncReplicasChanged e, MetadataImage now) {
        PlacementGroup group = before.groups().get(e.groupId());
        int minimum = cluster.plan().minInSyncReplicas();
        if (e.inSyncReplicas().size() < group.inSyncReplicas().size()) {
            cluster.reach().hit(Reach.Point.ISR_SHRANK);
            if (e.inSyncReplicas().size() < minimum) {
                cluster.reach().hit(Reach.Point.ISR_BELOW_MINIMUM);
            }
        }
        for (int member : e.inSyncReplicas()) {
            if (group.inSyncReplicas().contains(member)) {
                continue;
            }
            cluster.reach().hit(Reach.Point.ISR_EXPANDED);
            MetadataImage.Broker registered = now.brokers().get(member);
            Machine machine = cluster.machine(member);
            if (!machine.running() || registered == null || machine.process.incarnation() != registered.incarnation()) {
                if (hasLostTail(e.groupId(), member) && registered != null && machine.process != null
                        && machine.process.incarnation() > registered.incarnation()) {
                    throw new Violation(24, "an earlier life of broker " + member + " comes into " + group);
                }
                continue; // it died on the way; its next life has to say so
            }
            for (TopicIdPartition id : now.partitionsOf(e.groupId())) {
                PartitionTruth truth = truth(id);
                MemoryLog copy = machine.logs.get(id);
                if (misses(machine, id)) {
                    throw new Violation(12, "broker " + member + " comes into " + group + " without all that is committed of "
                            + id + " up to " + truth.committedEnd() + ": it has " + copy);
                }
            }
            lostTails.getOrDefault(e.groupId(), new HashSet<>()).remove(member);
        }
    }
}
