package dev.sampo.tests.oracle;

import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;

import static dev.sampo.tests.oracle.Catalogue.name;

/** Metadata and DescribeTopicPartitions, over all topics that the parts before made. */
final class MetadataRequests {
    private final OracleRun run;
    private final Topics topics;

    MetadataRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    void run() {
        for (int version = 0; version <= 13; version++) {
            metadata(version);
        }
        for (int version : new int[] {3, 4, 12}) {
            createdByAsking(version);
        }
        describeTopicPartitions();
    }

    private void metadata(int version) {
        run.call(name("metadata", version, "one-topic"), version, named(version, ProduceRequests.LOG));
        run.call(name("metadata", version, "two-topics"), version, named(version, ProduceRequests.LOG, "produce"));
        run.call(name("metadata", version, "illegal-name"), version, named(version, "a/b"));
        run.call(name("metadata", version, "all"), version, request(version).setTopics(version == 0 ? List.of() : null));
        run.call(name("metadata", version, "internal-topic"), version, named(version, "__consumer_offsets"));
        if (version >= 1) {
            run.call(name("metadata", version, "none"), version, request(version).setTopics(List.of()));
        }
        if (version >= 4) {
            run.call(name("metadata", version, "unknown-topic"), version, named(version, ProduceRequests.LOG, "nowhere"));
        }
        if (version >= 8) {
            var operations = named(version, ProduceRequests.LOG).setIncludeTopicAuthorizedOperations(true);
            run.call(name("metadata", version, "authorized-operations"), version,
                    version <= 10 ? operations.setIncludeClusterAuthorizedOperations(true) : operations);
        }
        if (version >= 12) {
            run.call(name("metadata", version, "by-id"), version, request(version).setTopics(List.of(
                    new MetadataRequestTopic().setName(null).setTopicId(topics.id(ProduceRequests.LOG)))));
            run.call(name("metadata", version, "unknown-id"), version, request(version).setTopics(List.of(
                    new MetadataRequestTopic().setName(null).setTopicId(Topics.UNKNOWN_ID))));
        }
    }

    private static MetadataRequestData request(int version) {
        var request = new MetadataRequestData();
        return version >= 4 ? request.setAllowAutoTopicCreation(false) : request;
    }

    private static MetadataRequestData named(int version, String... names) {
        return request(version).setTopics(Stream.of(names).map(name -> new MetadataRequestTopic().setName(name)).toList());
    }

    private void createdByAsking(int version) {
        String topic = "asked-for-" + version;
        run.call(name("metadata", version, "creates"), version, named(version, topic).setAllowAutoTopicCreation(true));
        topics.awaitReady(topic, 1);
        run.call(name("metadata", version, "created"), version, named(version, topic).setAllowAutoTopicCreation(true));
        run.ask(1, new DeleteTopicsRequestData().setTimeoutMs(10_000).setTopicNames(List.of(topic)));
        topics.awaitGone(topic);
    }

    private void describeTopicPartitions() {
        describe("one", partitions(100, null, ProduceRequests.LOG));
        describe("unknown", partitions(100, null, "nowhere", ProduceRequests.LOG));
        describe("illegal-name", partitions(100, null, "a/b"));
        describe("limited", partitions(2, null, ProduceRequests.LOG, "produce"));
        describe("from-cursor", partitions(2, new Cursor().setTopicName("produce").setPartitionIndex(1), ProduceRequests.LOG, "produce"));
        describe("cursor-at-an-unknown-topic", partitions(2, new Cursor().setTopicName("nowhere").setPartitionIndex(0), ProduceRequests.LOG));
        describe("cursor-negative", partitions(2, new Cursor().setTopicName(ProduceRequests.LOG).setPartitionIndex(-1), ProduceRequests.LOG));
        describe("limit-zero", partitions(0, null, ProduceRequests.LOG));
        describe("all", partitions(2_000, null));
    }

    private void describe(String what, DescribeTopicPartitionsRequestData request) {
        run.call(name("describe-topic-partitions", 0, what), 0, request);
    }

    private static DescribeTopicPartitionsRequestData partitions(int limit, @org.jspecify.annotations.Nullable Cursor cursor, String... names) {
        return new DescribeTopicPartitionsRequestData()
                .setResponsePartitionLimit(limit)
                .setCursor(cursor)
                .setTopics(Stream.of(names).map(name -> new TopicRequest().setName(name)).toList());
    }
}
