package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.Command;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.Reply;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.partition.sharding.GroupWatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One broker process: what {@code SampoBroker} wires together. Its session, the sentinels and leaders of the groups that sharding
 * put here, the followers of the groups that the image puts here, and the controller while this node leads the metadata log.
 */
final class BrokerProcess extends Process {
    private static final long WATCH_INTERVAL = 1 * Timeline.SECONDS;
    private static final long WALL_MS = 1_700_000_000_000L;

    final Uuid processId;
    private final Cluster cluster;
    private final Machine machine;
    private final LeaderLease lease;
    private final Session session;
    private final LogPlaces logs;
    private final Followers followers;
    private final Coordinators coordinators;
    private final TreeMap<String, SentinelShell> sentinels = new TreeMap<>();
    private final TreeMap<TopicIdPartition, LeaderShell> registry = new TreeMap<>(Machine.BY_ID);
    private MetadataImage image = MetadataImage.EMPTY;
    private @Nullable Controller controller;
    private int term = -1;
    private boolean serving;
    private final long wallMs; // of the monotonic clock's zero, as it was at the start

    BrokerProcess(Cluster cluster, Machine machine, Uuid processId) {
        super(cluster.time());
        this.cluster = cluster;
        this.machine = machine;
        this.processId = processId;
        this.lease = new LeaderLease(this::nanos);
        this.logs = new LogPlaces(this, cluster);
        this.followers = new Followers(this, cluster);
        this.coordinators = new Coordinators(this, cluster);
        this.wallMs = WALL_MS + machine.wallOffsetMs;
        this.session = new Session(this, cluster, lease);
    }

    void start(boolean lostTail) {
        session.start(lostTail);
        timer(100 * Timeline.MILLIS, this::watch);
        checkpoint();
        flushNowAndThen();
    }

    Machine machine() {
        return machine;
    }

    int brokerId() {
        return machine.id;
    }

    /** -1 until it is registered. */
    long incarnation() {
        return session.incarnation();
    }

    LogPlaces logs() {
        return logs;
    }

    Session session() {
        return session;
    }

    MetadataImage image() {
        return image;
    }

    @Nullable Controller controller() {
        return controller;
    }

    @Override
    long trueMicros(long localMicros) {
        return machine.trueMicros(localMicros);
    }

    private long nanos() {
        long nanos = machine.nanos(time().nowMicros());
        return cluster.planted(Mutant.LEASE_BY_WALL_CLOCK) ? nanos + machine.wallOffsetMs * 1_000_000 : nanos;
    }

    long localNanos() {
        return machine.nanos(time().nowMicros());
    }

    /** The monotonic clock. */
    long nowMs() {
        return localNanos() / 1_000_000;
    }

    /** The clock of groups: the wall clock of the start, carried on by the monotonic one. */
    long groupMs() {
        return wallMs + nowMs();
    }

    boolean leaseHolds() {
        return cluster.planted(Mutant.NO_LEASE) || lease.holds();
    }

    // ---- metadata ----

    /** Entries of the metadata log arrived. */
    void onImage(long offset) {
        if (offset <= image.offset() && !cluster.planted(Mutant.IMAGE_GOES_BACK)) {
            return;
        }
        MetadataImage before = image;
        image = cluster.journal().imageAt(offset);
        session.onImage(image);
        coordinators.onImage(image);
        if (!alive() || !serving) {
            return;
        }
        changed(before);
    }

    private void changed(MetadataImage before) {
        followers.onImage(image);
        tellHandedOff();
        sentinels.values().forEach(SentinelShell::imageChanged);
        if (GroupWatch.concerns(before, image)) {
            GroupWatch.leaderless(image, brokerId(), topic -> false).forEach(group -> cluster.sharding().ensureLeader(this, group));
        }
    }

    private void tellHandedOff() {
        for (LeaderShell leader : List.copyOf(registry.values())) {
            if (leader.isHandedOff()) {
                GroupWatch.toHandedOff(image, brokerId(), leader.id(), leader.epoch(), (now, topic) -> cluster.topicSettings())
                        .forEach(leader::tell);
            }
        }
        registry.values().removeIf(LeaderShell::isStopped);
    }

    /** It is registered, and its image shows it. */
    void serve() {
        serving = true;
        if (!cluster.planted(Mutant.DELETED_TOPIC_KEPT)) {
            machine.logs.keySet().removeIf(id -> image.topic(id.topicId()) == null); // deleted while this broker was away
        }
        cluster.sharding().joined(this);
        changed(MetadataImage.EMPTY);
    }

    boolean serves() {
        return serving;
    }

    private void watch() {
        timer(WATCH_INTERVAL, this::watch);
        followers.watch();
        if (serving) {
            var asleep = new ArrayList<>(GroupWatch.leaderless(image, brokerId(), topic -> false));
            asleep.addAll(GroupWatch.unserved(image, brokerId(), id -> registry.containsKey(id) && !registry.get(id).isHandedOff()));
            tellHandedOff();
            asleep.forEach(group -> cluster.sharding().ensureLeader(this, group));
        }
    }

    // ---- sharding ----

    /** A message for the sentinel of a group arrived: the shard runs here from now on. */
    void ensureLeader(String groupId) {
        if (serving) {
            sentinels.computeIfAbsent(groupId, key -> new SentinelShell(this, cluster, key)).ensureLeader();
        }
    }

    /** Hand-off. */
    void stopGroup(String groupId) {
        SentinelShell sentinel = sentinels.remove(groupId);
        if (sentinel != null) {
            cluster.reach().hit(Reach.Point.GROUP_MOVED);
            sentinel.handOff();
            registry.values().removeIf(LeaderShell::isStopped);
        }
    }

    Set<String> hosted() {
        return sentinels.keySet();
    }

    void register(TopicIdPartition id, LeaderShell leader) {
        registry.put(id, leader);
    }

    void unregister(TopicIdPartition id, LeaderShell leader) {
        registry.remove(id, leader);
    }

    /** A follower's read. */
    void replicaRead(TopicIdPartition id, LeaderShell.ReplicaRead read, Consumer<LeaderShell.Fetched> answer) {
        LeaderShell leader = registry.get(id);
        if (leader == null) {
            answer.accept(LeaderShell.Fetched.refused(KafkaError.NOT_LEADER_OR_FOLLOWER));
        } else {
            leader.replicaRead(read, answer);
        }
    }

    /** Graceful: it leads and follows nothing more, everything is forced, the folder is marked. */
    void stopCleanly(Runnable then) {
        serving = false;
        sentinels.values().forEach(SentinelShell::stop);
        sentinels.clear();
        registry.values().forEach(leader -> leader.stop(false));
        registry.clear();
        ask(new FenceBroker(brokerId(), incarnation(), null), 2 * Timeline.SECONDS, reply -> then.run(), then);
    }

    @Nullable LeaderShell leaderOf(TopicIdPartition id) {
        return registry.get(id);
    }

    Followers followers() {
        return followers;
    }

    Coordinators coordinators() {
        return coordinators;
    }

    /** A coordinator of this broker is at a boundary: true when it dies there, with its broker. */
    boolean boundary(Boundary boundary) {
        if (!alive()) {
            return true;
        }
        if (machine.diesAt != boundary || machine.diesAfter-- > 0) {
            return false;
        }
        machine.diesAt = null;
        cluster.reach().hit(boundary.reached());
        cluster.trace(() -> "--- coordinator on " + brokerId() + " dies: " + boundary);
        cluster.time().after(0, () -> {
            if (cluster.machine(brokerId()).process == this) {
                cluster.kill(machine, false);
            }
        });
        return true;
    }

    // ---- controller ----

    void onLogLeader(int newTerm) {
        if (newTerm > term) {
            term = newTerm;
            if (controller != null) {
                controller.stop();
            }
            controller = new Controller(this, cluster, cluster.rules(), newTerm);
            session.look();
        }
    }

    void onLogFollower(int newTerm) {
        if (newTerm > term) {
            term = newTerm;
            if (controller != null) {
                controller.stop();
                controller = null;
            }
        }
    }

    /** At most once: whoever asks asks again. */
    void ask(Command command, long timeoutMicros, Consumer<Reply> onReply, Runnable onNoReply) {
        boolean[] over = new boolean[1];
        timer(timeoutMicros, () -> {
            if (!over[0]) {
                over[0] = true;
                onNoReply.run();
            }
        });
        int to = cluster.journal().leader();
        if (to < 0) {
            return;
        }
        cluster.network().send(brokerId(), to, Network.Channel.CONTROL, () -> cluster.toProcess(to, host -> {
            if (host.controller != null) {
                host.controller.tell(command, reply -> cluster.network().send(to, brokerId(), Network.Channel.CONTROL,
                        () -> deliver(() -> {
                            if (!over[0]) {
                                over[0] = true;
                                onReply.accept(reply);
                            }
                        })));
            }
        }));
    }

    // ---- disk ----

    private void checkpoint() {
        timer(5 * Timeline.SECONDS, () -> {
            machine.logs.values().forEach(MemoryLog::checkpointHighWatermark);
            checkpoint();
        });
    }

    /** Segments that roll and {@code flush.ms}: now and then everything is forced. */
    private void flushNowAndThen() {
        timer(cluster.plan().flushEveryMicros(), () -> {
            flush();
            flushNowAndThen();
        });
    }

    void flush() {
        if (machine.failForces) {
            registry.values().forEach(LeaderShell::failForce);
            followers.failForce();
        } else {
            machine.logs.values().forEach(log -> log.flushed(log.logEndOffset(), log.truncations()));
        }
    }

    /** The process is gone, whatever it was doing. */
    @Override
    void end() {
        super.end();
        if (controller != null) {
            controller.stop();
        }
        serving = false;
    }

    @Override
    public String toString() {
        return "broker " + brokerId() + " incarnation " + incarnation() + " " + (alive() ? paused() ? "paused" : "up" : "dead")
                + " image " + image.offset() + " lease " + lease.holds() + " sentinels " + sentinels.keySet() + " leads "
                + registry.values().stream().map(LeaderShell::toString).toList() + " " + followers + " " + coordinators;
    }
}
