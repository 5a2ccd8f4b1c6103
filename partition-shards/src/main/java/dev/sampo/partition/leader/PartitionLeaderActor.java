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
    private static final Duration REOPEN_AFTER = Duration.ofSeconds(1);
    private static final int STASH_CAPACITY = 1_000;

    private record Opened(Activate epoch, PartitionLog partitionLog, boolean recovered) implements Partition.Internal {}

    private record OpenFailed(Activate epoch, Throwable cause) implements Partition.Internal {}

    private record Reopen(Activate epoch) implements Partition.Internal {}

    private record Deleted() implements Partition.Internal {}

    /** What this actor and {@link ServingPartition} hand to each other. */
    record Shell(
            ActorContext<Partition.Command> context,
            TimerScheduler<Partition.Command> timers,
            StashBuffer<Partition.Command> stash,
            PartitionHome home,
            TopicIdPartition id) {}

    private final Shell shell;
    private final boolean mayTrustCleanShutdown;
    private final KafkaError refusal;
    private final PartitionRegistry.@Nullable Entry entry; // still registered while offline, so that clients hear why
    private boolean opening;

    private PartitionLeaderActor(
            Shell shell, boolean mayTrustCleanShutdown, KafkaError refusal, PartitionRegistry.@Nullable Entry entry) {
        super(shell.context());
        this.shell = shell;
        this.mayTrustCleanShutdown = mayTrustCleanShutdown;
        this.refusal = refusal;
        this.entry = entry;
    }

    /** Serves nothing until it gets {@link Activate}. */
    public static Behavior<Partition.Command> create(PartitionHome home, TopicIdPartition id) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> Behaviors.withStash(
                STASH_CAPACITY,
                stash -> new PartitionLeaderActor(
                        new Shell(context, timers, stash, home, id), home.cleanStart(),
                        KafkaError.NOT_LEADER_OR_FOLLOWER, null))));
    }

    /** The log was closed; what was stashed decides what comes next. */
    static Behavior<Partition.Command> idle(Shell shell) {
        return new PartitionLeaderActor(shell, false, KafkaError.NOT_LEADER_OR_FOLLOWER, null);
    }

    /** The log was closed; its folder goes, then the actor stops. */
    static Behavior<Partition.Command> deletingFolder(Shell shell) {
        var last = new PartitionLeaderActor(shell, false, KafkaError.UNKNOWN_TOPIC_OR_PARTITION, null);
        shell.context().pipeToSelf(deleteFolder(shell), (done, failure) -> new Deleted());
        return last;
    }

    /** The disk refused a write: try to open the log again in a second, through recovery. */
    static Behavior<Partition.Command> reopening(Shell shell, Activate epoch, PartitionRegistry.Entry entry) {
        shell.timers().startSingleTimer(new Reopen(epoch), REOPEN_AFTER);
        return new PartitionLeaderActor(shell, false, KafkaError.KAFKA_STORAGE_ERROR, entry);
    }

    /** What is on disk is not known any more: offline until the broker starts again. */
    static Behavior<Partition.Command> offline(Shell shell, PartitionRegistry.Entry entry) {
        return new PartitionLeaderActor(shell, false, KafkaError.KAFKA_STORAGE_ERROR, entry);
    }

    @Override
    public Behavior<Partition.Command> onMessage(Partition.Command command) {
        return switch (command) {
            case Activate epoch -> onActivate(epoch);
            case Partition.Stop stop -> onStop(stop);
            case Partition.Reconfigure reconfigure -> {
                stashWhileOpening(reconfigure);
                yield this;
            }
            case Partition.Maintain ignored -> this;
            case Partition.Request request -> {
                Refusals.refuse(request, refusal);
                yield this;
            }
            case Partition.Internal internal -> onInternal(internal);
        };
    }

    private Behavior<Partition.Command> onInternal(Partition.Internal internal) {
        return switch (internal) {
            case Opened(Activate epoch, PartitionLog partitionLog, boolean recovered) -> {
                if (recovered) {
                    log.atInfo()
                            .addKeyValue("topicPartition", name(epoch))
                            .addKeyValue("logEndOffset", partitionLog.logEndOffset())
                            .log("recovered log");
                }
                leaveRegistry();
                yield shell.stash().unstashAll(ServingPartition.begin(shell, epoch, partitionLog));
            }
            case OpenFailed(Activate epoch, Throwable cause) -> onOpenFailed(epoch, cause);
            case Reopen(Activate epoch) -> open(epoch);
            case Deleted() -> Behaviors.stopped();
            default -> this; // a late message of the time when it served: a flush or a compaction that ended
        };
    }

    private Behavior<Partition.Command> onActivate(Activate epoch) {
        if (opening) {
            shell.stash().stash(epoch);
            return this;
        }
        return entry == null ? open(epoch) : this; // an offline log is not helped by a new epoch
    }

    private void stashWhileOpening(Partition.Command command) {
        if (opening) {
            shell.stash().stash(command);
        }
    }

    private Behavior<Partition.Command> open(Activate epoch) {
        opening = true;
        PartitionHome home = shell.home();
        Path folder = home.logFolder().resolve(epoch.id().directoryName());
        boolean clean = mayTrustCleanShutdown;
        var opened = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        var partitionLog = PartitionLog.open(
                                folder, epoch.id().topicId(), Settings.log(epoch.settings(), home), clean,
                                home.files(), home.wallClockMs().getAsLong());
                        partitionLog.epochs().assign(epoch.leaderEpoch(), partitionLog.logEndOffset());
                        return partitionLog;
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                home.blocking());
        shell.context().pipeToSelf(opened, (partitionLog, failure) -> failure == null
                ? new Opened(epoch, partitionLog, !clean && partitionLog.logEndOffset() > 0)
                : new OpenFailed(epoch, failure));
        return this;
    }

    private Behavior<Partition.Command> onOpenFailed(Activate epoch, Throwable failure) {
        opening = false;
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof IOException)) {
            cause = cause.getCause();
        }
        boolean damaged = cause instanceof DamagedLogException;
        log.atError()
                .addKeyValue("topicPartition", name(epoch))
                .addKeyValue("leaderEpoch", epoch.leaderEpoch())
                .log(damaged ? "log is damaged, partition is offline: {}" : "log cannot be opened: {}", cause.toString());
        shell.home().logs().damaged();
        var self = new PartitionRegistry.Entry(
                epoch.id(), shell.context().getSelf(), epoch.leaderEpoch());
        shell.home().registry().enter(self);
        Behavior<Partition.Command> next =
                damaged ? offline(shell, self) : reopening(shell, epoch, self);
        return shell.stash().unstashAll(next);
    }

    private Behavior<Partition.Command> onStop(Partition.Stop stop) {
        if (opening) {
            shell.stash().stash(stop); // the log is closed, or deleted, once it is open
            return this;
        }
        leaveRegistry();
        if (!stop.deleteLog()) {
            return Behaviors.stopped();
        }
        shell.context().pipeToSelf(deleteFolder(shell), (done, failure) -> new Deleted());
        return this;
    }

    /** Removes the partition's folder, whatever is in it. */
    static CompletableFuture<Void> deleteFolder(Shell shell) {
        PartitionHome home = shell.home();
        Path folder = home.logFolder().resolve(shell.id().directoryName());
        return CompletableFuture.runAsync(() -> LogFolders.delete(folder), home.blocking());
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
        }
    }

    private static String name(Activate epoch) {
        return epoch.topic() + "-" + epoch.id().partition();
    }
}
