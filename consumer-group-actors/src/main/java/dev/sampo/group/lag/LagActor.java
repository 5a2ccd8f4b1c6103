package dev.sampo.group.lag;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.lag.LagLook.Answer;
import dev.sampo.group.lag.LagLook.Location;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.placement.BrokerNodes;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Shell of {@link LagState}, one on each broker: samples the groups of its coordinators in each step of time, and answers
 * other brokers about partitions that are led here. Without groups it sleeps.
 */
final class LagActor extends AbstractBehavior<Lag.Command> {
    static final String NAME = "sampo-lag";
    /** An answer to so many fits a frame between brokers. */
    static final int MOST_QUESTIONS = 2_000;

    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final String TICK = "tick";
    /** The partition's leader is on this broker, by its registry. */
    private static final int HERE = -1;

    /** There is a group. */
    record GroupBegan() implements Lag.Internal {}

    private record Tick() implements Lag.Internal {}

    private record TimeIsUp(long lookId) implements Lag.Internal {}

    /** What the actor works with. {@code wallMs} is what timestamps of records are compared with. */
    record Parts(
            LagSettings settings, WatchedGroups groups, PartitionRegistry registry, MetadataImages images,
            LongSupplier wallMs, Consumer<List<GroupReport>> whenSampled) {}

    /** A look that waits for answers. */
    private static final class Running {
        private final LagLook look;
        private final Consumer<LagLook> whenDone;
        private int open;

        Running(LagLook look, Consumer<LagLook> whenDone) {
            this.look = look;
            this.whenDone = whenDone;
        }
    }

    private record Asked(long lookId, List<Integer> questions) {}

    private final Parts parts;
    private final LagState state;
    private final TimerScheduler<Lag.Command> timers;
    private final Map<Long, Running> looks = new HashMap<>();
    private final Map<Long, Asked> asks = new HashMap<>();
    private long lastId;

    private LagActor(ActorContext<Lag.Command> context, TimerScheduler<Lag.Command> timers, Parts parts) {
        super(context);
        this.timers = timers;
        this.parts = parts;
        this.state = new LagState(parts.settings());
        sampleFromNowOn(); // after a failure there are groups
    }

    /** A failure costs the history, nothing else. */
    static Behavior<Lag.Command> create(Parts parts) {
        Behavior<Lag.Command> behavior =
                Behaviors.setup(context -> Behaviors.withTimers(timers -> new LagActor(context, timers, parts)));
        return Behaviors.supervise(behavior).onFailure(SupervisorStrategy.restart());
    }

    @Override
    public Receive<Lag.Command> createReceive() {
        return newReceiveBuilder().onMessage(Lag.Command.class, this::onCommand).build();
    }

    private Behavior<Lag.Command> onCommand(Lag.Command command) {
        switch (command) {
            case Lag.Ask ask -> answer(ask);
            case Lag.Answers answers -> onAnswers(answers);
            case Lag.Query query -> answer(query);
            case Lag.ShowHistory(var group, var topic, int partition, long fromMs, long toMs, long everyMs, var replyTo) ->
                replyTo.tell(new Lag.Kept(state.history(group, topic, partition, fromMs, toMs, everyMs)));
            case GroupBegan began -> sampleFromNowOn();
            case Tick tick -> sample();
            case TimeIsUp(long lookId) -> {
                asks.values().removeIf(asked -> asked.lookId() == lookId);
                done(lookId);
            }
            case Lag.Internal other -> throw new IllegalStateException("not a message of this actor: " + other);
        }
        return this;
    }

    /** In the middle of each step: a timer that is a little early or late stays in its own. */
    private void sampleFromNowOn() {
        if (!timers.isTimerActive(TICK)) {
            long intervalMs = parts.settings().intervalMs();
            long firstMs = intervalMs - Math.floorMod(parts.wallMs().getAsLong() + intervalMs / 2, intervalMs);
            timers.startTimerAtFixedRate(
                    TICK, new Tick(), Duration.ofMillis(firstMs), Duration.ofMillis(intervalMs));
        }
    }

    private void sample() {
        List<WatchedGroup> groups = parts.groups().all();
        if (parts.groups().none()) {
            timers.cancel(TICK); // the next one that begins is told of
        }
        long nowMs = parts.wallMs().getAsLong();
        long step = state.stepOf(nowMs);
        look(groups, seen -> parts.whenSampled().accept(state.sample(seen, step, parts.wallMs().getAsLong())));
    }

    private void answer(Lag.Query query) {
        WatchedGroups.Found found = parts.groups().find(query.groupId());
        WatchedGroup group = found.group();
        if (group != null) {
            answer(query, group);
        } else if (query.forwarded() || found.brokerId() < 0) {
            query.refuse(found.error());
        } else {
            BrokerNodes.actor(getContext().getSystem(), found.brokerId(), NAME).ifPresentOrElse(
                    peer -> peer.tell(query.forward(), ActorRef.noSender()),
                    () -> query.refuse(KafkaError.COORDINATOR_NOT_AVAILABLE));
        }
    }

    private void answer(Lag.Query query, WatchedGroup group) {
        switch (query) {
            case Lag.Show show -> look(List.of(group), seen -> show.replyTo().tell(new GroupLag.Shown(
                    KafkaError.NONE, state.show(seen, parts.wallMs().getAsLong()).getFirst())));
            case Lag.ShowRebalances(String id, boolean forwarded, var replyTo) ->
                replyTo.tell(new GroupLag.Rebalances(KafkaError.NONE, group.rebalances().all()));
        }
    }

    // ---- looks

    private void look(Collection<WatchedGroup> groups, Consumer<LagLook> whenDone) {
        MetadataImage image = parts.images().current();
        var running = new Running(state.look(groups, committed -> locate(image, committed)), whenDone);
        long lookId = ++lastId;
        looks.put(lookId, running);
        running.look.byBroker().forEach((broker, numbers) -> {
            for (int from = 0; from < numbers.size(); from += MOST_QUESTIONS) {
                ask(lookId, running, broker, numbers.subList(from, Math.min(numbers.size(), from + MOST_QUESTIONS)));
            }
        });
        if (running.open == 0) {
            done(lookId);
        } else {
            timers.startSingleTimer(lookId, new TimeIsUp(lookId), TIMEOUT);
        }
    }

    private @Nullable Location locate(MetadataImage image, OffsetCommitted committed) {
        MetadataImage.Topic topic = image.topic(committed.key().topic());
        int partition = committed.key().partition();
        boolean there = topic != null && partition < topic.partitionGroups().size()
                && (committed.topicId().equals(Uuid.ZERO_UUID) || committed.topicId().equals(topic.id()));
        if (topic == null || !there) {
            return null;
        }
        if (parts.registry().find(new TopicIdPartition(topic.id(), partition)) != null) {
            return new Location(topic.id(), HERE);
        }
        int leader = image.groupOf(topic, partition).leader();
        return leader < 0 ? null : new Location(topic.id(), leader);
    }

    private void ask(long lookId, Running running, int broker, List<Integer> numbers) {
        long askId = ++lastId;
        var ask = new Lag.Ask(askId, numbers.stream().map(running.look::question).toList(), getContext().getSelf());
        if (broker == HERE) {
            answer(ask);
        } else {
            var peer = BrokerNodes.actor(getContext().getSystem(), broker, NAME);
            if (peer.isEmpty()) {
                return;
            }
            peer.get().tell(ask, Adapter.toClassic(getContext().getSelf()));
        }
        asks.put(askId, new Asked(lookId, numbers));
        running.open++;
    }

    private void answer(Lag.Ask ask) {
        getContext().spawnAnonymous(
                LeaderQuestions.create(
                        parts.registry(), ask.questions(),
                        answers -> ask.replyTo().tell(new Lag.Answers(ask.askId(), answers))),
                DispatcherSelector.fromConfig("sampo.blocking.dispatcher"));
    }

    private void onAnswers(Lag.Answers answers) {
        Asked asked = asks.remove(answers.askId());
        Running running = asked == null ? null : looks.get(asked.lookId());
        if (asked == null || running == null || answers.answers().size() != asked.questions().size()) {
            return; // too late
        }
        long nowMs = parts.wallMs().getAsLong();
        for (int i = 0; i < asked.questions().size(); i++) {
            Answer answer = answers.answers().get(i);
            running.look.answered(asked.questions().get(i), answer, nowMs);
        }
        if (--running.open == 0) {
            done(asked.lookId());
        }
    }

    private void done(long lookId) {
        timers.cancel(lookId);
        Running running = looks.remove(lookId);
        if (running != null) {
            running.whenDone.accept(running.look);
        }
    }
}
