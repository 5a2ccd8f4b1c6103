package dev.sampo.kafka.handler;

import dev.sampo.actors.config.ReplicaSelector;
import dev.sampo.actors.metrics.TopicMetrics;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.ReadReply;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

class FetchHandlerTest {
    private final FakeBroker broker = new FakeBroker();
    private final FetchHandler handler = new FetchHandler(
            broker.view, broker.registry, FetchSettings.DEFAULT, () -> Instant.ofEpochMilli(0),
            new TopicMetrics(System::nanoTime, () -> {}));

    static List<Integer> versions() {
        return IntStream.rangeClosed(4, 18).boxed().toList();
    }

    @AfterEach
    void everySliceWasReleasedOnce() {
        assertThat(broker.slices()).allSatisfy(slice -> assertThat(slice.releases()).isEqualTo(1));
    }

    @ParameterizedTest
    @MethodSource("versions")
    void recordsAreAnsweredInEveryVersion(int version) {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(100, 50);

        // When
        FetchResponseData response = fetch(version, request(topic, 0));

        // Then
        FetchableTopicResponse answered = response.responses().getFirst();
        assertThat(answered.topic()).isEqualTo(version >= 13 ? "" : "orders");
        assertThat(answered.topicId()).isEqualTo(version >= 13 ? topic.id() : Uuid.ZERO_UUID);
        PartitionData data = only(response);
        assertThat(data.errorCode()).isZero();
        assertThat(data.records().sizeInBytes()).isEqualTo(150);
        assertThat(data.highWatermark()).isEqualTo(2);
        assertThat(data.lastStableOffset()).isEqualTo(2);
        assertThat(data.logStartOffset()).isEqualTo(version >= 5 ? 0 : -1);
        assertThat(data.abortedTransactions()).isNull();
        assertThat(data.preferredReadReplica()).isEqualTo(-1);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aPartitionLedElsewhereIsAnsweredAtOnceAndNamesItsLeader(int version) {
        // Given
        broker.broker(2, false);
        Topic topic = broker.topic("orders", 1, 2, false);

        // When
        FetchResponseData response = fetch(version, request(topic, 0));

        // Then
        PartitionData data = only(response);
        assertThat(data.errorCode()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(data.highWatermark()).isEqualTo(-1);
        assertThat(data.records().sizeInBytes()).isZero();
        assertThat(data.currentLeader().leaderId()).isEqualTo(version >= 16 ? 2 : -1);
        assertThat(response.nodeEndpoints()).hasSize(version >= 16 ? 1 : 0);
    }

    @Test
    void offsetOutOfRangeCarriesNoOffsets() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(10);

        // When
        PartitionData data = only(fetch(18, request(topic, 0, 7, 1000)));

        // Then
        assertThat(data.errorCode()).isEqualTo(KafkaError.OFFSET_OUT_OF_RANGE.code());
        assertThat(data.highWatermark()).isEqualTo(-1);
        assertThat(data.lastStableOffset()).isEqualTo(-1);
        assertThat(data.logStartOffset()).isEqualTo(-1);
        assertThat(data.abortedTransactions()).isNull();
    }

    @Test
    void unknownTopicsAreToldByWhatTheVersionNames() {
        var unknown = new Topic(Uuid.randomUuid(), "gone", List.of(), false);

        assertThat(only(fetch(12, request(unknown, 0))).errorCode())
                .isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(only(fetch(13, request(unknown, 0))).errorCode()).isEqualTo(KafkaError.UNKNOWN_TOPIC_ID.code());
    }

    @Test
    void aReplicaIsRefused() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(10);

        // When
        PartitionData old = only(fetch(14, request(topic, 0).setReplicaId(2)));
        PartitionData young =
                only(fetch(18, request(topic, 0).setReplicaState(new ReplicaState().setReplicaId(2))));

        // Then
        assertThat(old.errorCode()).isEqualTo(KafkaError.TOPIC_AUTHORIZATION_FAILED.code());
        assertThat(young.errorCode()).isEqualTo(KafkaError.TOPIC_AUTHORIZATION_FAILED.code());
        assertThat(broker.leader(topic, 0).seen).isEmpty();
    }

    @Test
    void readCommittedHasAListOfAbortedTransactionsEvenWhenEmpty() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(10);

        // When
        PartitionData data = only(fetch(18, request(topic, 0).setIsolationLevel((byte) 1)));

        // Then
        assertThat(data.abortedTransactions()).isEmpty();
    }

    @Test
    void abortedTransactionsAndDivergingEpochsArePassedOn() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead = command -> Optional.of(new ReadReply(
                7, 0, KafkaError.NONE, 9, 8, 1, null, List.of(new Partition.AbortedTransaction(5, 6)), 2, 4));

        // When
        PartitionData data = only(fetch(18, request(topic, 0).setIsolationLevel((byte) 1)));

        // Then
        assertThat(data.divergingEpoch().epoch()).isEqualTo(2);
        assertThat(data.divergingEpoch().endOffset()).isEqualTo(4);
        assertThat(data.abortedTransactions().getFirst().producerId()).isEqualTo(5);
        assertThat(data.abortedTransactions().getFirst().firstOffset()).isEqualTo(6);
        assertThat(data.lastStableOffset()).isEqualTo(8);
        assertThat(data.records().sizeInBytes()).isZero();
    }

    @Test
    void storageErrorsAreNotKnownBeforeVersionSix() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead = command -> Optional.of(new ReadReply(
                7, 0, KafkaError.KAFKA_STORAGE_ERROR, 9, 8, 1, null, null, -1, -1));

        // Then
        assertThat(only(fetch(5, request(topic, 0))).errorCode()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(only(fetch(6, request(topic, 0))).errorCode()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR.code());
    }

    @Test
    void anEmptyPollWaitsUntilDataArrives() {
        // Given
        Topic topic = broker.served("orders", 2);
        FakeExchange exchange = broker.run(handler, exchange(18, request(topic, 0, 0, 1000, 1, 0, 1000)));
        boolean early = exchange.ended();

        // When
        broker.leader(topic, 1).append(30);
        broker.settle(exchange);

        // Then
        assertThat(early).isFalse();
        FetchResponseData response = exchange.response(FetchResponseData.class);
        assertThat(bytes(response)).isEqualTo(30);
        assertThat(broker.leader(topic, 0).seen).hasSize(1);
        assertThat(broker.leader(topic, 1).seen).hasSize(2);
    }

    @Test
    void anEmptyPollEndsWithItsTime() {
        // Given
        Topic topic = broker.served("orders", 1);
        FakeExchange exchange = broker.run(handler, exchange(18, request(topic, 0)));

        // When
        exchange.advance(499);
        boolean early = exchange.ended();
        exchange.advance(1);

        // Then
        assertThat(early).isFalse();
        PartitionData data = only(exchange.response(FetchResponseData.class));
        assertThat(data.records().sizeInBytes()).isZero();
        assertThat(data.highWatermark()).isZero();
    }

    @Test
    void aPollWithoutAWaitIsAnsweredAtOnce() {
        Topic topic = broker.served("orders", 1);

        PartitionData data = only(fetch(18, request(topic, 0).setMaxWaitMs(0)));

        assertThat(data.errorCode()).isZero();
    }

    @Test
    void tooFewBytesWaitForMoreInTheSamePartition() {
        // Given
        Topic topic = broker.served("orders", 2);
        broker.leader(topic, 0).append(30);
        FetchRequestData request = request(topic, 0, 0, 1000, 1, 0, 1000).setMinBytes(100);
        FakeExchange exchange = broker.run(handler, exchange(18, request));
        boolean early = exchange.ended();

        // When
        broker.leader(topic, 0).append(30);
        broker.settle(exchange);
        boolean stillEarly = exchange.ended();
        broker.leader(topic, 0).append(40);
        broker.settle(exchange);

        // Then
        assertThat(early).isFalse();
        assertThat(stillEarly).isFalse();
        assertThat(bytes(exchange.response(FetchResponseData.class))).isEqualTo(100);
    }

    @Test
    void aClientThatGoesAwayWhileItWaitsLeavesNoSliceBehind() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(30);
        FakeExchange exchange = broker.run(handler, exchange(18, request(topic, 0).setMinBytes(100)));

        // When
        exchange.disconnect();

        // Then
        assertThat(broker.slices()).isNotEmpty();
    }

    @Test
    void aPartitionThatDoesNotAnswerDoesNotHoldTheOthersForEver() {
        // Given
        Topic topic = broker.served("orders", 2);
        broker.leader(topic, 0).silent = true;
        broker.leader(topic, 1).append(30);
        FakeExchange exchange = broker.run(handler, exchange(18, request(topic, 0, 0, 1000, 1, 0, 1000)));

        // When
        exchange.advance(500);
        boolean early = exchange.ended();
        exchange.advance(5000);
        broker.leader(topic, 0).silent = false;
        broker.leader(topic, 0).append(5);
        broker.settle(exchange);

        // Then
        assertThat(early).isFalse();
        List<PartitionData> partitions =
                exchange.response(FetchResponseData.class).responses().getFirst().partitions();
        assertThat(partitions.get(0).errorCode()).isEqualTo(KafkaError.REPLICA_NOT_AVAILABLE.code());
        assertThat(partitions.get(1).records().sizeInBytes()).isEqualTo(30);
    }

    @Test
    void theFirstBatchComesEvenIfItIsLargerThanEveryLimitAndOnlyThat() {
        // Given
        Topic topic = broker.served("orders", 3);
        broker.leader(topic, 1).append(500, 500);
        broker.leader(topic, 2).append(400);
        FetchRequestData request =
                request(topic, 0, 0, 10, 1, 0, 10, 2, 0, 10).setMaxBytes(20);

        // When
        FetchResponseData response = fetch(18, request);

        // Then
        assertThat(response.responses().getFirst().partitions())
                .extracting(data -> data.records().sizeInBytes())
                .containsExactly(0, 500, 0);
        assertThat(response.responses().getFirst().partitions())
                .extracting(PartitionData::highWatermark)
                .containsExactly(0L, 2L, 1L);
    }

    @Test
    void aSessionAnswersOnlyWhatChanged() {
        // Given
        Topic topic = broker.served("orders", 2);
        broker.leader(topic, 0).append(30);
        FetchResponseData full = fetch(18, request(topic, 0, 0, 1000, 1, 0, 1000).setSessionEpoch(0));
        assertThat(full.sessionId()).isPositive();
        assertThat(full.responses().getFirst().partitions()).hasSize(2);

        // When
        FetchRequestData next = request(topic, 0, 1, 1000).setSessionId(full.sessionId()).setSessionEpoch(1);
        broker.leader(topic, 1).append(20);
        FetchResponseData incremental = fetch(18, next);

        // Then
        assertThat(incremental.sessionId()).isEqualTo(full.sessionId());
        PartitionData data = only(incremental);
        assertThat(data.partitionIndex()).isEqualTo(1);
        assertThat(data.records().sizeInBytes()).isEqualTo(20);
    }

    @Test
    void sessionErrorsAreThoseOfKafka() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(30);
        int session = fetch(18, request(topic, 0).setSessionEpoch(0)).sessionId();

        // When
        FetchResponseData unknown = fetch(18, request(topic, 0).setSessionId(session ^ 1).setSessionEpoch(1));
        FetchResponseData wrongEpoch = fetch(18, request(topic, 0).setSessionId(session).setSessionEpoch(2));
        FetchResponseData names = fetch(12, request(topic, 0).setSessionId(session).setSessionEpoch(1));
        FakeExchange other = broker.run(handler, new FakeExchange(
                ApiKeys.FETCH, 18, request(topic, 0).setSessionId(session).setSessionEpoch(1), "PLAINTEXT", "User:mallory"));

        // Then
        assertThat(unknown.errorCode()).isEqualTo(KafkaError.FETCH_SESSION_ID_NOT_FOUND.code());
        assertThat(unknown.sessionId()).isZero();
        assertThat(unknown.responses()).isEmpty();
        assertThat(wrongEpoch.errorCode()).isEqualTo(KafkaError.INVALID_FETCH_SESSION_EPOCH.code());
        assertThat(names.errorCode()).isEqualTo(KafkaError.FETCH_SESSION_TOPIC_ID_ERROR.code());
        assertThat(other.response(FetchResponseData.class).errorCode())
                .isEqualTo(KafkaError.FETCH_SESSION_ID_NOT_FOUND.code());
    }

    @Test
    void anUnknownTopicIdInsideASessionIsAnErrorOfThePartition() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(30);
        int session = fetch(18, request(topic, 0).setSessionEpoch(0)).sessionId();
        var unknown = new Topic(Uuid.randomUuid(), "gone", List.of(), false);

        // When
        FetchResponseData response =
                fetch(18, request(unknown, 0).setSessionId(session).setSessionEpoch(1));

        // Then
        assertThat(response.errorCode()).isZero();
        assertThat(response.responses())
                .anySatisfy(answered -> {
                    assertThat(answered.topicId()).isEqualTo(unknown.id());
                    assertThat(answered.partitions().getFirst().errorCode())
                            .isEqualTo(KafkaError.UNKNOWN_TOPIC_ID.code());
                });
    }

    @Test
    void aConsumerIsSentToTheReplicaInItsRack() {
        // Given
        FetchHandler rackAware = rackAware();
        broker.broker(2, false);
        Topic near = broker.served("orders", 1);
        broker.replicas("orders", List.of(1, 2), List.of(1, 2));
        broker.leader(near, 0).instead =
                command -> Optional.of(new Partition.ReadElsewhereReply(7, 0, 2, 9, 8, 1));

        // When
        FakeExchange exchange =
                broker.run(rackAware, exchange(11, request(near, 0).setRackId("rack2")));

        // Then
        assertThat(((Partition.Read) broker.leader(near, 0).seen.getFirst()).nearby()).containsExactly(2);
        PartitionData data = only(exchange.response(FetchResponseData.class));
        assertThat(data.preferredReadReplica()).isEqualTo(2);
        assertThat(data.errorCode()).isZero();
        assertThat(data.records().sizeInBytes()).isZero();
        assertThat(data.highWatermark()).isEqualTo(9);
        assertThat(data.lastStableOffset()).isEqualTo(8);
        assertThat(data.logStartOffset()).isEqualTo(1);
    }

    @Test
    void aSessionTellsOfAPreferredReplicaEachTime() {
        // Given
        FetchHandler rackAware = rackAware();
        broker.broker(2, false);
        Topic topic = broker.served("orders", 1);
        broker.replicas("orders", List.of(1, 2), List.of(1, 2));
        broker.leader(topic, 0).instead =
                command -> Optional.of(new Partition.ReadElsewhereReply(7, 0, 2, 9, 8, 1));
        int session = broker.run(rackAware, exchange(18, request(topic, 0).setRackId("rack2").setSessionEpoch(0)))
                .response(FetchResponseData.class).sessionId();

        // When
        FetchRequestData next = request(topic, 0).setRackId("rack2").setSessionId(session).setSessionEpoch(1);
        FetchResponseData response =
                broker.run(rackAware, exchange(18, next.setTopics(List.of()))).response(FetchResponseData.class);

        // Then
        assertThat(only(response).preferredReadReplica()).isEqualTo(2);
    }

    @Test
    void whoIsNearOrSaysNothingOfARackIsServedByTheLeader() {
        // Given
        FetchHandler rackAware = rackAware();
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(30);

        // When
        for (String rack : List.of("", "rack1", "rack9")) {
            PartitionData data = only(broker.run(rackAware, exchange(18, request(topic, 0).setRackId(rack)))
                    .response(FetchResponseData.class));

            // Then
            assertThat(data.preferredReadReplica()).isEqualTo(-1);
            assertThat(data.records().sizeInBytes()).isEqualTo(30);
        }
        assertThat(broker.leader(topic, 0).seen).hasSize(3)
                .allSatisfy(read -> assertThat(((Partition.Read) read).nearby()).isNull());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aFollowerServesConsumersFromVersionElevenOn(int version) {
        // Given
        broker.broker(2, false);
        Topic topic = broker.followed("orders", 2);
        broker.leader(topic, 0).append(40);

        // When
        PartitionData data = only(fetch(version, request(topic, 0)));

        // Then
        assertThat(data.errorCode())
                .isEqualTo(version >= 11 ? 0 : KafkaError.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(data.records().sizeInBytes()).isEqualTo(version >= 11 ? 40 : 0);
    }

    @Test
    void aPollAtAFollowerThatStopsIsAnsweredAtOnce() {
        // Given
        broker.broker(2, false);
        Topic topic = broker.followed("orders", 2);
        FakeLeader follower = broker.leader(topic, 0);
        FakeExchange exchange = broker.run(handler, exchange(18, request(topic, 0)));
        boolean early = exchange.ended();

        // When it ends, and tells those that wait
        broker.registry.followsNoMore(follower.id, broker.registry.follower(follower.id));
        follower.append(1);
        follower.silent = true;
        broker.settle(exchange);

        // Then
        assertThat(early).isFalse();
        assertThat(only(exchange.response(FetchResponseData.class)).errorCode())
                .isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER.code());
    }

    private FetchHandler rackAware() {
        FetchSettings settings = FetchSettings.DEFAULT;
        return new FetchHandler(
                broker.view, broker.registry,
                new FetchSettings(
                        settings.maxBytes(), settings.sessionSlots(), settings.maxWaitMs(), ReplicaSelector.RACK_AWARE),
                () -> Instant.ofEpochMilli(0), new TopicMetrics(System::nanoTime, () -> {}));
    }

    private FetchResponseData fetch(int version, FetchRequestData request) {
        return broker.run(handler, exchange(version, request)).response(FetchResponseData.class);
    }

    private static FakeExchange exchange(int version, FetchRequestData request) {
        if (version >= 15) {
            request.setReplicaId(-1);
        }
        if (version < 7) {
            request.setSessionId(0).setSessionEpoch(-1);
        }
        return new FakeExchange(ApiKeys.FETCH, version, request);
    }

    private static int bytes(FetchResponseData response) {
        return response.responses().stream()
                .flatMap(topic -> topic.partitions().stream())
                .mapToInt(data -> data.records().sizeInBytes())
                .sum();
    }

    private static PartitionData only(FetchResponseData response) {
        assertThat(response.responses()).hasSize(1);
        assertThat(response.responses().getFirst().partitions()).hasSize(1);
        return response.responses().getFirst().partitions().getFirst();
    }

    private static FetchRequestData request(Topic topic, int partition) {
        return request(topic, partition, 0, 1000);
    }

    /** Triples of partition, fetch offset, max bytes. */
    private static FetchRequestData request(Topic topic, int... triples) {
        var partitions = new ArrayList<FetchPartition>();
        for (int i = 0; i < triples.length; i += 3) {
            partitions.add(new FetchPartition()
                    .setPartition(triples[i])
                    .setFetchOffset(triples[i + 1])
                    .setPartitionMaxBytes(triples[i + 2]));
        }
        return new FetchRequestData()
                .setMaxWaitMs(500)
                .setMinBytes(1)
                .setMaxBytes(10_000)
                .setSessionEpoch(-1)
                .setTopics(List.of(
                        new FetchTopic().setTopic(topic.name()).setTopicId(topic.id()).setPartitions(partitions)));
    }
}
