package dev.sampo.partition.leader;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Activate;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.leader.PartitionLeaderActor.Shell;
import dev.sampo.persistence.log.Flush;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
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
    private static final String FLUSH_TIMER = "flush.ms";

    private enum Commit implements Partition.Internal {
        INSTANCE
    }

    private enum FlushDue implements Partition.Internal {
        INSTANCE
    }

    private record Flushed(Flush flush, boolean acknowledges) implements Partition.Internal {}

    private record FlushFailed(Throwable cause) implements Partition.Internal {}

    private record Closed(boolean clean, boolean deleteLog) implements Partition.Internal {}

    private final Shell shell;
    private final Activate epoch;
    private final PartitionLog partitionLog;
    private final PartitionRegistry.Entry entry;
    private final LeaderState<AppendPath.Pending> state;
    private final AppendPath appends;
    private final ReadPath reads;
    private final LogUpkeep upkeep;
    private TopicSettings settings;
    private boolean commitDue;
    private boolean stopping;
    private boolean closed;

    private ServingPartition(Shell shell, Activate epoch, PartitionLog partitionLog) {
        super(shell.context());
        this.shell = shell;
        this.epoch = epoch;
        this.partitionLog = partitionLog;
        this.settings = epoch.settings();
        long end = partitionLog.logEndOffset();
        this.state = new LeaderState<>(
                epoch.leaderEpoch(), settings.minInSyncReplicas(), settings.flushMessages(), List.of(), end, end);
        this.appends = new AppendPath(partitionLog, state, settings);
        this.reads = new ReadPath(partitionLog, state);
        this.upkeep = new LogUpkeep(partitionLog, shell.home(), topicPartition());
        this.entry = new PartitionRegistry.Entry(epoch.id(), shell.context().getSelf(), epoch.leaderEpoch());
    }

    /** Serves from now on. */
    static Behavior<Partition.Command> begin(Shell shell, Activate epoch, PartitionLog partitionLog) {
        var serving = new ServingPartition(shell, epoch, partitionLog);
        shell.home().logs().opened();
        serving.scheduleFlush();
        shell.home().registry().enter(serving.entry);
        log.atDebug()
                .addKeyValue("topicPartition", serving.topicPartition())
                .addKeyValue("leaderEpoch", epoch.leaderEpoch())
                .addKeyValue("logEndOffset", partitionLog.logEndOffset())
                .log("became leader");
        return serving;
    }

    @Override
    public Behavior<Partition.Command> onMessage(Partition.Command command) {
        if (stopping) {
            return whileStopping(command);
        }
        try {
            return switch (command) {
                case Partition.Request request -> {
                    serve(request);
                    yield this;
                }
                case Commit commit -> {
                    commitDue = false;
                    perform(appends.write(nowMs()));
                    if (appends.takeRolled()) {
                        flush(false);
                    }
                    yield this;
                }
                case Activate next -> onActivate(next);
                case Partition.Reconfigure(TopicSettings changed) -> {
                    settings = changed;
                    partitionLog.reconfigure(Settings.log(changed, shell.home()));
                    appends.reconfigure(changed);
                    scheduleFlush();
                    yield this;
                }
                case Partition.Maintain(boolean retention) -> {
                    maintain(retention);
                    yield this;
                }
                case Partition.Stop stop -> stop(stop);
                case Partition.Internal internal -> onInternal(internal);
            };
        } catch (IOException e) {
            return onLogFailed(e);
        }
    }

    private void serve(Partition.Request request) throws IOException {
        switch (request) {
            case Partition.Append append -> {
                if (appends.accept(append, nowMs()) && !commitDue) {
                    commitDue = true;
                    shell.context().getSelf().tell(Commit.INSTANCE);
                }
            }
            case Partition.Read read -> reads.read(read, nowMs());
            case Partition.ListOffset list -> reads.listOffset(list);
            case Partition.EpochEndOffset end -> reads.epochEndOffset(end);
            case Partition.DeleteRecords delete -> reads.deleteRecords(delete, settings);
            case Partition.DescribeProducers describe -> reads.describeProducers(describe);
            case Partition.DescribeLog describe -> reads.describeLog(describe);
        }
    }

    private Behavior<Partition.Command> onInternal(Partition.Internal internal) throws IOException {
        switch (internal) {
            case Flushed(Flush flush, boolean acknowledges) -> {
                partitionLog.flushed(flush);
                if (acknowledges) {
                    perform(state.onFlushed(flush.endOffset()));
                }
            }
            case FlushFailed(Throwable cause) -> {
                return onFlushFailed(cause);
            }
            case FlushDue due -> flush(false);
            default -> throw new IllegalStateException("not a message of this actor: " + internal);
        }
        return this;
    }

    private void perform(List<LeaderEffect<AppendPath.Pending>> effects) throws IOException {
        for (LeaderEffect<AppendPath.Pending> effect : effects) {
            switch (effect) {
                case LeaderEffect.Answer<AppendPath.Pending>(var waiter, KafkaError error, long baseOffset) ->
                    appends.answer(waiter, error, baseOffset);
                case LeaderEffect.Flush<AppendPath.Pending> ignored -> flush(true);
                case LeaderEffect.HighWatermarkAdvanced<AppendPath.Pending>(long highWatermark) ->
                    reads.onHighWatermark(highWatermark);
            }
        }
    }

    /** Forces what is written by now on a flush thread. */
    private void flush(boolean acknowledges) throws IOException {
        Flush flush = partitionLog.prepareFlush();
        var forced = CompletableFuture.runAsync(
                () -> {
                    try {
                        flush.force();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                shell.home().flush());
        shell.context().pipeToSelf(
                forced, (done, failure) -> failure == null ? new Flushed(flush, acknowledges) : new FlushFailed(failure));
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
        }
    }

    private Behavior<Partition.Command> onActivate(Activate next) {
        if (next.leaderEpoch() <= epoch.leaderEpoch()) {
            return this;
        }
        // The same broker leads again: the open log goes on in the new epoch, after everything that waits is answered.
        shell.stash().stash(next);
        return stop(new Partition.Stop(false));
    }

    private Behavior<Partition.Command> stop(Partition.Stop stop) {
        stopping = true;
        leave(KafkaError.NOT_LEADER_OR_FOLLOWER);
        var closing = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        partitionLog.close(true);
                        return true;
                    } catch (IOException e) {
                        log.atError()
                                .addKeyValue("topicPartition", topicPartition())
                                .log("log could not be closed cleanly, it will be recovered: {}", e.toString());
                        return false;
                    }
                },
                shell.home().flush());
        shell.context().pipeToSelf(
                closing, (clean, failure) -> new Closed(failure == null && clean, stop.deleteLog()));
        return this;
    }

    private Behavior<Partition.Command> whileStopping(Partition.Command command) {
        return switch (command) {
            case Closed(boolean clean, boolean deleteLog) -> {
                closed(clean || deleteLog);
                if (shell.stash().isEmpty()) {
                    if (deleteLog) {
                        yield PartitionLeaderActor.deletingFolder(shell);
                    }
                    yield Behaviors.stopped();
                }
                yield shell.stash().unstashAll(PartitionLeaderActor.idle(shell));
            }
            case Partition.Request request -> {
                Refusals.refuse(request, KafkaError.NOT_LEADER_OR_FOLLOWER);
                yield this;
            }
            case Activate next -> {
                shell.stash().stash(next);
                yield this;
            }
            default -> this;
        };
    }

    private Behavior<Partition.Command> onLogFailed(IOException failure) {
        log.atError()
                .addKeyValue("topicPartition", topicPartition())
                .log("disk refused, log is opened again through recovery: {}", failure.toString());
        answerWaiting(KafkaError.KAFKA_STORAGE_ERROR);
        closeQuietly();
        return PartitionLeaderActor.reopening(shell, epoch, entry);
    }

    private Behavior<Partition.Command> onFlushFailed(Throwable failure) {
        log.atError()
                .addKeyValue("topicPartition", topicPartition())
                .log("flush failed, partition is offline until the broker restarts: {}", failure.toString());
        answerWaiting(KafkaError.KAFKA_STORAGE_ERROR);
        closeQuietly();
        return PartitionLeaderActor.offline(shell, entry);
    }

    private void leave(KafkaError error) {
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
    }

    private void closeQuietly() {
        try {
            partitionLog.close(false);
        } catch (IOException e) {
            log.atWarn().addKeyValue("topicPartition", topicPartition()).log("close failed: {}", e.toString());
        }
        closed(false);
    }

    private void closed(boolean clean) {
        if (!closed) {
            closed = true;
            shell.home().logs().closed(clean);
        }
    }

    @Override
    public Behavior<Partition.Command> onSignal(Signal signal) {
        if (signal instanceof PostStop && !closed) { // stopped from above, without Stop
            leave(KafkaError.NOT_LEADER_OR_FOLLOWER);
            closeQuietly();
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
