package dev.sampo.group.coordinator;

import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.coordinator.LedPartitions.Effect;
import dev.sampo.group.coordinator.LedPartitions.Led;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.session.NodeGone;
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
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/**
 * Owns the coordinators of this broker: one per partition of {@code __consumer_offsets} that is led here. Shell of {@link
 * LedPartitions}.
 */
final class GroupCoordinatorsActor extends AbstractBehavior<GroupCoordinatorsActor.Command> {
    sealed interface Command {}

    /** A partition leader of this broker serves, or has stopped. */
    record LeaderChanged(PartitionRegistry.Entry entry, boolean entered) implements Command {}

    /** There is a newer image. */
    record ImageChanged(MetadataImage image) implements Command {}

    private record NodeLeft(String node) implements Command {}

    private record CoordinatorStopped(int partition, ActorRef<OffsetsPartitionActor.Command> actor)
            implements Command {}

    private final PartitionRegistry registry;
    private final GroupSettings settings;
    private final GroupClock nowMs;
    private final ConcurrentHashMap<Integer, OffsetsPartitionActor.View> views;
    private final Supplier<Surroundings> surroundings;
    private final Predicate<String> goneNodes;
    private final Runnable whenGroupBegins;
    private final Consumer<String> whenStateChanges;
    private final Runnable onStop;
    private final LedPartitions<ActorRef<Partition.Command>> led = new LedPartitions<>();
    private final Map<Integer, ActorRef<OffsetsPartitionActor.Command>> running = new HashMap<>();
    private MetadataImage image = MetadataImage.EMPTY;
    private Uuid offsetsTopicId = Uuid.ZERO_UUID;

    private GroupCoordinatorsActor(
            ActorContext<Command> context, PartitionRegistry registry, GroupSettings settings, GroupClock nowMs,
            ConcurrentHashMap<Integer, OffsetsPartitionActor.View> views, Supplier<Surroundings> surroundings,
            Predicate<String> goneNodes, Runnable whenGroupBegins, Consumer<String> whenStateChanges, Runnable onStop) {
        super(context);
        this.registry = registry;
        this.settings = settings;
        this.nowMs = nowMs;
        this.views = views;
        this.surroundings = surroundings;
        this.goneNodes = goneNodes;
        this.whenGroupBegins = whenGroupBegins;
        this.whenStateChanges = whenStateChanges;
        this.onStop = onStop;
        context.getSystem().eventStream().tell(new EventStream.Subscribe<>(
                NodeGone.class, context.messageAdapter(NodeGone.class, gone -> new NodeLeft(gone.node()))));
    }

    static Behavior<Command> create(
            PartitionRegistry registry, GroupSettings settings, GroupClock nowMs,
            ConcurrentHashMap<Integer, OffsetsPartitionActor.View> views, Supplier<Surroundings> surroundings,
            Predicate<String> goneNodes, Runnable whenGroupBegins, Consumer<String> whenStateChanges, Runnable onStop) {
        return Behaviors.setup(context -> new GroupCoordinatorsActor(
                context, registry, settings, nowMs, views, surroundings, goneNodes, whenGroupBegins, whenStateChanges, onStop));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(LeaderChanged.class, this::onLeaderChanged)
                .onMessage(ImageChanged.class, this::onImageChanged)
                .onMessage(NodeLeft.class, left -> {
                    running.values().forEach(actor -> actor.tell(new OffsetsPartitionActor.NodeLeft(left.node())));
                    return this;
                })
                .onMessage(CoordinatorStopped.class, this::onCoordinatorStopped)
                .onSignal(PostStop.class, stopped -> {
                    views.clear();
                    onStop.run();
                    return this;
                })
                .build();
    }

    @SuppressWarnings("ReferenceEquality") // the map is immutable: the same object means no topic changed
    private Behavior<Command> onImageChanged(ImageChanged changed) {
        MetadataImage before = image;
        if (changed.image().offset() < before.offset()) {
            return this;
        }
        image = changed.image();
        if (before.topics() == image.topics()) {
            return this;
        }
        for (MetadataImage.Topic topic : before.topics().values()) {
            if (image.topic(topic.id()) == null) {
                running.values().forEach(
                        actor -> actor.tell(new OffsetsPartitionActor.TopicGone(topic.name(), topic.id())));
            }
        }
        MetadataImage.Topic offsets = image.topic(GroupCoordinators.OFFSETS_TOPIC);
        Uuid id = offsets == null ? Uuid.ZERO_UUID : offsets.id();
        if (!id.equals(offsetsTopicId)) {
            offsetsTopicId = id;
            registry.entries().forEach(entry -> onLeaderChanged(new LeaderChanged(entry, true)));
        }
        return this;
    }

    private Behavior<Command> onLeaderChanged(LeaderChanged changed) {
        PartitionRegistry.Entry entry = changed.entry();
        if (!entry.id().topicId().equals(offsetsTopicId)) {
            return this;
        }
        var leader = new Led<>(entry.id(), entry.leader(), entry.leaderEpoch(), entry.handedOff());
        perform(changed.entered()
                ? led.onEntered(leader, entry.equals(registry.find(entry.id())))
                : led.onLeft(leader));
        return this;
    }

    private void perform(List<Effect<ActorRef<Partition.Command>>> effects) {
        for (Effect<ActorRef<Partition.Command>> effect : effects) {
            switch (effect) {
                case Effect.Start<ActorRef<Partition.Command>>(var leader) -> start(new PartitionRegistry.Entry(
                        leader.id(), leader.leader(), leader.leaderEpoch(), leader.handedOff()));
                case Effect.Stop<ActorRef<Partition.Command>>(int partition) -> {
                    views.remove(partition);
                    Objects.requireNonNull(running.get(partition)).tell(new OffsetsPartitionActor.Stop());
                }
            }
        }
    }

    private void start(PartitionRegistry.Entry entry) {
        int partition = entry.id().partition();
        var view = new OffsetsPartitionActor.View(entry.leaderEpoch(), whenGroupBegins, whenStateChanges);
        var actor = getContext().spawnAnonymous(OffsetsPartitionActor.create(
                entry, () -> leader(entry), settings, nowMs, surroundings, goneNodes, view));
        getContext().watchWith(actor, new CoordinatorStopped(partition, actor));
        view.actor = actor;
        running.put(partition, actor);
        views.put(partition, view);
    }

    /** Whoever leads in the epoch of {@code of} now, null for nobody. Any thread. */
    private @Nullable ActorRef<Partition.Command> leader(PartitionRegistry.Entry of) {
        PartitionRegistry.Entry now = registry.find(of.id());
        return now != null && now.leaderEpoch() == of.leaderEpoch() ? now.leader() : null;
    }

    private Behavior<Command> onCoordinatorStopped(CoordinatorStopped stopped) {
        int partition = stopped.partition();
        if (running.remove(partition, stopped.actor())) {
            views.remove(partition);
            perform(led.onStopped(partition)); // a newer epoch, or it failed
        }
        return this;
    }
}
