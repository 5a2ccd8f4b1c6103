package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.lag.GroupLag;
import dev.sampo.group.lag.LagSettings;
import dev.sampo.group.lag.WatchedGroup;
import dev.sampo.group.lag.WatchedGroups;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.lease.LeaderLease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.apache.kafka.common.utils.Utils;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.scaladsl.AskPattern.Askable;
import org.apache.pekko.dispatch.ExecutionContexts;
import org.apache.pekko.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.ExecutionContext;
import scala.util.Try;

/** This broker's way to the coordinators of groups: handlers call it, from any thread. */
public final class GroupCoordinators implements GroupAccess, WatchedGroups {
    /** The topic whose partitions are the journals of groups. */
    public static final String OFFSETS_TOPIC = "__consumer_offsets";

    private static final ExecutionContext SAME_THREAD = ExecutionContexts.fromExecutor(Runnable::run);
    private static final Logger LOG = LoggerFactory.getLogger(GroupCoordinators.class);
    private static final Location NOWHERE = new Location(KafkaError.COORDINATOR_NOT_AVAILABLE, -1);
    private static final Duration CREATE_TIMEOUT = Duration.ofSeconds(30);

    private final ActorSystem<?> system;
    private final GroupSettings settings;
    private final Duration commitTimeout;
    private final MetadataImages images;
    private final ActorRef<Controller.Command> controller;
    private final LeaderLease lease;
    private final GroupLag lag;
    private final ConcurrentHashMap<Integer, OffsetsPartitionActor.View> views = new ConcurrentHashMap<>();
    private final StateChanges stateChanges = new StateChanges();
    private final AtomicBoolean creating = new AtomicBoolean();
    private volatile Surroundings surroundings = Surroundings.NONE;

    private GroupCoordinators(
            ActorSystem<?> system, GroupSettings settings, MetadataImages images, PartitionRegistry registry,
            ActorRef<Controller.Command> controller, GroupClock nowMs, LeaderLease lease) {
        this.lease = lease;
        this.system = system;
        this.settings = settings;
        this.commitTimeout = Duration.ofMillis(settings.commitTimeoutMs());
        this.images = images;
        this.controller = controller;
        this.lag = GroupLag.start(
                system, this, LagSettings.from(system.settings().config()), registry, images, nowMs::retentionMs);
    }

    /**
     * Starts coordinating whatever this broker leads, now and later, until the system ends.
     *
     * @param controller reaches the active controller
     * @param nowMs wall clock that never goes back within this run, see {@link #steadyClock}
     * @param goneNodes whether a client's host is a node of the cluster that is gone; who goes later is told on the event
     *     stream, see {@link dev.sampo.partition.session.NodeGone}
     * @param lease while it does not hold, another broker may coordinate: nothing is answered but NOT_COORDINATOR
     */
    public static GroupCoordinators start(
            ActorSystem<?> system, GroupSettings settings, MetadataImages images, PartitionRegistry registry,
            ActorRef<Controller.Command> controller, GroupClock nowMs, Predicate<String> goneNodes, LeaderLease lease) {
        var coordinators = new GroupCoordinators(system, settings, images, registry, controller, nowMs, lease);
        LateRequests.start(system);
        var subscriptions = new CopyOnWriteArrayList<Runnable>();
        ActorRef<GroupCoordinatorsActor.Command> actor = system.systemActorOf(
                GroupCoordinatorsActor.create(
                        registry, settings, nowMs, coordinators.views, () -> coordinators.surroundings, goneNodes,
                        coordinators.lag::groupBegan, coordinators.stateChanges::changed,
                        () -> subscriptions.forEach(Runnable::run)),
                "sampo-groups", Props.empty());
        subscriptions.add(images.subscribe((before, next) -> {
            coordinators.surroundings = Surroundings.of(coordinators.surroundings, before, next);
            actor.tell(new GroupCoordinatorsActor.ImageChanged(next));
        }));
        subscriptions.add(registry.subscribe(
                (entry, entered) -> actor.tell(new GroupCoordinatorsActor.LeaderChanged(entry, entered))));
        return coordinators;
    }

    /** The wall clock at this call, carried on by the monotonic clock: sessions outlive a clock that is set back. */
    public static GroupClock steadyClock() {
        long wallMs = System.currentTimeMillis();
        long startNanos = System.nanoTime();
        return () -> wallMs + (System.nanoTime() - startNanos) / 1_000_000;
    }

    @Override
    public <R extends Group.Reply> CompletionStage<R> ask(Group.Request<R> request, Duration timeout) {
        OffsetsPartitionActor.View view = views.get(partitionFor(request.groupId()));
        ActorRef<OffsetsPartitionActor.Command> actor = view == null ? null : view.actor;
        if (view == null || actor == null || !lease.holds()) {
            return CompletableFuture.completedFuture(request.refused(KafkaError.NOT_COORDINATOR));
        }
        if (!view.serving) {
            return CompletableFuture.completedFuture(request.refused(KafkaError.COORDINATOR_LOAD_IN_PROGRESS));
        }
        var answer = new CompletableFuture<R>();
        new Askable<>(actor)
                .<Group.Reply>ask(
                        replyTo -> new OffsetsPartitionActor.Route(new Group.Ask(request, replyTo)), Timeout.create(limit(request, timeout)),
                        system.scheduler())
                .onComplete(result -> complete(answer, request, result), SAME_THREAD);
        return answer;
    }

    /** What only a write holds back waits as long as a write may take; the write goes on. */
    private Duration limit(Group.Request<?> request, Duration timeout) {
        boolean waitsForOthers = request instanceof Group.Join || request instanceof Group.Sync;
        return waitsForOthers || timeout.compareTo(commitTimeout) < 0 ? timeout : commitTimeout;
    }

    /** On the thread of the group that answers: the stage that Pekko makes for Java would hand over to one more, for each request. */
    private <R extends Group.Reply> boolean complete(CompletableFuture<R> answer, Group.Request<R> request, Try<Group.Reply> result) {
        if (result.isFailure()) {
            Throwable failure = result.failed().get();
            if (!(failure instanceof TimeoutException)) {
                return answer.completeExceptionally(failure);
            }
            var _ = answer.completeAsync( // not on the scheduler's thread
                    () -> request.refused(KafkaError.COORDINATOR_NOT_AVAILABLE));
            return true;
        }
        if (!lease.holds()) { // a process that was stopped in between runs on
            return answer.complete(request.refused(KafkaError.NOT_COORDINATOR));
        }
        @SuppressWarnings("unchecked") // the rules answer a request of R by an R
        R answered = (R) result.get();
        return answer.complete(answered);
    }

    @Override
    public CompletableFuture<Boolean> nextChange(String groupId) {
        return stateChanges.next(groupId);
    }

    @Override
    public Listing list() {
        var groups = new ArrayList<Group.Summary>();
        boolean loading = false;
        for (OffsetsPartitionActor.View view : views.values()) {
            loading |= !view.serving;
            groups.addAll(view.summaries.values());
        }
        return new Listing(loading, groups);
    }

    /** How far groups are behind. */
    public GroupLag lag() {
        return lag;
    }

    @Override
    public List<WatchedGroup> all() {
        var groups = new ArrayList<WatchedGroup>();
        for (OffsetsPartitionActor.View view : views.values()) {
            if (view.serving) {
                view.watched.values().stream()
                        .filter(group -> view.summaries.containsKey(group.groupId()))
                        .forEach(groups::add);
            }
        }
        return groups;
    }

    @Override
    public boolean none() {
        return views.values().stream().allMatch(view -> view.watched.isEmpty());
    }

    @Override
    public Found find(String groupId) {
        int partition = partitionFor(groupId);
        OffsetsPartitionActor.View view = views.get(partition);
        if (view == null || !lease.holds()) {
            MetadataImage image = images.current();
            MetadataImage.Topic topic = image.topic(OFFSETS_TOPIC);
            return topic == null
                    ? new Found(KafkaError.GROUP_ID_NOT_FOUND, null, -1)
                    : new Found(KafkaError.NOT_COORDINATOR, null, image.groupOf(topic, partition).leader());
        }
        if (!view.serving) {
            return new Found(KafkaError.COORDINATOR_LOAD_IN_PROGRESS, null, -1);
        }
        WatchedGroup group = view.summaries.containsKey(groupId) ? view.watched.get(groupId) : null;
        return new Found(group == null ? KafkaError.GROUP_ID_NOT_FOUND : KafkaError.NONE, group, -1);
    }

    /** The partition of {@code __consumer_offsets} that a group lives in; tools compute the same. */
    public int partitionFor(String groupId) {
        MetadataImage.Topic topic = images.current().topic(OFFSETS_TOPIC);
        int partitions = topic == null ? settings.offsetsTopicPartitions() : topic.partitionGroups().size();
        return Utils.abs(groupId.hashCode()) % partitions;
    }

    @Override
    public Location locate(String groupId) {
        MetadataImage image = images.current();
        MetadataImage.Topic topic = image.topic(OFFSETS_TOPIC);
        if (topic == null) {
            createTopic(image);
            return NOWHERE;
        }
        int leader = image.groupOf(topic, partitionFor(groupId)).leader();
        return leader < 0 ? NOWHERE : new Location(KafkaError.NONE, leader);
    }

    private void createTopic(MetadataImage image) {
        int brokers = (int) image.brokers().values().stream().filter(broker -> !broker.fenced()).count();
        if (brokers == 0 || !creating.compareAndSet(false, true)) {
            return;
        }
        Map<String, @Nullable String> configs = new LinkedHashMap<>();
        configs.put("cleanup.policy", "compact");
        configs.put("compression.type", "producer");
        configs.put("segment.bytes", Integer.toString(settings.offsetsTopicSegmentBytes()));
        var wanted = new Controller.NewTopic(
                OFFSETS_TOPIC, settings.offsetsTopicPartitions(),
                (short) Math.min(brokers, settings.offsetsTopicReplicationFactor()), Map.of(), configs);
        CompletionStage<Controller.CreateTopicsReply> created = AskPattern.ask(
                controller,
                (ActorRef<Controller.CreateTopicsReply> replyTo) ->
                        new Controller.CreateTopics(List.of(wanted), false, true, replyTo),
                CREATE_TIMEOUT, system.scheduler());
        created.whenComplete((reply, failure) -> {
            creating.set(false); // on failure the next FindCoordinator tries again
            if (failure != null) {
                LOG.atWarn().setCause(failure).log("creating __consumer_offsets was not answered");
                return;
            }
            Controller.TopicResult result = reply.results().getFirst();
            if (!Set.of(KafkaError.NONE, KafkaError.TOPIC_ALREADY_EXISTS).contains(result.error())) {
                LOG.atWarn().addKeyValue("errorCode", result.error()).log("creating __consumer_offsets was refused");
            }
        });
    }
}
