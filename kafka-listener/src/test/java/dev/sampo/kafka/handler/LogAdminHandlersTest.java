package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.producer.ProducerIds;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class LogAdminHandlersTest {
    private final FakeBroker broker = new FakeBroker();

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void theEndOfAnEpochIsAnswered(int version) {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead =
                command -> Optional.of(new Partition.EpochEndOffsetReply(7, 0, KafkaError.NONE, 2, 33));
        var wanted = new OffsetForLeaderTopic().setTopic("orders");
        wanted.partitions().add(new OffsetForLeaderPartition().setPartition(0).setLeaderEpoch(2));
        wanted.partitions().add(new OffsetForLeaderPartition().setPartition(1).setLeaderEpoch(2));
        var request = new OffsetForLeaderEpochRequestData();
        request.topics().add(wanted);

        // When
        List<EpochEndOffset> answers = broker.run(
                        new OffsetForLeaderEpochHandler(broker.view, broker.registry),
                        new FakeExchange(ApiKeys.OFFSET_FOR_LEADER_EPOCH, version, request))
                .response(OffsetForLeaderEpochResponseData.class)
                .topics().iterator().next().partitions();

        // Then
        assertThat(answers.get(0).leaderEpoch()).isEqualTo(2);
        assertThat(answers.get(0).endOffset()).isEqualTo(33);
        assertThat(answers.get(1).errorCode()).isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(answers.get(1).endOffset()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void recordsAreDeletedButNotOfInternalTopics(int version) {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.topic("__consumer_offsets", 1, 1, true);
        broker.leader(topic, 0).instead =
                command -> Optional.of(new Partition.DeleteRecordsReply(7, 0, KafkaError.NONE, 12));
        var request = new DeleteRecordsRequestData().setTimeoutMs(100);
        for (String name : List.of("orders", "__consumer_offsets", "gone")) {
            request.topics()
                    .add(new DeleteRecordsTopic()
                            .setName(name)
                            .setPartitions(List.of(new DeleteRecordsPartition().setOffset(12))));
        }

        // When
        DeleteRecordsResponseData response = broker.run(
                        new DeleteRecordsHandler(broker.view, broker.registry),
                        new FakeExchange(ApiKeys.DELETE_RECORDS, version, request))
                .response(DeleteRecordsResponseData.class);

        // Then
        List<DeleteRecordsPartitionResult> answers = new ArrayList<>();
        response.topics().forEach(answered -> answered.partitions().forEach(answers::add));
        assertThat(answers).extracting(answer -> KafkaError.forCode(answer.errorCode())).containsExactly(
                KafkaError.NONE, KafkaError.INVALID_TOPIC_EXCEPTION, KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(answers).extracting(DeleteRecordsPartitionResult::lowWatermark).containsExactly(12L, -1L, -1L);
    }

    @Test
    void producersOfAPartitionAreListed() {
        // Given
        Topic topic = broker.served("orders", 1);
        broker.leader(topic, 0).instead = command -> Optional.of(new Partition.DescribeProducersReply(
                7, 0, KafkaError.NONE, List.of(new Partition.ProducerDescription(9, 1, 4, 100, -1, -1))));
        var request = new DescribeProducersRequestData();
        request.topics().add(new TopicRequest().setName("orders").setPartitionIndexes(List.of(0, 1)));

        // When
        var answers = broker.run(
                        new DescribeProducersHandler(broker.view, broker.registry),
                        new FakeExchange(ApiKeys.DESCRIBE_PRODUCERS, 0, request))
                .response(DescribeProducersResponseData.class)
                .topics().getFirst().partitions();

        // Then
        assertThat(answers.get(0).activeProducers().getFirst().producerId()).isEqualTo(9);
        assertThat(answers.get(0).activeProducers().getFirst().lastSequence()).isEqualTo(4);
        assertThat(answers.get(1).errorCode()).isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void theLogFolderIsDescribed(int version, @TempDir Path folder) {
        // Given
        broker.served("orders", 2);
        broker.served("bills", 1);
        var handler = new DescribeLogDirsHandler(broker.view, broker.registry, folder, Runnable::run);
        var one = new DescribeLogDirsRequestData();
        one.topics().add(new DescribableLogDirTopic().setTopic("orders").setPartitions(List.of(1, 9)));

        // When
        DescribeLogDirsResponseData all = broker.run(handler, new FakeExchange(
                        ApiKeys.DESCRIBE_LOG_DIRS, version, new DescribeLogDirsRequestData().setTopics(null)))
                .response(DescribeLogDirsResponseData.class);
        DescribeLogDirsResponseData some = broker.run(
                        handler, new FakeExchange(ApiKeys.DESCRIBE_LOG_DIRS, version, one))
                .response(DescribeLogDirsResponseData.class);

        // Then
        var result = all.results().getFirst();
        assertThat(result.logDir()).isEqualTo(folder.toAbsolutePath().toString());
        assertThat(result.topics()).extracting(answered -> answered.partitions().size()).containsExactly(1, 2);
        assertThat(result.topics().getFirst().partitions().getFirst().partitionSize()).isEqualTo(1000);
        if (version >= 4) {
            assertThat(result.totalBytes()).isGreaterThanOrEqualTo(result.usableBytes()).isPositive();
        }
        assertThat(some.results().getFirst().topics().getFirst().partitions())
                .extracting(partition -> partition.partitionIndex()).containsExactly(1);
    }

    @Test
    void aLogThatIsOfflineIsAFolderWithAnError(@TempDir Path folder) {
        // Given
        Topic topic = broker.served("orders", 2);
        broker.leader(topic, 1).instead = command -> {
            var describe = (Partition.DescribeLog) command;
            return Optional.of(new Partition.DescribeLogReply(
                    describe.requestId(), describe.index(), KafkaError.KAFKA_STORAGE_ERROR, -1, -1, -1, -1));
        };
        var handler = new DescribeLogDirsHandler(broker.view, broker.registry, folder, Runnable::run);

        // When
        DescribeLogDirsResponseData response = broker.run(handler, new FakeExchange(
                        ApiKeys.DESCRIBE_LOG_DIRS, 4, new DescribeLogDirsRequestData().setTopics(null)))
                .response(DescribeLogDirsResponseData.class);

        // Then
        assertThat(response.results()).hasSize(2);
        assertThat(response.results().get(0).topics().getFirst().partitions()).hasSize(1);
        assertThat(response.results().get(1).errorCode()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR.code());
        assertThat(response.results().get(1).logDir()).startsWith(folder.toAbsolutePath().toString()).endsWith("-1");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void theClusterIsDescribed(int version) {
        // Given
        broker.broker(2, true);
        var request = new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true);
        if (version == 2) {
            request.setIncludeFencedBrokers(true);
        }
        var handler = new DescribeClusterHandler(broker.view);

        // When
        DescribeClusterResponseData response = broker.run(
                        handler, new FakeExchange(ApiKeys.DESCRIBE_CLUSTER, version, request))
                .response(DescribeClusterResponseData.class);

        // Then
        assertThat(response.clusterId()).isEqualTo(FakeBroker.CLUSTER_ID);
        assertThat(response.controllerId()).isEqualTo(1);
        assertThat(response.brokers()).hasSize(version == 2 ? 2 : 1);
        assertThat(response.clusterAuthorizedOperations()).isEqualTo(AuthorizedOperations.CLUSTER);
        if (version >= 1) {
            assertThat(broker.run(handler, new FakeExchange(
                            ApiKeys.DESCRIBE_CLUSTER, version, new DescribeClusterRequestData().setEndpointType((byte) 2)))
                    .response(DescribeClusterResponseData.class).errorCode())
                    .isEqualTo(KafkaError.MISMATCHED_ENDPOINT_TYPE.code());
        }
    }

    @Test
    void topicsArePagedByTheCursor() {
        // Given
        broker.topic("a", 3, 1, false);
        broker.topic("b", 2, 1, false);
        broker.topic("c", 1, -1, false);
        var handler = new DescribeTopicPartitionsHandler(broker.view, 2000);
        var seen = new ArrayList<String>();
        DescribeTopicPartitionsRequestData.Cursor cursor = null;
        int pages = 0;

        // When
        do {
            DescribeTopicPartitionsResponseData page = broker.run(handler, new FakeExchange(
                            ApiKeys.DESCRIBE_TOPIC_PARTITIONS, 0,
                            new DescribeTopicPartitionsRequestData().setResponsePartitionLimit(2).setCursor(cursor)))
                    .response(DescribeTopicPartitionsResponseData.class);
            page.topics().forEach(topic -> topic.partitions().forEach(partition ->
                    seen.add(topic.name() + partition.partitionIndex())));
            cursor = page.nextCursor() == null
                    ? null
                    : new DescribeTopicPartitionsRequestData.Cursor()
                            .setTopicName(page.nextCursor().topicName())
                            .setPartitionIndex(page.nextCursor().partitionIndex());
            pages++;
        } while (cursor != null);

        // Then
        assertThat(seen).containsExactly("a0", "a1", "a2", "b0", "b1", "c0");
        assertThat(pages).isEqualTo(3);
    }

    @Test
    void aCursorOutsideTheTopicsIsInvalid() {
        var request = new DescribeTopicPartitionsRequestData()
                .setCursor(new DescribeTopicPartitionsRequestData.Cursor().setTopicName("z").setPartitionIndex(0));
        request.topics().add(new DescribeTopicPartitionsRequestData.TopicRequest().setName("a"));

        DescribeTopicPartitionsResponseData response = broker.run(
                        new DescribeTopicPartitionsHandler(broker.view, 2000),
                        new FakeExchange(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, 0, request))
                .response(DescribeTopicPartitionsResponseData.class);

        assertThat(response.topics().find("a").errorCode()).isEqualTo(KafkaError.INVALID_REQUEST.code());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void idempotentProducersGetNewIdsAndTransactionalOnesAClearNo(int version) {
        // Given
        var handler = new InitProducerIdHandler(
                new ProducerIds(() -> CompletableFuture.completedFuture(new ProducerIds.Block(1000, 10))));
        var failing = new InitProducerIdHandler(
                new ProducerIds(() -> CompletableFuture.failedFuture(new IllegalStateException("no controller"))));

        // When
        InitProducerIdResponseData first = init(handler, version, new InitProducerIdRequestData().setTransactionalId(null));
        InitProducerIdResponseData second = init(handler, version, new InitProducerIdRequestData().setTransactionalId(null));

        // Then
        assertThat(first.producerId()).isEqualTo(1000);
        assertThat(first.producerEpoch()).isZero();
        assertThat(second.producerId()).isEqualTo(1001);
        assertThat(init(handler, version, new InitProducerIdRequestData().setTransactionalId("t")).errorCode())
                .isEqualTo(KafkaError.UNSUPPORTED_VERSION.code());
        assertThat(init(handler, version, new InitProducerIdRequestData().setTransactionalId("")).errorCode())
                .isEqualTo(KafkaError.INVALID_REQUEST.code());
        InitProducerIdResponseData none = init(failing, version, new InitProducerIdRequestData().setTransactionalId(null));
        assertThat(none.errorCode()).isEqualTo(KafkaError.COORDINATOR_LOAD_IN_PROGRESS.code());
        assertThat(none.producerId()).isEqualTo(-1);
    }

    private InitProducerIdResponseData init(
            InitProducerIdHandler handler, int version, InitProducerIdRequestData request) {
        return broker.run(handler, new FakeExchange(ApiKeys.INIT_PRODUCER_ID, version, request))
                .response(InitProducerIdResponseData.class);
    }
}
