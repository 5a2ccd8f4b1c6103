package dev.sampo.partition.leader;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Activate;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.leader.PartitionLeaderActor.LogWanted;
import dev.sampo.partition.leader.PartitionLeaderActor.Shell;
import dev.sampo.partition.leader.PartitionLeaderActor.TakeOver;
import dev.sampo.partition.lease.Leading;
import dev.sampo.partition.replica.CompactionRun;
import dev.sampo.partition.replica.LogUpkeep;
import dev.sampo.partition.replica.Quarantine;
import dev.sampo.partition.replica.Replica;
import dev.sampo.partition.replica.ReplicaSettings;
import dev.sampo.persistence.cleaner.Compaction;
import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.log.DamagedLogException;
import dev.sampo.persistence.log.Flush;
import dev.sampo.persistence.log.LogFailedException;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition that leads: owns the open log, carries messages to {@link AppendPath}, {@link ReadPath} and {@link
 * LogUpkeep}, and performs what {@link LeaderState} answers.
 *
 * <p>Group commit: the first append of a mailbox run makes the actor tell itself {@link Commit}, which arrives behind
 * everything that was queued by then; all of it is one write.
 */
final class ServingPartition extends AbstractMatchingBehavior<Partition.Command> {
    private static final Logger log = LoggerFactory.getLogger(ServingPartition.class);
    private static final AtomicLong HANDED_OFF = new AtomicLong(); // for names
    private static final String FLUSH_TIMER = "flush.ms";
    private static final Duration FIRST_APPEND_PAUSE = Duration.ofSeconds(1);
    private static final Duration LAST_APPEND_PAUSE = Duration.ofSeconds(8);

    private enum Commit implements Partition.Internal {
        INSTANCE
    }

    private enum FlushDue implements Partition.Internal {
        INSTANCE
    }

    private enum AppendsAllowed implements Partition.Internal {
        INSTANCE
    }

    /** Names its log: the flush of a log that was closed meanwhile says nothing about the one open now. */
    private record Flushed(PartitionLog of, Flush flush, boolean acknowledges) implements Partition.Internal {}

    private record FlushFailed(Throwable cause) implements Partition.Internal {}

    private record Compacted(
            CompactionRun run, Compaction.@Nullable Result result, @Nullable Throwable failure)
            implements Partition.Internal {}

    private final Shell shell;
    private final Activate epoch;
    private final Replica replica;
    private final PartitionLog partitionLog;
    private final PartitionRegistry.Entry entry;
    private final Leading leading;
    private final LeaderState<AppendPath.Pending> state;
    private final AppendPath appends;
    private final ReadPath reads;
    private final ReplicaReads replicas;
    private final LogUpkeep upkeep;
    private final LeaderMetrics metrics;
    private TopicSettings settings;
    private Duration appendPause;
    private boolean appendsPaused;
    private boolean commitDue;
    private boolean failed; // while a message is handled: what is left of that is not known

    private ServingPartition(Shell shell, Activate epoch, Replica replica, Duration appendPause) {
        super(shell.context());
        this.appendPause = appendPause;
        this.shell = shell;
        this.epoch = epoch;
        this.replica = replica;
        this.partitionLog = replica.log();
        this.settings = epoch.settings();
        this.leading = shell.home().leading();
        this.state = new LeaderState<>(
                epoch.leaderEpoch(), leading.brokerId(), settings.minInSyncReplicas(), settings.flushMessages(),
                epoch.replicas(), epoch.proposal(), epochStartOffset(), partitionLog.logEndOffset(),
                partitionLog.recoveryPoint(), Math.min(replica.highWatermark(), partitionLog.logEndOffset()),
                leading.nowMs());
        replica.highWatermark(state.highWatermark());
        this.metrics = new LeaderMetrics(BrokerMetrics.get(shell.context().getSystem()), epoch.id(), epoch.topic());
        this.appends = new AppendPath(partitionLog, state, settings, metrics);
        this.reads = new ReadPath(partitionLog, state, leading.lease());
        this.replicas = new ReplicaReads(partitionLog, state);
        this.upkeep = new LogUpkeep(partitionLog, shell.home(), topicPartition());
        this.entry = new PartitionRegistry.Entry(
                epoch.id(), shell.context().getSelf(), epoch.leaderEpoch(), shell.handedOff());
    }

    /**
     * Serves from now on.
     *
     * @param appendPause how long appends are refused, because the disk has just refused one
     */
    static Behavior<Partition.Command> begin(
            Shell shell, Activate epoch, Replica replica, Duration appendPause) {
        var serving = new ServingPartition(shell, epoch, replica, appendPause);
        serving.scheduleFlush();
        if (appendPause.isPositive()) {
            serving.appendsPaused = true;
            shell.timers().startSingleTimer(AppendsAllowed.INSTANCE, appendPause);
        }
        serving.metrics.opened(replica.log(), serving.settings.minInSyncReplicas());
        shell.home().registry().enter(serving.entry);
        serving.watchEarlierFlushes();
        if (serving.state.flushDue()) {
            serving.commitSoon();
        }
        log.atDebug()
                .addKeyValue("topicPartition", serving.topicPartition())
                .addKeyValue("leaderEpoch", epoch.leaderEpoch())
                .addKeyValue("logEndOffset", replica.log().logEndOffset())
                .log("became leader");
        return serving;
    }

    @Override
    public Behavior<Partition.Command> onMessage(Partition.Command command) {
        failed = true;
        Behavior<Partition.Command> next = handle(command);
        failed = false;
        return next;
    }

    private Behavior<Partition.Command> handle(Partition.Command command) {
        try {
            return switch (command) {
                case Partition.Request request -> {
                    serve(request);
                    yield this;
                }
                case Commit commit -> {
                    commit();
                    yield this;
                }
                case Activate next -> onActivate(next);
                case Partition.ReplicasChanged changed -> {
                    if (changed.leaderEpoch() == epoch.leaderEpoch()
                            && changed.replicas().partitionEpoch() >= state.replicas().partitionEpoch()) {
                        perform(state.onReplicas(changed.replicas(), leading.nowMs()));
                        replicas.onReplicas();
                    }
                    yield this;
                }
                case Partition.ProposeInSync propose -> {
                    if (propose.leaderEpoch() == epoch.leaderEpoch()) {
                        epoch.sentinel().tell(new Partition.ProposalAnswered(
                                epoch.id(), epoch.leaderEpoch(), propose.proposal(), state.propose(propose.proposal())));
                    }
                    yield this;
                }
                case Partition.CancelProposal cancel -> {
                    if (cancel.leaderEpoch() == epoch.leaderEpoch()) {
                        perform(state.cancel(cancel.partitionEpoch()));
                    }
                    yield this;
                }
                case Partition.CheckFollowers check -> {
                    checkFollowers(check);
                    yield this;
                }
                case Partition.Reconfigure(TopicSettings changed) -> {
                    settings = changed;
                    partitionLog.reconfigure(ReplicaSettings.log(changed, shell.home()));
                    perform(appends.reconfigure(changed));
                    scheduleFlush();
                    showLog();
                    yield this;
                }
                case Partition.Maintain(boolean retention) -> {
                    maintain(retention);
                    yield this;
                }
                case Partition.Stop stop -> stop(stop);
                case Partition.HandOff handOff -> handOff(handOff);
                case Partition.Internal internal -> onInternal(internal);
            };
        } catch (IOException e) {
            return onLogFailed(e);
        }
    }

    private void commitSoon() {
        if (!commitDue) {
            commitDue = true;
            shell.context().getSelf().tell(Commit.INSTANCE);
        }
    }

    private void commit() throws IOException {
        commitDue = false;
        try {
            perform(appends.write(nowMs(), leading.nowMs()));
            replicas.onWritten();
            if (appends.takeRolled()) {
                showLog();
                flush(false);
            }
        } catch (IOException e) {
            Duration doubled = appendPause.multipliedBy(2);
            appendPause = appendPause.isZero()
                    ? FIRST_APPEND_PAUSE
                    : doubled.compareTo(LAST_APPEND_PAUSE) < 0 ? doubled : LAST_APPEND_PAUSE;
            appendsPaused = true;
            throw e;
        }
        appendPause = Duration.ZERO;
    }

    private void serve(Partition.Request request) throws IOException {
        try {
            perform(request);
        } catch (IOException e) {
            Refusals.refuse(request, KafkaError.KAFKA_STORAGE_ERROR);
            throw e;
        }
    }

    /** The answer comes last: what throws was not answered. */
    private void perform(Partition.Request request) throws IOException {
        switch (request) {
            case Partition.Append append when appendsPaused ->
                Refusals.refuse(append, KafkaError.KAFKA_STORAGE_ERROR);
            case Partition.Append append when !leading.lease().holds() ->
                Refusals.refuse(append, KafkaError.NOT_LEADER_OR_FOLLOWER);
            case Partition.Append append -> {
                metrics.asked();
                if (appends.accept(append, nowMs())) {
                    commitSoon();
                }
            }
            case Partition.Read read -> reads.read(read, nowMs());
            case Partition.ReplicaRead read -> {
                if (replicas.check(read)) {
                    state.onFollowerLogStart(read.brokerId(), read.logStartOffset());
                    perform(state.onFollowerFetch(
                            read.brokerId(), read.incarnation(), read.fetchOffset(), leading.nowMs()));
                    replicas.answer(read);
                }
            }
            case Partition.ListOffset list -> reads.listOffset(list);
            case Partition.EpochEndOffset end -> reads.epochEndOffset(end);
            case Partition.DeleteRecords delete -> {
                if (reads.deleteRecords(delete, settings)) {
                    replicas.onChanged();
                }
                showLog();
            }
            case Partition.DescribeProducers describe -> reads.describeProducers(describe);
            case Partition.DescribeLog describe -> reads.describeLog(describe);
        }
    }

    private Behavior<Partition.Command> onInternal(Partition.Internal internal) throws IOException {
        switch (internal) {
            case Flushed flushed -> onFlushed(flushed);
            case Compacted(var run, var result, var failure) -> {
                upkeep.onCompacted(run, result, failure, settings, nowMs());
                showLog();
            }
            case AppendsAllowed allowed -> appendsPaused = false;
            case TakeOver before -> takeOver(before);
            case FlushFailed(Throwable cause) -> {
                return onFlushFailed(cause);
            }
            case LogWanted(int leaderEpoch) -> {
                return leaderEpoch > epoch.leaderEpoch() ? stop(new Partition.Stop(false)) : this;
            }
            case FlushDue due -> {
                if (!replica.flushing() && partitionLog.recoveryPoint() < partitionLog.logEndOffset()) {
                    flush(false);
                }
            }
            default -> throw new IllegalStateException("not a message of this actor: " + internal);
        }
        return this;
    }

    private void perform(List<LeaderEffect<AppendPath.Pending>> effects) throws IOException {
        for (LeaderEffect<AppendPath.Pending> effect : effects) {
            switch (effect) {
                case LeaderEffect.Answer<AppendPath.Pending>(var waiter, KafkaError error, long baseOffset) -> {
                    if (error == KafkaError.NONE && !leading.lease().holds()) {
                        appends.answer(waiter, KafkaError.NOT_LEADER_OR_FOLLOWER, -1); // another may lead by now
                    } else {
                        appends.answer(waiter, error, baseOffset);
                    }
                }
                case LeaderEffect.Flush<AppendPath.Pending> ignored -> flush(true);
                case LeaderEffect.HighWatermarkAdvanced<AppendPath.Pending>(long highWatermark) -> {
                    replica.highWatermark(highWatermark);
                    reads.onHighWatermark(highWatermark);
                    replicas.onHighWatermark(highWatermark);
                }
                case LeaderEffect.ReportCaughtUp<AppendPath.Pending>(Partition.Member follower) ->
                    epoch.sentinel().tell(new Partition.FollowerCaughtUp(epoch.id(), epoch.leaderEpoch(), follower));
            }
        }
    }

    private void checkFollowers(Partition.CheckFollowers check) {
        if (check.leaderEpoch() == epoch.leaderEpoch()) {
            List<Integer> behind = state.behind(leading.nowMs(), leading.maxLagMs());
            if (!behind.isEmpty()) {
                epoch.sentinel().tell(new Partition.FollowersBehind(epoch.id(), epoch.leaderEpoch(), behind));
            }
        }
    }

    /** Where the log ended when this epoch began: its entry was made when the log was opened. */
    private long epochStartOffset() {
        List<LeaderEpochFile.Entry> entries = partitionLog.epochs().entries();
        return !entries.isEmpty() && entries.getLast().epoch() == epoch.leaderEpoch()
                ? entries.getLast().startOffset()
                : partitionLog.logEndOffset();
    }

    /** A flush that another owner of the log began, and that may end only now, is this leader's matter too if it fails. */
    private void watchEarlierFlushes() {
        ActorRef<Partition.Command> self = shell.context().getSelf();
        var _ = replica.flushes().exceptionally(failure -> {
            self.tell(new FlushFailed(failure));
            return null;
        });
    }

    /** Forces what is written by now on a flush thread, after the flushes that are on their way. */
    private void flush(boolean acknowledges) throws IOException {
        Flush flush = partitionLog.prepareFlush();
        shell.context().pipeToSelf(
                replica.flush(() -> force(flush), shell.home().flush()),
                (done, failure) -> failure == null
                        ? new Flushed(partitionLog, flush, acknowledges)
                        : new FlushFailed(failure));
    }

    private void force(Flush flush) {
        long startNanos = System.nanoTime();
        try {
            flush.force();
            metrics.flushed(System.nanoTime() - startNanos);
        } catch (IOException e) {
            shell.home().logs().forceFailed(epoch.id());
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("ReferenceEquality") // this very log
    private void onFlushed(Flushed flushed) throws IOException {
        if (flushed.of() != partitionLog) {
            return;
        }
        partitionLog.flushed(flushed.flush());
        if (flushed.acknowledges()) {
            perform(state.onFlushed(flushed.flush().endOffset()));
        }
    }

    private void scheduleFlush() {
        if (settings.flushMs() < Long.MAX_VALUE) {
            shell.timers()
                    .startTimerWithFixedDelay(
                            FLUSH_TIMER, FlushDue.INSTANCE, Duration.ofMillis(Math.max(1, settings.flushMs())));
        } else {
            shell.timers().cancel(FLUSH_TIMER);
        }
    }

    private void maintain(boolean retention) throws IOException {
        long nowMs = nowMs();
        reads.expireWatches(nowMs);
        if (retention && upkeep.retain(settings, nowMs, state.highWatermark())) {
            reads.onChanged();
            replicas.onChanged();
        }
        if (settings.cleanupCompact()) {
            compact(nowMs);
        }
        showLog();
    }

    /** What changes seldom is shown when it has; the end of the log with each write. */
    private void showLog() {
        metrics.changed(
                partitionLog, state.highWatermark() - reads.lastStableOffset(), settings.minInSyncReplicas());
    }

    private void compact(long nowMs) throws IOException {
        partitionLog.roll(true, nowMs); // also when nobody appends: max.compaction.lag.ms
        if (partitionLog.recoveryPoint() < partitionLog.logEndOffset() && !replica.flushing()) {
            flush(false); // only what is forced is compacted
        }
        CompactionRun run = upkeep.compact(settings, reads.lastStableOffset(), nowMs);
        if (run != null) {
            shell.context().pipeToSelf(run.ended(), (result, failure) -> new Compacted(run, result, failure));
        }
    }

    private Behavior<Partition.Command> onActivate(Activate next) {
        if (next.leaderEpoch() <= epoch.leaderEpoch()) {
            return this;
        }
        leave(KafkaError.NOT_LEADER_OR_FOLLOWER);
        return PartitionLeaderActor.leadingOn(
                shell, next, replica, upkeep.cancel(), appendsPaused ? appendPause : Duration.ZERO);
    }

    private Behavior<Partition.Command> stop(Partition.Stop stop) {
        leave(KafkaError.NOT_LEADER_OR_FOLLOWER);
        replica.giveBack(upkeep.cancel());
        return stop.deleteLog() ? PartitionLeaderActor.deletingFolder(shell) : PartitionLeaderActor.idle(shell, null);
    }

    /**
     * The next leader is not elected yet: where there may be one, an actor outside of sharding serves until then. It takes over
     * who waits here, and gets what is still sent here.
     */
    private Behavior<Partition.Command> handOff(Partition.HandOff handOff) throws IOException {
        if (state.replicas().inSync().size() < 2 || !leading.lease().holds()) {
            return stop(new Partition.Stop());
        }
        if (commitDue) {
            try {
                commit();
            } catch (IOException e) {
                shell.context().getSelf().tell(handOff); // it stops after what this failure leads to
                throw e;
            }
        }
        List<LeaderState.Waiting<AppendPath.Pending>> waiting = state.takeWaiting();
        long end = partitionLog.logEndOffset();
        shell.timers().cancelAll();
        metrics.closed();
        replica.giveBack(upkeep.cancel());
        ActorRef<Partition.Command> successor = shell.context().getSystem().systemActorOf(
                PartitionLeaderActor.afterHandOff(shell.home(), asItStands(), end),
                "handed-off-" + HANDED_OFF.incrementAndGet(),
                Props.empty().withDispatcherFromConfig("sampo.partition.dispatcher"));
        shell.home().registry().enter(new PartitionRegistry.Entry(epoch.id(), successor, epoch.leaderEpoch(), true));
        successor.tell(new TakeOver(waiting)); // it begins, and may end, only now
        reads.onChanged();
        replicas.onChanged();
        return PartitionLeaderActor.idle(shell, successor);
    }

    /** Who waited for the leader before this one, in this epoch: their records are in the log. */
    private void takeOver(TakeOver before) throws IOException {
        for (LeaderState.Waiting<AppendPath.Pending> waiting : before.waiting()) {
            state.await(
                    waiting.waiter(), waiting.waiter().request().acks(), waiting.baseOffset(), waiting.requiredOffset());
        }
        commitSoon();
    }

    private Behavior<Partition.Command> onLogFailed(IOException failure) {
        if (failure instanceof LogFailedException) {
            return onFlushFailed(failure); // the one failure that happens behind this actor's back
        }
        if (failure instanceof DamagedLogException damage) {
            return quarantine(damage);
        }
        log.atError()
                .addKeyValue("topicPartition", topicPartition())
                .log("disk refused, log is opened again through recovery: {}", failure.toString());
        long end = partitionLog.logEndOffset();
        failed();
        return PartitionLeaderActor.reopening(
                shell, asItStands(), entry, appendsPaused ? appendPause : Duration.ZERO, end);
    }

    /** Nothing is opened again, cut or deleted: what is left of the records is the operator's to save. */
    private Behavior<Partition.Command> quarantine(DamagedLogException damage) {
        Quarantine.log(damage, topicPartition());
        shell.home().logs().quarantine(epoch.id());
        failed();
        return PartitionLeaderActor.offline(shell, asItStands(), entry);
    }

    private Behavior<Partition.Command> onFlushFailed(Throwable failure) {
        log.atError()
                .addKeyValue("topicPartition", topicPartition())
                .log("flush failed, partition is offline until the broker restarts: {}", failure.toString());
        shell.home().logs().forceFailed(epoch.id());
        failed();
        return PartitionLeaderActor.offline(shell, asItStands(), entry);
    }

    /** The log is of no use any more: everybody hears so, and it is closed as it is. */
    private void failed() {
        metrics.closed();
        answerWaiting(KafkaError.KAFKA_STORAGE_ERROR);
        replica.discard(upkeep.cancel());
    }

    /** As things stand: whoever is in sync or proposed still counts when the log is opened again. */
    private Activate asItStands() {
        return epoch.with(settings).with(state.replicas(), state.proposal());
    }

    private void leave(KafkaError error) {
        metrics.closed();
        shell.home().registry().remove(entry);
        answerWaiting(error);
    }

    private void answerWaiting(KafkaError error) {
        shell.timers().cancelAll();
        for (LeaderEffect<AppendPath.Pending> effect : state.onStopped(error)) {
            if (effect instanceof LeaderEffect.Answer<AppendPath.Pending>(var waiter, KafkaError answer, long base)) {
                appends.answer(waiter, answer, base);
            }
        }
        reads.onChanged();
        replicas.onChanged();
    }

    @Override
    public Behavior<Partition.Command> onSignal(Signal signal) {
        if (signal instanceof PostStop) { // without Stop: stopped from above, as when the broker ends, or failed
            leave(KafkaError.NOT_LEADER_OR_FOLLOWER);
            if (failed) {
                replica.discard(upkeep.cancel());
            } else {
                replica.giveBack(upkeep.cancel());
            }
        }
        return this;
    }

    private long nowMs() {
        return shell.home().wallClockMs().getAsLong();
    }

    private String topicPartition() {
        return epoch.topic() + "-" + epoch.id().partition();
    }
}
