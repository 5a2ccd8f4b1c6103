package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.consumer.Topics;
import dev.sampo.group.journal.OffsetsFold;
import dev.sampo.group.journal.OffsetsPartitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 * its groups and carries requests to them. Groups that are stored run all the time, for their sessions and expiry; a
 * group that does not exist gets an actor only by a request that may create it.
 */
final class OffsetsPartitionActor extends AbstractBehavior<OffsetsPartitionActor.Command> {
    sealed interface Command {}

    /** A request to one of the groups. */
    record Route(Group.Ask ask) implements Command {}

    /** A topic was deleted. */
    record TopicGone(String topic, Uuid topicId) implements Command {}

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
        volatile boolean serving;
        volatile @Nullable ActorRef<Command> actor;

        View(int leaderEpoch) {
            this.leaderEpoch = leaderEpoch;
        }
    }

    /** A group's actor; once {@code leaving}, requests wait for its successor. */
    private static final class Child {
        final ActorRef<Group.Command> actor;
        final List<Group.Ask> held = new ArrayList<>();
        boolean leaving;

        Child(ActorRef<Group.Command> actor) {
            this.actor = actor;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(OffsetsPartitionActor.class);
    private static final Duration RETRY = Duration.ofMillis(200);

    private final int partition;
    private final PartitionRegistry.Entry entry;
    private final OffsetsPartitions.Leader leader;
    private final GroupSettings settings;
    private final GroupClock nowMs;
    private final Supplier<Topics> topics;
    private final View view;
    private final TimerScheduler<Command> timers;
    private final Map<String, Child> children = new HashMap<>();
    private final Set<String> recovering = new HashSet<>();
    private final long startedMs;
    private OffsetsPartitions.@Nullable Loaded loaded;

    private OffsetsPartitionActor(
            ActorContext<Command> context, TimerScheduler<Command> timers, PartitionRegistry.Entry entry,
            OffsetsPartitions.Leader leader, GroupSettings settings, GroupClock nowMs, Supplier<Topics> topics, View view) {
        super(context);
        this.timers = timers;
        this.partition = entry.id().partition();
        this.entry = entry;
        this.leader = leader;
        this.settings = settings;
        this.nowMs = nowMs;
        this.topics = topics;
        this.view = view;
        this.startedMs = nowMs.getAsLong();
        load();
    }

    static Behavior<Command> create(
            PartitionRegistry.Entry entry, OffsetsPartitions.Leader leader, GroupSettings settings, GroupClock nowMs,
            Supplier<Topics> topics, View view) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new OffsetsPartitionActor(context, timers, entry, leader, settings, nowMs, topics, view)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Route.class, route -> {
                    route(route.ask());
                    return this;
                })
                .onMessage(TopicGone.class, this::onTopicGone)
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
                    noteRecovered(recovered.groupId());
                    return this;
                })
                .onMessage(GroupGone.class, this::onGroupGone)
                .onMessage(GroupStays.class, this::onGroupStays)
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
            case CoordinatorLoader.Result.Complete(OffsetsFold fold, long endOffset) -> {
                var now = new OffsetsPartitions.Loaded(
                        partition, entry.leaderEpoch(), leader, fold, settings.maxBatchBytes(), settings.commitTimeoutMs());
                loaded = now;
                OffsetsPartitions.get(getContext().getSystem()).enter(now);
                recovering.addAll(fold.groupIds());
                List.copyOf(recovering).forEach(this::start);
                serveWhenRecovered();
            }
        }
        return this;
    }

    private void noteRecovered(String groupId) {
        if (recovering.remove(groupId)) {
            serveWhenRecovered();
        }
    }

    private void serveWhenRecovered() {
        if (recovering.isEmpty() && !view.serving) {
            view.serving = true;
            // A new broker has fifty of them at once, all empty: nobody wants to read that.
            LOG.atLevel(children.isEmpty() ? Level.DEBUG : Level.INFO)
                    .addKeyValue("topicPartition", "__consumer_offsets-" + partition)
                    .addKeyValue("leaderEpoch", entry.leaderEpoch())
                    .addKeyValue("groups", children.size())
                    .addKeyValue("tookMs", nowMs.getAsLong() - startedMs)
                    .log("coordinates groups");
        }
    }

    private void route(Group.Ask ask) {
        String groupId = ask.request().groupId();
        Child child = children.get(groupId);
        if (child == null) {
            boolean mayCreate = switch (ask.request()) {
                case Group.Join join -> true;
                case Group.CommitOffsets commit -> true;
                case Group.ConsumerGroupHeartbeat heartbeat -> heartbeat.memberEpoch() == 0;
                default -> false;
            };
            if (!mayCreate && loaded != null && !loaded.fold().knows(groupId)) {
                answerForNobody(ask);
                return;
            }
            child = start(groupId);
        }
        if (child.leaving) {
            child.held.add(ask);
        } else {
            child.actor.tell(ask);
        }
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
                case GroupEffect.Resolve resolve ->
                    throw new IllegalStateException("a group that does not exist resolves " + resolve.regexes());
            }
        }
    }

    private Child start(String groupId) {
        var self = getContext().getSelf();
        var summaries = view.summaries;
        ActorRef<Group.Command> actor = getContext().spawnAnonymous(GroupCoordinatorActor.create(
                groupId, partition, settings, nowMs, topics, new GroupCoordinatorActor.Owner() {
                    @Override
                    public void recovered(String id) {
                        self.tell(new GroupRecovered(id));
                    }

                    @Override
                    public void changed(Group.Summary summary) {
                        if (summary.state().equals("Dead")) {
                            summaries.remove(summary.groupId());
                        } else {
                            summaries.put(summary.groupId(), summary);
                        }
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
        var child = new Child(actor);
        children.put(groupId, child);
        return child;
    }

    private Behavior<Command> onGroupGone(GroupGone gone) {
        Child child = children.get(gone.groupId());
        if (child != null && !child.leaving) {
            // Requests that were sent before this moment are in front of the Stop in its mailbox.
            child.leaving = true;
            child.actor.tell(new GroupCoordinatorActor.Stop());
        }
        return this;
    }

    private Behavior<Command> onGroupStays(GroupStays stays) {
        Child child = children.get(stays.groupId());
        if (child != null && child.leaving) {
            child.leaving = false;
            child.held.forEach(child.actor::tell);
            child.held.clear();
        }
        return this;
    }

    private Behavior<Command> onGroupStopped(GroupStopped stopped) {
        Child child = children.get(stopped.groupId());
        if (child != null && child.actor.equals(stopped.actor())) {
            children.remove(stopped.groupId());
            view.summaries.remove(stopped.groupId());
            if (!child.held.isEmpty()) {
                child.held.forEach(this::route);
            } else if (loaded != null && loaded.fold().knows(stopped.groupId())) {
                start(stopped.groupId()); // it failed: sessions and expiry go on
            } else {
                noteRecovered(stopped.groupId());
            }
        }
        return this;
    }

    private Behavior<Command> onTopicGone(TopicGone gone) {
        children.values().forEach(
                child -> child.actor.tell(new GroupCoordinatorActor.TopicDeleted(gone.topic(), gone.topicId())));
        return this;
    }

    private Behavior<Command> onStopped(PostStop signal) {
        view.serving = false;
        if (loaded != null) {
            OffsetsPartitions.get(getContext().getSystem()).remove(loaded);
        }
        children.values().forEach(child -> child.held.forEach(
                ask -> ask.replyTo().tell(ask.request().refused(KafkaError.NOT_COORDINATOR))));
        return this;
    }
}
