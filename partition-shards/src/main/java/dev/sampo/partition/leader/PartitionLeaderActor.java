package dev.sampo.partition.leader;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Activate;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.replica.LogRefusedException;
import dev.sampo.partition.replica.LogRefusedException.Reason;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.replica.Quarantine;
import dev.sampo.partition.replica.Replica;
import dev.sampo.partition.replica.ReplicaLogs;
import dev.sampo.partition.replica.ReplicaSettings;
import dev.sampo.persistence.log.DamagedLogException;
import dev.sampo.persistence.log.Flush;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
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
    private static final int MOST_REQUESTS_STASHED = STASH_CAPACITY / 2; // the rest is for what must not be refused

    private enum Phase {
        /** No epoch yet, or the log was given back. */
        IDLE,
        /** The log is waited for, or is being opened; what changes its fate waits in the stash. */
        OPENING,
        /** It could not be opened and will be tried again. */
        WAITING,
        /** Nothing helps but a restart of the broker. */
        OFFLINE,
        /** The folder goes, then the actor stops. */
        DELETING
    }

    /** Names what was waited for: a claim that was withdrawn may still be heard of. */
    private record Opened(CompletableFuture<Replica> opening, Replica replica) implements Partition.Internal {}

    private record OpenFailed(CompletableFuture<Replica> opening, Throwable cause) implements Partition.Internal {}

    /** Somebody on this broker claims the log in a newer epoch: this one leads no more, whatever it has heard. */
    record LogWanted(int leaderEpoch) implements Partition.Internal {}

    /** To one that goes on after a hand-off, once the registry names it: it begins now. Carries whom it has to answer. */
    record TakeOver(List<LeaderState.Waiting<AppendPath.Pending>> waiting) implements Partition.Internal {}

    /** The actor stops, unless it was given something to do by what came before. */
    private enum StopIdle implements Partition.Internal {
        INSTANCE
    }

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
            TopicIdPartition id,
            boolean handedOff) {}

    private final Shell shell;
    private Phase phase = Phase.IDLE;
    private ReplicaLogs.@Nullable Claim claim; // while it opens the log, unless it goes on with the open one
    private @Nullable CompletableFuture<Replica> opening; // while it does
    private @Nullable Activate epoch; // the newest
    private PartitionRegistry.@Nullable Entry entry; // registered while offline, so that clients hear why
    private @Nullable ActorRef<Partition.Command> successor; // while this one is idle
    private Duration reopenAfter = FIRST_REOPEN;
    private Duration appendPause = Duration.ZERO;
    private long mustReach; // the end of a log that is opened again in its epoch

    private PartitionLeaderActor(Shell shell) {
        super(shell.context());
        this.shell = shell;
    }

    /** Serves nothing until it gets {@link Activate}. */
    public static Behavior<Partition.Command> create(PartitionHome home, TopicIdPartition id) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> Behaviors.withStash(
                STASH_CAPACITY,
                stash -> new PartitionLeaderActor(new Shell(context, timers, stash, home, id, false)))));
    }

    /**
     * Goes on in the epoch of an entity that sharding has just stopped, until somebody on this broker claims the log in a newer
     * one. No entity: nothing but that, the watcher of groups and the end of the broker stop it. It does nothing before {@link
     * TakeOver}, which comes after the registry names it: else it could end, and leave the registry, before it is entered there.
     *
     * @param end where the log ends: followers may have copied up to there in this epoch
     */
    static Behavior<Partition.Command> afterHandOff(PartitionHome home, Activate epoch, long end) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> Behaviors.withStash(STASH_CAPACITY, stash -> {
            var actor = new PartitionLeaderActor(new Shell(context, timers, stash, home, epoch.id(), true));
            actor.mustReach = end;
            actor.entry = new PartitionRegistry.Entry(epoch.id(), context.getSelf(), epoch.leaderEpoch(), true);
            actor.epoch = epoch;
            actor.phase = Phase.OPENING;
            return actor;
        })));
    }

    /**
     * The log was given back; the actor stops, unless what it was sent meanwhile is another epoch.
     *
     * @param successor gets what still comes for a leader of its epoch, null for nobody
     */
    static Behavior<Partition.Command> idle(Shell shell, @Nullable ActorRef<Partition.Command> successor) {
        shell.context().getSelf().tell(StopIdle.INSTANCE);
        var actor = new PartitionLeaderActor(shell);
        actor.successor = successor;
        return actor;
    }

    /** The log was given back; its folder goes, then the actor stops. */
    static Behavior<Partition.Command> deletingFolder(Shell shell) {
        return new PartitionLeaderActor(shell).delete();
    }

    /**
     * The same broker leads again: goes on with the open log.
     *
     * @param quiet after it nothing of the old epoch touches the log
     * @param appendPause how long no append is taken then
     */
    static Behavior<Partition.Command> leadingOn(
            Shell shell, Activate next, Replica replica, CompletionStage<?> quiet, Duration appendPause) {
        if (!replica.renew(next.leaderEpoch())) {
            replica.giveBack(quiet);
            return idle(shell, null);
        }
        var actor = new PartitionLeaderActor(shell);
        actor.epoch = next;
        actor.appendPause = appendPause;
        actor.awaitLog(quiet.handle((done, failure) -> replica));
        return actor;
    }

    /**
     * The disk refused a call and the log was closed: opens it again through recovery, so that reads go on.
     *
     * @param appendPause how long no append is taken then
     * @param end where the log ended: followers may have copied up to there in this epoch
     */
    static Behavior<Partition.Command> reopening(
            Shell shell, Activate epoch, PartitionRegistry.Entry entry, Duration appendPause, long end) {
        var actor = new PartitionLeaderActor(shell);
        actor.entry = entry;
        actor.appendPause = appendPause;
        actor.mustReach = end;
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
            case Partition.HandOff handOff -> onStop(new Partition.Stop());
            case Partition.Reconfigure _, Partition.ReplicasChanged _, Partition.ProposeInSync _,
                    Partition.CancelProposal _, Partition.Request _ when phase == Phase.IDLE && successor != null -> {
                successor.tell(command); // in the order that they came in
                yield this;
            }
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
                } else if (epoch != null && epoch.leaderEpoch() == changed.leaderEpoch()
                        && changed.replicas().partitionEpoch() >= epoch.replicas().partitionEpoch()) {
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
                if (phase == Phase.OPENING && shell.handedOff()
                        && shell.stash().size() < MOST_REQUESTS_STASHED) {
                    shell.stash().stash(request); // it was served a moment ago, and will be
                } else {
                    Refusals.refuse(request, refusal());
                }
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
        boolean offline = entry != null && !(phase == Phase.OPENING && shell.handedOff());
        return offline ? KafkaError.KAFKA_STORAGE_ERROR : KafkaError.NOT_LEADER_OR_FOLLOWER;
    }

    @SuppressWarnings("ReferenceEquality") // this very opening
    private Behavior<Partition.Command> onInternal(Partition.Internal internal) {
        return switch (internal) {
            case Opened(var of, Replica replica) when of == opening -> onOpened(replica);
            case OpenFailed(var of, Throwable failure) when of == opening -> onOpenFailed(failure);
            case Opened(var of, Replica replica) -> {
                replica.giveBack();
                yield this;
            }
            case LogWanted wanted when phase == Phase.OPENING -> {
                shell.stash().stash(wanted);
                yield this;
            }
            case TakeOver before when phase == Phase.OPENING -> {
                shell.stash().stash(before);
                open(epoch());
                yield phase == Phase.OPENING ? this : shell.stash().unstashAll(this);
            }
            case TakeOver before -> {
                before.waiting().forEach(waiting -> Refusals.refuse(waiting.waiter().request(), refusal()));
                yield this;
            }
            case StopIdle stop when phase == Phase.IDLE -> Behaviors.stopped();
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
        var self = shell.context().getSelf();
        claim = home.logs().claim(
                next.id(), name(next), next.leaderEpoch(), ReplicaSettings.log(next.settings(), home),
                newer -> self.tell(new LogWanted(newer)));
        awaitLog(claim.taken());
        return this;
    }

    private void awaitLog(CompletionStage<Replica> log) {
        phase = Phase.OPENING;
        Activate next = epoch();
        PartitionHome home = shell.home();
        CompletableFuture<Replica> begun =
                log.thenCompose(replica -> begin(replica, next, home)).toCompletableFuture();
        opening = begun;
        shell.context().pipeToSelf(
                begun,
                (replica, failure) -> failure == null ? new Opened(begun, replica) : new OpenFailed(begun, failure));
    }

    /**
     * Begins the epoch, on any thread. Where records are shown to nobody before they are forced, those that the log holds
     * already are forced first; not before the flushes that are on their way, which would take the news of a failure along.
     */
    private static CompletionStage<Replica> begin(Replica replica, Activate next, PartitionHome home) {
        PartitionLog partitionLog = replica.log();
        partitionLog.epochs().note(next.leaderEpoch(), partitionLog.logEndOffset());
        boolean forceFirst = next.settings().flushMessages() < Long.MAX_VALUE
                && partitionLog.recoveryPoint() < partitionLog.logEndOffset();
        if (!forceFirst) {
            return CompletableFuture.completedFuture(replica);
        }
        return replica.flush(() -> force(replica, home), home.blocking()).handle((done, failure) -> {
            if (failure != null) {
                replica.discard(CompletableFuture.completedFuture(null));
                throw new CompletionException(failure);
            }
            return replica;
        });
    }

    private static void force(Replica replica, PartitionHome home) {
        try {
            Flush flush = replica.log().prepareFlush();
            try {
                flush.force();
            } catch (IOException e) {
                home.logs().forceFailed(replica.id());
                throw e;
            }
            replica.log().flushed(flush);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Behavior<Partition.Command> onOpened(Replica replica) {
        opening = null;
        claim = null;
        Activate opened = epoch();
        if (replica.log().logEndOffset() < mustReach) {
            // In this epoch other records would take the place of those that followers hold, and nobody would notice.
            log.atError()
                    .addKeyValue("topicPartition", name(opened))
                    .addKeyValue("logEndOffset", replica.log().logEndOffset())
                    .addKeyValue("before", mustReach)
                    .log("the disk has lost records that were written, partition is offline until the broker restarts");
            shell.home().logs().forceFailed(opened.id());
        }
        if (shell.home().logs().isOffline(opened.id())) { // by a flush that was on its way when the log was given back
            replica.discard(CompletableFuture.completedFuture(null));
            return shell.stash().unstashAll(goOffline(opened));
        }
        return shell.stash().unstashAll(ServingPartition.begin(shell, opened, replica, appendPause));
    }

    private Behavior<Partition.Command> onOpenFailed(Throwable failure) {
        opening = null;
        claim = null;
        Activate failed = epoch();
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof IOException)) {
            cause = cause.getCause();
        }
        if (cause instanceof LogRefusedException refused) {
            return shell.stash().unstashAll(onRefused(failed, refused.reason()));
        }
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

    private Behavior<Partition.Command> onRefused(Activate refused, Reason reason) {
        if (reason == Reason.OFFLINE) {
            return goOffline(refused);
        }
        leaveRegistry();
        phase = Phase.IDLE;
        shell.context().getSelf().tell(StopIdle.INSTANCE);
        return this;
    }

    private Behavior<Partition.Command> goOffline(Activate wanted) {
        register(wanted);
        phase = Phase.OFFLINE;
        return this;
    }

    /** Clients find this partition, and hear that its storage is the trouble. */
    private void register(Activate wanted) {
        epoch = wanted;
        entry = new PartitionRegistry.Entry(
                wanted.id(), shell.context().getSelf(), wanted.leaderEpoch(), shell.handedOff());
        shell.home().registry().enter(entry);
    }

    private Behavior<Partition.Command> onStop(Partition.Stop stop) {
        switch (phase) {
            case OPENING -> {
                if (claim != null && shell.stash().isEmpty() && claim.withdraw()) {
                    claim = null;
                    opening = null;
                    phase = Phase.IDLE;
                    return onStop(stop);
                }
                shell.stash().stash(stop); // the log is given back, or deleted, once it is open
            }
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
        shell.context().pipeToSelf(
                shell.home().logs().delete(shell.id()), (done, failure) -> Deleted.INSTANCE);
        return this;
    }

    @Override
    public Behavior<Partition.Command> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            leaveRegistry();
            if (opening != null && (claim == null || !claim.withdraw())) {
                var _ = opening.thenAccept(Replica::giveBack);
            }
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
