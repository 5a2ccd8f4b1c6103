package dev.sampo.partition.sharding;

import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * One per broker: sharding starts a shard only when a message arrives, so this wakes the sentinels of groups that have
 * no live leader, or whose partitions are not all served here, until they have and are. Shell of {@link GroupWatch}.
 */
final class GroupWatcher extends AbstractBehavior<GroupWatcher.Command> {
    /** To the watcher. */
    enum Command {
        IMAGE_CHANGED,
        /** A node that left the cluster is asked no more: what was sent to it may go elsewhere now. */
        MEMBERS_CHANGED,
        /** A partition is served here no more: if its group moves, nobody but its leader of old knows that it wants one. */
        PARTITION_LEFT,
        TICK,
        STOP
    }

    private static final Duration AFTER_A_PARTITION_LEFT = Duration.ofMillis(20);

    private final int brokerId;
    private final MetadataImages images;
    private final PartitionRegistry registry;
    private final GroupEntities entities;
    private final TopicSettingsSource topicSettings;
    private final ShardingSettings settings;
    private final TimerScheduler<Command> timers;
    private final AtomicBoolean told = new AtomicBoolean(); // an IMAGE_CHANGED is in the mailbox
    private final Runnable unsubscribe;
    private final Runnable unsubscribeRegistry;
    private Map<PartitionRegistry.Entry, List<Partition.Command>> toldHandedOff = Map.of(); // last
    private Duration interval;

    private GroupWatcher(ActorContext<Command> context, TimerScheduler<Command> timers, int brokerId,
            MetadataImages images, PartitionRegistry registry, GroupEntities entities,
            TopicSettingsSource topicSettings, ShardingSettings settings) {
        super(context);
        this.topicSettings = topicSettings;
        this.brokerId = brokerId;
        this.images = images;
        this.registry = registry;
        this.entities = entities;
        this.settings = settings;
        this.timers = timers;
        this.interval = settings.watcherMinInterval();
        ActorRef<Command> self = context.getSelf();
        this.unsubscribe = images.subscribe((before, now) -> {
            if (GroupWatch.concerns(before, now) && !told.getAndSet(true)) {
                self.tell(Command.IMAGE_CHANGED);
            }
        });
        this.unsubscribeRegistry = registry.subscribe((entry, entered) -> {
            if (!entered) {
                self.tell(Command.PARTITION_LEFT);
            }
        });
        Cluster.get(context.getSystem()).subscriptions().tell(Subscribe.create(
                context.messageAdapter(MemberRemoved.class, removed -> Command.MEMBERS_CHANGED), MemberRemoved.class));
        timers.startSingleTimer(Command.TICK, interval);
    }

    static Behavior<Command> create(int brokerId, MetadataImages images, PartitionRegistry registry,
            GroupEntities entities, TopicSettingsSource topicSettings, ShardingSettings settings) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers ->
                new GroupWatcher(context, timers, brokerId, images, registry, entities, topicSettings, settings)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Command.class, this::onCommand)
                .onSignal(PostStop.class, signal -> {
                    unsubscribe.run();
                    unsubscribeRegistry.run();
                    return this;
                })
                .build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case IMAGE_CHANGED -> {
                told.set(false); // before the image is read, so that no change is missed
                tellHandedOff(images.current());
                // Partitions that this change added are being activated by their sentinel: the tick looks after those.
                if (wake(leaderless(images.current()))) {
                    next(settings.watcherMinInterval());
                }
            }
            case MEMBERS_CHANGED -> {
                wake(leaderless(images.current()));
                next(settings.watcherMinInterval());
            }
            case PARTITION_LEFT -> next(AFTER_A_PARTITION_LEFT); // with the others of its group
            case TICK -> {
                MetadataImage image = images.current();
                tellHandedOff(image); // one that entered after the image had changed
                var asleep = new ArrayList<>(leaderless(image));
                asleep.addAll(GroupWatch.unserved(image, brokerId, registry::serves));
                boolean woken = wake(asleep);
                Duration doubled = interval.multipliedBy(2);
                next(woken && doubled.compareTo(settings.watcherMaxInterval()) < 0
                        ? doubled
                        : settings.watcherMaxInterval());
            }
            case STOP -> {
                return Behaviors.stopped();
            }
        }
        return this;
    }

    /** By the registry: sharding knows nothing of leaders that went on after a hand-off. */
    private void tellHandedOff(MetadataImage image) {
        var told = new HashMap<PartitionRegistry.Entry, List<Partition.Command>>(0);
        for (PartitionRegistry.Entry entry : registry.entries()) {
            if (entry.handedOff()) {
                List<Partition.Command> news =
                        GroupWatch.toHandedOff(image, brokerId, entry.id(), entry.leaderEpoch(), topicSettings);
                told.put(entry, news);
                if (!news.equals(toldHandedOff.get(entry))) {
                    news.forEach(entry.leader()::tell);
                }
            }
        }
        toldHandedOff = told;
    }

    private List<String> leaderless(MetadataImage image) {
        return GroupWatch.leaderless(
                image, brokerId, topic -> topicSettings.settings(image, topic).uncleanLeaderElection());
    }

    private boolean wake(List<String> groupIds) {
        groupIds.forEach(groupId ->
                entities.tell(GroupEntityIds.sentinel(groupId), new Sentinel.EnsureLeader()));
        return !groupIds.isEmpty();
    }

    private void next(Duration after) {
        interval = after;
        timers.startSingleTimer(Command.TICK, after);
    }
}
