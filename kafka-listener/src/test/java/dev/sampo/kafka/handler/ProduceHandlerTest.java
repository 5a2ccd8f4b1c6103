package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

class ProduceHandlerTest {
    private final FakeBroker broker = new FakeBroker();
    private final ProduceHandler handler = new ProduceHandler(broker.view, broker.registry);

    static List<Integer> versions() {
        return java.util.stream.IntStream.rangeClosed(3, 13).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void anAppendIsAnsweredInEveryVersion(int version) {
        // Given
        Topic topic = broker.served("orders", 2);

        // When
        FakeExchange exchange = broker.run(handler, produce(version, (short) -1, topic, 1, batch()));

        // Then
        ProduceResponseData response = exchange.response(ProduceResponseData.class);
        PartitionProduceResponse answer = only(response);
        assertThat(answer.index()).isEqualTo(1);
        assertThat(answer.errorCode()).isZero();
        assertThat(answer.baseOffset()).isEqualTo(42);
        assertThat(answer.logAppendTimeMs()).isEqualTo(-1);
        assertThat(answer.logStartOffset()).isEqualTo(version >= 5 ? 3 : -1);
        if (version >= 13) {
            assertThat(response.responses().iterator().next().topicId()).isEqualTo(topic.id());
        } else {
            assertThat(response.responses().iterator().next().name()).isEqualTo("orders");
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aPartitionLedElsewhereNamesItsLeader(int version) {
        // Given
        broker.broker(2, false);
        Topic topic = broker.topic("orders", 1, 2, false);

        // When
        ProduceResponseData response = broker.run(handler, produce(version, (short) 1, topic, 0, batch()))
                .response(ProduceResponseData.class);

        // Then
        PartitionProduceResponse answer = only(response);
        assertThat(answer.errorCode()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(answer.baseOffset()).isEqualTo(-1);
        assertThat(answer.currentLeader().leaderId()).isEqualTo(version >= 10 ? 2 : -1);
        assertThat(answer.currentLeader().leaderEpoch()).isEqualTo(version >= 10 ? 3 : -1);
        assertThat(response.nodeEndpoints()).hasSize(version >= 10 ? 1 : 0);
        if (version >= 10) {
            assertThat(response.nodeEndpoints().find(2).host()).isEqualTo("host2");
            assertThat(response.nodeEndpoints().find(2).rack()).isEqualTo("rack2");
        }
    }

    @Test
    void theRecordsGoToThePartitionAsAViewOfTheFrame() {
        // Given
        Topic topic = broker.served("orders", 1);
        FakeExchange exchange = produce(9, (short) -1, topic, 0, batch());

        // When
        broker.run(handler, exchange);

        // Then
        var append = (Partition.Append) broker.leader(topic, 0).seen.getFirst();
        var request = (ProduceRequestData) exchange.request();
        var frame = (MemoryRecords) request.topicData().iterator().next().partitionData().getFirst().records();
        ByteBuffer records = append.records();
        assertThat(records.array()).isSameAs(frame.buffer().array());
        assertThat(append.origin()).isEqualTo(Partition.Origin.CLIENT);
    }

    @Test
    void refusalsAreThoseOfKafka() {
        Topic topic = broker.served("orders", 1);
        Topic internal = broker.topic("__consumer_offsets", 1, 1, true);
        var unknown = new Topic(Uuid.randomUuid(), "gone", List.of(), false);

        assertThat(error(produce(13, (short) 1, unknown, 0, batch()))).isEqualTo(KafkaError.UNKNOWN_TOPIC_ID);
        assertThat(error(produce(12, (short) 1, unknown, 0, batch())))
                .isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(error(produce(13, (short) 1, topic, 1, batch()))).isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(error(produce(13, (short) 1, topic, -1, batch()))).isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(error(produce(13, (short) 2, topic, 0, batch()))).isEqualTo(KafkaError.INVALID_REQUIRED_ACKS);
        assertThat(error(produce(13, (short) 1, internal, 0, batch()))).isEqualTo(KafkaError.INVALID_TOPIC_EXCEPTION);
        assertThat(error(produce(13, (short) 1, topic, 0, null))).isEqualTo(KafkaError.INVALID_RECORD);
        assertThat(error(produce(13, (short) 1, topic, 0, MemoryRecords.EMPTY))).isEqualTo(KafkaError.INVALID_RECORD);
        assertThat(error(produce(13, (short) 1, topic, 0, oldMagic()))).isEqualTo(KafkaError.INVALID_RECORD);
        assertThat(error(produce(13, (short) 1, topic, 0, changed(16, 3)))).isEqualTo(KafkaError.CORRUPT_MESSAGE);
        assertThat(error(produce(13, (short) 1, topic, 0, changed(16, -1)))).isEqualTo(KafkaError.CORRUPT_MESSAGE);
        assertThat(error(produce(13, (short) 1, topic, 0, changed(11, 120)))).isEqualTo(KafkaError.INVALID_RECORD);
        assertThat(error(produce(13, (short) 1, topic, 0, changed(11, 50)))).isEqualTo(KafkaError.INVALID_RECORD);
        assertThat(error(produce(6, (short) 1, topic, 0, zstd())))
                .isEqualTo(KafkaError.UNSUPPORTED_COMPRESSION_TYPE);
        assertThat(error(produce(7, (short) 1, topic, 0, zstd()))).isEqualTo(KafkaError.NONE);
    }

    @Test
    void transactionsAreRefusedByTheBatchAndByTheRequest() {
        Topic topic = broker.served("orders", 1);
        MemoryRecords transactional = MemoryRecords.withTransactionalRecords(
                Compression.NONE, 9, (short) 0, 0, new SimpleRecord("a".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        FakeExchange named = new FakeExchange(
                ApiKeys.PRODUCE, 12, request((short) -1, topic, 0, batch()).setTransactionalId("t"));

        assertThat(error(produce(12, (short) -1, topic, 0, transactional)))
                .isEqualTo(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        assertThat(error(named)).isEqualTo(KafkaError.UNSUPPORTED_VERSION);
    }

    @Test
    void aPartitionNamedTwiceIsAppendedNeverAndSaysSoTwice() {
        // Given
        Topic topic = broker.served("orders", 2);
        ProduceRequestData request = request((short) -1, topic, 0, batch());
        request.topicData().iterator().next().partitionData().add(new PartitionProduceData().setIndex(0).setRecords(batch()));
        request.topicData().iterator().next().partitionData().add(new PartitionProduceData().setIndex(1).setRecords(batch()));

        // When
        ProduceResponseData response = broker.run(handler, new FakeExchange(ApiKeys.PRODUCE, 12, request))
                .response(ProduceResponseData.class);

        // Then
        assertThat(response.responses().iterator().next().partitionResponses())
                .extracting(answer -> KafkaError.forCode(answer.errorCode()))
                .containsExactly(KafkaError.INVALID_REQUEST, KafkaError.INVALID_REQUEST, KafkaError.NONE);
        assertThat(broker.leader(topic, 0).seen).isEmpty();
    }

    @Test
    void recordErrorsAndTheMessageAreToldFromVersionEightOn() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead = command -> Optional.of(new Partition.AppendReply(
                7, 0, KafkaError.INVALID_RECORD, -1, -1, 5, List.of(new Partition.RecordError(2, "no key")), "bad batch"));

        // When
        PartitionProduceResponse eight = only(broker.run(handler, produce(8, (short) -1, topic, 0, batch()))
                .response(ProduceResponseData.class));
        PartitionProduceResponse seven = only(broker.run(handler, produce(7, (short) -1, topic, 0, batch()))
                .response(ProduceResponseData.class));

        // Then
        assertThat(eight.errorMessage()).isEqualTo("bad batch");
        assertThat(eight.recordErrors()).hasSize(1);
        assertThat(eight.recordErrors().getFirst().batchIndex()).isEqualTo(2);
        assertThat(eight.recordErrors().getFirst().batchIndexErrorMessage()).isEqualTo("no key");
        assertThat(eight.logStartOffset()).isEqualTo(5);
        assertThat(seven.recordErrors()).isEmpty();
        assertThat(seven.errorMessage()).isNull();
    }

    @Test
    void acksZeroHasNoAnswerAndAnErrorClosesTheConnection() {
        // Given
        Topic topic = broker.served("orders", 1);

        // When
        FakeExchange good = broker.run(handler, produce(9, (short) 0, topic, 0, batch()));
        FakeExchange bad = broker.run(handler, produce(9, (short) 0, topic, 4, batch()));

        // Then
        assertThat(good.ended()).isTrue();
        assertThat(good.closed()).isNull();
        assertThat(bad.closed()).isNotNull();
    }

    @Test
    void aPartitionThatDoesNotAnswerTimesOutAndKeepsTheFrame() {
        // Given
        Topic topic = broker.served("orders", 2);
        broker.leader(topic, 0).silent = true;
        ProduceRequestData request = request((short) -1, topic, 0, batch());
        request.topicData().iterator().next().partitionData().add(new PartitionProduceData().setIndex(1).setRecords(batch()));
        FakeExchange exchange = broker.run(handler, new FakeExchange(ApiKeys.PRODUCE, 9, request));

        // When
        exchange.advance(1500 + 4999);
        boolean early = exchange.ended();
        exchange.advance(1);

        // Then
        assertThat(early).isFalse();
        assertThat(exchange.keptFrame()).isTrue();
        assertThat(exchange.response(ProduceResponseData.class).responses().iterator().next().partitionResponses())
                .extracting(answer -> KafkaError.forCode(answer.errorCode()))
                .containsExactly(KafkaError.REQUEST_TIMED_OUT, KafkaError.NONE);
    }

    @Test
    void aRequestForNothingIsAnsweredWithNothing() {
        FakeExchange exchange = broker.run(
                handler, new FakeExchange(ApiKeys.PRODUCE, 13, new ProduceRequestData().setAcks((short) 1)));

        assertThat(exchange.response(ProduceResponseData.class).responses()).isEmpty();
    }

    private KafkaError error(FakeExchange exchange) {
        return KafkaError.forCode(only(broker.run(handler, exchange).response(ProduceResponseData.class)).errorCode());
    }

    private static PartitionProduceResponse only(ProduceResponseData response) {
        assertThat(response.responses()).hasSize(1);
        List<PartitionProduceResponse> partitions = response.responses().iterator().next().partitionResponses();
        assertThat(partitions).hasSize(1);
        return partitions.getFirst();
    }

    private static FakeExchange produce(int version, short acks, Topic topic, int partition, MemoryRecords records) {
        return new FakeExchange(ApiKeys.PRODUCE, version, request(acks, topic, partition, records));
    }

    private static ProduceRequestData request(short acks, Topic topic, int partition, MemoryRecords records) {
        var request = new ProduceRequestData().setAcks(acks).setTimeoutMs(1500);
        var data = new TopicProduceData().setName(topic.name()).setTopicId(topic.id());
        data.partitionData().add(new PartitionProduceData().setIndex(partition).setRecords(records));
        request.topicData().add(data);
        return request;
    }

    private static MemoryRecords batch() {
        return MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord("a".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    /** A good batch with one byte of its header changed. */
    private static MemoryRecords changed(int position, int value) {
        MemoryRecords batch = batch();
        batch.buffer().put(position, (byte) value);
        return batch;
    }

    private static MemoryRecords oldMagic() {
        return MemoryRecords.withRecords(
                RecordBatch.MAGIC_VALUE_V1, Compression.NONE,
                new SimpleRecord("a".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    private static MemoryRecords zstd() {
        return MemoryRecords.withRecords(
                Compression.zstd().build(), new SimpleRecord("a".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }
}
