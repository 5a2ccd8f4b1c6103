package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

class ListOffsetsHandlerTest {
    private final FakeBroker broker = new FakeBroker();
    private final ListOffsetsHandler handler = new ListOffsetsHandler(broker.view, broker.registry);

    static List<Integer> versions() {
        return IntStream.rangeClosed(1, 11).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void theOffsetAndItsEpochAreAnsweredInEveryVersion(int version) {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead =
                command -> Optional.of(new Partition.ListOffsetReply(7, 0, KafkaError.NONE, 99, 5, 2));

        // When
        ListOffsetsPartitionResponse answer = ask(version, topic, 0, 77).getFirst();

        // Then
        assertThat(answer.errorCode()).isZero();
        assertThat(answer.timestamp()).isEqualTo(99);
        assertThat(answer.offset()).isEqualTo(5);
        assertThat(answer.leaderEpoch()).isEqualTo(version >= 4 ? 2 : -1);
        assertThat(((Partition.ListOffset) broker.leader(topic, 0).seen.getFirst()).timestamp()).isEqualTo(77);
    }

    @ParameterizedTest
    @CsvSource({"-1,1", "-2,1", "-3,7", "-4,8", "-5,9", "-6,11"})
    void specialTimestampsAreKnownFromTheirVersionOn(long timestamp, int first) {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead =
                command -> Optional.of(new Partition.ListOffsetReply(7, 0, KafkaError.NONE, -1, 5, 2));

        // Then
        assertThat(ask(first, topic, 0, timestamp).getFirst().errorCode()).isZero();
        if (first > 1) {
            assertThat(ask(first - 1, topic, 0, timestamp).getFirst().errorCode())
                    .isEqualTo(KafkaError.UNSUPPORTED_VERSION.code());
        }
    }

    @Test
    void refusalsAreThoseOfKafka() {
        Topic topic = broker.served("orders", 1);
        Topic elsewhere = broker.topic("elsewhere", 1, 1, false);
        Topic gone = new Topic(org.apache.kafka.common.Uuid.randomUuid(), "gone", List.of(), false);

        assertError(ask(11, topic, 0, -7).getFirst(), KafkaError.UNSUPPORTED_VERSION);
        assertError(ask(11, topic, 0, Long.MIN_VALUE).getFirst(), KafkaError.UNSUPPORTED_VERSION);
        assertError(ask(11, gone, 0, -1).getFirst(), KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
        assertError(ask(11, topic, 1, -1).getFirst(), KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
        assertError(ask(11, elsewhere, 0, -1).getFirst(), KafkaError.NOT_LEADER_OR_FOLLOWER);
        assertThat(ask(11, topic, 0, -1, 0, -2)).singleElement()
                .satisfies(answer -> assertError(answer, KafkaError.INVALID_REQUEST));
    }

    @Test
    void offsetNotAvailableIsLeaderNotAvailableBeforeVersionFive() {
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead = command ->
                Optional.of(new Partition.ListOffsetReply(7, 0, KafkaError.OFFSET_NOT_AVAILABLE, -1, -1, -1));

        assertError(ask(4, topic, 0, -1).getFirst(), KafkaError.LEADER_NOT_AVAILABLE);
        assertError(ask(5, topic, 0, -1).getFirst(), KafkaError.OFFSET_NOT_AVAILABLE);
    }

    @Test
    void aLeaderThatDoesNotAnswerTimesOut() {
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).silent = true;
        FakeExchange exchange = broker.run(handler, exchange(11, topic, 0, -1));

        exchange.advance(30_000);

        assertError(answers(exchange).getFirst(), KafkaError.REQUEST_TIMED_OUT);
    }

    private static void assertError(ListOffsetsPartitionResponse answer, KafkaError error) {
        assertThat(KafkaError.forCode(answer.errorCode())).isEqualTo(error);
        assertThat(answer.offset()).isEqualTo(-1);
        assertThat(answer.timestamp()).isEqualTo(-1);
    }

    private List<ListOffsetsPartitionResponse> ask(int version, Topic topic, long... pairs) {
        return answers(broker.run(handler, exchange(version, topic, pairs)));
    }

    private static List<ListOffsetsPartitionResponse> answers(FakeExchange exchange) {
        return exchange.response(ListOffsetsResponseData.class).topics().getFirst().partitions();
    }

    /** Pairs of partition and timestamp. */
    private static FakeExchange exchange(int version, Topic topic, long... pairs) {
        var wanted = new ListOffsetsTopic().setName(topic.name());
        for (int i = 0; i < pairs.length; i += 2) {
            wanted.partitions()
                    .add(new ListOffsetsPartition().setPartitionIndex((int) pairs[i]).setTimestamp(pairs[i + 1]));
        }
        return new FakeExchange(
                ApiKeys.LIST_OFFSETS, version, new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(wanted)));
    }
}
