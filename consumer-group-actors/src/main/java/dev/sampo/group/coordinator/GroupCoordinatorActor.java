package dev.sampo.group.coordinator;

import com.typesafe.config.Config;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.consumer.RegexMatcher;
import dev.sampo.group.consumer.Topics;
import dev.sampo.group.coordinator.GroupEffect.Call;
import dev.sampo.group.coordinator.GroupEffect.Persist;
import dev.sampo.group.coordinator.GroupEffect.Reply;
import dev.sampo.group.coordinator.GroupEffect.Resolve;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.OffsetsJournal;
import dev.sampo.group.journal.OffsetsJournalException;
import dev.sampo.group.lag.WatchedGroup;
import dev.sampo.group.member.SessionDeadlines;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.JournalPersistFailed;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.RecoveryFailed;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Shell of {@link GroupState}: stores its facts, then sends its answers. Pekko keeps further commands back while a write
 * is under way, as the rules ask for; the requests among them share the next write. A write that fails restarts this actor:
 * whoever waits is told NOT_COORDINATOR, and it begins again from what is stored.
 */
final class GroupCoordinatorActor extends EventSourcedBehavior<Group.Command, GroupEvent, GroupCoordinatorActor.Rules> {
    private static final Logger LOG = LoggerFactory.getLogger(GroupCoordinatorActor.class);
    private static final int MOST_STASHED = 2 * WaitingRequests.MOST;

    /** Time may have come for something. */
    record Wake() implements Group.Internal {}

    /** The topics of regular expressions were looked up; none where that failed. */
    record Resolved(Map<String, Set<String>> topicsByRegex, Topics in) implements Group.Internal {}

    /** A topic was deleted. */
    record TopicDeleted(String topic, Uuid topicId) implements Group.Internal {}

    /** Nodes of the cluster are gone: those whose name passes. */
    record NodesGone(Predicate<String> gone) implements Group.Internal {}

    /** The owner sends nothing more. */
    record Stop() implements Group.Internal {}

    /** Pekko keeps the first state object over restarts, so it only holds the rules, which are made anew. */
    static final class Rules {
        private GroupState state;

        private Rules(GroupState state) {
            this.state = state;
        }
    }

    /** What the owner hears. */
    interface Owner {
        /** Recovery is complete; once. */
        void recovered(String groupId);

        /** There is a new state of the group to look at. */
        void began(WatchedGroup group);

        /** The row of ListGroups has changed. */
        void changed(Group.Summary summary);

        /** The group does not exist (any more): answer with {@link Stop} when nothing is on its way. */
        void gone(String groupId);

        /** The answer to {@link Stop} when the group has come into being again meanwhile. */
        void stays(String groupId);
    }

    private final String groupId;
    private final int partition;
    private final Config journalConfig;
    private final GroupSettings settings;
    private final GroupClock nowMs;
    private final Supplier<Surroundings> surroundings;
    private final Predicate<String> goneNodes;
    private final ActorContext<Group.Command> context;
    private final Owner owner;
    private final TimerScheduler<Group.Command> timers;
    private final WaitingRequests waiting;
    private boolean recovering = true;
    private @Nullable Surroundings seen; // by the rules
    private long wakeMs = SessionDeadlines.NEVER;
    private Group.@Nullable Summary published;

    private GroupCoordinatorActor(
            String groupId, int partition, Config journalConfig, GroupSettings settings, GroupClock nowMs,
            Supplier<Surroundings> surroundings, Predicate<String> goneNodes, Owner owner,
            ActorContext<Group.Command> context, TimerScheduler<Group.Command> timers, WaitingRequests waiting) {
        super(
                PersistenceId.ofUniqueId(OffsetsJournal.persistenceId(partition, groupId)),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(20), Duration.ofSeconds(1), 0.1)
                        .withStashCapacity(MOST_STASHED)
                        .withLogLevel(Level.DEBUG)); // see failed()
        this.groupId = groupId;
        this.partition = partition;
        this.context = context;
        this.surroundings = surroundings;
        this.goneNodes = goneNodes;
        this.journalConfig = journalConfig;
        this.settings = settings;
        this.nowMs = nowMs;
        this.owner = owner;
        this.timers = timers;
        this.waiting = waiting;
    }

    /** @param journalConfig {@link OffsetsJournal#pluginConfig} of the partition, made once for all of its groups */
    static Behavior<Group.Command> create(
            String groupId, int partition, Config journalConfig, GroupSettings settings, GroupClock nowMs,
            Supplier<Surroundings> surroundings, Predicate<String> goneNodes, Owner owner) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            var waiting = new WaitingRequests();
            return waiting.around(new GroupCoordinatorActor(
                    groupId, partition, journalConfig, settings, nowMs, surroundings, goneNodes, owner, context, timers,
                    waiting));
        }));
    }

    @Override
    public String journalPluginId() {
        return OffsetsJournal.pluginId(partition);
    }

    @Override
    public Optional<Config> journalPluginConfig() {
        return Optional.of(journalConfig);
    }

    @Override
    public String snapshotPluginId() {
        return "pekko.persistence.no-snapshot-store";
    }

    @Override
    public Optional<Integer> stashCapacity() {
        return Optional.of(MOST_STASHED);
    }

    @Override
    public Rules emptyState() {
        return new Rules(newState());
    }

    private GroupState newState() {
        var state = new GroupState(groupId, settings, () -> UUID.randomUUID().toString(), nowMs.getAsLong());
        owner.began(state.watched());
        return state;
    }

    @Override
    public EventHandler<Rules, GroupEvent> eventHandler() {
        return (rules, event) -> {
            if (recovering) {
                rules.state.restore(event); // live events were applied when they were decided
            }
            return rules;
        };
    }

    @Override
    public SignalHandler<Rules> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), rules -> {
                    GroupState state = rules.state;
                    recovering = false;
                    state.onConfigs(surroundings.get().configsOf(groupId)); // sessions begin by them
                    for (GroupEffect effect : state.restored(nowMs.getAsLong())) {
                        if (effect instanceof Persist) {
                            throw new IllegalStateException("group " + groupId + " wants to write in its recovery");
                        }
                    }
                    publish(state);
                    wakeAt(state.nextMs());
                    owner.recovered(groupId);
                    if (state.hasNodes()) {
                        context.getSelf().tell(new NodesGone(goneNodes)); // while nobody coordinated the group
                    }
                })
                .onSignal(JournalPersistFailed.class, (rules, failed) -> failed(failed.getFailure()))
                .onSignal(RecoveryFailed.class, (rules, failed) -> failed(failed.getFailure()))
                .onSignal(PreRestart.instance(), rules -> {
                    waiting.refuseAll();
                    rules.state = newState();
                    seen = null;
                    recovering = true;
                    wakeMs = SessionDeadlines.NEVER;
                    timers.cancelAll();
                })
                .build();
    }

    private void failed(Throwable failure) {
        if (!(failure instanceof OffsetsJournalException)) {
            LOG.atError().addKeyValue("group", groupId).setCause(failure).log("a group could not be stored or read, it begins again");
        }
    }

    @Override
    public CommandHandler<Group.Command, GroupEvent, Rules> commandHandler() {
        return (rules, command) -> {
            show(rules.state);
            return handle(rules.state, command);
        };
    }

    @SuppressWarnings("ReferenceEquality") // another object is made when something in it has changed
    private void show(GroupState state) {
        Surroundings newest = surroundings.get();
        Surroundings before = seen;
        if (newest == before) {
            return;
        }
        seen = newest;
        if (before == null || before.topics() != newest.topics()) {
            state.onTopics(newest.topics());
        }
        state.onConfigs(newest.configsOf(groupId));
    }

    private Effect<GroupEvent, Rules> handle(GroupState state, Group.Command command) {
        return switch (command) {
            case Group.Ask ask -> throw new IllegalStateException("not numbered: " + ask);
            case WaitingRequests.Arrived arrived -> perform(requests(state));
            case Wake wake -> {
                wakeMs = SessionDeadlines.NEVER;
                yield perform(state.onTime(nowMs.getAsLong(), nowMs.retentionMs()));
            }
            case Resolved(var topicsByRegex, Topics in) ->
                perform(state.onResolved(topicsByRegex, in, nowMs.getAsLong()));
            case TopicDeleted(String topic, Uuid topicId) -> perform(state.onTopicDeleted(topic, topicId));
            case NodesGone(var gone) -> perform(state.onNodesGone(gone, nowMs.getAsLong()));
            case Stop stop -> {
                if (state.isGone()) {
                    yield Effect().none().thenStop();
                }
                owner.stays(groupId);
                yield Effect().none();
            }
            case Group.Internal other -> throw new IllegalStateException("not for a group: " + other);
        };
    }

    /** Decides what has come, in order, as far as one write should hold. */
    private List<GroupEffect> requests(GroupState state) {
        var effects = new ArrayList<GroupEffect>();
        for (int sizeBytes = 0; sizeBytes < settings.maxBatchBytes(); ) {
            WaitingRequests.Numbered next = waiting.next();
            if (next == null) {
                return effects;
            }
            List<GroupEffect> decided = state.onRequest(next.requestId(), next.request(), nowMs.getAsLong());
            effects.addAll(decided);
            sizeBytes += WriteSize.aboutBytes(decided);
        }
        context.getSelf().tell(new WaitingRequests.Arrived());
        return effects;
    }

    private Effect<GroupEvent, Rules> perform(List<GroupEffect> effects) {
        var events = new ArrayList<GroupEvent>();
        for (GroupEffect effect : effects) {
            if (effect instanceof Persist(var facts)) {
                events.addAll(facts);
            }
        }
        return (events.isEmpty() ? Effect().none() : Effect().persist(events)).thenRun((Rules rules) -> {
            GroupState state = rules.state;
            publish(state); // before the answers: who has one finds the list changed
            for (GroupEffect effect : effects) {
                switch (effect) {
                    case Persist persisted -> { }
                    case Reply(long requestId, Group.Reply reply) -> waiting.answer(requestId, reply);
                    case Call(var nodes) -> context.getSystem().eventStream()
                            .tell(new EventStream.Publish<>(new GroupCalled(groupId, nodes)));
                    case Resolve(var regexes, Topics in) -> resolve(regexes, in);
                }
            }
            settle(state);
        });
    }

    /** Many expressions and many topics take time that the group does not have. */
    private void resolve(Set<String> regexes, Topics in) {
        var found = CompletableFuture.supplyAsync(
                () -> RegexMatcher.match(regexes, in),
                context.getSystem().dispatchers().lookup(DispatcherSelector.blocking()));
        context.pipeToSelf(found, (topicsByRegex, failure) -> {
            if (failure != null) {
                LOG.atWarn().addKeyValue("group", groupId).setCause(failure).log("matching topics failed");
            }
            return new Resolved(failure == null ? topicsByRegex : Map.of(), in);
        });
    }

    private void settle(GroupState state) {
        wakeAt(state.nextMs());
        if (state.isGone()) {
            owner.gone(groupId);
        }
    }

    private void wakeAt(long nextMs) {
        if (nextMs < wakeMs) {
            wakeMs = nextMs;
            timers.startSingleTimer(
                    "wake", new Wake(), Duration.ofMillis(Math.max(0, nextMs - nowMs.getAsLong())));
        }
    }

    private void publish(GroupState state) {
        Group.Summary summary = state.summary();
        if (!summary.equals(published)) {
            published = summary;
            owner.changed(summary);
        }
    }
}
