package dev.sampo.partition.leader;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Activate;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.persistence.log.DamagedLogException;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sharded entity of one partition while it does not serve: waiting for its epoch, opening its log on a blocking
 * thread, or offline because the log is damaged or the disk refused. Whoever asks hears why. While it serves it is a
 * {@link ServingPartition}.
 */
public final class PartitionLeaderActor extends AbstractMatchingBehavior<Partition.Command> {
    private static final Logger log = LoggerFactory.getLogger(PartitionLeaderActor.class);
    private static final Duration FIRST_REOPEN = Duration.ofSeconds(1);
    private static final Duration LAST_REOPEN = Duration.ofSeconds(10);
    private static final int STASH_CAPACITY = 1_000;

    private enum Phase {
        /** No epoch yet, or the log was closed. */
        IDLE,
        /** The log is being opened; what changes its fate waits in the stash. */
        OPENING,
        /** It could not be opened and will be tried again. */
        WAITING,
        /** Nothing helps but a restart of the broker. */
        OFFLINE,
        /** The folder goes, then the actor stops. */
        DELETING
    }

    private record Opened(PartitionLog partitionLog, boolean recovered) implements Partition.Internal {}

    private record OpenFailed(Throwable cause) implements Partition.Internal {}

    private enum Reopen implements Partition.Internal {
        INSTANCE
    }

    private enum Deleted implements Partition.Internal {
        INSTANCE
    }

    /** What this actor and {@link ServingPartition} hand to each other. */
    record Shell(
            ActorContext<Partition.Command> context,
            TimerScheduler<Partition.Command> timers,
            StashBuffer<Partition.Command> stash,
            PartitionHome home,
            TopicIdPartition id) {}

    private final Shell shell;
    private Phase phase = Phase.IDLE;
    private @Nullable Activate epoch; // the newest
    private PartitionRegistry.@Nullable Entry entry; // registered while offline, so that clients hear why
    private Duration reopenAfter = FIRST_REOPEN;
    private Duration appendPause = Duration.ZERO;

    private PartitionLeaderActor(Shell shell) {
        super(shell.context());
        this.shell = shell;
    }

    /** Serves nothing until it gets {@link Activate}. */
    public static Behavior<Partition.Command> create(PartitionHome home, TopicIdPartition id) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> Behaviors.withStash(
                STASH_CAPACITY,
                stash -> new PartitionLeaderActor(new Shell(context, timers, stash, home, id)))));
    }

    /** The log was closed; what was stashed decides what comes next. */
    static Behavior<Partition.Command> idle(Shell shell) {
        return new PartitionLeaderActor(shell);
    }

    /** The log was closed; its folder goes, then the actor stops. */
    static Behavior<Partition.Command> deletingFolder(Shell shell) {
        return new PartitionLeaderActor(shell).delete();
    }

    /**
     * The disk refused a call and the log was closed: opens it again through recovery, so that reads go on.
     *
     * @param appendPause how long no append is taken then
     */
    static Behavior<Partition.Command> reopening(
            Shell shell, Activate epoch, PartitionRegistry.Entry entry, Duration appendPause) {
        var actor = new PartitionLeaderActor(shell);
        actor.entry = entry;
        actor.appendPause = appendPause;
        return actor.open(epoch);
    }

    /** What is on disk is not known any more: offline until the broker starts again. */
    static Behavior<Partition.Command> offline(Shell shell, Activate epoch, PartitionRegistry.Entry entry) {
        var actor = new PartitionLeaderActor(shell);
        actor.entry = entry;
        actor.epoch = epoch;
        actor.phase = Phase.OFFLINE;
        return actor;
    }

    @Override
    public Behavior<Partition.Command> onMessage(Partition.Command command) {
        return switch (command) {
            case Activate next -> onActivate(next);
            case Partition.Stop stop -> onStop(stop);
            case Partition.Reconfigure reconfigure -> {
                if (phase == Phase.OPENING) {
                    shell.stash().stash(reconfigure);
                } else if (epoch != null) {
                    epoch = epoch.with(reconfigure.settings());
                }
                yield this;
            }
            case Partition.ReplicasChanged changed -> {
                if (phase == Phase.OPENING) {
                    shell.stash().stash(changed);
                } else if (epoch != null && epoch.leaderEpoch() == changed.leaderEpoch()) {
                    epoch = epoch.with(changed.replicas(), epoch.proposal());
                }
                yield this;
            }
            case Partition.ProposeInSync propose -> {
                if (phase == Phase.OPENING) {
                    shell.stash().stash(propose);
                } // else nobody can say how far its followers are: no answer, no expansion
                yield this;
            }
            case Partition.CancelProposal cancel -> {
                if (phase == Phase.OPENING) {
                    shell.stash().stash(cancel);
                } else {
                    cancelProposal(cancel);
                }
                yield this;
            }
            case Partition.CheckFollowers ignored -> this;
            case Partition.Maintain ignored -> this;
            case Partition.Request request -> {
                Refusals.refuse(request, refusal());
                yield this;
            }
            case Partition.Internal internal -> onInternal(internal);
        };
    }

    private void cancelProposal(Partition.CancelProposal cancel) {
        Activate known = epoch;
        if (known != null && known.leaderEpoch() == cancel.leaderEpoch() && known.proposal() != null
                && known.proposal().partitionEpoch() <= cancel.partitionEpoch()) {
            epoch = known.with(known.replicas(), null);
        }
    }

    private KafkaError refusal() {
        if (phase == Phase.DELETING) {
            return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
        }
        return entry != null ? KafkaError.KAFKA_STORAGE_ERROR : KafkaError.NOT_LEADER_OR_FOLLOWER;
    }

    private Behavior<Partition.Command> onInternal(Partition.Internal internal) {
        return switch (internal) {
            case Opened(PartitionLog partitionLog, boolean recovered) -> onOpened(partitionLog, recovered);
            case OpenFailed(Throwable failure) -> onOpenFailed(failure);
            case Reopen reopen when phase == Phase.WAITING && epoch != null -> open(epoch);
            case Deleted deleted -> Behaviors.stopped();
            default -> this; // a late message of the time when it served: a flush or a compaction that ended
        };
    }

    private Behavior<Partition.Command> onActivate(Activate next) {
        switch (phase) {
            case IDLE -> {
                return open(next);
            }
            case OPENING -> shell.stash().stash(next);
            case WAITING, OFFLINE -> {
                if (epoch == null || next.leaderEpoch() > epoch.leaderEpoch()) {
                    register(next);
                }
            }
            case DELETING -> {
                // its topic is gone for ever
            }
        }
        return this;
    }

    private Behavior<Partition.Command> open(Activate next) {
        epoch = next;
        PartitionHome home = shell.home();
        if (home.logs().isOffline(next.id())) {
            return goOffline(next);
        }
        phase = Phase.OPENING;
        Path folder = home.logFolder().resolve(next.id().directoryName());
        boolean clean = home.logs().opening(next.id()) && home.cleanStart();
        var opened = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        var partitionLog = PartitionLog.open(
                                folder, next.id().topicId(), Settings.log(next.settings(), home), clean,
                                home.files(), home.wallClockMs().getAsLong());
                        assignEpoch(partitionLog, next.leaderEpoch());
                        return partitionLog;
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                home.blocking());
        shell.context().pipeToSelf(opened, (partitionLog, failure) -> failure == null
                ? new Opened(partitionLog, !clean && partitionLog.logEndOffset() > 0)
                : new OpenFailed(failure));
        return this;
    }

    private static void assignEpoch(PartitionLog partitionLog, int leaderEpoch) throws IOException {
        try {
            partitionLog.epochs().assign(leaderEpoch, partitionLog.logEndOffset());
        } catch (IOException e) {
            partitionLog.close(false);
            throw e;
        }
    }

    private Behavior<Partition.Command> onOpened(PartitionLog partitionLog, boolean recovered) {
        Activate opened = epoch();
        PartitionHome home = shell.home();
        if (home.logs().isOffline(opened.id())) { // by a flush that was on its way when the log was closed
            home.blocking().execute(() -> closeUnclean(partitionLog));
            home.logs().closed(false);
            return shell.stash().unstashAll(goOffline(opened));
        }
        if (recovered) {
            log.atInfo()
                    .addKeyValue("topicPartition", name(opened))
                    .addKeyValue("logEndOffset", partitionLog.logEndOffset())
                    .log("recovered log");
        }
        return shell.stash().unstashAll(ServingPartition.begin(
                shell, opened, partitionLog, highWatermark(opened, partitionLog), appendPause));
    }

    /** Nothing is known of it yet: of a replica that others hold too, only what they have is safe to show. */
    private static long highWatermark(Activate opened, PartitionLog partitionLog) {
        return opened.replicas().replicas().size() == 1
                ? partitionLog.logEndOffset()
                : partitionLog.logStartOffset();
    }

    private static void closeUnclean(PartitionLog partitionLog) {
        try {
            partitionLog.close(false);
        } catch (IOException e) {
            log.atWarn().addKeyValue("folder", partitionLog.directory()).log("close failed: {}", e.toString());
        }
    }

    private Behavior<Partition.Command> onOpenFailed(Throwable failure) {
        Activate failed = epoch();
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof IOException)) {
            cause = cause.getCause();
        }
        shell.home().logs().closed(false);
        register(failed);
        if (cause instanceof DamagedLogException damage) {
            Quarantine.log(damage, name(failed));
            shell.home().logs().quarantine(failed.id());
            phase = Phase.OFFLINE;
        } else {
            log.atError()
                    .addKeyValue("topicPartition", name(failed))
                    .addKeyValue("leaderEpoch", failed.leaderEpoch())
                    .log("log cannot be opened: {}", cause.toString());
            phase = Phase.WAITING;
            shell.timers().startSingleTimer(Reopen.INSTANCE, reopenAfter);
            Duration doubled = reopenAfter.multipliedBy(2);
            reopenAfter = doubled.compareTo(LAST_REOPEN) < 0 ? doubled : LAST_REOPEN;
        }
        return shell.stash().unstashAll(this);
    }

    private Behavior<Partition.Command> goOffline(Activate wanted) {
        register(wanted);
        phase = Phase.OFFLINE;
        return this;
    }

    /** Clients find this partition, and hear that its storage is the trouble. */
    private void register(Activate wanted) {
        epoch = wanted;
        entry = new PartitionRegistry.Entry(wanted.id(), shell.context().getSelf(), wanted.leaderEpoch());
        shell.home().registry().enter(entry);
    }

    private Behavior<Partition.Command> onStop(Partition.Stop stop) {
        switch (phase) {
            case OPENING -> shell.stash().stash(stop); // the log is closed, or deleted, once it is open
            case DELETING -> {
                // stops when the folder is gone
            }
            case IDLE, WAITING, OFFLINE -> {
                leaveRegistry();
                return stop.deleteLog() ? delete() : Behaviors.stopped();
            }
        }
        return this;
    }

    private Behavior<Partition.Command> delete() {
        phase = Phase.DELETING;
        entry = null;
        shell.timers().cancelAll();
        PartitionHome home = shell.home();
        Path folder = home.logFolder().resolve(shell.id().directoryName());
        shell.context().pipeToSelf(
                CompletableFuture.runAsync(() -> LogFolders.delete(folder), home.blocking()),
                (done, failure) -> Deleted.INSTANCE);
        return this;
    }

    @Override
    public Behavior<Partition.Command> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            leaveRegistry();
        }
        return this;
    }

    private void leaveRegistry() {
        if (entry != null) {
            shell.home().registry().remove(entry);
            entry = null;
        }
    }

    private Activate epoch() {
        if (epoch == null) {
            throw new IllegalStateException(shell.id() + " opens its log without an epoch");
        }
        return epoch;
    }

    private static String name(Activate epoch) {
        return epoch.topic() + "-" + epoch.id().partition();
    }
}
