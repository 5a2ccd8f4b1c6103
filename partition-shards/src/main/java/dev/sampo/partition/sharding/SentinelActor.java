package dev.sampo.partition.sharding;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.CompleteMove;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.sharding.SentinelEffect.Activate;
import dev.sampo.partition.sharding.SentinelEffect.AskController;
import dev.sampo.partition.sharding.SentinelEffect.ChangeInSync;
import dev.sampo.partition.sharding.SentinelEffect.FinishMove;
import dev.sampo.partition.sharding.SentinelEffect.RetryAfter;
import dev.sampo.partition.sharding.SentinelEffect.RetryInSyncAfter;
import dev.sampo.partition.sharding.SentinelEffect.Tell;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Shell of {@link SentinelState}: the entity {@code g17/~}, which runs wherever the shard does. */
final class SentinelActor extends AbstractBehavior<Partition.Command> {
    /** What a sentinel needs of its broker. */
    record Broker(
            int brokerId, long incarnation, ActorRef<Controller.Command> controller, MetadataImages images,
            PartitionRegistry registry, TopicSettingsSource settingsSource, ShardingSettings settings,
            Duration checkInterval) {}

    private enum ImageChanged implements Partition.Internal {
        INSTANCE
    }

    private enum Retry implements Partition.Internal {
        INSTANCE
    }

    private enum RetryInSync implements Partition.Internal {
        INSTANCE
    }

    private enum Check implements Partition.Internal {
        INSTANCE
    }

    /** Without an error the controller did not answer. */
    private record MoveAnswered(FinishMove of, @Nullable KafkaError error) implements Partition.Internal {}

    /** Without an error the controller did not answer. */
    private record InSyncAnswered(ChangeInSync of, @Nullable KafkaError error) implements Partition.Internal {}

    private record Answered(@Nullable BecomeLeaderReply reply) implements Partition.Internal {}

    private static final Logger log = LoggerFactory.getLogger(SentinelActor.class);
    private static final int UNANSWERED_IN_A_ROW = 3;

    private final String groupId;
    private final Broker broker;
    private final GroupEntities entities;
    private final TimerScheduler<Partition.Command> timers;
    private final SentinelState state;
    private int unanswered; // requests in a row: a few are, when the controller moves or the cluster stops
    private final AtomicBoolean told = new AtomicBoolean(); // an ImageChanged is in the mailbox
    private final Runnable unsubscribe;

    private SentinelActor(ActorContext<Partition.Command> context, TimerScheduler<Partition.Command> timers,
            String groupId, Broker broker, GroupEntities entities) {
        super(context);
        this.groupId = groupId;
        this.broker = broker;
        this.entities = entities;
        this.timers = timers;
        this.state = new SentinelState(groupId, broker.brokerId(), broker.incarnation(),
                broker.settings().sentinelMinBackoff().toMillis(), broker.settings().sentinelMaxBackoff().toMillis(),
                broker.settingsSource());
        timers.startTimerWithFixedDelay(Check.INSTANCE, broker.checkInterval());
        ActorRef<Partition.Command> self = context.getSelf();
        this.unsubscribe = broker.images().subscribe((before, now) -> {
            if (SentinelState.concerns(groupId, before, now) && !told.getAndSet(true)) {
                self.tell(ImageChanged.INSTANCE);
            }
        });
    }

    static Behavior<Partition.Command> create(String groupId, Broker broker, GroupEntities entities) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new SentinelActor(context, timers, groupId, broker, entities)));
    }

    @Override
    public Receive<Partition.Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Partition.Command.class, this::onCommand)
                .onSignal(PostStop.class, signal -> unsubscribed())
                .onSignal(PreRestart.class, signal -> unsubscribed())
                .build();
    }

    private Behavior<Partition.Command> unsubscribed() {
        unsubscribe.run();
        return this;
    }

    private Behavior<Partition.Command> onCommand(Partition.Command command) {
        boolean led = state.leading();
        switch (command) {
            case Sentinel.EnsureLeader ignored -> perform(state.onEnsureLeader(
                    broker.images().current(), broker.registry()::serves));
            case ImageChanged ignored -> {
                told.set(false); // before the image is read, so that no change is missed
                perform(state.onImage(broker.images().current()));
            }
            case Retry ignored -> perform(state.onRetry(broker.images().current()));
            case Partition.Report report -> perform(state.onReport(broker.images().current(), report));
            case RetryInSync ignored -> perform(state.onInSyncRetry(broker.images().current()));
            case MoveAnswered(FinishMove of, KafkaError error) -> {
                log.atInfo().addKeyValue("group", groupId).addKeyValue("partition", of.partition())
                        .addKeyValue("target", of.targetGroupId()).addKeyValue("errorCode", error).log("move ends");
                perform(state.onMoveReply(broker.images().current(), of, error));
            }
            case Check ignored -> perform(state.onCheck(broker.images().current()));
            case InSyncAnswered(ChangeInSync of, KafkaError error) -> {
                if (error != KafkaError.NONE) {
                    log.atInfo().addKeyValue("group", groupId).addKeyValue("leaderEpoch", of.leaderEpoch())
                            .addKeyValue("partitionEpoch", of.partitionEpoch()).addKeyValue("wanted", of.members())
                            .addKeyValue("errorCode", error).log("in-sync replicas were not changed");
                }
                perform(state.onInSyncReply(broker.images().current(), of, error));
            }
            case Answered(BecomeLeaderReply reply) -> {
                unanswered = reply == null ? unanswered + 1 : 0;
                if (reply == null) {
                    log.atLevel(unanswered < UNANSWERED_IN_A_ROW ? Level.INFO : Level.WARN)
                            .addKeyValue("group", groupId).log("the controller did not answer");
                    perform(state.onNoReply());
                } else {
                    log.atDebug().addKeyValue("group", groupId).addKeyValue("error", reply.error())
                            .addKeyValue("leaderEpoch", reply.leaderEpoch()).log("the controller answered");
                    perform(state.onReply(broker.images().current(), reply));
                }
            }
            case Partition.HandOff ignored -> {
                handOff();
                return Behaviors.stopped(); // hand-off: the partitions of the shard get their own
            }
            default -> throw new IllegalStateException("sentinel of " + groupId + " received " + command);
        }
        if (led != state.leading()) {
            log.atInfo().addKeyValue("group", groupId).addKeyValue("leaderEpoch", state.grantedEpoch())
                    .log(led ? "stepped down" : "became leader");
        }
        return this;
    }

    private void perform(List<SentinelEffect> effects) {
        for (SentinelEffect effect : effects) {
            switch (effect) {
                case AskController(long imageOffset, int knownEpoch) -> getContext().ask(
                        BecomeLeaderReply.class, broker.controller(), broker.settings().sentinelAskTimeout(),
                        replyTo -> new BecomeLeader(
                                groupId, broker.brokerId(), broker.incarnation(), imageOffset, replyTo, knownEpoch),
                        (reply, failure) -> new Answered(reply));
                case RetryAfter(long delayMs) ->
                    timers.startSingleTimer(Retry.INSTANCE, Duration.ofMillis(delayMs));
                case ChangeInSync change -> getContext().ask(
                        ItemsReply.class, broker.controller(), broker.settings().sentinelAskTimeout(),
                        replyTo -> new ChangeInSyncReplicas(
                                groupId, broker.brokerId(), broker.incarnation(), change.leaderEpoch(),
                                change.partitionEpoch(),
                                change.members().stream().map(Partition.Member::brokerId).toList(), replyTo,
                                change.members().stream().map(Partition.Member::incarnation).toList()),
                        (reply, failure) -> new InSyncAnswered(
                                change, reply == null ? null : reply.results().getFirst().error()));
                case FinishMove move -> getContext().ask(
                        ItemsReply.class, broker.controller(), broker.settings().sentinelAskTimeout(),
                        replyTo -> new CompleteMove(
                                groupId, broker.brokerId(), broker.incarnation(), move.leaderEpoch(),
                                move.partitionEpoch(), move.partition(), move.targetGroupId(), move.caughtUp(), replyTo),
                        (reply, failure) -> new MoveAnswered(
                                move, reply == null ? null : reply.results().getFirst().error()));
                case RetryInSyncAfter(long delayMs) ->
                    timers.startSingleTimer(RetryInSync.INSTANCE, Duration.ofMillis(delayMs));
                case Activate now -> entities.tell(
                        GroupEntityIds.partition(groupId, now.id()),
                        new Partition.Activate(
                                now.id(), now.topic(), now.leaderEpoch(), now.replicas(), now.proposal(),
                                now.settings(), getContext().getSelf()));
                case Tell(var id, Partition.CheckFollowers check) -> {
                    // Not by sharding, which carries it after a partition that has just moved away: it comes again.
                    PartitionRegistry.Entry entry = broker.registry().find(id);
                    if (entry != null) {
                        entry.leader().tell(check);
                    }
                }
                case Tell(var id, var command) -> {
                    PartitionRegistry.Entry entry = broker.registry().find(id);
                    if (entry != null && entry.handedOff() && entry.leaderEpoch() == state.grantedEpoch()
                            && !(command instanceof Partition.Stop)) {
                        entry.leader().tell(command); // its partition was stopped before this sentinel is
                    } else {
                        entities.tell(GroupEntityIds.partition(groupId, id), command);
                    }
                }
            }
        }
    }

    /** Sharding carries nothing to this shard any more, while the partitions, or who goes on for them, are here. */
    private void handOff() {
        for (SentinelEffect effect : state.onHandOff(broker.images().current())) {
            if (effect instanceof Tell(var id, var command) && !(command instanceof Partition.Stop)) {
                PartitionRegistry.Entry entry = broker.registry().find(id);
                if (entry != null) {
                    entry.leader().tell(command);
                }
            }
        }
    }
}
