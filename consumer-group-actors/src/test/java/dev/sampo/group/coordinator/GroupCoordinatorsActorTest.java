package dev.sampo.group.coordinator;

import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.FetchOffsets;
import dev.sampo.actors.protocol.Group.Heartbeat;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.Sync;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.lease.LeaderLease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pcollections.HashTreePMap;
import org.slf4j.event.Level;

import static dev.sampo.group.coordinator.GroupDriver.GROUP;
import static dev.sampo.group.coordinator.GroupDriver.commitRequest;
import static dev.sampo.group.coordinator.GroupDriver.joinRequest;
import static org.assertj.core.api.Assertions.assertThat;

final class GroupCoordinatorsActorTest {
    private static final Uuid OFFSETS_ID = Uuid.fromString("AAAAAAAAAAAAAAAAAAAACQ");
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final GroupSettings SETTINGS = new GroupSettings(
            6000, 1_800_000, 0, 0, 0, Integer.MAX_VALUE, 300_000, 604_800_000L, 600_000, 4096, 1, 3, 104_857_600, 5000,
            5_242_880, 524_288, GroupDriver.CONSUMER_SETTINGS);

    /** Images set by hand. */
    private static final class Images implements MetadataImages {
        private final List<BiConsumer<MetadataImage, MetadataImage>> listeners = new CopyOnWriteArrayList<>();
        private volatile MetadataImage image = MetadataImage.EMPTY;

        void set(MetadataImage next) {
            MetadataImage before = image;
            image = next;
            listeners.forEach(listener -> listener.accept(before, next));
        }

        @Override
        public MetadataImage current() {
            return image;
        }

        @Override
        public Runnable subscribe(BiConsumer<MetadataImage, MetadataImage> listener) {
            listeners.add(listener);
            listener.accept(MetadataImage.EMPTY, image);
            return () -> listeners.remove(listener);
        }

        @Override
        public CompletionStage<MetadataImage> reached(long offset) {
            return CompletableFuture.completedFuture(image);
        }
    }

    private final ActorTestKit kit = ActorTestKit.create(
            "groups", ConfigFactory.parseString("pekko.loglevel = WARNING").withFallback(ConfigFactory.load()));
    private final Images images = new Images();
    private volatile Consumer<PartitionRegistry.Entry> onEnter = entry -> {};
    private final PartitionRegistry registry = registry();
    private final FakePartitionLeader.Log log = new FakePartitionLeader.Log();
    private final TestProbe<Controller.Command> controller = kit.createTestProbe();
    private final AtomicLong nanos = new AtomicLong();
    private final LeaderLease lease = new LeaderLease(nanos::get);
    private final GroupCoordinators groups = GroupCoordinators.start(
            kit.system(), SETTINGS, images, registry, controller.getRef(), GroupCoordinators.steadyClock(),
            host -> false, lease);

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private static MetadataImage image(long offset, Map<String, Uuid> topics) {
        var byId = HashTreePMap.<Uuid, MetadataImage.Topic>empty();
        var ids = HashTreePMap.<String, Uuid>empty();
        for (var topic : topics.entrySet()) {
            byId = byId.plus(topic.getValue(), new MetadataImage.Topic(
                    topic.getValue(), topic.getKey(), List.of("g1"), topic.getKey().startsWith("__")));
            ids = ids.plus(topic.getKey(), topic.getValue());
        }
        var broker = new MetadataImage.Broker(1, Uuid.randomUuid(), Uuid.randomUuid(), 1, List.of(), null, false);
        var group = new MetadataImage.PlacementGroup("g1", List.of(1), 0, 1, 1, 1, List.of(1));
        return new MetadataImage(
                offset, HashTreePMap.singleton(1, broker), byId, ids, HashTreePMap.singleton("g1", group),
                HashTreePMap.empty(), 0);
    }

    /** Its first listener, before the coordinators, is {@link #onEnter}. */
    private PartitionRegistry registry() {
        var made = new PartitionRegistry();
        var _ = made.subscribe((entry, entered) -> {
            if (entered) {
                onEnter.accept(entry);
            }
        });
        return made;
    }

    private PartitionRegistry.Entry lead(int epoch) {
        lease.extendTo(nanos.get() + 1);
        ActorRef<Partition.Command> leader = kit.spawn(FakePartitionLeader.create(log));
        var entry = new PartitionRegistry.Entry(new TopicIdPartition(OFFSETS_ID, 0), leader, epoch);
        images.set(image(epoch, Map.of("__consumer_offsets", OFFSETS_ID, "t", GroupDriver.TOPIC_ID)));
        registry.enter(entry);
        return entry;
    }

    private <R extends Group.Reply> R ask(Group.Request<R> request) {
        return groups.ask(request, TIMEOUT).toCompletableFuture().orTimeout(15, TimeUnit.SECONDS).join();
    }

    private static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private void untilServing() {
        until(() -> ask(new FetchOffsets("nobody", null, false)).error() == KafkaError.NONE);
    }

    private long committed(String group) {
        var reply = ask(new FetchOffsets(group, List.of(new TopicPartitions("t", Uuid.ZERO_UUID, List.of(0))), false));
        return reply.error() == KafkaError.NONE ? reply.topics().getFirst().partitions().getFirst().offset() : -2;
    }

    private static CommitOffsets commit(String group, long offset) {
        return new CommitOffsets(group, -1, "", null, true, -1, List.of(
                new OffsetToCommit("t", GroupDriver.TOPIC_ID, 0, offset, 3, "")));
    }

    private JoinReply join() {
        String memberId = ask(joinRequest("", null, "t")).memberId();
        return ask(joinRequest(memberId, null, "t"));
    }

    @Test
    void firstLookupHasTheOffsetsTopicCreated() {
        images.set(image(1, Map.of()));
        assertThat(groups.locate(GROUP).error()).isEqualTo(KafkaError.COORDINATOR_NOT_AVAILABLE);
        assertThat(groups.locate(GROUP).error()).isEqualTo(KafkaError.COORDINATOR_NOT_AVAILABLE);
        var create = controller.expectMessageClass(Controller.CreateTopics.class);
        assertThat(create.internal()).isTrue();
        assertThat(create.topics().getFirst().configs()).containsEntry("cleanup.policy", "compact");
        controller.expectNoMessage(Duration.ofMillis(100));
        images.set(image(2, Map.of("__consumer_offsets", OFFSETS_ID)));
        assertThat(groups.locate(GROUP)).isEqualTo(new GroupAccess.Location(KafkaError.NONE, 1));
    }

    @Test
    void groupThatIsLedElsewhereIsNotCoordinatedHere() {
        assertThat(ask(new Heartbeat(GROUP, 1, "m", null)).error()).isEqualTo(KafkaError.NOT_COORDINATOR);
    }

    @Test
    void groupsSurviveTheirCoordinator() {
        var first = lead(1);
        untilServing();
        JoinReply member = join();
        assertThat(ask(new Sync(GROUP, 1, member.memberId(), null, null, null, Map.of(member.memberId(), new byte[9])))
                .assignment()).hasSize(9);
        assertThat(ask(commitRequest(member.memberId(), 1, "t", 77)).errors()).containsExactly(KafkaError.NONE);
        assertThat(groups.list().groups()).containsExactly(new Group.Summary(GROUP, "classic", "consumer", "Stable"));

        registry.remove(first);
        until(() -> ask(new Heartbeat(GROUP, 1, member.memberId(), null)).error() == KafkaError.NOT_COORDINATOR);
        lead(2);
        untilServing();
        assertThat(groups.list().groups()).containsExactly(new Group.Summary(GROUP, "classic", "consumer", "Stable"));
        assertThat(ask(new Heartbeat(GROUP, 1, member.memberId(), null)).error()).isEqualTo(KafkaError.NONE);
        assertThat(committed(GROUP)).isEqualTo(77);
    }

    @Test
    void loadWaitsForTheHighWatermarkToReachTheLogEnd() {
        var first = lead(1);
        untilServing();
        ask(commit("a", 5));
        ask(commit("a", 6));
        registry.remove(first);
        until(() -> committed("a") == -2);
        log.highWatermark = 1; // a new leader does not know yet that all of its log is committed
        var second = lead(2);
        until(() -> log.watcher != null);
        assertThat(ask(new Heartbeat("a", 1, "m", null)).error()).isEqualTo(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
        assertThat(groups.list().loading()).isTrue();
        second.leader().tell(new FakePartitionLeader.Replicated());
        untilServing();
        assertThat(committed("a")).isEqualTo(6);
    }

    @Test
    void refusedWriteIsAnErrorAndTheGroupGoesOnFromWhatIsStored() {
        lead(1);
        untilServing();
        ask(commit("a", 5));
        for (int i = 0; i < 10; i++) { // back-offs of up to a second
            log.appendError = KafkaError.NOT_ENOUGH_REPLICAS;
            assertThat(ask(commit("a", 6)).errors()).containsExactly(KafkaError.NOT_COORDINATOR);
            log.appendError = KafkaError.NONE;
            assertThat(committed("a")).isEqualTo(5); // nothing sent meanwhile is lost
        }
        assertThat(ask(commit("a", 7)).errors()).containsExactly(KafkaError.NONE);
        assertThat(committed("a")).isEqualTo(7);
    }

    @Test
    void refusedWritesAreLoggedOnceAndWithoutAStackTrace() {
        // Given
        lead(1);
        untilServing();
        log.appendError = KafkaError.NOT_ENOUGH_REPLICAS;

        // When, Then
        LoggingTestKit.empty().withLogLevel(Level.ERROR).withOccurrences(0).expect(kit.system(), () ->
                LoggingTestKit.warn("writes of groups are refused").withOccurrences(1).expect(kit.system(), () -> {
                    assertThat(ask(commit("a", 6)).errors()).containsExactly(KafkaError.NOT_COORDINATOR);
                    return ask(commit("a", 6));
                }));
    }

    @Test
    void waitingJoinIsAnsweredWhenItsCoordinatorLeaves() {
        var entry = lead(1);
        untilServing();
        JoinReply member = join();
        ask(new Sync(GROUP, 1, member.memberId(), null, null, null, Map.of()));
        String second = ask(joinRequest("", null, "t")).memberId();
        var waiting = groups.ask(joinRequest(second, null, "t"), TIMEOUT).toCompletableFuture();
        until(() -> ask(new Heartbeat(GROUP, 1, member.memberId(), null)).error() == KafkaError.REBALANCE_IN_PROGRESS);
        assertThat(waiting).isNotDone();
        registry.remove(entry);
        assertThat(waiting.orTimeout(15, TimeUnit.SECONDS).join().error()).isEqualTo(KafkaError.NOT_COORDINATOR);
    }

    @Test
    void groupsGoOnWhereTheirLeaderDoesAfterAHandOff() {
        var entry = lead(1);
        untilServing();
        JoinReply member = join();
        ask(new Sync(GROUP, 1, member.memberId(), null, null, null, Map.of()));
        String second = ask(joinRequest("", null, "t")).memberId();
        var waiting = groups.ask(joinRequest(second, null, "t"), TIMEOUT).toCompletableFuture();
        until(() -> ask(new Heartbeat(GROUP, 1, member.memberId(), null)).error() == KafkaError.REBALANCE_IN_PROGRESS);

        ActorRef<Partition.Command> successor = kit.spawn(FakePartitionLeader.create(log));
        var handedOff = new PartitionRegistry.Entry(entry.id(), successor, entry.leaderEpoch(), true);
        registry.enter(handedOff);
        kit.stop(entry.leader());

        assertThat(ask(commitRequest(member.memberId(), 1, "t", 78)).errors()).containsExactly(KafkaError.NONE);
        assertThat(waiting).as("the coordinator is the same").isNotDone();
        registry.remove(handedOff);
        assertThat(waiting.orTimeout(15, TimeUnit.SECONDS).join().error()).isEqualTo(KafkaError.NOT_COORDINATOR);
    }

    @Test
    void groupsEndWithALeaderThatHasEndedBeforeItsEnteringIsHeardOf() {
        // Given
        var entry = lead(1);
        untilServing();
        onEnter = registry::remove; // so that its end is reported before its entering

        // When
        registry.enter(new PartitionRegistry.Entry(entry.id(), entry.leader(), entry.leaderEpoch(), true));

        // Then
        until(() -> ask(new FetchOffsets("nobody", null, false)).error() == KafkaError.NOT_COORDINATOR);
    }

    @Test
    void withoutALeaseNothingIsAnsweredSinceAnotherBrokerMayCoordinate() {
        lead(1);
        untilServing();
        nanos.set(2);
        assertThat(ask(new FetchOffsets("nobody", null, false)).error()).isEqualTo(KafkaError.NOT_COORDINATOR);
        lease.extendTo(3);
        assertThat(ask(new FetchOffsets("nobody", null, false)).error()).isEqualTo(KafkaError.NONE);
    }

    /** KAFKA-9307: two quick changes leave no coordinator half loaded. */
    @Test
    void quickChangesOfLeadershipEndInOneCoordinatorThatServes() {
        var entry = lead(1);
        untilServing();
        assertThat(ask(commit("a", 5)).errors()).containsExactly(KafkaError.NONE);
        for (int epoch = 2; epoch <= 6; epoch++) {
            registry.remove(entry);
            entry = lead(epoch);
        }
        untilServing();
        assertThat(committed("a")).isEqualTo(5);
        registry.remove(entry);
        until(() -> ask(new FetchOffsets("nobody", null, false)).error() == KafkaError.NOT_COORDINATOR);
    }

    @Test
    void offsetsOfADeletedTopicAreRemoved() {
        lead(1);
        untilServing();
        ask(commit("a", 5));
        images.set(image(10, Map.of("__consumer_offsets", OFFSETS_ID)));
        until(() -> committed("a") == -1);
    }

    @Test
    void deletedGroupLeavesNothingAndItsNameCanBeUsedAgain() {
        lead(1);
        untilServing();
        ask(commit("a", 5));
        assertThat(ask(new Group.DeleteGroup("a")).error()).isEqualTo(KafkaError.NONE);
        assertThat(groups.list().groups()).isEmpty();
        assertThat(ask(new Group.DeleteGroup("a")).error()).isEqualTo(KafkaError.GROUP_ID_NOT_FOUND);
        assertThat(ask(commit("a", 9)).errors()).containsExactly(KafkaError.NONE);
        assertThat(committed("a")).isEqualTo(9);
    }

    @Test
    void requestWhoseWriteTakesTooLongIsAnsweredAndTheWriteGoesOn() {
        // Given
        var leader = lead(1);
        untilServing();
        assertThat(ask(commit(GROUP, 1)).errors()).containsExactly(KafkaError.NONE);
        log.holds = true;

        // When
        var late = ask(commit(GROUP, 2));

        // Then
        assertThat(late.errors()).containsExactly(KafkaError.COORDINATOR_NOT_AVAILABLE);
        leader.leader().tell(new FakePartitionLeader.AppendHeld());
        assertThat(committed(GROUP)).isEqualTo(2);
    }

    @Test
    void requestsOfAGroupThatComeDuringAWriteShareTheNextOne() {
        // Given
        var leader = lead(1);
        untilServing();
        assertThat(ask(commit(GROUP, 1)).errors()).containsExactly(KafkaError.NONE);
        int before = log.appends;
        log.holds = true;
        var commits = new ArrayList<CompletableFuture<Group.CommitOffsetsReply>>();
        commits.add(groups.ask(commit(GROUP, 2), TIMEOUT).toCompletableFuture());
        until(() -> log.held.size() == 1);

        // When
        for (int offset = 3; offset < 100; offset++) {
            commits.add(groups.ask(commit(GROUP, offset), TIMEOUT).toCompletableFuture());
        }
        ask(new Heartbeat("nobody", 1, "m", null)); // the group has got them when this one is answered
        leader.leader().tell(new FakePartitionLeader.AppendHeld());

        // Then
        commits.forEach(reply -> assertThat(reply.orTimeout(15, TimeUnit.SECONDS).join().errors()).containsExactly(KafkaError.NONE));
        assertThat(committed(GROUP)).isEqualTo(99);
        assertThat(log.appends - before).isEqualTo(2);
    }

    @Test
    void commitsOfManyGroupsShareBatches() {
        // Given
        lead(1);
        untilServing();
        int count = 2_000;
        int appendsBefore = log.appends;
        var replies = new ArrayList<CompletableFuture<Group.CommitOffsetsReply>>();

        // When
        for (int i = 0; i < count; i++) {
            replies.add(groups.ask(commit("group-" + i % 500, i), TIMEOUT).toCompletableFuture());
        }
        CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new)).orTimeout(60, TimeUnit.SECONDS).join();

        // Then
        assertThat(replies)
                .allSatisfy(reply -> assertThat(reply.join().errors()).containsExactly(KafkaError.NONE));
        assertThat(log.appends - appendsBefore).isLessThan(count / 2);
    }
}
