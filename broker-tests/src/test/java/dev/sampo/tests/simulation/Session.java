package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.partition.session.DeadBrokers;
import dev.sampo.partition.session.LeaseQuorum;
import dev.sampo.partition.session.Session.HeartbeatReply;
import dev.sampo.partition.session.SessionTable;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * As {@code SessionActor} and the broker's start: registration, heartbeats to the voters, the lease; and, where the controller runs,
 * the end of the sessions of those that are late or proven dead. Shell of the production {@link LeaseQuorum}, {@link SessionTable}
 * and {@link DeadBrokers}.
 */
final class Session {
    private static final List<Endpoint> ENDPOINTS = List.of(
            new Endpoint("PLAINTEXT", "broker", 9092, "PLAINTEXT"), new Endpoint("REPLICATION", "broker", 7357, "PLAINTEXT"));
    private static final long HEARTBEAT = 1 * Timeline.SECONDS;
    private static final long LOOK = 250 * Timeline.MILLIS;
    private static final long LEASE_NANOS = 6_000_000_000L;
    private static final long SESSION_TIMEOUT_NANOS = 9_000_000_000L;

    private final BrokerProcess process;
    private final Cluster cluster;
    private final LeaderLease lease;
    private final LeaseQuorum quorum;
    private final SessionTable table;
    private final DeadBrokers<BrokerProcess> dead = new DeadBrokers<>();
    private final TreeMap<Integer, Long> heard = new TreeMap<>(); // broker id to incarnation
    private final Set<Integer> voters;
    private final TreeMap<Integer, Long> fencing = new TreeMap<>();
    private long incarnation = -1;
    private long registeredAt = -1; // metadata offset
    private long known = RegisterBroker.NOBODY; // whose place it takes
    private boolean lostTail;
    private boolean led;
    private long ledInEpoch = -1;
    private boolean over;
    private boolean beatsAgain; // soon
    private long newestOffsetSent = -1;

    Session(BrokerProcess process, Cluster cluster, LeaderLease lease) {
        this.process = process;
        this.cluster = cluster;
        this.lease = lease;
        this.voters = new TreeSet<>(cluster.journal().voters());
        this.quorum = new LeaseQuorum(
                cluster.planted(Mutant.LEASE_LONGER_THAN_SESSION) ? 3 * SESSION_TIMEOUT_NANOS : LEASE_NANOS);
        this.table = new SessionTable(SESSION_TIMEOUT_NANOS, process.localNanos());
    }

    /** It has lost its tail, and the controller does not know. */
    boolean hidesLoss() {
        return lostTail && incarnation < 0 && !cluster.planted(Mutant.CLEAN_STOP_HIDES_LOSS);
    }

    long incarnation() {
        return incarnation;
    }

    void start(boolean tailLost) {
        lostTail = tailLost;
        register();
        heartbeat();
        tick();
    }

    private void register() {
        if (incarnation >= 0) {
            return;
        }
        var command = new RegisterBroker(process.brokerId(), process.machine().directoryId, process.processId, ENDPOINTS, null,
                null, null, lostTail && !cluster.planted(Mutant.LOST_TAIL_NOT_TOLD), known);
        process.ask(command, 2 * Timeline.SECONDS, reply -> {
            var registered = (RegisterBrokerReply) reply;
            if (registered.error() == KafkaError.NONE) {
                incarnation = registered.incarnation();
                registeredAt = registered.metadataOffset();
                process.machine().writtenBootId = process.machine().bootId; // only now: the controller knows what was lost
                beat();
                onImage(process.image());
            } else if (registered.error() == KafkaError.STALE_BROKER_EPOCH) {
                cluster.reach().hit(Reach.Point.TOLD_WHOSE_PLACE_IT_TAKES);
                known = registered.incarnation();
                register();
            } else {
                process.timer(500 * Timeline.MILLIS, this::register);
            }
        }, this::register);
    }

    void onImage(MetadataImage image) {
        if (!over && quorum.waitsForImage()) {
            extendLease(voters);
        }
        look();
        if (incarnation >= 0 && image.offset() >= registeredAt && !over && !process.serves()) {
            process.serve();
        }
    }

    private void heartbeat() {
        process.timer(HEARTBEAT, this::heartbeat);
        beat();
    }

    private void beat() {
        if (incarnation < 0 || over) {
            return;
        }
        long sentNanos = process.localNanos();
        long mine = incarnation;
        long offset = process.image().offset();
        if (offset < newestOffsetSent) {
            throw new Violation(23, "broker " + process.brokerId() + " tells metadata offset " + offset + " after "
                    + newestOffsetSent);
        }
        newestOffsetSent = offset;
        for (int voter : voters) {
            cluster.network().send(process.brokerId(), voter, Network.Channel.CONTROL, () -> cluster.toProcess(voter, host -> {
                HeartbeatReply reply = host.session().onHeartbeat(process.brokerId(), mine, sentNanos);
                cluster.network().send(voter, process.brokerId(), Network.Channel.CONTROL,
                        () -> process.deliver(() -> onReply(reply)));
            }));
        }
    }

    private HeartbeatReply onHeartbeat(int from, long itsIncarnation, long sentNanos) {
        table.heard(from, itsIncarnation, process.localNanos());
        heard.merge(from, itsIncarnation, Math::max);
        MetadataImage image = process.image();
        Broker known = image.brokers().get(from);
        return new HeartbeatReply(process.brokerId(), sentNanos, image.offset(), known == null ? -1 : known.incarnation(),
                known != null && known.fenced(), process.controller() != null);
    }

    private void onReply(HeartbeatReply reply) {
        if (over || incarnation < 0) {
            return;
        }
        if (reply.endsSessionOf(incarnation) && !cluster.planted(Mutant.FENCED_ANSWER_IGNORED)) {
            sessionOver();
            return;
        }
        if (reply.ignores(incarnation)) {
            if (!beatsAgain) {
                beatsAgain = true;
                process.timer(50 * Timeline.MILLIS, () -> {
                    beatsAgain = false;
                    beat();
                });
            }
            return;
        }
        quorum.answered(reply.voterId(), reply.sentNanos(), reply.leads() || cluster.planted(Mutant.LEASE_OF_ONE_VOTER),
                reply.imageOffset());
        extendLease(cluster.planted(Mutant.LEASE_OF_ONE_VOTER) ? Set.of(reply.voterId()) : voters);
    }

    private void extendLease(Set<Integer> voters) {
        OptionalLong until = quorum.until(voters, process.image().offset());
        if (until.isPresent()) {
            lease.extendTo(until.getAsLong());
        }
    }

    private void sessionOver() {
        if (!over) {
            over = true;
            lease.end();
            cluster.restartInside(process);
        }
    }

    // ---- on the controller's node ----

    private void tick() {
        process.timer(LOOK, this::tick);
        look();
    }

    void look() {
        if (!process.alive()) {
            return;
        }
        MetadataImage image = process.image();
        Broker self = image.brokers().get(process.brokerId());
        if (incarnation >= 0 && self != null && !cluster.planted(Mutant.FENCED_ANSWER_IGNORED)
                && (self.incarnation() > incarnation || (self.incarnation() == incarnation && self.fenced()))) {
            sessionOver();
            return;
        }
        dead.onChange(image, cluster.sharding().members(), heard);
        fencing.keySet().removeIf(brokerId -> !image.isLive(brokerId));
        boolean leads = process.controller() != null;
        if (leads && (!led || image.controllerEpoch() != ledInEpoch)) {
            table.controllerStarted(process.localNanos());
            fencing.clear();
        }
        led = leads;
        ledInEpoch = image.controllerEpoch();
        if (!leads) {
            return;
        }
        new TreeMap<>(dead.toFence()).forEach((broker, itsIncarnation) -> fence(broker, itsIncarnation, 0, Reach.Point.DEATH_PROVED));
        for (Broker late : table.late(image, process.localNanos())) {
            fence(late.id(), late.incarnation(), image.controllerEpoch(), Reach.Point.SESSION_TIMED_OUT);
        }
        for (BrokerProcess member : dead.toDown()) {
            if (member != process) {
                cluster.sharding().downed(member);
            }
        }
    }

    /** The idle connection to a broker broke: connects again, and two refusals are the proof of its death. */
    void connectionLost(int brokerId) {
        Broker broker = process.image().brokers().get(brokerId);
        if (broker != null && !broker.fenced() && brokerId != process.brokerId()) {
            tryAgain(brokerId, broker.incarnation(), 0);
        }
    }

    private void tryAgain(int brokerId, long itsIncarnation, int refused) {
        process.timer(cluster.dice().between(20, 100) * Timeline.MILLIS, () -> {
            if (!cluster.network().openBothWays(process.brokerId(), brokerId) || cluster.machine(brokerId).running()) {
                return; // no answer, or an answer
            }
            if (refused + 1 < 2) {
                tryAgain(brokerId, itsIncarnation, refused + 1);
            } else {
                dead.onProof(brokerId, itsIncarnation);
                look();
            }
        });
    }

    private void fence(int brokerId, long itsIncarnation, long controllerEpoch, Reach.Point why) {
        Long before = fencing.put(brokerId, itsIncarnation);
        if (before == null || before != itsIncarnation) {
            cluster.reach().hit(why);
            cluster.trace(() -> "broker " + process.brokerId() + " asks to fence broker " + brokerId + ": " + why);
            process.ask(new FenceBroker(brokerId, itsIncarnation, null, controllerEpoch), 2 * Timeline.SECONDS, reply -> {
                if (((ItemsReply) reply).results().getFirst().error() != KafkaError.NONE) {
                    fencing.remove(brokerId);
                }
            }, () -> fencing.remove(brokerId));
        }
    }
}
