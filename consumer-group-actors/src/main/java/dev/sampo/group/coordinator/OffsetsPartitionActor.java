package dev.sampo.group.coordinator;

import com.typesafe.config.Config;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.coordinator.PartitionGroups.Effect;
import dev.sampo.group.journal.OffsetsFold;
import dev.sampo.group.journal.OffsetsJournal;
import dev.sampo.group.journal.OffsetsPartitions;
import dev.sampo.group.lag.WatchedGroup;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The coordinator of one partition of {@code __consumer_offsets} in one leader epoch: loads it, then owns the actors of
 * its groups and carries requests to them. Shell of {@link PartitionGroups}.
 */
final class OffsetsPartitionActor extends AbstractBehavior<OffsetsPartitionActor.Command> {
    sealed interface Command {}

    /** A request to one of the groups. */
    record Route(Group.Ask ask) implements Command {}

    /** A topic was deleted. */
    record TopicGone(String topic, Uuid topicId) implements Command {}

    /** A node of the cluster is gone. */
    record NodeLeft(String node) implements Command {}

    /** Not led here any more. */
    record Stop() implements Command {}

    private record LoadEnded(CoordinatorLoader.Result result) implements Command {}

    private record LoadDied() implements Command {}

    private record LoadAgain() implements Command {}

    private record GroupRecovered(String groupId) implements Command {}

    private record GroupGone(String groupId) implements Command {}

    private record GroupStays(String groupId) implements Command {}

    private record GroupStopped(String groupId, ActorRef<Group.Command> actor) implements Command {}

    /** What other threads see of this coordinator. */
    static final class View {
        final int leaderEpoch;
        final Map<String, Group.Summary> summaries = new ConcurrentHashMap<>();
        final Map<String, WatchedGroup> watched = new ConcurrentHashMap<>();
        final Runnable whenGroupBegins;
        final Consumer<String> whenStateChanges;
        volatile boolean serving;
        volatile @Nullable ActorRef<Command> actor;

        View(int leaderEpoch, Runnable whenGroupBegins, Consumer<String> whenStateChanges) {
            this.leaderEpoch = leaderEpoch;
            this.whenGroupBegins = whenGroupBegins;
            this.whenStateChanges = whenStateChanges;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(OffsetsPartitionActor.class);
    private static final Duration RETRY = Duration.ofMillis(200);

    private final int partition;
    private final PartitionRegistry.Entry entry;
    private final OffsetsPartitions.Leader leader;
    private final GroupSettings settings;
    private final GroupClock nowMs;
    private final Supplier<Surroundings> surroundings;
    private final Predicate<String> goneNodes;
    private final View view;
    private final Config journalConfig;
    private final TimerScheduler<Command> timers;
    private final PartitionGroups<Group.Ask> groups = new PartitionGroups<>();
    private final Map<String, ActorRef<Group.Command>> actors = new HashMap<>(); // by group
    private final long startedMs;
    private long readMs;
    private OffsetsPartitions.@Nullable Loaded loaded;

    private OffsetsPartitionActor(
            ActorContext<Command> context, TimerScheduler<Command> timers, PartitionRegistry.Entry entry,
            OffsetsPartitions.Leader leader, GroupSettings settings, GroupClock nowMs, Supplier<Surroundings> surroundings,
            Predicate<String> goneNodes, View view) {
        super(context);
        this.timers = timers;
        this.partition = entry.id().partition();
        this.entry = entry;
        this.leader = leader;
        this.settings = settings;
        this.nowMs = nowMs;
        this.surroundings = surroundings;
        this.goneNodes = goneNodes;
        this.view = view;
        this.journalConfig = OffsetsJournal.pluginConfig(partition, context.getSystem().settings().config());
        this.startedMs = nowMs.getAsLong();
        load();
    }

    static Behavior<Command> create(
            PartitionRegistry.Entry entry, OffsetsPartitions.Leader leader, GroupSettings settings, GroupClock nowMs,
            Supplier<Surroundings> surroundings,
            Predicate<String> goneNodes, View view) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new OffsetsPartitionActor(
                        context, timers, entry, leader, settings, nowMs, surroundings, goneNodes, view)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Route.class, route -> {
                    route(route.ask());
                    return this;
                })
                .onMessage(TopicGone.class, this::onTopicGone)
                .onMessage(NodeLeft.class, left -> {
                    actors.values().forEach(actor -> actor.tell(new GroupCoordinatorActor.NodesGone(left.node()::equals)));
                    return this;
                })
                .onMessage(LoadEnded.class, this::onLoadEnded)
                .onMessage(LoadDied.class, died -> {
                    if (loaded == null && !timers.isTimerActive("load")) {
                        timers.startSingleTimer("load", new LoadAgain(), RETRY);
                    }
                    return this;
                })
                .onMessage(LoadAgain.class, again -> {
                    load();
                    return this;
                })
                .onMessage(GroupRecovered.class, recovered -> {
                    perform(groups.onRecovered(recovered.groupId()));
                    return this;
                })
                .onMessage(GroupGone.class, gone -> {
                    perform(groups.onGone(gone.groupId()));
                    return this;
                })
                .onMessage(GroupStays.class, stays -> {
                    perform(groups.onStays(stays.groupId()));
                    return this;
                })
                .onMessage(GroupStopped.class, this::onGroupStopped)
                .onMessage(Stop.class, stop -> Behaviors.stopped())
                .onSignal(PostStop.class, this::onStopped)
                .onSignal(Terminated.class, terminated -> this)
                .build();
    }

    private void load() {
        var self = getContext().getSelf();
        var loader = getContext().spawnAnonymous(
                CoordinatorLoader.create(
                        leader, settings.loadReadBytes(), result -> self.tell(new LoadEnded(result))),
                DispatcherSelector.blocking());
        getContext().watchWith(loader, new LoadDied());
    }

    private Behavior<Command> onLoadEnded(LoadEnded ended) {
        switch (ended.result()) {
            case CoordinatorLoader.Result.Failed(KafkaError error) -> {
                LOG.atWarn().addKeyValue("topicPartition", "__consumer_offsets-" + partition)
                        .addKeyValue("errorCode", error).log("loading groups is tried again");
                timers.startSingleTimer("load", new LoadAgain(), RETRY);
            }
            case CoordinatorLoader.Result.Complete(OffsetsFold fold) -> {
                var now = new OffsetsPartitions.Loaded(
                        partition, entry.leaderEpoch(), leader, fold, settings.maxBatchBytes());
                loaded = now;
                readMs = nowMs.getAsLong() - startedMs;
                OffsetsPartitions.get(getContext().getSystem()).enter(now);
                perform(groups.onLoaded(fold.groupIds()));
            }
        }
        return this;
    }

    private boolean stored(String groupId) {
        return loaded != null && loaded.fold().knows(groupId);
    }

    private void perform(List<Effect<Group.Ask>> effects) {
        for (Effect<Group.Ask> effect : effects) {
            switch (effect) {
                case Effect.Start<Group.Ask>(String groupId) -> start(groupId);
                case Effect.Tell<Group.Ask>(String groupId, Group.Ask ask) -> actor(groupId).tell(ask);
                case Effect.AnswerForNobody<Group.Ask>(Group.Ask ask) -> answerForNobody(ask);
                case Effect.Stop<Group.Ask>(String groupId) ->
                    actor(groupId).tell(new GroupCoordinatorActor.Stop());
                case Effect.Again<Group.Ask>(Group.Ask ask) -> route(ask);
                case Effect.Serve<Group.Ask>() -> serve();
            }
        }
    }

    private ActorRef<Group.Command> actor(String groupId) {
        return Objects.requireNonNull(actors.get(groupId), groupId);
    }

    private void serve() {
        view.serving = true;
        // A new broker has fifty of them at once, all empty: nobody wants to read that.
        LOG.atLevel(groups.size() == 0 ? Level.DEBUG : Level.INFO)
                .addKeyValue("topicPartition", "__consumer_offsets-" + partition)
                .addKeyValue("leaderEpoch", entry.leaderEpoch())
                .addKeyValue("groups", groups.size())
                .addKeyValue("readMs", readMs)
                .addKeyValue("tookMs", nowMs.getAsLong() - startedMs)
                .log("coordinates groups");
    }

    private void route(Group.Ask ask) {
        String groupId = ask.request().groupId();
        perform(groups.onRequest(groupId, ask, GroupState.mayCreate(ask.request()), stored(groupId)));
    }

    /** The group does not exist and the request cannot create it: the rules answer at once and store nothing. */
    private void answerForNobody(Group.Ask ask) {
        long now = nowMs.getAsLong();
        var nobody = new GroupState(ask.request().groupId(), settings, () -> "", now);
        for (GroupEffect effect : nobody.onRequest(0, ask.request(), now)) {
            switch (effect) {
                case GroupEffect.Reply(long requestId, Group.Reply reply) -> ask.replyTo().tell(reply);
                case GroupEffect.Persist(var events) ->
                    throw new IllegalStateException("a group that does not exist stores " + events);
                case GroupEffect.Call call -> throw new IllegalStateException("a group that does not exist calls " + call.nodes());
                case GroupEffect.Resolve resolve ->
                    throw new IllegalStateException("a group that does not exist resolves " + resolve.regexes());
            }
        }
    }

    private void start(String groupId) {
        var self = getContext().getSelf();
        var seen = view;
        ActorRef<Group.Command> actor = getContext().spawnAnonymous(GroupCoordinatorActor.create(
                groupId, partition, journalConfig, settings, nowMs, surroundings, goneNodes, new GroupCoordinatorActor.Owner() {
                    @Override
                    public void recovered(String id) {
                        self.tell(new GroupRecovered(id));
                    }

                    @Override
                    public void began(WatchedGroup group) {
                        seen.watched.put(groupId, group);
                        seen.whenGroupBegins.run();
                    }

                    @Override
                    public void changed(Group.Summary summary) {
                        if (summary.state().equals("Dead")) {
                            seen.summaries.remove(summary.groupId());
                        } else {
                            seen.summaries.put(summary.groupId(), summary);
                        }
                        seen.whenStateChanges.accept(summary.groupId());
                    }

                    @Override
                    public void gone(String id) {
                        self.tell(new GroupGone(id));
                    }

                    @Override
                    public void stays(String id) {
                        self.tell(new GroupStays(id));
                    }
                }));
        getContext().watchWith(actor, new GroupStopped(groupId, actor));
        actors.put(groupId, actor);
    }

    private Behavior<Command> onGroupStopped(GroupStopped stopped) {
        String groupId = stopped.groupId();
        if (actors.remove(groupId, stopped.actor())) {
            view.summaries.remove(groupId);
            view.watched.remove(groupId);
            view.whenStateChanges.accept(groupId);
            perform(groups.onStopped(groupId, stored(groupId)));
        }
        return this;
    }

    private Behavior<Command> onTopicGone(TopicGone gone) {
        actors.values().forEach(
                actor -> actor.tell(new GroupCoordinatorActor.TopicDeleted(gone.topic(), gone.topicId())));
        return this;
    }

    private Behavior<Command> onStopped(PostStop signal) {
        view.serving = false;
        view.summaries.keySet().forEach(view.whenStateChanges);
        if (loaded != null) {
            OffsetsPartitions.get(getContext().getSystem()).remove(loaded);
        }
        groups.onEnd().forEach(ask -> ask.replyTo().tell(ask.request().refused(KafkaError.NOT_COORDINATOR)));
        return this;
    }
}
