package dev.sampo.tests.hostile;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Requests that a broker answers well, as seed of mutations. They change nothing but topic {@code fuzzed} and group {@code fuzzed}. */
final class ValidRequests {
    static final String TOPIC = "fuzzed";

    /** Versions span fixed-size and compact encodings. */
    record Request(short version, ApiMessage body) {}

    private ValidRequests() {}

    static List<Request> all() {
        var all = new ArrayList<Request>();
        add(all, new ApiVersionsRequestData().setClientSoftwareName("seed").setClientSoftwareVersion("1"), 0, 3, 4);
        add(all, new MetadataRequestData().setAllowAutoTopicCreation(false)
                .setTopics(List.of(new MetadataRequestData.MetadataRequestTopic().setName(TOPIC))), 4, 8, 12);
        add(all, produce(), 3, 8, 9, 12);
        add(all, fetch(), 4, 11, 12);
        add(all, new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic().setName(TOPIC)
                .setPartitions(List.of(new ListOffsetsRequestData.ListOffsetsPartition().setTimestamp(-1))))), 1, 5, 8);
        add(all, createTopics(), 4, 5, 7);
        add(all, new DescribeConfigsRequestData().setResources(List.of(
                new DescribeConfigsRequestData.DescribeConfigsResource().setResourceType((byte) 2).setResourceName(TOPIC))), 1, 4);
        add(all, new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(60_000), 1, 3);
        add(all, new FindCoordinatorRequestData().setKey(TOPIC), 1, 3);
        add(all, new FindCoordinatorRequestData().setCoordinatorKeys(List.of(TOPIC)), 4, 6);
        add(all, joinGroup(), 2, 5, 9);
        add(all, new SyncGroupRequestData().setGroupId(TOPIC).setGenerationId(1).setMemberId("m"), 1, 4);
        add(all, new HeartbeatRequestData().setGroupId(TOPIC).setGenerationId(1).setMemberId("m"), 1, 4);
        add(all, offsetCommit(), 2, 7, 9);
        add(all, new OffsetFetchRequestData().setGroupId(TOPIC).setTopics(List.of(
                new OffsetFetchRequestData.OffsetFetchRequestTopic().setName(TOPIC).setPartitionIndexes(List.of(0)))), 1, 6);
        add(all, new OffsetFetchRequestData().setGroups(List.of(new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId(TOPIC).setTopics(null))), 8, 9);
        add(all, new DescribeGroupsRequestData().setGroups(List.of(TOPIC)), 0, 5);
        add(all, new ListGroupsRequestData(), 0, 3, 5);
        add(all, offsetForLeaderEpoch(), 2, 4);
        return all;
    }

    private static void add(List<Request> all, ApiMessage body, int... versions) {
        for (int version : versions) {
            all.add(new Request((short) version, body));
        }
    }

    private static ApiMessage produce() {
        var topics = new ProduceRequestData.TopicProduceDataCollection();
        topics.add(new ProduceRequestData.TopicProduceData().setName(TOPIC).setPartitionData(List.of(new ProduceRequestData.PartitionProduceData()
                .setRecords(MemoryRecords.withRecords(Compression.gzip().build(), new SimpleRecord("key".getBytes(java.nio.charset.StandardCharsets.UTF_8), new byte[100]))))));
        return new ProduceRequestData().setAcks((short) 1).setTimeoutMs(1_000).setTopicData(topics);
    }

    private static ApiMessage fetch() {
        return new FetchRequestData().setReplicaId(-1).setMaxWaitMs(10).setMinBytes(1).setMaxBytes(1 << 20).setSessionEpoch(-1)
                .setTopics(List.of(new FetchRequestData.FetchTopic().setTopic(TOPIC).setPartitions(List.of(
                        new FetchRequestData.FetchPartition().setPartitionMaxBytes(10_000)))));
    }

    /** Validate-only, so that mutated names and counts create nothing. */
    private static ApiMessage createTopics() {
        var request = new CreateTopicsRequestData().setTimeoutMs(1_000).setValidateOnly(true);
        request.topics().add(new CreateTopicsRequestData.CreatableTopic().setName("validated").setNumPartitions(1).setReplicationFactor((short) 1));
        return request;
    }

    private static ApiMessage joinGroup() {
        var request = new JoinGroupRequestData().setGroupId(TOPIC).setSessionTimeoutMs(10_000).setRebalanceTimeoutMs(1_000).setMemberId("unknown").setProtocolType("consumer");
        request.protocols().add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("range").setMetadata(new byte[30]));
        return request;
    }

    private static ApiMessage offsetCommit() {
        return new OffsetCommitRequestData().setGroupId(TOPIC).setTopics(List.of(new OffsetCommitRequestData.OffsetCommitRequestTopic().setName(TOPIC)
                .setPartitions(List.of(new OffsetCommitRequestData.OffsetCommitRequestPartition().setCommittedOffset(1).setCommittedMetadata("m")))));
    }

    private static ApiMessage offsetForLeaderEpoch() {
        var topics = new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
        topics.add(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic().setTopic(TOPIC).setPartitions(List.of(
                new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition().setCurrentLeaderEpoch(-1))));
        return new OffsetForLeaderEpochRequestData().setReplicaId(-1).setTopics(topics);
    }
}
