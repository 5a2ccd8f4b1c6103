package dev.sampo.http.kafka;

import dev.sampo.http.body.TopicBodies;
import dev.sampo.http.body.TopicBodies.CreatedTopic;
import dev.sampo.http.body.TopicBodies.DeletedRecords;
import dev.sampo.http.body.TopicBodies.DeletedTopic;
import dev.sampo.http.body.TopicBodies.NewTopic;
import dev.sampo.http.body.TopicBodies.PartitionCountChange;
import dev.sampo.http.body.TopicBodies.RecordDeletion;
import dev.sampo.http.body.TopicBodies.TopicSummary;
import dev.sampo.http.body.TopicBodies.Topics;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Topics and the number of their partitions. */
public final class TopicCalls {
    private static final int METADATA_VERSION = 12;

    private final BrokerCalls broker;
    private final OffsetCalls offsets;

    /** {@code offsets} says what {@code delete records} would do. */
    public TopicCalls(BrokerCalls broker, OffsetCalls offsets) {
        this.broker = broker;
        this.offsets = offsets;
    }

    /** A page, by name; {@code after} is the last name of the page before. */
    public CompletionStage<Topics> list(@Nullable String after, int pageSize, @Nullable String prefix, boolean internalToo) {
        return metadata(null).thenApply(topics -> {
            List<MetadataResponseTopic> wanted = topics.stream()
                    .filter(topic -> topic.errorCode() == Errors.NONE.code())
                    .filter(topic -> internalToo || !topic.isInternal())
                    .filter(topic -> prefix == null || topic.name().startsWith(prefix))
                    .filter(topic -> after == null || topic.name().compareTo(after) > 0)
                    .sorted(Comparator.comparing(MetadataResponseTopic::name))
                    .limit(pageSize + 1L)
                    .toList();
            List<TopicSummary> page = wanted.stream()
                    .limit(pageSize)
                    .map(topic -> new TopicSummary(
                            topic.name(), topic.topicId().toString(), topic.isInternal(), topic.partitions().size(),
                            replicationFactor(topic)))
                    .toList();
            return new Topics(
                    page,
                    Call.nextPageToken(page.stream().map(TopicSummary::name).toList(), wanted.size() > page.size()));
        });
    }

    /** One topic. Fails with 404 when there is none. */
    public CompletionStage<TopicBodies.Topic> describe(String name) {
        return topic(name).thenApply(topic -> new TopicBodies.Topic(
                topic.name(), topic.topicId().toString(), topic.isInternal(), replicationFactor(topic),
                replicas(topic)));
    }

    /** Partitions of a topic, 0 to n-1. Fails with 404 when there is none. */
    public CompletionStage<Integer> partitionCount(String name) {
        return topic(name).thenApply(topic -> topic.partitions().size());
    }

    static List<TopicBodies.PartitionReplicas> replicas(MetadataResponseTopic topic) {
        return topic.partitions().stream()
                .sorted(Comparator.comparingInt(MetadataResponsePartition::partitionIndex))
                .map(partition -> new TopicBodies.PartitionReplicas(
                        partition.partitionIndex(), partition.leaderId(), partition.leaderEpoch(),
                        partition.replicaNodes(), partition.isrNodes(), partition.offlineReplicas()))
                .toList();
    }

    private static int replicationFactor(MetadataResponseTopic topic) {
        return topic.partitions().stream().mapToInt(partition -> partition.replicaNodes().size()).max().orElse(0);
    }

    /** The topic as the broker tells it. Fails with 404 when there is none. */
    CompletionStage<MetadataResponseTopic> topic(String name) {
        return metadata(BrokerCalls.topicName(name)).thenApply(topics -> {
            MetadataResponseTopic topic = topics.getFirst();
            if (topic.errorCode() == Errors.UNKNOWN_TOPIC_OR_PARTITION.code()) {
                throw KafkaProblems.exception(topic.errorCode(), "There is no topic \"" + name + "\".");
            }
            KafkaProblems.check(topic.errorCode(), null);
            return topic;
        });
    }

    private CompletionStage<List<MetadataResponseTopic>> metadata(@Nullable String name) {
        var request = new MetadataRequestData()
                .setAllowAutoTopicCreation(false)
                .setTopics(name == null ? null : List.of(new MetadataRequestTopic().setName(name)));
        return broker.call(ApiKeys.METADATA, METADATA_VERSION, request, MetadataResponseData.class)
                .thenApply(response -> List.copyOf(response.topics()));
    }

    /** Creates, or says what would be created. */
    public CompletionStage<CreatedTopic> create(NewTopic wanted, boolean dryRun) {
        List<List<Integer>> assignments = wanted.replicaAssignments();
        if (assignments != null && (wanted.partitions() != null || wanted.replicationFactor() != null)) {
            throw Problem.invalid(
                    "replica_assignments", "Say either replica_assignments or partitions and replication_factor.");
        }
        var topic = new CreatableTopic()
                .setName(wanted.name())
                .setNumPartitions(wanted.partitions() == null ? -1 : wanted.partitions())
                .setReplicationFactor(factor(wanted.replicationFactor()));
        if (assignments != null) {
            for (int i = 0; i < assignments.size(); i++) {
                topic.assignments()
                        .add(new CreatableReplicaAssignment()
                                .setPartitionIndex(i)
                                .setBrokerIds(numbers(assignments.get(i), "replica_assignments.[" + i + "]")));
            }
        }
        if (wanted.configs() != null) {
            wanted.configs().forEach((name, value) -> topic.configs()
                    .add(new CreatableTopicConfig().setName(name).setValue(value)));
        }
        var request = new CreateTopicsRequestData().setTimeoutMs(broker.timeoutMs()).setValidateOnly(dryRun);
        request.topics().add(topic);
        return broker.call(ApiKeys.CREATE_TOPICS, 7, request, CreateTopicsResponseData.class).thenApply(response -> {
            var result = response.topics().iterator().next();
            KafkaProblems.check(result.errorCode(), result.errorMessage());
            return new CreatedTopic(
                    result.name(), dryRun ? null : result.topicId().toString(), result.numPartitions(),
                    result.replicationFactor(), dryRun);
        });
    }

    private static short factor(@Nullable Integer factor) {
        if (factor == null) {
            return -1;
        }
        if (factor < 1 || factor > Short.MAX_VALUE) {
            throw Problem.invalid("replication_factor", "It must be 1 or more.");
        }
        return factor.shortValue();
    }

    private static List<Integer> numbers(@Nullable List<@Nullable Integer> given, String field) {
        if (given == null || given.contains(null)) {
            throw Problem.invalid(field, "A list of broker ids is expected.");
        }
        return new ArrayList<>(given);
    }

    /** Deletes, or says what would be deleted. */
    public CompletionStage<DeletedTopic> delete(String name, boolean dryRun) {
        return topic(name).thenCompose(topic -> {
            var deleted = new DeletedTopic(topic.name(), topic.topicId().toString(), dryRun);
            if (dryRun) {
                return CompletableFuture.completedFuture(deleted);
            }
            var request = new DeleteTopicsRequestData()
                    .setTimeoutMs(broker.timeoutMs())
                    .setTopics(List.of(new DeleteTopicState().setName(name)));
            return broker.call(ApiKeys.DELETE_TOPICS, 6, request, DeleteTopicsResponseData.class)
                    .thenApply(response -> {
                        var result = response.responses().iterator().next();
                        KafkaProblems.check(result.errorCode(), result.errorMessage());
                        return deleted;
                    });
        });
    }

    /** Adds partitions, or says how many there would be. */
    public CompletionStage<PartitionCountChange> increase(String name, int count, boolean dryRun) {
        return topic(name).thenCompose(topic -> {
            var request = new CreatePartitionsRequestData()
                    .setTimeoutMs(broker.timeoutMs())
                    .setValidateOnly(dryRun);
            request.topics().add(new CreatePartitionsTopic().setName(name).setCount(count).setAssignments(null));
            return broker.call(ApiKeys.CREATE_PARTITIONS, 3, request, CreatePartitionsResponseData.class)
                    .thenApply(response -> {
                        var result = response.results().getFirst();
                        if (result.errorCode() != Errors.NONE.code()) {
                            throw KafkaProblems.of(Errors.forCode(result.errorCode()), result.errorMessage())
                                    .at("count")
                                    .exception();
                        }
                        return new PartitionCountChange(name, topic.partitions().size(), count, dryRun);
                    });
        });
    }

    /** Deletes records, or says where the logs would begin: offset by partition, -1 for the high watermark. */
    public CompletionStage<RecordDeletion> deleteRecords(String name, Map<Integer, Long> beforeOffsets, boolean dryRun) {
        List<Integer> partitions = beforeOffsets.keySet().stream().sorted().toList();
        return offsets.ranges(name, partitions).thenCompose(ranges -> {
            if (dryRun) {
                var would = new ArrayList<DeletedRecords>();
                for (int partition : partitions) {
                    OffsetCalls.Range range = ranges.get(partition);
                    long before = beforeOffsets.getOrDefault(partition, -1L);
                    if (range == null || before > range.highWatermark()) {
                        throw KafkaProblems.of(Errors.OFFSET_OUT_OF_RANGE, "Partition " + partition + " has offset "
                                        + before + " not yet.")
                                .at("before_offset")
                                .exception();
                    }
                    long start = before == -1 ? range.highWatermark() : Math.max(before, range.earliest());
                    would.add(new DeletedRecords(partition, range.earliest(), start));
                }
                return CompletableFuture.completedFuture(new RecordDeletion(name, would, true));
            }
            var topic = new DeleteRecordsTopic().setName(name);
            beforeOffsets.forEach((partition, before) -> topic.partitions()
                    .add(new DeleteRecordsPartition().setPartitionIndex(partition).setOffset(before)));
            var request = new DeleteRecordsRequestData().setTimeoutMs(broker.timeoutMs()).setTopics(List.of(topic));
            return broker.call(ApiKeys.DELETE_RECORDS, 2, request, DeleteRecordsResponseData.class)
                    .thenApply(response -> deleted(name, ranges, response));
        });
    }

    private static RecordDeletion deleted(
            String name, Map<Integer, OffsetCalls.Range> ranges, DeleteRecordsResponseData response) {
        var done = new ArrayList<DeletedRecords>();
        response.topics().forEach(topic -> topic.partitions().forEach(partition -> {
            if (partition.errorCode() != Errors.NONE.code()) {
                throw KafkaProblems.of(Errors.forCode(partition.errorCode()), null).at("before_offset").exception();
            }
            OffsetCalls.Range range = ranges.get(partition.partitionIndex());
            done.add(new DeletedRecords(
                    partition.partitionIndex(), range == null ? -1 : range.earliest(), partition.lowWatermark()));
        }));
        done.sort(Comparator.comparingInt(DeletedRecords::partition));
        return new RecordDeletion(name, done, false);
    }
}
