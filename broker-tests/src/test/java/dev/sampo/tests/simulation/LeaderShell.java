package dev.sampo.tests.simulation;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Activate;
import dev.sampo.partition.leader.LeaderEffect;
import dev.sampo.partition.leader.LeaderState;
import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.producer.ProducerSequences;
import dev.sampo.persistence.producer.ProducerSequences.Decision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * As {@code PartitionLeaderActor} and {@code ServingPartition}: carries messages to the production {@link LeaderState} and performs
 * what it answers, on a {@link MemoryLog}.
 */
final class LeaderShell {
    /** One append on its way to its answer. */
    record Append(Batch batch, Acks acks, Consumer<Produced> answer, long endOffset) {}

    record Produced(KafkaError error, long baseOffset) {}

    /** What a replica gets. */
    record Fetched(
            KafkaError error, List<Batch> batches, long highWatermark, long logStartOffset, long logEndOffset,
            int divergingEpoch, long divergingEndOffset) {
        static Fetched refused(KafkaError error) {
            return new Fetched(error, List.of(), -1, -1, -1, -1, -1);
        }
    }

    /** A replica's read. */
    record ReplicaRead(
            int brokerId, long incarnation, int currentLeaderEpoch, long fetchOffset, int lastFetchedEpoch,
            long knownHighWatermark) {}

    private record Watch(ReplicaRead read, Consumer<Fetched> answer, long number) {}

    private static final long LONG_POLL = 500 * Timeline.MILLIS;

    private final BrokerProcess process;
    private final Cluster cluster;
    private final SentinelShell sentinel;
    private final String groupId;
    private final TopicIdPartition id;
    private final TreeMap<Integer, Watch> watches = new TreeMap<>(); // by follower
    private @Nullable Activate epoch;
    private LogPlaces.@Nullable Claim claim;
    private @Nullable MemoryLog log;
    private @Nullable LeaderState<Append> state;
    private long nextWatch;
    private boolean stopped;
    private boolean handedOff;
    private List<LeaderState.Waiting<Append>> takenOver = List.of(); // whom it answers after a hand-off
    private final List<Runnable> early = new ArrayList<>(); // what a coordinator sent between hand-off and begin
    private boolean offline;
    private boolean succeeded; // by another shell, in the same epoch
    private int entered = -1; // epoch in which coordinators know it

    LeaderShell(BrokerProcess process, Cluster cluster, SentinelShell sentinel, String groupId, TopicIdPartition id) {
        this.process = process;
        this.cluster = cluster;
        this.sentinel = sentinel;
        this.groupId = groupId;
        this.id = id;
    }

    boolean serving() {
        return state != null;
    }

    int leaderEpoch() {
        return state == null ? -1 : state.leaderEpoch();
    }

    // ---- from the sentinel ----

    void tell(Partition.Command command) {
        switch (command) {
            case Activate next -> activate(next);
            case Partition.ReplicasChanged(int leaderEpoch, var replicas) -> {
                if (state != null && leaderEpoch == state.leaderEpoch()) {
                    if (replicas.partitionEpoch() >= state.replicas().partitionEpoch()) {
                        if (handedOff && !replicas.equals(state.replicas())) {
                            cluster.reach().hit(Reach.Point.NEWS_AFTER_HAND_OFF);
                        }
                        perform(state.onReplicas(replicas, nowMs()));
                    }
                } else if (epoch != null && leaderEpoch == epoch.leaderEpoch()) {
                    epoch = epoch.with(replicas, epoch.proposal());
                }
            }
            case Partition.ProposeInSync(int leaderEpoch, var proposal) -> {
                if (state != null && leaderEpoch == state.leaderEpoch()) {
                    List<Integer> lagging = cluster.planted(Mutant.EXPANSION_IN_ONE_PHASE) ? List.of() : state.propose(proposal);
                    if (!lagging.isEmpty()) {
                        cluster.reach().hit(Reach.Point.EXPANSION_GIVEN_UP);
                    }
                    sentinel.report(new Partition.ProposalAnswered(id, leaderEpoch, proposal, lagging));
                }
            }
            case Partition.CancelProposal(int leaderEpoch, int partitionEpoch) -> {
                if (state != null && leaderEpoch == state.leaderEpoch()) {
                    perform(state.cancel(partitionEpoch));
                }
            }
            case Partition.CheckFollowers(int leaderEpoch) -> {
                if (state != null && leaderEpoch == state.leaderEpoch()) {
                    List<Integer> behind = state.behind(nowMs(), cluster.plan().replicaLagMs());
                    if (!behind.isEmpty() && cluster.planted(Mutant.SHRINK_BEFORE_JOURNAL)) {
                        var fewer = new ArrayList<>(state.replicas().inSync());
                        fewer.removeAll(behind);
                        perform(state.onReplicas(new Partition.Replicas(state.replicas().partitionEpoch(),
                                state.replicas().replicas(), fewer), nowMs()));
                    }
                    if (!behind.isEmpty()) {
                        sentinel.report(new Partition.FollowersBehind(id, leaderEpoch, behind));
                    }
                }
            }
            case Partition.Stop(boolean deleteLog) -> stop(deleteLog);
            case Partition.Reconfigure ignored -> {
                // settings do not change here
            }
            default -> throw new IllegalStateException("not simulated: " + command);
        }
    }

    private void activate(Activate next) {
        if (stopped || offline || (epoch != null && next.leaderEpoch() < epoch.leaderEpoch())) {
            return;
        }
        if (epoch != null && next.leaderEpoch() == epoch.leaderEpoch()) {
            return;
        }
        boolean waiting = claim != null && log == null;
        epoch = next;
        if (state != null) {
            leave(KafkaError.NOT_LEADER_OR_FOLLOWER);
            if (!process.logs().renew(claim, next.leaderEpoch())) {
                release();
                return;
            }
            begin();
        } else {
            if (waiting) {
                process.logs().giveBack(claim);
            }
            take(next);
        }
    }

    private void take(Activate wanted) {
        claim = process.logs().claim(id, wanted.leaderEpoch(), newer -> {
            if (claim != null && (epoch == null || newer > epoch.leaderEpoch())) {
                if (state != null) {
                    leave(KafkaError.NOT_LEADER_OR_FOLLOWER);
                }
                leaveRegistry();
                release();
            }
        }, taken -> {
            if (taken == null) {
                claim = null;
                leaveRegistry();
                runEarly();
                refuseTakenOver(KafkaError.NOT_LEADER_OR_FOLLOWER);
            } else if (wanted == epoch || (epoch != null && epoch.leaderEpoch() == wanted.leaderEpoch())) {
                log = taken;
                begin();
            }
        });
    }

    private void refuseTakenOver(KafkaError error) {
        takenOver.forEach(waiting -> waiting.waiter().answer().accept(new Produced(error, -1)));
        takenOver = List.of();
    }

    private void begin() {
        long end = log.logEndOffset();
        if (!cluster.planted(Mutant.EPOCH_NOT_ASSIGNED)) {
            log.noteEpoch(epoch.leaderEpoch(), end);
        }
        if (log.lastEpoch() >= 0 && epoch.leaderEpoch() - log.lastEpoch() > 1) {
            cluster.reach().hit(Reach.Point.EMPTY_EPOCH);
        }
        cluster.judge().leaderBegins(process.brokerId(), groupId, epoch.leaderEpoch(), log);
        int minimum = cluster.planted(Mutant.MINIMUM_NOT_CHECKED) || cluster.planted(Mutant.HIGH_WATERMARK_BELOW_MINIMUM)
                ? 1
                : minInSyncReplicas();
        long known = cluster.planted(Mutant.HIGH_WATERMARK_FALLS) ? log.logStartOffset() : log.highWatermark();
        state = new LeaderState<>(epoch.leaderEpoch(), process.brokerId(), minimum, cluster.plan().flushMessages(),
                epoch.replicas(), epoch.proposal(), end, end, log.durableEnd(), known, nowMs());
        if (cluster.planted(Mutant.PRODUCERS_NOT_REBUILT)) {
            log.forgetProducers();
        }
        cluster.trace(() -> "broker " + process.brokerId() + " leads " + name() + " in epoch " + epoch.leaderEpoch() + " with "
                + log + " " + epoch.replicas());
        highWatermark(state.highWatermark());
        for (LeaderState.Waiting<Append> waiting : takenOver) {
            cluster.reach().hit(Reach.Point.ANSWERED_AFTER_HAND_OFF);
            state.await(waiting.waiter(), waiting.waiter().acks(), waiting.baseOffset(), waiting.requiredOffset());
        }
        if (state.flushDue() || !takenOver.isEmpty()) {
            perform(state.onWritten(end, 0, nowMs()));
        }
        takenOver = List.of();
        enterRegistry(epoch.leaderEpoch());
        runEarly();
    }

    /** {@code min.insync.replicas} in force for so many replicas. */
    private int minInSyncReplicas() {
        return Math.min(cluster.plan().minInSyncReplicas(), epoch.replicas().replicas().size());
    }

    /** Whoever else may lead: another shell, of no sentinel any more, goes on in the epoch. */
    void handOff() {
        boolean goesOn = state != null && state.replicas().inSync().size() > 1 && process.leaseHolds();
        Activate asItStands = goesOn ? epoch.with(state.replicas(), state.proposal()) : null;
        List<LeaderState.Waiting<Append>> waiting = goesOn ? state.takeWaiting() : List.of();
        succeeded = goesOn;
        stop(false);
        if (goesOn) {
            cluster.reach().hit(Reach.Point.LED_ON_AFTER_HAND_OFF);
            var next = new LeaderShell(process, cluster, sentinel, groupId, id);
            next.handedOff = true;
            next.takenOver = waiting;
            process.register(id, next);
            next.enterRegistry(asItStands.leaderEpoch());
            next.activate(asItStands);
        }
    }

    boolean isHandedOff() {
        return handedOff;
    }

    TopicIdPartition id() {
        return id;
    }

    /** That it was told of last, -1 for none. */
    int epoch() {
        return epoch == null ? -1 : epoch.leaderEpoch();
    }

    void stop(boolean deleteLog) {
        stopped = true;
        if (state != null) {
            leave(KafkaError.NOT_LEADER_OR_FOLLOWER);
        }
        leaveRegistry();
        release();
        if (deleteLog) {
            process.logs().delete(id);
        }
    }

    private void leave(KafkaError error) {
        cluster.trace(() -> "broker " + process.brokerId() + " leads " + name() + " no more in epoch " + state.leaderEpoch());
        LeaderState<Append> was = state;
        state = null;
        if (error == KafkaError.NOT_LEADER_OR_FOLLOWER) {
            leaveRegistry();
        }
        for (LeaderEffect<Append> effect : was.onStopped(error)) {
            if (effect instanceof LeaderEffect.Answer<Append>(var waiter, KafkaError answer, long base)) {
                waiter.answer().accept(new Produced(answer, base));
            }
        }
        List<Watch> left = List.copyOf(watches.values());
        watches.clear();
        left.forEach(watch -> watch.answer().accept(Fetched.refused(KafkaError.NOT_LEADER_OR_FOLLOWER)));
    }

    private void release() {
        if (claim != null) {
            process.logs().giveBack(claim);
            claim = null;
        }
        log = null;
        runEarly();
    }

    private void enterRegistry(int leaderEpoch) {
        entered = leaderEpoch;
        process.coordinators().entered(this, leaderEpoch);
    }

    private void leaveRegistry() {
        if (entered >= 0 && !succeeded) {
            process.coordinators().left(this, entered);
        }
        entered = -1;
    }

    private void runEarly() {
        List<Runnable> now = List.copyOf(early);
        early.clear();
        now.forEach(Runnable::run);
    }

    // ---- clients ----

    /** As {@link #append}; an actor that goes on after a hand-off keeps it until it has the log. */
    void appendOfCoordinator(Batch unplaced, Acks acks, Consumer<Produced> answer) {
        if (handedOff && !stopped && claim != null && log == null) {
            early.add(() -> append(unplaced, acks, answer));
        } else {
            append(unplaced, acks, answer);
        }
    }

    /** @param unplaced base offset and epoch are given here */
    void append(Batch unplaced, Acks acks, Consumer<Produced> answer) {
        KafkaError error = refusal();
        if (error == KafkaError.NONE) {
            error = state.admit(acks);
            if (cluster.planted(Mutant.HIGH_WATERMARK_BELOW_MINIMUM) && acks == Acks.ALL
                    && state.replicas().inSync().size() < minInSyncReplicas()) {
                error = KafkaError.NOT_ENOUGH_REPLICAS;
            }
        }
        if (error != KafkaError.NONE) {
            if (error == KafkaError.NOT_ENOUGH_REPLICAS) {
                cluster.reach().hit(Reach.Point.NOT_ENOUGH_REPLICAS);
            }
            answer.accept(new Produced(error, -1));
            return;
        }
        Decision decision = unplaced.idempotent() ? check(unplaced) : new Decision.Accept();
        switch (decision) {
            case Decision.Accept() -> write(unplaced, acks, answer);
            case Decision.Duplicate(long baseOffset, long lastOffset, long timestamp) -> {
                cluster.reach().hit(Reach.Point.DUPLICATE_BATCH);
                long told = cluster.planted(Mutant.RESEND_GETS_LOG_END) ? log.logEndOffset() : baseOffset;
                state.await(new Append(unplaced, acks, answer, lastOffset + 1), acks, told, lastOffset + 1);
                perform(state.onWritten(log.logEndOffset(), 0, nowMs()));
            }
            case Decision.OutOfOrderSequence(int expected) -> {
                cluster.reach().hit(Reach.Point.OUT_OF_ORDER_BATCH);
                answer.accept(new Produced(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, -1));
            }
            case Decision.InvalidProducerEpoch(short current) ->
                answer.accept(new Produced(KafkaError.INVALID_PRODUCER_EPOCH, -1));
        }
    }

    private Decision check(Batch unplaced) {
        Decision decision = new ProducerSequences(log.producers())
                .check(unplaced.producerId(), (short) 0, (int) unplaced.baseSequence(), unplaced.lastSequence());
        boolean forgotten = cluster.planted(Mutant.WINDOW_OF_ONE_BATCH) && decision instanceof Decision.Duplicate
                && log.producers().get(unplaced.producerId()).lastSequence() != unplaced.lastSequence();
        return forgotten ? new Decision.OutOfOrderSequence(0) : decision;
    }

    private void write(Batch unplaced, Acks acks, Consumer<Produced> answer) {
        var batch = new Batch(log.logEndOffset(), unplaced.count(), state.leaderEpoch(), unplaced.producerId(),
                unplaced.baseSequence());
        cluster.judge().appendedAsLeader(process.brokerId(), id, batch);
        log.append(batch);
        cluster.trace(() -> "broker " + process.brokerId() + " appends " + batch + " to " + name());
        state.await(new Append(batch, acks, answer, batch.endOffset()),
                cluster.planted(Mutant.ACKED_BEFORE_REPLICATION) ? Acks.LEADER : acks, batch.baseOffset(), batch.endOffset());
        perform(state.onWritten(log.logEndOffset(), batch.count(), nowMs()));
        wakeReplicas();
    }

    /** What a consumer gets: committed batches from an offset on. */
    record Consumed(KafkaError error, List<Batch> batches, long highWatermark, long logStartOffset) {}

    Consumed read(long fetchOffset, int currentLeaderEpoch) {
        KafkaError error = refusal();
        if (error == KafkaError.NONE) {
            error = state.checkEpoch(currentLeaderEpoch);
        }
        if (error == KafkaError.NONE && (fetchOffset < log.logStartOffset() || fetchOffset > log.logEndOffset())) {
            error = KafkaError.OFFSET_OUT_OF_RANGE;
        }
        if (error != KafkaError.NONE) {
            return new Consumed(error, List.of(), -1, log == null ? -1 : log.logStartOffset());
        }
        List<Batch> batches = log.read(fetchOffset, cluster.plan().fetchBatches(),
                cluster.planted(Mutant.READ_UP_TO_LOG_END) ? log.logEndOffset() : state.highWatermark());
        cluster.judge().served(process.brokerId(), groupId, state.leaderEpoch(), id, "serves a read of");
        return new Consumed(KafkaError.NONE, batches, state.highWatermark(), log.logStartOffset());
    }

    /** Where the log begins and ends: for who loads it. */
    Fetched describe() {
        return state == null
                ? Fetched.refused(KafkaError.NOT_LEADER_OR_FOLLOWER)
                : new Fetched(KafkaError.NONE, List.of(), state.highWatermark(), log.logStartOffset(), log.logEndOffset(), -1, -1);
    }

    String groupId() {
        return groupId;
    }

    /** Where the log ends for clients. */
    Produced endOffset(int currentLeaderEpoch) {
        KafkaError error = refusal();
        if (error == KafkaError.NONE) {
            error = state.checkEpoch(currentLeaderEpoch);
        }
        if (error == KafkaError.NONE && !state.knowsEndOffset() && !cluster.planted(Mutant.END_OFFSET_BEFORE_EPOCH_START)) {
            cluster.reach().hit(Reach.Point.OFFSET_NOT_AVAILABLE);
            error = KafkaError.OFFSET_NOT_AVAILABLE;
        }
        if (error == KafkaError.NONE) {
            cluster.judge().served(process.brokerId(), groupId, state.leaderEpoch(), id, "tells the end of");
        }
        return new Produced(error, error == KafkaError.NONE ? state.highWatermark() : -1);
    }

    KafkaError deleteRecords(long share) {
        KafkaError error = refusal();
        if (error == KafkaError.NONE) {
            long before = log.logStartOffset() + (state.highWatermark() - log.logStartOffset()) * share / 100;
            int index = log.indexOf(before);
            long offset = index < log.batches().size() ? log.batches().get(index).baseOffset() : log.logStartOffset();
            if (offset > log.logStartOffset()) {
                cluster.reach().hit(Reach.Point.RECORDS_DELETED);
                cluster.judge().truth(id).deleted(offset);
                log.deleteRecordsBefore(offset);
            }
        }
        return error;
    }

    private KafkaError refusal() {
        if (offline) {
            return KafkaError.KAFKA_STORAGE_ERROR;
        }
        if (state == null) {
            cluster.reach().hit(Reach.Point.NOT_LEADER);
            return KafkaError.NOT_LEADER_OR_FOLLOWER;
        }
        if (!process.leaseHolds()) {
            cluster.reach().hit(Reach.Point.LEASE_OVER_AT_ANSWER);
            return KafkaError.NOT_LEADER_OR_FOLLOWER;
        }
        return KafkaError.NONE;
    }

    // ---- replicas ----

    /** Answered at once, or when there is something, or after the long poll's time. */
    void replicaRead(ReplicaRead read, Consumer<Fetched> answer) {
        Fetched now = fetch(read);
        if (now.error() != KafkaError.NONE || now.divergingEpoch() >= 0 || !now.batches().isEmpty()
                || now.highWatermark() > read.knownHighWatermark()) {
            answer.accept(now);
            return;
        }
        var watch = new Watch(read, answer, nextWatch++);
        Watch before = watches.put(read.brokerId(), watch);
        if (before != null) {
            before.answer().accept(now);
        }
        process.timer(LONG_POLL, () -> {
            Watch present = watches.get(read.brokerId());
            if (present != null && present.number() == watch.number() && state != null) {
                watches.remove(read.brokerId());
                present.answer().accept(fetch(present.read()));
            }
        });
    }

    private Fetched fetch(ReplicaRead read) {
        if (state == null) {
            return Fetched.refused(offline ? KafkaError.KAFKA_STORAGE_ERROR : KafkaError.NOT_LEADER_OR_FOLLOWER);
        }
        KafkaError error = state.checkEpoch(read.currentLeaderEpoch());
        if (error == KafkaError.NONE) {
            error = state.checkFollower(read.brokerId(), read.incarnation());
        }
        if (error != KafkaError.NONE) {
            cluster.reach().hit(switch (error) {
                case FENCED_LEADER_EPOCH -> Reach.Point.FETCH_FENCED;
                case UNKNOWN_LEADER_EPOCH -> Reach.Point.FETCH_UNKNOWN_EPOCH;
                default -> Reach.Point.STALE_INCARNATION;
            });
            return Fetched.refused(error);
        }
        if (read.lastFetchedEpoch() >= 0) {
            LeaderEpochFile.EndOffset end = log.epochs().endOffset(read.lastFetchedEpoch(), log.logEndOffset());
            if (end.epoch() < 0) {
                return outOfRange();
            }
            if (end.epoch() < read.lastFetchedEpoch() || end.endOffset() < read.fetchOffset()) {
                return new Fetched(KafkaError.NONE, List.of(), state.highWatermark(), log.logStartOffset(),
                        log.logEndOffset(), end.epoch(), end.endOffset());
            }
        }
        if (read.fetchOffset() < log.logStartOffset() || read.fetchOffset() > log.logEndOffset()) {
            return outOfRange();
        }
        perform(state.onFollowerFetch(read.brokerId(), read.incarnation(), read.fetchOffset(), nowMs()));
        List<Batch> batches = log.read(read.fetchOffset(), cluster.plan().fetchBatches(), Long.MAX_VALUE);
        return new Fetched(KafkaError.NONE, batches, state.highWatermark(), log.logStartOffset(), log.logEndOffset(), -1, -1);
    }

    /** Where the log begins and ends, for a replica. */
    Fetched offsets(int currentLeaderEpoch) {
        if (state == null) {
            return Fetched.refused(KafkaError.NOT_LEADER_OR_FOLLOWER);
        }
        KafkaError error = state.checkEpoch(currentLeaderEpoch);
        return error == KafkaError.NONE
                ? new Fetched(error, List.of(), state.highWatermark(), log.logStartOffset(), log.logEndOffset(), -1, -1)
                : Fetched.refused(error);
    }

    private Fetched outOfRange() {
        cluster.trace(() -> "out of range in " + name());
        return new Fetched(KafkaError.OFFSET_OUT_OF_RANGE, List.of(), state.highWatermark(), log.logStartOffset(),
                log.logEndOffset(), -1, -1);
    }

    private void wakeReplicas() {
        for (Watch watch : List.copyOf(watches.values())) {
            watches.remove(watch.read().brokerId());
            watch.answer().accept(fetch(watch.read()));
        }
    }

    // ---- effects ----

    private void perform(List<LeaderEffect<Append>> effects) {
        for (LeaderEffect<Append> effect : effects) {
            switch (effect) {
                case LeaderEffect.Answer<Append>(var waiter, KafkaError error, long base) -> answer(waiter, error, base);
                case LeaderEffect.Flush<Append>() -> flush();
                case LeaderEffect.HighWatermarkAdvanced<Append>(long now) -> {
                    highWatermark(now);
                    process.timer(1, this::wakeReplicas);
                }
                case LeaderEffect.ReportCaughtUp<Append>(var follower) ->
                    sentinel.report(new Partition.FollowerCaughtUp(id, state.leaderEpoch(), follower));
            }
        }
    }

    private void highWatermark(long now) {
        cluster.judge().highWatermark(process.brokerId(), groupId, state.leaderEpoch(), log, log.highWatermark(), now, counted());
        log.highWatermark(now);
    }

    /** Followers that the high watermark waits for, as this leader sees it. */
    private Set<Integer> counted() {
        var counted = new HashSet<>(state.replicas().inSync());
        if (state.proposal() != null) {
            state.proposal().members().forEach(member -> counted.add(member.brokerId()));
        }
        counted.remove(process.brokerId());
        return counted;
    }

    private void answer(Append waiter, KafkaError error, long base) {
        if (error == KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND) {
            cluster.reach().hit(Reach.Point.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
        }
        if (error == KafkaError.NONE && !process.leaseHolds()) {
            cluster.reach().hit(Reach.Point.LEASE_OVER_AT_ANSWER);
            waiter.answer().accept(new Produced(KafkaError.NOT_LEADER_OR_FOLLOWER, -1));
            return;
        }
        if (error == KafkaError.NONE) {
            Set<Integer> inSync = new HashSet<>(state.replicas().inSync());
            inSync.remove(process.brokerId());
            cluster.judge().acked(process.brokerId(), groupId, state.leaderEpoch(), log, base, waiter.endOffset(),
                    waiter.acks() == Acks.ALL, inSync,
                    minInSyncReplicas());
        }
        waiter.answer().accept(new Produced(error, base));
    }

    private void flush() {
        MemoryLog forced = log;
        LeaderState<Append> asked = state;
        long end = log.logEndOffset();
        int truncations = log.truncations();
        process.timer(cluster.dice().heavyTail(4_000, 800 * Timeline.MILLIS), () -> {
            if (process.machine().failForces) {
                failForce();
                LeaderShell next = process.leaderOf(id);
                if (next != null && next != this) { // who goes on after a hand-off
                    cluster.reach().hit(Reach.Point.FORCE_FAILED_AFTER_HAND_OFF);
                    next.failForce();
                }
            } else {
                forced.flushed(end, truncations);
                if (state == asked) {
                    perform(state.onFlushed(end));
                }
            }
        });
    }

    /** Nothing that is on the disk is believed any more. */
    void failForce() {
        cluster.reach().hit(Reach.Point.FAILED_FORCE);
        offline = true;
        if (state != null) {
            leave(KafkaError.KAFKA_STORAGE_ERROR);
        }
        refuseTakenOver(KafkaError.KAFKA_STORAGE_ERROR);
        release();
    }

    private long nowMs() {
        return process.nowMs();
    }

    private String name() {
        return cluster.name(id);
    }

    boolean isStopped() {
        return stopped;
    }

    @Override
    public String toString() {
        return name() + "@" + (state == null ? "-" : state.leaderEpoch() + " hw " + state.highWatermark() + " end "
                + state.logEndOffset() + " in sync " + state.replicas().inSync() + " proposed " + state.proposal());
    }
}
