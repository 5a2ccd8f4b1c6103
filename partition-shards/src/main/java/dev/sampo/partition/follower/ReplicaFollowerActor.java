package dev.sampo.partition.follower;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.follower.Follower.Answer;
import dev.sampo.partition.follower.Follower.Wanted;
import dev.sampo.partition.follower.LeaderLink.Position;
import dev.sampo.partition.replica.CompactionRun;
import dev.sampo.partition.replica.LogRefusedException;
import dev.sampo.partition.replica.LogRefusedException.Reason;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.replica.Quarantine;
import dev.sampo.partition.replica.Replica;
import dev.sampo.partition.replica.ReplicaSettings;
import dev.sampo.persistence.cleaner.Compaction;
import dev.sampo.persistence.log.AppendResult;
import dev.sampo.persistence.log.DamagedLogException;
import dev.sampo.persistence.log.Flush;
import dev.sampo.persistence.log.LogFailedException;
import dev.sampo.persistence.log.PartitionLog;
import dev.sampo.persistence.log.UnfitBatchException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shell of {@link FollowerState}: one placement group on this broker in one leader epoch. Owns the logs of the group's
 * partitions while it lives; in another epoch another actor does. Runs on the loop of its link, so that an answer goes
 * socket, link, follower, file without waking a thread. What waits for the disk (opening, cutting, forcing) runs elsewhere,
 * and until it has ended its partition is not fetched. Serves consumers as well, up to the high watermark (KIP-392).
 *
 * <p>A disk that refuses takes a replica out, not the broker: the log is opened again through recovery until that
 * succeeds; after a failed force, or when damage was found, it stays out until the broker starts again.
 */
final class ReplicaFollowerActor extends AbstractMatchingBehavior<Follower.Command> {
    private static final Logger log = LoggerFactory.getLogger(ReplicaFollowerActor.class);
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(10);

    /** Names its partition as it was then: it may have been given up and taken on again. */
    private record Taken(FollowedPartition partition, Replica replica) implements Follower.Internal {}

    private record NotTaken(FollowedPartition partition, Throwable failure) implements Follower.Internal {}

    private record Reopen(FollowedPartition partition) implements Follower.Internal {}

    private record PauseOver(FollowedPartition partition) implements Follower.Internal {}

    private record Cut(FollowedPartition partition, Replica replica, @Nullable Throwable failure)
            implements Follower.Internal {}

    private record Flushed(
            FollowedPartition partition, Replica replica, Flush flush, @Nullable Throwable failure)
            implements Follower.Internal {}

    /** All that had to be forced before the leader may hear of it is, or has failed. */
    private record Forced(List<FollowedPartition> partitions) implements Follower.Internal {}

    /** What the log held when it was taken is forced, or that has failed. */
    private record TailForced(FollowedPartition partition, Replica replica) implements Follower.Internal {}

    private record Compacted(
            FollowedPartition partition, CompactionRun run, Compaction.@Nullable Result result,
            @Nullable Throwable failure)
            implements Follower.Internal {}

    private record FlushDue(TopicIdPartition id) implements Follower.Internal {}

    private record LogWanted(TopicIdPartition id, int leaderEpoch) implements Follower.Internal {}

    /** All that was sent before the logs were given back has come. */
    private enum Ended implements Follower.Internal {
        INSTANCE
    }

    /** Tells the link of what became ready outside of an answer, all of it at once. */
    private enum Announce implements Follower.Internal {
        INSTANCE
    }

    private final TimerScheduler<Follower.Command> timers;
    private final ActorRef<Follower.Command> self;
    private final PartitionHome home;
    private final ActorRef<LeaderLink.Command> link;
    private final String groupId;
    private final int leaderEpoch;
    private final FollowerDisk disk;
    private final Map<TopicIdPartition, FollowedPartition> partitions = new HashMap<>();
    private final List<FollowedPartition> announced = new ArrayList<>();
    private boolean failed; // while a message is handled: what is left of that is not known

    private ReplicaFollowerActor(
            ActorContext<Follower.Command> context, TimerScheduler<Follower.Command> timers, PartitionHome home,
            ActorRef<LeaderLink.Command> link, String groupId, int leaderEpoch) {
        super(context);
        this.timers = timers;
        this.self = context.getSelf();
        this.home = home;
        this.link = link;
        this.groupId = groupId;
        this.leaderEpoch = leaderEpoch;
        this.disk = new FollowerDisk(home, leaderEpoch, BrokerMetrics.get(context.getSystem()));
    }

    /** Follows {@code wanted} until told otherwise. */
    static Behavior<Follower.Command> create(
            PartitionHome home, ActorRef<LeaderLink.Command> link, String groupId, int leaderEpoch,
            Map<TopicIdPartition, Wanted> wanted) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            var follower = new ReplicaFollowerActor(context, timers, home, link, groupId, leaderEpoch);
            follower.assign(wanted);
            return follower;
        }));
    }

    @Override
    public Behavior<Follower.Command> onMessage(Follower.Command command) {
        failed = true;
        Behavior<Follower.Command> next = handle(command);
        failed = false;
        return next;
    }

    private Behavior<Follower.Command> handle(Follower.Command command) {
        switch (command) {
            case Follower.Fetched(List<Answer> answers) -> onFetched(answers);
            case Follower.Assign(var wanted) -> assign(wanted);
            case Follower.LeaderOffsets offsets -> {
                FollowedPartition partition = partitions.get(offsets.id());
                if (partition != null && partition.isUsable() && offsets.leaderEpoch() == leaderEpoch) {
                    perform(partition, partition.state().onLeaderOffsets(
                            offsets.error(), offsets.logStartOffset(), offsets.logEndOffset()));
                    announce(partition);
                }
            }
            case Follower.Read(var id, var read) -> {
                FollowedPartition partition = partitions.get(id);
                if (partition == null) {
                    FollowerReads.refuse(read);
                } else {
                    guarded(partition, () -> partition.read(read, nowMs()));
                }
            }
            case Follower.Describe(var id, var describe) -> {
                FollowedPartition partition = partitions.get(id);
                if (partition == null) {
                    FollowerReads.refuse(describe);
                } else {
                    partition.describe(describe);
                }
            }
            case Follower.Maintain(boolean retention) -> partitions.values().forEach(one -> maintain(one, retention));
            case Follower.Stop stop -> {
                partitions.values().forEach(FollowedPartition::giveBack);
                partitions.clear();
                self.tell(Ended.INSTANCE); // behind the reads that are here already, which are answered
            }
            case Ended ended -> {
                return Behaviors.stopped(); // the link watches
            }
            case Follower.Internal internal -> onInternal(internal);
        }
        return this;
    }

    private void onInternal(Follower.Internal internal) {
        switch (internal) {
            case Taken(var partition, var replica) -> onTaken(partition, replica);
            case NotTaken(var partition, var failure) -> onNotTaken(partition, failure);
            case Reopen(var partition) when isFollowed(partition) -> claim(partition);
            case PauseOver(var partition) when partition.isUsable() && isFollowed(partition) -> {
                partition.state().onPauseOver();
                announce(partition);
            }
            case Cut(var partition, var replica, var failure) when partition.has(replica) -> onCut(partition, failure);
            case Flushed(var partition, var replica, var flush, var failure) when partition.has(replica) ->
                onFlushed(partition, flush, failure);
            case Forced(var ready) -> handled(ready);
            case TailForced(var partition, var replica) when partition.has(replica) -> announce(partition);
            case Compacted(var partition, var run, var result, var failure)
                    when partition.isUsable() && isFollowed(partition) -> guarded(partition, () -> partition.upkeep()
                    .onCompacted(run, result, failure, partition.settings(), nowMs()));
            case FlushDue(var id) -> {
                FollowedPartition partition = partitions.get(id);
                if (partition != null && partition.isUsable() && partition.isFlushDue()) {
                    guarded(partition, () -> {
                        var _ = flush(partition);
                    });
                }
            }
            case LogWanted(var id, int newerEpoch) when newerEpoch > leaderEpoch -> giveUp(id);
            case Announce announce -> {
                List<Position> positions = positions(announced);
                announced.clear();
                if (!positions.isEmpty()) {
                    link.tell(new LeaderLink.Fetch(self, positions, false));
                }
            }
            default -> {
                // of a partition, or of its log, that was given up meanwhile
            }
        }
    }

    private boolean isFollowed(FollowedPartition partition) {
        return partition.equals(partitions.get(partition.id()));
    }

    // ---- which partitions ----

    private void assign(Map<TopicIdPartition, Wanted> wanted) {
        for (TopicIdPartition id : Set.copyOf(partitions.keySet())) {
            if (!wanted.containsKey(id)) {
                giveUp(id);
            }
        }
        wanted.forEach((id, how) -> {
            FollowedPartition known = partitions.get(id);
            if (known == null) {
                var partition = new FollowedPartition(id, how);
                partitions.put(id, partition);
                claim(partition);
            } else if (!known.settings().equals(how.settings())) {
                known.settings(how.settings());
                if (known.isUsable()) {
                    known.log().reconfigure(ReplicaSettings.log(how.settings(), home));
                    scheduleFlush(known);
                }
            }
        });
    }

    private void claim(FollowedPartition partition) {
        TopicIdPartition id = partition.id();
        var claim = home.logs().claim(
                id, partition.topicPartition(), leaderEpoch, ReplicaSettings.log(partition.settings(), home),
                newer -> self.tell(new LogWanted(id, newer)));
        partition.claim = claim;
        getContext().pipeToSelf(
                claim.taken(),
                (replica, failure) -> failure == null
                        ? new Taken(partition, replica)
                        : new NotTaken(partition, failure));
    }

    private void onTaken(FollowedPartition partition, Replica replica) {
        if (!isFollowed(partition) || partition.claim == null) {
            replica.giveBack();
            return;
        }
        if (home.logs().isOffline(partition.id())) { // by a flush that was on its way when the log was given back
            partition.claim = null;
            replica.discard(CompletableFuture.completedFuture(null));
            return;
        }
        partition.opened(replica, leaderEpoch, home, self);
        replica.log().reconfigure(ReplicaSettings.log(partition.settings(), home));
        scheduleFlush(partition);
        if (partition.unflushed() < partition.settings().flushMessages()) {
            announce(partition);
            return;
        }
        try { // what was copied before must not count for the leader until it is forced
            getContext().pipeToSelf(flush(partition), (done, failure) -> new TailForced(partition, replica));
        } catch (IOException e) {
            onLogFailed(partition, e);
        }
    }

    private void onNotTaken(FollowedPartition partition, Throwable failure) {
        if (!isFollowed(partition)) {
            return;
        }
        partition.claim = null;
        switch (cause(failure)) {
            case LogRefusedException refused when refused.reason() == Reason.OFFLINE ->
                log.atWarn().addKeyValue("topicPartition", partition.topicPartition()).log("does not follow: its log is"
                        + " offline until the broker starts again");
            case LogRefusedException refused -> partitions.remove(partition.id()); // a newer epoch's, or the end
            case DamagedLogException damage -> quarantine(partition, damage);
            case Throwable cause -> {
                log.atError()
                        .addKeyValue("topicPartition", partition.topicPartition())
                        .addKeyValue("leaderEpoch", leaderEpoch)
                        .log("log cannot be opened: {}", cause.toString());
                timers.startSingleTimer(partition, new Reopen(partition), partition.nextReopen());
            }
        }
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof IOException)) {
            cause = cause.getCause();
        }
        return cause;
    }

    private void giveUp(TopicIdPartition id) {
        FollowedPartition partition = partitions.remove(id);
        if (partition != null) {
            timers.cancel(partition);
            timers.cancel(id);
            link.tell(new LeaderLink.Leave(self, List.of(id)));
            partition.giveBack();
        }
    }

    // ---- answers ----

    private void onFetched(List<Answer> answers) {
        var ready = new ArrayList<FollowedPartition>(answers.size());
        List<CompletableFuture<Void>> barriers = null;
        for (Answer answer : answers) {
            FollowedPartition partition = partitions.get(answer.id());
            if (partition == null || !partition.isUsable()) {
                continue;
            }
            CompletableFuture<Void> barrier = handle(partition, answer);
            if (barrier != null) {
                barriers = barriers == null ? new ArrayList<>() : barriers;
                barriers.add(barrier);
            }
            ready.add(partition);
        }
        if (barriers == null) {
            handled(ready);
        } else {
            getContext().pipeToSelf(
                    CompletableFuture.allOf(barriers.toArray(CompletableFuture[]::new)),
                    (done, failure) -> new Forced(ready));
        }
    }

    private void handled(List<FollowedPartition> ready) {
        link.tell(new LeaderLink.Fetch(self, positions(ready), true));
    }

    private List<Position> positions(List<FollowedPartition> ready) {
        var positions = new ArrayList<Position>(ready.size());
        for (FollowedPartition partition : ready) {
            if (partition.isReady() && isFollowed(partition) && !home.logs().isOffline(partition.id())) {
                positions.add(partition.position());
            }
        }
        return positions;
    }

    /** The partition may be ready: if so the link hears of it soon. */
    private void announce(FollowedPartition partition) {
        if (partition.isReady()) {
            if (announced.isEmpty()) {
                self.tell(Announce.INSTANCE);
            }
            announced.add(partition);
        }
    }

    /** Returns a flush that the leader must not hear of these records before; null for none. */
    private @Nullable CompletableFuture<Void> handle(FollowedPartition partition, Answer answer) {
        CompletableFuture<Void> barrier = null;
        PartitionLog partitionLog = partition.log();
        List<FollowerEffect> effects = partition.state().onAnswer(
                answer, epoch -> partitionLog.epochs().endOffset(epoch, partitionLog.logEndOffset()));
        if (!effects.isEmpty() && effects.getFirst() == FollowerEffect.Append.INSTANCE) {
            try {
                AppendResult result = partitionLog.appendAsFollower(answer.records(), leaderEpoch, nowMs());
                effects = partition.state().onAppended(result.logEndOffset(), partitionLog.epochs().latestEpoch());
                boolean mustForce = partition.unflushed() >= partition.settings().flushMessages();
                if (mustForce || result.rolled()) {
                    CompletableFuture<Void> flush = flush(partition);
                    barrier = mustForce ? flush : null;
                }
            } catch (UnfitBatchException e) {
                log.atError()
                        .addKeyValue("topicPartition", partition.topicPartition())
                        .addKeyValue("leaderEpoch", leaderEpoch)
                        .log("the leader's records are not taken, it is asked again: {}", e.getMessage());
                effects = partition.state().onUnfit();
            } catch (IOException e) {
                onLogFailed(partition, e);
                return null;
            }
        } else if (answer.error() != KafkaError.NONE) {
            log.atDebug()
                    .addKeyValue("topicPartition", partition.topicPartition())
                    .addKeyValue("leaderEpoch", leaderEpoch)
                    .addKeyValue("error", answer.error())
                    .log("the leader refuses a fetch");
        }
        perform(partition, effects);
        return barrier;
    }

    private void perform(FollowedPartition partition, List<FollowerEffect> effects) {
        for (FollowerEffect effect : effects) {
            switch (effect) {
                case FollowerEffect.Append append ->
                    throw new IllegalStateException(partition.topicPartition() + ": nothing to append");
                case FollowerEffect.LearnHighWatermark(long offset) -> {
                    partition.replica().highWatermark(offset);
                    partition.reads().onHighWatermark(offset);
                }
                case FollowerEffect.Truncate(long offset, boolean committed) ->
                    whenCut(partition, disk.truncate(partition, offset, committed));
                case FollowerEffect.StartAnew(long offset) -> whenCut(partition, disk.startAnew(partition, offset));
                case FollowerEffect.MoveLogStart(long offset) ->
                    whenCut(partition, disk.moveLogStart(partition, offset));
                case FollowerEffect.AskLeaderOffsets ask -> {
                    timers.startSingleTimer(partition, new PauseOver(partition), ASK_TIMEOUT);
                    link.tell(new LeaderLink.AskOffsets(self, partition.id(), partition.topic(), leaderEpoch));
                }
                case FollowerEffect.Pause(long ms) ->
                    timers.startSingleTimer(partition, new PauseOver(partition), Duration.ofMillis(ms));
            }
        }
    }

    private void whenCut(FollowedPartition partition, CompletableFuture<Void> done) {
        Replica replica = partition.replica();
        getContext().pipeToSelf(done, (nothing, failure) -> new Cut(partition, replica, failure));
    }

    private void onCut(FollowedPartition partition, @Nullable Throwable failure) {
        partition.busy = null;
        if (failure != null) {
            onLogFailed(partition, cause(failure));
            return;
        }
        PartitionLog partitionLog = partition.log();
        partitionLog.reconfigure(ReplicaSettings.log(partition.settings(), home)); // may have changed meanwhile
        partition.truncated();
        perform(partition, partition.state().onCut(
                partitionLog.logStartOffset(), partitionLog.logEndOffset(), partitionLog.epochs().latestEpoch()));
        if (partition.isUsable()) {
            guarded(partition, () -> partition.reads().onFree(nowMs()));
        }
        announce(partition);
    }

    // ---- the disk ----

    private CompletableFuture<Void> flush(FollowedPartition partition) throws IOException {
        Replica replica = partition.replica();
        FollowerDisk.Forcing forcing = disk.flush(partition);
        getContext().pipeToSelf(
                forcing.forced(), (done, failure) -> new Flushed(partition, replica, forcing.flush(), failure));
        return forcing.forced();
    }

    private void onFlushed(FollowedPartition partition, Flush flush, @Nullable Throwable failure) {
        if (failure != null) {
            onForceFailed(partition, failure);
        } else if (partition.isUsable()) { // else a later flush tells
            guarded(partition, () -> partition.log().flushed(flush));
        }
    }

    private void scheduleFlush(FollowedPartition partition) {
        long flushMs = partition.settings().flushMs();
        if (flushMs < Long.MAX_VALUE) {
            timers.startTimerWithFixedDelay(
                    partition.id(), new FlushDue(partition.id()), Duration.ofMillis(Math.max(1, flushMs)));
        } else {
            timers.cancel(partition.id());
        }
    }

    private void maintain(FollowedPartition partition, boolean retention) {
        if (partition.isUsable()) {
            guarded(partition, () -> maintainOpen(partition, retention));
        }
    }

    private void maintainOpen(FollowedPartition partition, boolean retention) throws IOException {
        long nowMs = nowMs();
        partition.maintain(retention, nowMs);
        if (!partition.settings().cleanupCompact()) {
            return;
        }
        partition.log().roll(true, nowMs); // also when nothing comes: max.compaction.lag.ms
        if (partition.isFlushDue()) {
            var _ = flush(partition); // only what is forced is compacted
        }
        CompactionRun run = partition.compact(nowMs);
        if (run != null) {
            getContext().pipeToSelf(
                    run.ended(), (result, failure) -> new Compacted(partition, run, result, failure));
        }
    }

    private interface DiskWork {
        void run() throws IOException;
    }

    private void guarded(FollowedPartition partition, DiskWork work) {
        try {
            work.run();
        } catch (IOException e) {
            onLogFailed(partition, e);
        }
    }

    private void onLogFailed(FollowedPartition partition, Throwable failure) {
        if (failure instanceof LogFailedException) {
            onForceFailed(partition, failure); // the one failure that happens behind this actor's back
        } else if (failure instanceof DamagedLogException damage) {
            quarantine(partition, damage);
        } else {
            log.atError()
                    .addKeyValue("topicPartition", partition.topicPartition())
                    .log("disk refused, the replica is out until its log is opened again: {}", failure.toString());
            out(partition);
            timers.startSingleTimer(partition, new Reopen(partition), partition.nextReopen());
        }
    }

    private void onForceFailed(FollowedPartition partition, Throwable failure) {
        log.atError()
                .addKeyValue("topicPartition", partition.topicPartition())
                .log("flush failed, the replica is out until the broker restarts: {}", failure.toString());
        home.logs().forceFailed(partition.id());
        out(partition);
    }

    /** Nothing is opened again, cut or deleted: what is left of the records is the operator's to save. */
    private void quarantine(FollowedPartition partition, DamagedLogException damage) {
        Quarantine.log(damage, partition.topicPartition());
        home.logs().quarantine(partition.id());
        out(partition);
    }

    private void out(FollowedPartition partition) {
        timers.cancel(partition);
        timers.cancel(partition.id());
        link.tell(new LeaderLink.Leave(self, List.of(partition.id())));
        partition.discard();
    }

    @Override
    public Behavior<Follower.Command> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            partitions.values().forEach(failed ? FollowedPartition::fail : FollowedPartition::giveBack);
            partitions.clear();
            log.atDebug().addKeyValue("group", groupId).addKeyValue("leaderEpoch", leaderEpoch).log("follows no more");
        }
        return this;
    }

    private long nowMs() {
        return home.wallClockMs().getAsLong();
    }
}
