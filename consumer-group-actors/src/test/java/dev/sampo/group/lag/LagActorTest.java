package dev.sampo.group.lag;

import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.offsets.CommittedOffsets;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pcollections.HashTreePMap;

import static org.assertj.core.api.Assertions.assertThat;

/** When the actor looks, and what it does where nobody answers. */
final class LagActorTest {
    private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAACQ");
    private static final Duration STEP = Duration.ofSeconds(10);

    private final ActorTestKit kit = ActorTestKit.create(
            "lag", ManualTime.config().withFallback(ConfigFactory.load()));
    private final ManualTime time = ManualTime.get(kit.system());
    private final AtomicLong wallMs = new AtomicLong(1_000_000); // the beginning of a step
    private final AtomicInteger looks = new AtomicInteger();
    private final PartitionRegistry registry = new PartitionRegistry();
    private final TestProbe<Partition.Command> leader = kit.createTestProbe();
    private final List<List<GroupReport>> samples = new CopyOnWriteArrayList<>();
    private final CommittedOffsets offsets = new CommittedOffsets();
    private volatile List<WatchedGroup> groups = List.of();
    private volatile boolean fails;
    private volatile boolean loading;
    private final ActorRef<Lag.Command> actor = kit.spawn(LagActor.create(new LagActor.Parts(
            new LagSettings(STEP.toMillis(), 86_400_000, 1 << 20), new WatchedGroups() {
                @Override
                public List<WatchedGroup> all() {
                    looks.incrementAndGet();
                    if (fails) {
                        throw new IllegalStateException("as the test wants it");
                    }
                    return groups;
                }

                @Override
                public boolean none() {
                    return groups.isEmpty() && !loading;
                }

                @Override
                public Found find(String groupId) {
                    return groups.stream().filter(group -> group.groupId().equals(groupId)).findFirst()
                            .map(group -> new Found(KafkaError.NONE, group, -1))
                            .orElseGet(() -> new Found(KafkaError.GROUP_ID_NOT_FOUND, null, -1));
                }
            }, registry, new OneImage(image()), wallMs::get, samples::add)));

    private record OneImage(MetadataImage current) implements MetadataImages {
        @Override
        public Runnable subscribe(BiConsumer<MetadataImage, MetadataImage> listener) {
            return () -> { };
        }

        @Override
        public CompletionStage<MetadataImage> reached(long offset) {
            return CompletableFuture.completedFuture(current);
        }
    }

    private static MetadataImage image() {
        var topic = new MetadataImage.Topic(TOPIC, "t", List.of("g1", "g1"), false);
        return new MetadataImage(
                1, HashTreePMap.empty(), HashTreePMap.singleton(TOPIC, topic), HashTreePMap.singleton("t", TOPIC),
                HashTreePMap.singleton("g1", new MetadataImage.PlacementGroup("g1", List.of(1), 0, 1, 1, 1, List.of(1))),
                HashTreePMap.empty(), 0);
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private void begin() {
        registry.enter(new PartitionRegistry.Entry(new TopicIdPartition(TOPIC, 0), leader.ref(), 1));
        offsets.apply(new OffsetCommitted(new OffsetKey("t", 0), TOPIC, 7, 1, "", 900_000, -1));
        groups = List.of(new WatchedGroup("g", offsets, new RebalanceHistory()));
        actor.tell(new LagActor.GroupBegan());
        settle();
    }

    @Test
    void afterAFailureItGoesOn() {
        // Given
        begin();
        fails = true;
        pass(STEP.dividedBy(2));
        fails = false;

        // When
        pass(STEP);

        // Then
        assertThat(looks).hasValue(2);
        leader.expectMessageClass(Partition.Read.class);
    }

    /** Everything sent so far was handled. */
    private void settle() {
        TestProbe<GroupLag.Rebalances> probe = kit.createTestProbe();
        actor.tell(new Lag.ShowRebalances("g", false, probe.ref()));
        probe.receiveMessage();
    }

    private void pass(Duration span) {
        wallMs.addAndGet(span.toMillis());
        time.timePasses(span);
        settle();
    }

    @Test
    void itStaysAwakeWhileGroupsAreLoaded() {
        // Given
        loading = true; // they have begun, and are not shown yet
        actor.tell(new LagActor.GroupBegan());
        settle();

        // When
        pass(STEP.dividedBy(2));
        pass(STEP);

        // Then
        assertThat(looks).hasValue(2);
    }

    @Test
    void withoutGroupsItSleepsAfterItsFirstLook() {
        // When
        for (int i = 0; i < 10; i++) {
            pass(STEP);
        }

        // Then
        assertThat(looks).hasValue(1);
    }

    @Test
    void groupsAreSampledInTheMiddleOfEachStepUntilTheyAreGone() {
        // Given
        begin();

        // When
        pass(STEP.dividedBy(2).minusMillis(1));
        int early = looks.get();
        pass(Duration.ofMillis(1));

        // Then
        assertThat(early).isZero();
        assertThat(looks).hasValue(1);
        pass(STEP);
        assertThat(looks).hasValue(2);
        groups = List.of();
        pass(STEP);
        pass(STEP.multipliedBy(5));
        assertThat(looks).hasValue(3);
    }

    @Test
    void theLeaderIsAskedOnceAndItsAnswerIsTheSample() {
        // Given
        begin();

        // When
        pass(STEP.dividedBy(2));
        Partition.Read read = leader.expectMessageClass(Partition.Read.class);
        read.replyTo().tell(new Partition.ReadReply(
                read.requestId(), read.index(), KafkaError.OFFSET_OUT_OF_RANGE, -1, -1, -1, null, null, -1, -1));
        Partition.DescribeLog describe = leader.expectMessageClass(Partition.DescribeLog.class);
        describe.replyTo().tell(new Partition.DescribeLogReply(0, describe.index(), KafkaError.NONE, 0, 9, 12, 12));
        Partition.Read again = leader.expectMessageClass(Partition.Read.class);
        again.replyTo().tell(new Partition.ReadReply(
                again.requestId(), again.index(), KafkaError.NOT_LEADER_OR_FOLLOWER, -1, -1, -1, null, null, -1, -1));

        // Then
        assertThat(again.fetchOffset()).as("what it would have read was deleted").isEqualTo(9);
        TestProbe<Object> any = kit.createTestProbe();
        any.awaitAssert(() -> {
            assertThat(samples).hasSize(1);
            return samples;
        });
        assertThat(samples.getFirst().getFirst().partitions()).containsExactly(
                new PartitionReport("t", 0, 7, 900_000, 12, -1, LagStatus.OK));
    }

    @Test
    void aLeaderThatDoesNotAnswerIsNotWaitedForLong() {
        // Given
        begin();
        TestProbe<GroupLag.Shown> probe = kit.createTestProbe();

        // When
        actor.tell(new Lag.Show("g", false, probe.ref()));
        settle();
        pass(Duration.ofSeconds(3));

        // Then
        GroupLag.Shown shown = probe.receiveMessage();
        assertThat(shown.report()).isEqualTo(new GroupReport(
                "g", 1_003_000, List.of(new PartitionReport("t", 0, 7, 900_000, -1, -1, LagStatus.UNKNOWN))));
    }

    @Test
    void aGroupThatIsNotThereIsToldOf() {
        // Given
        TestProbe<GroupLag.Shown> probe = kit.createTestProbe();

        // When
        actor.tell(new Lag.Show("none", false, probe.ref()));

        // Then
        assertThat(probe.receiveMessage()).isEqualTo(new GroupLag.Shown(KafkaError.GROUP_ID_NOT_FOUND, null));
    }
}
