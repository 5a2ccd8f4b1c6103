package dev.sampo.partition.follower;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.loop.Loops;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.follower.Follower.Wanted;
import dev.sampo.partition.follower.LeaderLink.Peer;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.sharding.TopicSettingsSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One per broker: keeps a follower for each group and leader epoch that the metadata wants followed here, and a link to
 * each broker that leads one. Removes the logs that this broker is not to hold any more, and writes the high watermarks.
 * Shell of {@link FollowerPlan}.
 */
public final class Followers extends AbstractMatchingBehavior<Followers.Command> {
    private static final Logger log = LoggerFactory.getLogger(Followers.class);
    private static final Duration RESTART_AFTER = Duration.ofSeconds(1);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(4);

    /** To the supervisor. */
    public sealed interface Command {}

    private enum ImageChanged implements Command {
        INSTANCE
    }

    private enum Tick implements Command {
        RECONCILE,
        COMPACT,
        RETAIN,
        CHECKPOINT
    }

    private record FollowerEnded(ActorRef<Follower.Command> follower) implements Command {}

    private record LinkEnded(ActorRef<LeaderLink.Command> link) implements Command {}

    private record Stop(ActorRef<Done> replyTo) implements Command {}

    /**
     * What the followers of a broker are made of.
     *
     * @param retentionCheckInterval {@code log.retention.check.interval.ms}
     * @param cleanerBackoff {@code log.cleaner.backoff.ms}
     * @param checkpointInterval {@code replica.high.watermark.checkpoint.interval.ms}
     */
    public record Parts(
            int brokerId,
            MetadataImages images,
            PartitionHome home,
            TopicSettingsSource topicSettings,
            LeaderLink.Factory links,
            Duration retentionCheckInterval,
            Duration cleanerBackoff,
            Duration checkpointInterval) {}

    private record Running(Peer leader, int leaderEpoch, ActorRef<Follower.Command> follower) {}

    /** What the partitions that a follower was told of last were computed from. */
    private record Told(Set<TopicIdPartition> partitions, Object configs, int replicas) {
        @SuppressWarnings("ReferenceEquality") // what an event did not touch is the same object; equals walks it
        boolean from(Set<TopicIdPartition> newPartitions, Object newConfigs, int newReplicas) {
            return partitions == newPartitions && configs == newConfigs && replicas == newReplicas;
        }
    }

    private record Link(int loop, ActorRef<LeaderLink.Command> ref) {}

    private final Parts parts;
    private final int loops;
    private final AtomicBoolean told = new AtomicBoolean(); // an ImageChanged is in the mailbox
    private final Runnable unsubscribe;
    private final Map<String, Running> running = new HashMap<>(); // by group id
    private final Map<String, Told> assigned = new HashMap<>(); // by group id
    private final Map<Peer, Link> links = new HashMap<>();
    private final Set<ActorRef<Follower.Command>> ending = new HashSet<>();
    private MetadataImage handled = MetadataImage.EMPTY;
    private @Nullable ActorRef<Done> stopping;

    private Followers(ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
        super(context);
        this.parts = parts;
        this.loops = Loops.count(context.getSystem().settings().config());
        var self = context.getSelf();
        this.unsubscribe = parts.images().subscribe((before, now) -> {
            if (FollowerPlan.concerns(before, now) && !told.getAndSet(true)) {
                self.tell(ImageChanged.INSTANCE);
            }
        });
        timers.startTimerWithFixedDelay(Tick.COMPACT, parts.cleanerBackoff());
        timers.startTimerWithFixedDelay(Tick.RETAIN, parts.retentionCheckInterval());
        timers.startTimerWithFixedDelay(Tick.CHECKPOINT, parts.checkpointInterval());
    }

    /**
     * Follows from now on, until the actor system shuts down: then all logs are given back. The broker must be registered,
     * so that leaders know its incarnation.
     */
    public static ActorRef<Command> start(ActorSystem<?> system, Parts parts) {
        parts.home().logs().keep(id -> FollowerPlan.holds(parts.images().current(), parts.brokerId(), id));
        ActorRef<Command> followers = system.systemActorOf(create(parts), "followers", Props.empty());
        CoordinatedShutdown.get(system.classicSystem()).addTask(
                CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "stop-followers", () -> stop(system, followers));
        return followers;
    }

    private static CompletionStage<Done> stop(ActorSystem<?> system, ActorRef<Command> followers) {
        return AskPattern.ask(followers, Stop::new, STOP_TIMEOUT, system.scheduler());
    }

    static Behavior<Command> create(Parts parts) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new Followers(context, timers, parts)));
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        switch (command) {
            case ImageChanged changed -> {
                told.set(false); // before the image is read, so that no change is missed
                reconcile();
            }
            case Tick tick -> onTick(tick);
            case FollowerEnded(var follower) -> onFollowerEnded(follower);
            case LinkEnded(var link) -> onLinkEnded(link);
            case Stop(var replyTo) -> {
                stopping = replyTo;
                unsubscribe.run();
                Set.copyOf(running.keySet()).forEach(this::end);
            }
        }
        if (stopping != null && ending.isEmpty()) {
            stopping.tell(Done.getInstance());
            return Behaviors.stopped();
        }
        return this;
    }

    private void onTick(Tick tick) {
        switch (tick) {
            case RECONCILE -> reconcile();
            case COMPACT, RETAIN -> {
                var maintain = new Follower.Maintain(tick == Tick.RETAIN);
                running.values().forEach(one -> one.follower().tell(maintain));
            }
            case CHECKPOINT -> {
                try {
                    parts.home().blocking().execute(this::checkpoint);
                } catch (RejectedExecutionException e) {
                    log.atDebug().log("no checkpoint: the actor system ends");
                }
            }
        }
    }

    private void checkpoint() {
        try {
            parts.home().logs().checkpoint();
        } catch (IOException e) {
            log.atWarn().log("high watermarks could not be written: {}", e.toString());
        }
    }

    private void reconcile() {
        if (stopping != null) {
            return;
        }
        MetadataImage image = parts.images().current();
        Map<String, FollowerPlan.Group> plan = FollowerPlan.of(image, parts.brokerId());
        for (String groupId : Set.copyOf(running.keySet())) {
            FollowerPlan.Group wanted = plan.get(groupId);
            Running now = running.get(groupId);
            if (now != null && (wanted == null || wanted.leaderEpoch() != now.leaderEpoch()
                    || !wanted.leader().equals(now.leader()))) {
                end(groupId);
            }
        }
        var settings = new HashMap<Uuid, TopicSettings>();
        plan.values().forEach(group -> follow(image, group, settings));
        endUnusedLinks();
        FollowerPlan.dropped(handled, image, parts.brokerId()).forEach(id -> parts.home().logs().delete(id));
        handled = image;
    }

    private void follow(MetadataImage image, FollowerPlan.Group group, Map<Uuid, TopicSettings> settings) {
        PlacementGroup placement = image.groups().get(group.groupId());
        int replicas = placement == null ? 1 : placement.replicas().size();
        Told told = assigned.get(group.groupId());
        if (told != null && told.from(group.partitions(), image.configs(), replicas)) {
            return;
        }
        var wanted = new HashMap<TopicIdPartition, Wanted>();
        for (TopicIdPartition id : group.partitions()) {
            Topic topic = image.topic(id.topicId());
            if (topic != null) {
                wanted.put(id, new Wanted(
                        topic.name(),
                        settings.computeIfAbsent(
                                topic.id(), any -> parts.topicSettings().settings(image, topic).withReplicas(replicas))));
            }
        }
        Running now = running.get(group.groupId());
        if (now == null) {
            Link link = link(group.leader());
            ActorRef<Follower.Command> follower = getContext().spawnAnonymous(
                    ReplicaFollowerActor.create(
                            parts.home(), link.ref(), group.groupId(), group.leaderEpoch(), wanted),
                    dispatcher(link.loop()));
            getContext().watchWith(follower, new FollowerEnded(follower));
            running.put(group.groupId(), new Running(group.leader(), group.leaderEpoch(), follower));
            log.atDebug()
                    .addKeyValue("group", group.groupId())
                    .addKeyValue("leader", group.leader().brokerId())
                    .addKeyValue("leaderEpoch", group.leaderEpoch())
                    .log("follows");
        } else {
            now.follower().tell(new Follower.Assign(wanted));
        }
        assigned.put(group.groupId(), new Told(group.partitions(), image.configs(), replicas));
    }

    private Link link(Peer peer) {
        return links.computeIfAbsent(peer, to -> {
            int loop = Math.floorMod(to.brokerId(), loops);
            ActorRef<LeaderLink.Command> ref =
                    getContext().spawnAnonymous(parts.links().link(to, loop), dispatcher(loop));
            getContext().watchWith(ref, new LinkEnded(ref));
            return new Link(loop, ref);
        });
    }

    private static Props dispatcher(int loop) {
        return DispatcherSelector.fromConfig("sampo.loop-" + loop);
    }

    private void end(String groupId) {
        assigned.remove(groupId);
        Running gone = running.remove(groupId);
        if (gone != null) {
            ending.add(gone.follower());
            gone.follower().tell(Follower.Stop.INSTANCE);
        }
    }

    private void endUnusedLinks() {
        var used = new HashSet<Peer>();
        running.values().forEach(one -> used.add(one.leader()));
        for (Peer peer : new ArrayList<>(links.keySet())) {
            Link link = links.get(peer);
            if (link != null && !used.contains(peer)) {
                links.remove(peer);
                link.ref().tell(LeaderLink.Stop.INSTANCE);
            }
        }
    }

    private void onFollowerEnded(ActorRef<Follower.Command> follower) {
        if (!ending.remove(follower)) { // it has failed
            running.entrySet().removeIf(entry -> {
                boolean failed = entry.getValue().follower().equals(follower);
                if (failed) {
                    assigned.remove(entry.getKey());
                    log.atError().addKeyValue("group", entry.getKey()).log("a follower failed and is started again");
                }
                return failed;
            });
            later();
        }
    }

    private void onLinkEnded(ActorRef<LeaderLink.Command> link) {
        for (Peer peer : Set.copyOf(links.keySet())) {
            Link known = links.get(peer);
            if (known != null && known.ref().equals(link)) { // it has failed
                links.remove(peer);
                for (String groupId : Set.copyOf(running.keySet())) {
                    Running one = running.get(groupId);
                    if (one != null && one.leader().equals(peer)) {
                        end(groupId);
                    }
                }
                later();
            }
        }
    }

    private void later() {
        if (stopping == null) {
            getContext().scheduleOnce(RESTART_AFTER, getContext().getSelf(), Tick.RECONCILE);
        }
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            unsubscribe.run();
        }
        return this;
    }
}
