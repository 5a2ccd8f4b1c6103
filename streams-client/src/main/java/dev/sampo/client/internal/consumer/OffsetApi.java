package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.ApiRequest;
import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.internal.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidMetadataException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Finds offsets: committed ones at the coordinator, others at the leaders. Retries until its time-out; never blocks. */
final class OffsetApi {
    private final KafkaClient client;
    private final IsolationLevel isolationLevel;

    OffsetApi(KafkaClient client, IsolationLevel isolationLevel) {
        this.client = client;
        this.isolationLevel = isolationLevel;
    }

    /**
     * Offsets by time.
     *
     * @param timestampsMs per partition: ms since 1970, or -1 for the end, -2 for the beginning
     * @return per partition; absent where no record is that young. Epochs are empty when the broker does not say
     */
    CompletionStage<Map<TopicPartition, OffsetAndTimestamp>> listOffsets(
            Map<TopicPartition, Long> timestampsMs, Duration timeout) {
        if (timestampsMs.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        List<String> topics = timestampsMs.keySet().stream().map(TopicPartition::topic).distinct().toList();
        return client.retry(timeout, () -> client.cluster(topics, timeout)
                .thenCompose(cluster -> listOnce(cluster, timestampsMs))
                .exceptionallyCompose(failure -> KafkaClient.cause(failure) instanceof InvalidMetadataException
                        ? client.refresh().thenCompose(after -> CompletableFuture.failedFuture(failure))
                        : CompletableFuture.failedFuture(failure)));
    }

    private CompletionStage<Map<TopicPartition, OffsetAndTimestamp>> listOnce(
            ClusterImage cluster, Map<TopicPartition, Long> timestampsMs) {
        Map<Integer, Map<String, List<ListOffsetsRequestData.ListOffsetsPartition>>> byLeader = new TreeMap<>();
        for (Map.Entry<TopicPartition, Long> entry : timestampsMs.entrySet()) {
            TopicPartition partition = entry.getKey();
            ClusterImage.PartitionImage image = cluster.partition(partition);
            if (image == null) {
                return CompletableFuture.failedFuture(Errors.UNKNOWN_TOPIC_OR_PARTITION.exception(
                        partition + " does not exist; its topic has " + partitionCount(cluster, partition.topic())
                                + " partitions"));
            }
            if (cluster.leaderId(partition) < 0) {
                return CompletableFuture.failedFuture(new LeaderNotAvailableException(partition + " has no leader"));
            }
            byLeader.computeIfAbsent(image.leaderId(), id -> new TreeMap<>())
                    .computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                    .add(new ListOffsetsRequestData.ListOffsetsPartition()
                            .setPartitionIndex(partition.partition())
                            .setCurrentLeaderEpoch(image.leaderEpoch())
                            .setTimestamp(entry.getValue()));
        }
        CompletionStage<Map<TopicPartition, OffsetAndTimestamp>> all =
                CompletableFuture.completedFuture(new HashMap<>());
        for (Map.Entry<Integer, Map<String, List<ListOffsetsRequestData.ListOffsetsPartition>>> leader :
                byLeader.entrySet()) {
            var data = new ListOffsetsRequestData().setReplicaId(-1).setIsolationLevel(isolationLevel.id());
            leader.getValue().forEach((topic, partitions) -> data.topics()
                    .add(new ListOffsetsRequestData.ListOffsetsTopic().setName(topic).setPartitions(partitions)));
            var request = ApiRequest.of(ApiKeys.LIST_OFFSETS, ListOffsetsResponseData.class,
                    client.settings().requestTimeoutMs(), data).atLeast(
                            isolationLevel == IsolationLevel.READ_COMMITTED ? 2 : 1);
            all = all.thenCombine(client.send(Target.broker(leader.getKey()), request), (found, response) -> {
                read(response, found);
                return found;
            });
        }
        return all;
    }

    private static int partitionCount(ClusterImage cluster, String topic) {
        ClusterImage.TopicImage image = cluster.topic(topic);
        return image == null ? 0 : image.partitions().size();
    }

    private static void read(ListOffsetsResponseData response, Map<TopicPartition, OffsetAndTimestamp> found) {
        response.topics().forEach(topic -> topic.partitions().forEach(partition -> {
            var key = new TopicPartition(topic.name(), partition.partitionIndex());
            Errors error = Errors.forCode(partition.errorCode());
            if (error != Errors.NONE) {
                throw error.exception("offsets of " + key + ": " + error.message());
            }
            if (partition.offset() >= 0) {
                found.put(key, new OffsetAndTimestamp(partition.offset(), Math.max(0, partition.timestamp()),
                        epoch(partition.leaderEpoch())));
            }
        }));
    }

    /** Committed offsets of a group; absent where there is none. */
    CompletionStage<Map<TopicPartition, OffsetAndMetadata>> committed(
            String groupId, Set<TopicPartition> partitions, Duration timeout) {
        if (partitions.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        return committed(groupId, committedRequest(groupId, partitions), timeout);
    }

    /** All committed offsets of a group; none when it is not known. */
    CompletionStage<Map<TopicPartition, OffsetAndMetadata>> committed(String groupId, Duration timeout) {
        return committed(groupId, committedRequest(groupId, null).atLeast(2), timeout);
    }

    private CompletionStage<Map<TopicPartition, OffsetAndMetadata>> committed(
            String groupId, ApiRequest<OffsetFetchResponseData> request, Duration timeout) {
        Target coordinator = Target.group(groupId);
        return client.retry(timeout, () -> client.send(coordinator, request)
                .thenApply(OffsetApi::read)
                .whenComplete((offsets, failure) -> {
                    if (failure != null) {
                        client.invalidateCoordinator(coordinator);
                    }
                }));
    }

    /** @param partitions null for all that have an offset */
    private ApiRequest<OffsetFetchResponseData> committedRequest(
            String groupId, @Nullable Set<TopicPartition> partitions) {
        Map<String, List<Integer>> byTopic = new TreeMap<>();
        if (partitions != null) {
            partitions.forEach(partition -> byTopic
                    .computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                    .add(partition.partition()));
        }
        return ApiRequest.of(ApiKeys.OFFSET_FETCH, OffsetFetchResponseData.class,
                client.settings().requestTimeoutMs(), version -> {
                    var data = new OffsetFetchRequestData();
                    if (version >= 7) {
                        data.setRequireStable(true);
                    }
                    if (version < 8) {
                        var topics = new ArrayList<OffsetFetchRequestData.OffsetFetchRequestTopic>();
                        byTopic.forEach((topic, indexes) -> topics.add(new OffsetFetchRequestData.OffsetFetchRequestTopic()
                                .setName(topic)
                                .setPartitionIndexes(indexes)));
                        return data.setGroupId(groupId).setTopics(partitions == null ? null : topics);
                    }
                    var topics = new ArrayList<OffsetFetchRequestData.OffsetFetchRequestTopics>();
                    byTopic.forEach((topic, indexes) -> topics.add(new OffsetFetchRequestData.OffsetFetchRequestTopics()
                            .setName(topic)
                            .setPartitionIndexes(indexes)));
                    return data.setGroups(List.of(new OffsetFetchRequestData.OffsetFetchRequestGroup()
                            .setGroupId(groupId)
                            .setTopics(partitions == null ? null : topics)));
                }).atMost(9); // version 10 wants topic ids, which a deleted topic has not
    }

    private static Map<TopicPartition, OffsetAndMetadata> read(OffsetFetchResponseData response) {
        Errors.forCode(response.errorCode()).maybeThrow();
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        response.topics().forEach(topic -> topic.partitions().forEach(partition -> put(
                offsets, new TopicPartition(topic.name(), partition.partitionIndex()), partition.errorCode(),
                partition.committedOffset(), partition.committedLeaderEpoch(), partition.metadata())));
        response.groups().forEach(group -> {
            Errors.forCode(group.errorCode()).maybeThrow();
            group.topics().forEach(topic -> topic.partitions().forEach(partition -> put(
                    offsets, new TopicPartition(topic.name(), partition.partitionIndex()), partition.errorCode(),
                    partition.committedOffset(), partition.committedLeaderEpoch(), partition.metadata())));
        });
        return offsets;
    }

    private static void put(
            Map<TopicPartition, OffsetAndMetadata> offsets,
            TopicPartition partition,
            short errorCode,
            long offset,
            int leaderEpoch,
            @Nullable String metadata) {
        Errors error = Errors.forCode(errorCode);
        if (error != Errors.NONE && error != Errors.UNKNOWN_TOPIC_OR_PARTITION) {
            throw error.exception("committed offset of " + partition + ": " + error.message());
        }
        if (error == Errors.NONE && offset >= 0) {
            offsets.put(partition, new OffsetAndMetadata(offset, epoch(leaderEpoch), metadata));
        }
    }

    private static Optional<Integer> epoch(int leaderEpoch) {
        return leaderEpoch < 0 ? Optional.empty() : Optional.of(leaderEpoch);
    }
}
