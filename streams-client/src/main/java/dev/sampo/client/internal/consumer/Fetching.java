package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.ApiRequest;
import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.internal.Target;
import dev.sampo.client.internal.consumer.FetchPlanner.Plan;
import dev.sampo.client.internal.consumer.FetchPlanner.Wanted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.FetchResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends what {@link FetchPlanner} decides, and feeds it the answers. Sessionless fetches, KIP-227's epoch -1. */
final class Fetching {
    private static final Logger log = LoggerFactory.getLogger(Fetching.class);
    private static final int VERSION_WITH_TOPIC_IDS = 13;

    /** What the owner does. */
    interface Owner {
        void onChunk(Chunk chunk);

        /** The position is not in the log. */
        void onOutOfRange(TopicPartition partition, long offset);

        /** The log was cut behind the position (KIP-320). */
        void onDiverged(TopicPartition partition, long offset, int epoch, long endOffset);

        void wantMetadata();
    }

    private final Home home;
    private final KafkaClient client;
    private final ConsumerProperties properties;
    private final FetchPlanner planner;
    private final Owner owner;
    private long fetches;
    private long fetchedBytes;

    Fetching(Home home, KafkaClient client, ConsumerProperties properties, FetchPlanner planner, Owner owner) {
        this.home = home;
        this.client = client;
        this.properties = properties;
        this.planner = planner;
        this.owner = owner;
    }

    long fetches() {
        return fetches;
    }

    long fetchedBytes() {
        return fetchedBytes;
    }

    /** Sends whatever may be sent now. */
    void pump() {
        ClusterImage cluster = client.cluster();
        for (Plan plan : planner.plan(cluster, home.nowMs())) {
            fetches++;
            home.home(
                    client.send(Target.broker(plan.brokerId()), plan.lane(), request(plan, cluster)),
                    response -> onResponse(plan, cluster, response),
                    failure -> onFailure(plan, failure));
        }
    }

    private ApiRequest<FetchResponseData> request(Plan plan, ClusterImage cluster) {
        Map<String, List<Wanted>> byTopic = new LinkedHashMap<>();
        plan.partitions().forEach(wanted -> byTopic
                .computeIfAbsent(wanted.partition().topic(), topic -> new ArrayList<>())
                .add(wanted));
        boolean withIds = byTopic.keySet().stream().noneMatch(topic -> cluster.topicId(topic).equals(Uuid.ZERO_UUID));
        var request = ApiRequest.of(
                ApiKeys.FETCH,
                FetchResponseData.class,
                plan.maxWaitMs() + client.settings().requestTimeoutMs(),
                version -> {
                    var data = new FetchRequestData()
                            .setReplicaId(-1)
                            .setMaxWaitMs(plan.maxWaitMs())
                            .setMinBytes(properties.fetchMinBytes())
                            .setMaxBytes(plan.maxBytes())
                            .setIsolationLevel(properties.isolationLevel().id())
                            .setRackId(properties.clientRack());
                    byTopic.forEach((topic, partitions) -> data.topics().add(new FetchRequestData.FetchTopic()
                            .setTopic(topic)
                            .setTopicId(cluster.topicId(topic))
                            .setPartitions(partitions.stream().map(wanted -> partition(wanted, version)).toList())));
                    return data;
                });
        return withIds ? request : request.atMost(VERSION_WITH_TOPIC_IDS - 1);
    }

    private FetchRequestData.FetchPartition partition(Wanted wanted, int version) {
        var partition = new FetchRequestData.FetchPartition()
                .setPartition(wanted.partition().partition())
                .setCurrentLeaderEpoch(wanted.leaderEpoch())
                .setFetchOffset(wanted.offset())
                .setPartitionMaxBytes(properties.maxPartitionFetchBytes());
        return version >= 12 ? partition.setLastFetchedEpoch(wanted.lastEpoch()) : partition;
    }

    private void onFailure(Plan plan, Throwable failure) {
        planner.onDone(plan);
        log.atDebug().addKeyValue("brokerId", plan.brokerId()).addKeyValue("cause", failure.toString())
                .log("fetch failed, trying again");
        backOff(plan.partitions());
        owner.wantMetadata();
    }

    private void backOff(List<Wanted> partitions) {
        long notBeforeMs = home.nowMs() + properties.retryBackoffMs();
        partitions.forEach(wanted -> {
            planner.backOff(wanted.partition(), notBeforeMs);
            planner.readFrom(wanted.partition(), -1);
        });
    }

    private void onResponse(Plan plan, ClusterImage cluster, FetchResponseData response) {
        planner.onDone(plan);
        Errors error = Errors.forCode(response.errorCode());
        if (error != Errors.NONE) {
            log.atWarn().addKeyValue("brokerId", plan.brokerId()).addKeyValue("errorCode", error)
                    .log("fetch refused, trying again");
            backOff(plan.partitions());
            owner.wantMetadata();
            return;
        }
        Map<TopicPartition, Wanted> asked = new HashMap<>();
        plan.partitions().forEach(wanted -> asked.put(wanted.partition(), wanted));
        for (FetchResponseData.FetchableTopicResponse topic : response.responses()) {
            String name = topic.topicId().equals(Uuid.ZERO_UUID) ? topic.topic() : cluster.topicName(topic.topicId());
            for (PartitionData data : topic.partitions()) {
                Wanted wanted = name == null ? null : asked.get(new TopicPartition(name, data.partitionIndex()));
                if (wanted != null && planner.isCurrent(wanted)) {
                    onPartition(wanted, data);
                }
            }
        }
        pump();
    }

    private void onPartition(Wanted wanted, PartitionData data) {
        TopicPartition partition = wanted.partition();
        Errors error = Errors.forCode(data.errorCode());
        switch (error) {
            case NONE -> onData(wanted, data);
            case OFFSET_OUT_OF_RANGE -> {
                if (planner.readsFromFollower(partition)) {
                    planner.readFrom(partition, -1); // it may only be behind: the leader knows
                } else {
                    owner.onOutOfRange(partition, wanted.offset());
                }
            }
            case NOT_LEADER_OR_FOLLOWER, REPLICA_NOT_AVAILABLE, KAFKA_STORAGE_ERROR, FENCED_LEADER_EPOCH,
                    UNKNOWN_LEADER_EPOCH, OFFSET_NOT_AVAILABLE, LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION,
                    UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID, UNKNOWN_SERVER_ERROR -> {
                log.atDebug().addKeyValue("topicPartition", partition).addKeyValue("errorCode", error)
                        .log("partition cannot be fetched here, refreshing metadata");
                backOff(List.of(wanted));
                owner.wantMetadata();
            }
            default -> home.fail(error.exception("fetch of " + partition + " at offset " + wanted.offset() + ": "
                    + error.message()));
        }
    }

    private void onData(Wanted wanted, PartitionData data) {
        TopicPartition partition = wanted.partition();
        if (FetchResponse.isDivergingEpoch(data)) {
            owner.onDiverged(partition, wanted.offset(), data.divergingEpoch().epoch(), data.divergingEpoch().endOffset());
            return;
        }
        if (FetchResponse.isPreferredReplica(data)) {
            planner.readFrom(partition, data.preferredReadReplica());
            return;
        }
        long endOffset = data.lastStableOffset() >= 0
                        && properties.isolationLevel() == IsolationLevel.READ_COMMITTED
                ? data.lastStableOffset()
                : data.highWatermark();
        if (!(data.records() instanceof MemoryRecords records) || records.sizeInBytes() == 0) {
            planner.onEnd(partition, endOffset);
            return;
        }
        long nextOffset = -1;
        int lastEpoch = -1;
        for (RecordBatch batch : records.batches()) {
            nextOffset = batch.nextOffset();
            lastEpoch = batch.partitionLeaderEpoch();
        }
        if (nextOffset < 0) {
            home.fail(new RecordTooLargeException("the batch at offset " + wanted.offset() + " of " + partition
                    + " is larger than max.partition.fetch.bytes, " + properties.maxPartitionFetchBytes()
                    + "; raise that property"));
            return;
        }
        fetchedBytes += records.sizeInBytes();
        planner.onRecords(partition, nextOffset, lastEpoch, records.sizeInBytes(), endOffset);
        owner.onChunk(new Chunk(
                partition,
                wanted.assignment(),
                wanted.offset(),
                records,
                data.abortedTransactions() == null ? List.of() : List.copyOf(data.abortedTransactions())));
    }

    /** Calls for each partition with a position. */
    void forEachLag(Consumer<Long> lags) {
        planner.partitions().forEach(partition -> {
            if (planner.lag(partition) >= 0) {
                lags.accept(planner.lag(partition));
            }
        });
    }
}
