package dev.sampo.kafka.replica;

import dev.sampo.actors.loop.Loops;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.follower.Follower;
import dev.sampo.partition.follower.LeaderLink;
import dev.sampo.partition.follower.LeaderLink.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The link over a real socket, against a leader that a test plays. */
final class ReplicaLinkActorTest {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final Uuid TOPIC = new Uuid(5, 6);
    private static final ReplicaSettings SETTINGS = new ReplicaSettings(500, 1 << 20, 10 << 20, 20_000, 5, 50);

    private static final MetadataImages NO_METADATA = new MetadataImages() {
        @Override
        public MetadataImage current() {
            return MetadataImage.EMPTY;
        }

        @Override
        public Runnable subscribe(BiConsumer<MetadataImage, MetadataImage> listener) {
            return () -> {};
        }

        @Override
        public CompletionStage<MetadataImage> reached(long offset) {
            return new CompletableFuture<>();
        }
    };

    private final ActorTestKit kit = ActorTestKit.create();
    private final Loops.Lease lease = Loops.lease(kit.system());
    private final TestProbe<Follower.Command> follower = kit.createTestProbe(Follower.Command.class);
    private FakeLeader leader;
    private ActorRef<LeaderLink.Command> link;

    @BeforeEach
    void start() throws IOException {
        leader = new FakeLeader();
        link = kit.spawn(
                ReplicaLinkActor.create(
                        new LeaderLink.Peer(1, 11, "127.0.0.1", leader.port()), lease.loops().get(0), Runnable::run,
                        SETTINGS, new ReplicaFetches<>(2, 22, SETTINGS), new ReplicationThrottle(2, NO_METADATA),
                        "broker-2"),
                DispatcherSelector.fromConfig("sampo.loop-0"));
    }

    @AfterEach
    void stop() throws IOException {
        kit.shutdownTestKit();
        lease.close();
        leader.close();
    }

    private static Position position(int partition, long offset) {
        return new Position(new TopicIdPartition(TOPIC, partition), 4, offset, 3, 0, 0);
    }

    private void want(ActorRef<Follower.Command> who, boolean handled, Position... positions) {
        link.tell(new LeaderLink.Fetch(who, List.of(positions), handled));
    }

    private static MemoryRecords records(long offset, int valueBytes) {
        return MemoryRecords.withRecords(offset, Compression.NONE, 4, new SimpleRecord(new byte[valueBytes]));
    }

    private static FetchResponseData response(int partition, MemoryRecords records) {
        return new FetchResponseData()
                .setSessionId(9)
                .setResponses(List.of(new FetchableTopicResponse()
                        .setTopicId(TOPIC)
                        .setPartitions(List.of(new PartitionData()
                                .setPartitionIndex(partition)
                                .setHighWatermark(77)
                                .setLogStartOffset(2)
                                .setRecords(records)))));
    }

    private static FetchRequestData fetch(FakeLeader.Call call) {
        assertThat(call.key()).isEqualTo(ApiKeys.FETCH);
        assertThat(call.header().requestApiVersion()).isEqualTo((short) 18);
        return (FetchRequestData) call.body();
    }

    private Follower.Answer answer() {
        Follower.Fetched fetched = follower.expectMessageClass(Follower.Fetched.class, WAIT);
        assertThat(fetched.answers()).hasSize(1);
        return fetched.answers().get(0);
    }

    @Test
    void recordsComeWithTheirPositionAndTheNextFetchGoesOutWhenTheyAreHandled() throws Exception {
        // Given
        want(follower.ref(), false, position(0, 10));
        FakeLeader.Call first = leader.next();
        assertThat(fetch(first).replicaState().replicaEpoch()).isEqualTo(22);
        assertThat(fetch(first).topics().get(0).partitions().get(0).fetchOffset()).isEqualTo(10);
        MemoryRecords sent = records(10, 300_000);

        // When
        first.answer(response(0, sent));

        // Then
        Follower.Answer answer = answer();
        assertThat(answer.fetchOffset()).isEqualTo(10);
        assertThat(answer.leaderEpoch()).isEqualTo(4);
        assertThat(answer.highWatermark()).isEqualTo(77);
        assertThat(answer.logStartOffset()).isEqualTo(2);
        assertThat(answer.records()).isEqualTo(sent.buffer());
        assertThat(leader.calls).isEmpty();
        want(follower.ref(), true, position(0, 11));
        assertThat(fetch(leader.next()).topics().get(0).partitions().get(0).fetchOffset()).isEqualTo(11);
    }

    @Test
    void afterALostConnectionEverythingIsAskedForAgain() throws Exception {
        want(follower.ref(), false, position(0, 10));
        leader.next().cut();

        FetchRequestData again = fetch(leader.next());

        assertThat(again.sessionEpoch()).isEqualTo(0);
        assertThat(again.topics().get(0).partitions().get(0).fetchOffset()).isEqualTo(10);
    }

    @Test
    void recordsThatAreBeingHandledSurviveTheConnectionAndTheNextFetchWaitsForThem() throws Exception {
        // Given
        want(follower.ref(), false, position(0, 10));
        FakeLeader.Call first = leader.next();
        MemoryRecords sent = records(10, 5_000);
        first.answer(response(0, sent));
        ByteBuffer records = answer().records();

        // When
        first.cut();

        // Then
        follower.expectNoMessage(Duration.ofMillis(200));
        assertThat(leader.calls).isEmpty();
        assertThat(records).isEqualTo(sent.buffer());
        want(follower.ref(), true, position(0, 11));
        FetchRequestData next = fetch(leader.next());
        assertThat(next.sessionEpoch()).isEqualTo(0);
        assertThat(next.topics().get(0).partitions().get(0).fetchOffset()).isEqualTo(11);
    }

    @Test
    void aFollowerThatEndsWhileItHandlesRecordsHoldsNobodyUp() throws Exception {
        // Given two followers
        TestProbe<Follower.Command> seen = kit.createTestProbe(Follower.Command.class);
        ActorRef<Follower.Command> mortal = kit.spawn(mortal(seen.ref()));
        want(follower.ref(), false, position(0, 10));
        want(mortal, false, position(1, 5));
        FakeLeader.Call call = leader.next();
        while (!names(fetch(call), 1)) { // it left before the second was wanted
            call.answer(new FetchResponseData().setSessionId(9));
            call = leader.next();
        }
        call.answer(response(1, records(5, 10)));
        seen.expectMessageClass(Follower.Fetched.class, WAIT);

        // When
        kit.stop(mortal);

        // Then
        FakeLeader.Call next = leader.next();
        while (next.body() instanceof FetchRequestData request && request.forgottenTopicsData().isEmpty()) {
            next.answer(new FetchResponseData().setSessionId(9));
            next = leader.next();
        }
        assertThat(fetch(next).forgottenTopicsData().get(0).partitions()).containsExactly(1);
    }

    private static boolean names(FetchRequestData request, int partition) {
        return request.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .anyMatch(each -> each.partition() == partition);
    }

    private static Behavior<Follower.Command> mortal(ActorRef<Follower.Command> seen) {
        return Behaviors.receive(Follower.Command.class)
                .onAnyMessage(message -> {
                    seen.tell(message);
                    return Behaviors.same();
                })
                .build();
    }

    @Test
    void aFetchThatWaitsIsOvertakenWhenThereIsAPartitionThatItDoesNotKnow() throws Exception {
        // Given a session with a fetch that the leader does not answer yet
        want(follower.ref(), false, position(0, 10));
        leader.next().answer(new FetchResponseData().setSessionId(9));
        FakeLeader.Call waiting = leader.next();
        assertThat(fetch(waiting).sessionEpoch()).isEqualTo(1);

        // When
        want(follower.ref(), false, position(1, 5));

        // Then
        FakeLeader.Call second = leader.next();
        assertThat(fetch(second).sessionEpoch()).isEqualTo(2);
        assertThat(fetch(second).topics().get(0).partitions().get(0).partition()).isEqualTo(1);
        waiting.answer(new FetchResponseData().setSessionId(9));
        second.answer(response(1, records(5, 10)));
        assertThat(answer().id().partition()).isEqualTo(1);
    }

    @Test
    void theLeadersOffsetsAreAskedWithTwoRequests() throws Exception {
        link.tell(new LeaderLink.AskOffsets(follower.ref(), new TopicIdPartition(TOPIC, 3), "orders", 4));

        FakeLeader.Call start = leader.next();
        assertThat(start.key()).isEqualTo(ApiKeys.LIST_OFFSETS);
        start.answer(new ListOffsetsResponseData().setTopics(List.of(new ListOffsetsTopicResponse()
                .setName("orders")
                .setPartitions(List.of(new ListOffsetsPartitionResponse().setPartitionIndex(3).setOffset(100))))));
        FakeLeader.Call end = leader.next();
        assertThat(end.key()).isEqualTo(ApiKeys.OFFSET_FOR_LEADER_EPOCH);
        var topics = new OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResultCollection();
        topics.add(new OffsetForLeaderTopicResult()
                .setTopic("orders")
                .setPartitions(List.of(new EpochEndOffset().setPartition(3).setLeaderEpoch(4).setEndOffset(900))));
        end.answer(new OffsetForLeaderEpochResponseData().setTopics(topics));

        assertThat(follower.expectMessageClass(Follower.LeaderOffsets.class, WAIT)).isEqualTo(new Follower.LeaderOffsets(
                new TopicIdPartition(TOPIC, 3), 4, KafkaError.NONE, 100, 900));
    }

    @Test
    void bytesThatAreNoAnswerEndTheConnectionNotTheLink() throws Exception {
        want(follower.ref(), false, position(0, 10));
        FakeLeader.Call call = leader.next();
        call.socket().getOutputStream().write(new byte[] {0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8});

        assertThat(fetch(leader.next()).sessionEpoch()).isEqualTo(0);
    }
}
