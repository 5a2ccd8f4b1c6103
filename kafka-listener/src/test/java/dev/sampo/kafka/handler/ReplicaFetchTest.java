package dev.sampo.kafka.handler;

import dev.sampo.actors.metrics.TopicMetrics;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.ReplicaRead;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.kafka.handler.FakeExchange.FakeConnection;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Broker 2, incarnation 5, copies from broker 1. */
class ReplicaFetchTest {
    private static final int MAX_WAIT_MS = 500;

    private final FakeBroker broker = new FakeBroker();
    private final FetchHandler handler = new FetchHandler(
            broker.view, broker.registry, FetchSettings.DEFAULT, () -> Instant.ofEpochMilli(0),
            new TopicMetrics(System::nanoTime, () -> {}));
    private final FakeConnection connection = new FakeConnection();
    private int sessionId;
    private int epoch;

    ReplicaFetchTest() {
        broker.broker(2, false);
    }

    @AfterEach
    void everySliceWasReleasedOnce() {
        connection.close();
        assertThat(broker.slices()).allSatisfy(slice -> assertThat(slice.releases()).isEqualTo(1));
    }

    @Test
    void aFullFetchAnswersEveryPartitionAndSaysWhoAsks() {
        // Given
        Topic topic = broker.served("orders", 2);
        broker.leader(topic, 0).append(100, 50);

        // When
        FetchResponseData response = answered(start(full(topic, 0, 1)));

        // Then
        assertThat(response.sessionId()).isPositive();
        assertThat(partitions(response)).extracting(PartitionData::partitionIndex).containsExactlyInAnyOrder(0, 1);
        assertThat(data(response, 0).records().sizeInBytes()).isEqualTo(150);
        ReplicaRead read = reads(topic, 0).getFirst();
        assertThat(read.brokerId()).isEqualTo(2);
        assertThat(read.incarnation()).isEqualTo(5);
        assertThat(read.currentLeaderEpoch()).isEqualTo(3);
        assertThat(read.logStartOffset()).isZero();
    }

    @Test
    void whileNothingChangesNoPartitionIsAskedAgain() {
        // Given
        Topic topic = broker.served("orders", 100);
        int[] all = java.util.stream.IntStream.range(0, 100).toArray();
        answered(start(full(topic, all)));
        broker.leaders.values().forEach(leader -> leader.seen.clear());

        // When
        for (int i = 0; i < 3; i++) {
            FakeExchange idle = start(incremental());
            assertThat(idle.ended()).isFalse();
            idle.advance(MAX_WAIT_MS);
            assertThat(partitions(answered(idle))).isEmpty();
        }

        // Then
        assertThat(broker.leaders.values()).allSatisfy(leader -> assertThat(leader.seen).isEmpty());
    }

    @Test
    void recordsThatAreWrittenAreAnsweredByThePartitionItselfAndOnlyItsNewOffsetAsksAgain() {
        // Given
        Topic topic = broker.served("orders", 2);
        answered(start(full(topic, 0, 1)));
        FakeExchange waits = start(incremental());
        broker.leaders.values().forEach(leader -> leader.seen.clear());

        // When
        broker.leader(topic, 1).append(70);
        broker.settle(waits);
        waits.advance(0);

        // Then
        FetchResponseData response = answered(waits);
        assertThat(partitions(response)).extracting(PartitionData::partitionIndex).containsExactly(1);
        assertThat(data(response, 1).records().sizeInBytes()).isEqualTo(70);
        assertThat(reads(topic, 1)).isEmpty();
        FakeExchange next = start(incremental(wanted(topic, 1, 1)));
        assertThat(next.ended()).isFalse();
        assertThat(reads(topic, 1)).extracting(ReplicaRead::fetchOffset).containsExactly(1L);
        assertThat(reads(topic, 0)).isEmpty();
    }

    @Test
    void recordsThatComeBetweenTwoRequestsAreInTheNextAnswer() {
        // Given
        Topic topic = broker.served("orders", 1);
        answered(start(full(topic, 0)));
        broker.leader(topic, 0).append(70);

        // When
        FakeExchange next = FakeExchange.internal(connection, ApiKeys.FETCH, 18, incremental());
        next.deliver();
        broker.run(handler, next);

        // Then
        assertThat(data(answered(next), 0).records().sizeInBytes()).isEqualTo(70);
    }

    @Test
    void recordsThatTheFollowerDidNotTakeAreSentAgain() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).append(70);
        answered(start(full(topic, 0)));

        // When
        FetchResponseData again = answered(start(incremental()));

        // Then
        assertThat(data(again, 0).records().sizeInBytes()).isEqualTo(70);
    }

    @Test
    void aHighWatermarkThatMovedAloneWaitsAMomentForCompany() {
        // Given
        Topic topic = broker.served("orders", 2);
        answered(start(full(topic, 0, 1)));
        FakeExchange waits = start(incremental());

        // When
        broker.leader(topic, 0).highWatermark(0);
        broker.leader(topic, 1).highWatermark(8);
        broker.settle(waits);
        assertThat(waits.ended()).isFalse();
        waits.advance(ReplicaSession.LINGER_MS);

        // Then
        FetchResponseData response = answered(waits);
        assertThat(partitions(response)).extracting(PartitionData::partitionIndex).containsExactly(1);
        assertThat(data(response, 1).highWatermark()).isEqualTo(8);
        assertThat(start(incremental()).ended()).as("told").isFalse();
    }

    @Test
    void aFollowerThatKnowsAnOlderHighWatermarkHearsTheNewOneAtItsNextFetch() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).highWatermark(8);
        answered(start(full(topic, 0)));

        // When
        FakeExchange next = start(incremental(wanted(topic, 0, 0).setHighWatermark(3)));
        next.advance(ReplicaSession.LINGER_MS);

        // Then
        assertThat(data(answered(next), 0).highWatermark()).isEqualTo(8);
    }

    @Test
    void whatExceedsTheAnswersLimitComesInTheNextOnesInTurn() {
        // Given
        Topic topic = broker.served("orders", 5);
        for (int i = 0; i < 5; i++) {
            broker.leader(topic, i).append(400);
        }
        var got = new ArrayList<Integer>();

        // When
        FetchResponseData response = answered(start(full(topic, 0, 1, 2, 3, 4).setMaxBytes(1000)));
        while (!partitions(response).isEmpty()) {
            int bytes = 0;
            var next = new ArrayList<FetchPartition>();
            for (PartitionData data : partitions(response)) {
                if (data.records().sizeInBytes() > 0) {
                    got.add(data.partitionIndex());
                    bytes += data.records().sizeInBytes();
                    next.add(wanted(topic, data.partitionIndex(), 1));
                }
            }
            assertThat(bytes).isBetween(1, 1000);
            FakeExchange exchange =
                    start(incremental(next.toArray(FetchPartition[]::new)).setMaxBytes(1000));
            if (!exchange.ended()) {
                break;
            }
            response = answered(exchange);
        }

        // Then
        assertThat(got).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    }

    @Test
    void aPartitionThatIsLedElsewhereNamesItsLeaderAndTheOthersGoOn() {
        // Given
        Topic topic = broker.served("orders", 2);
        answered(start(full(topic, 0, 1)));
        FakeExchange waits = start(incremental());
        FakeLeader leader = broker.leader(topic, 0);
        ReplicaRead watch = reads(topic, 0).getLast();

        // When
        broker.registry.remove(new PartitionRegistry.Entry(leader.id, leader.inbox.getRef(), 3));
        watch.replyTo().tell(new Partition.DataArrived(watch.requestId(), watch.index()));
        broker.settle(waits);

        // Then
        FetchResponseData response = answered(waits);
        assertThat(data(response, 0).errorCode()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(data(response, 0).currentLeader().leaderId()).isEqualTo(1);
        assertThat(partitions(response)).hasSize(1);
        FakeExchange next = start(incremental().setForgottenTopicsData(List.of(
                new ForgottenTopic().setTopicId(topic.id()).setPartitions(List.of(0)))));
        assertThat(next.ended()).isFalse();
    }

    @Test
    void aDivergingLogIsToldItsEpochAndWhereThatEnded() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead = command -> command instanceof ReplicaRead read
                ? Optional.of(new Partition.ReplicaReadReply(
                        read.requestId(), read.index(), KafkaError.NONE, read.fetchOffset(), 4, 0, 9, null, 2, 6))
                : Optional.empty();

        // When
        PartitionData data = data(answered(start(full(topic, 0))), 0);

        // Then
        assertThat(data.divergingEpoch().epoch()).isEqualTo(2);
        assertThat(data.divergingEpoch().endOffset()).isEqualTo(6);
    }

    @Test
    void anOlderProcessOfTheBrokerIsRefusedAndANewerOneIsNotKnownYet() {
        Topic topic = broker.served("orders", 1);
        var old = full(topic, 0).setReplicaState(new ReplicaState().setReplicaId(2).setReplicaEpoch(4));
        var young = full(topic, 0).setReplicaState(new ReplicaState().setReplicaId(2).setReplicaEpoch(6));
        assertThat(answered(start(old)).errorCode()).isEqualTo(KafkaError.STALE_BROKER_EPOCH.code());
        assertThat(answered(start(young)).errorCode()).isEqualTo(KafkaError.REPLICA_NOT_AVAILABLE.code());
        assertThat(reads(topic, 0)).isEmpty();
    }

    @Test
    void sessionsAreBoundToTheirConnectionTheirProcessAndTheirEpoch() {
        Topic topic = broker.served("orders", 1);
        answered(start(full(topic, 0)));
        FetchRequestData wrong = incremental();
        wrong.setSessionEpoch(wrong.sessionEpoch() + 1);
        assertThat(answered(start(wrong)).errorCode()).isEqualTo(KafkaError.INVALID_FETCH_SESSION_EPOCH.code());
        var other = new FakeConnection();
        var stranger = FakeExchange.internal(other, ApiKeys.FETCH, 18, request().setSessionId(sessionId).setSessionEpoch(1));
        FetchResponseData refused = broker.run(new FetchHandler(
                broker.view, broker.registry, FetchSettings.DEFAULT, () -> Instant.ofEpochMilli(0),
                new TopicMetrics(System::nanoTime, () -> {})), stranger).response(FetchResponseData.class);
        assertThat(refused.errorCode()).isEqualTo(KafkaError.FETCH_SESSION_ID_NOT_FOUND.code());
    }

    @Test
    void aLeaderThatDoesNotAnswerHoldsNobodyUpForLongerThanTheWait() {
        // Given
        Topic topic = broker.served("orders", 2);
        broker.leader(topic, 0).silent = true;
        broker.leader(topic, 1).append(10);

        // When
        FakeExchange exchange = start(full(topic, 0, 1));
        assertThat(exchange.ended()).isFalse();
        exchange.advance(MAX_WAIT_MS);

        // Then
        assertThat(data(answered(exchange), 1).records().sizeInBytes()).isEqualTo(10);
        broker.leader(topic, 0).silent = false;
        broker.leader(topic, 0).append(20);
        FakeExchange next = start(incremental(wanted(topic, 1, 1)));
        assertThat(data(answered(next), 0).records().sizeInBytes()).isEqualTo(20);
    }

    private FakeExchange start(FetchRequestData request) {
        return broker.run(handler, FakeExchange.internal(connection, ApiKeys.FETCH, 18, request));
    }

    private FetchResponseData answered(FakeExchange exchange) {
        FetchResponseData response = exchange.response(FetchResponseData.class);
        if (response.errorCode() == 0) {
            sessionId = response.sessionId();
            epoch++;
        }
        return response;
    }

    private static List<PartitionData> partitions(FetchResponseData response) {
        return response.responses().stream().flatMap(topic -> topic.partitions().stream()).toList();
    }

    private static PartitionData data(FetchResponseData response, int partition) {
        return partitions(response).stream().filter(data -> data.partitionIndex() == partition).findFirst().orElseThrow();
    }

    private List<ReplicaRead> reads(Topic topic, int partition) {
        return broker.leaders.get(new TopicIdPartition(topic.id(), partition)).seen.stream()
                .filter(ReplicaRead.class::isInstance)
                .map(ReplicaRead.class::cast)
                .toList();
    }

    private static FetchRequestData request() {
        return new FetchRequestData()
                .setReplicaState(new ReplicaState().setReplicaId(2).setReplicaEpoch(5))
                .setMaxWaitMs(MAX_WAIT_MS)
                .setMinBytes(1)
                .setSessionEpoch(0)
                .setMaxBytes(10_000_000);
    }

    private FetchRequestData full(Topic topic, int... partitions) {
        epoch = 0;
        var wanted = new ArrayList<FetchPartition>();
        for (int partition : partitions) {
            wanted.add(wanted(topic, partition, 0));
        }
        return request().setTopics(List.of(new FetchTopic().setTopicId(topic.id()).setPartitions(wanted)));
    }

    private FetchRequestData incremental(FetchPartition... wanted) {
        FetchRequestData request = request().setSessionId(sessionId).setSessionEpoch(epoch);
        if (wanted.length > 0) {
            Topic topic = broker.current().topics().values().iterator().next();
            request.setTopics(List.of(new FetchTopic().setTopicId(topic.id()).setPartitions(List.of(wanted))));
        }
        return request;
    }

    private static FetchPartition wanted(Topic topic, int partition, long offset) {
        return new FetchPartition()
                .setPartition(partition)
                .setFetchOffset(offset)
                .setLastFetchedEpoch(-1)
                .setCurrentLeaderEpoch(3)
                .setPartitionMaxBytes(1_000_000)
                .setLogStartOffset(0)
                .setHighWatermark(0);
    }
}
