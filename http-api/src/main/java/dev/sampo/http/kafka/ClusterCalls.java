package dev.sampo.http.kafka;

import dev.sampo.http.body.ClusterBodies.Broker;
import dev.sampo.http.body.ClusterBodies.Cluster;
import dev.sampo.http.body.ClusterBodies.LogDir;
import dev.sampo.http.body.ClusterBodies.LogDirPartition;
import dev.sampo.http.body.ClusterBodies.LogDirs;
import dev.sampo.http.route.Problem;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.placement.Holders;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** The cluster and its brokers. */
public final class ClusterCalls {
    /** So many partitions, or topics, are asked for at once: their answer fits a frame between brokers. */
    private static final int PARTITIONS_AT_ONCE = 5_000;

    private static final int TOPICS_AT_ONCE = 500;

    private final BrokerCalls broker;
    private final MetadataImages images;

    /** Asks {@code broker}; {@code images} say what brokers hold. */
    public ClusterCalls(BrokerCalls broker, MetadataImages images) {
        this.broker = broker;
        this.images = images;
    }

    /** Brokers are ordered by id, those that are fenced too. */
    public CompletionStage<Cluster> describe() {
        var request = new DescribeClusterRequestData().setIncludeFencedBrokers(true);
        return broker.call(ApiKeys.DESCRIBE_CLUSTER, 2, request, DescribeClusterResponseData.class)
                .thenApply(response -> {
                    KafkaProblems.check(response.errorCode(), response.errorMessage());
                    MetadataImage image = images.current();
                    Map<Integer, Integer> leads = new HashMap<>();
                    Map<Integer, Integer> replicas = new HashMap<>();
                    count(image, leads, replicas);
                    List<Broker> brokers = response.brokers().stream()
                            .map(one -> new Broker(
                                    one.brokerId(), one.host(), one.port(), one.rack(), one.isFenced(),
                                    state(image, one.brokerId(), one.isFenced()), leads.getOrDefault(one.brokerId(), 0),
                                    replicas.getOrDefault(one.brokerId(), 0)))
                            .toList();
                    return new Cluster(response.clusterId(), response.controllerId(), brokers);
                });
    }

    private static void count(MetadataImage image, Map<Integer, Integer> leads, Map<Integer, Integer> replicas) {
        image.topics().values().forEach(topic -> {
            for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
                leads.merge(image.groupOf(topic, partition).leader(), 1, Integer::sum);
                Holders.of(image, topic, partition).forEach(id -> replicas.merge(id, 1, Integer::sum));
            }
        });
    }

    private static String state(MetadataImage image, int brokerId, boolean fenced) {
        MetadataImage.Broker known = image.brokers().get(brokerId);
        return known == null ? (fenced ? "down" : "live") : state(known);
    }

    /** In the words of {@code sampo node list}: live, drained or down. */
    static String state(MetadataImage.Broker broker) {
        if (broker.fenced()) {
            return "down";
        }
        return broker.drained() ? "drained" : "live";
    }

    /** Fails with 404 when there is none. */
    public CompletionStage<Broker> broker(int brokerId) {
        return describe().thenApply(cluster -> cluster.brokers().stream()
                .filter(one -> one.brokerId() == brokerId)
                .findFirst()
                .orElseThrow(() -> Problem.notFound(
                        "unknown-broker", "There is no such broker", "No broker has the id " + brokerId + ".")));
    }

    /** The log folders of the broker that answers, which is {@code brokerId}. */
    public CompletionStage<LogDirs> logDirs(int brokerId) {
        return describeLogDirs(null).thenApply(response -> new LogDirs(
                brokerId,
                response.results().stream()
                        .map(result -> {
                            var partitions = new ArrayList<LogDirPartition>();
                            result.topics().forEach(topic -> topic.partitions().forEach(partition -> partitions.add(
                                    new LogDirPartition(
                                            topic.name(), partition.partitionIndex(), partition.partitionSize(),
                                            partition.offsetLag()))));
                            Errors error = Errors.forCode(result.errorCode());
                            return new LogDir(
                                    result.logDir(), result.totalBytes(), result.usableBytes(),
                                    error == Errors.NONE ? null : error.name(), partitions);
                        })
                        .toList()));
    }

    /** Bytes of the logs of these partitions on this broker; those that are not here are left out. */
    CompletionStage<Map<Integer, Long>> sizes(String topic, List<Integer> partitions) {
        return describeLogDirs(new DescribableLogDirTopic().setTopic(topic).setPartitions(partitions))
                .thenApply(response -> {
                    Map<Integer, Long> sizes = new TreeMap<>();
                    response.results().forEach(result -> result.topics().forEach(found -> found.partitions().forEach(
                            partition -> sizes.put(partition.partitionIndex(), partition.partitionSize()))));
                    return sizes;
                });
    }

    /** Bytes of the logs of these partitions on a broker; those that are not there are left out. */
    CompletionStage<Map<TopicPartition, Long>> sizesOn(int brokerId, List<TopicPartition> partitions) {
        var parts = new ArrayList<DescribeLogDirsRequestData>();
        Map<String, DescribableLogDirTopic> topics = new HashMap<>();
        int inPart = 0;
        for (TopicPartition partition : partitions) {
            if (parts.isEmpty() || inPart == PARTITIONS_AT_ONCE || topics.size() == TOPICS_AT_ONCE) {
                parts.add(new DescribeLogDirsRequestData()
                        .setTopics(new DescribeLogDirsRequestData.DescribableLogDirTopicCollection()));
                topics.clear();
                inPart = 0;
            }
            inPart++;
            DescribableLogDirTopic topic = topics.get(partition.topic());
            if (topic == null) {
                topic = new DescribableLogDirTopic().setTopic(partition.topic()).setPartitions(new ArrayList<>());
                topics.put(partition.topic(), topic);
                parts.getLast().topics().add(topic);
            }
            topic.partitions().add(partition.partition());
        }
        return BrokerCalls.each(parts, request -> broker.callAt(
                        brokerId, ApiKeys.DESCRIBE_LOG_DIRS, 4, request, DescribeLogDirsResponseData.class))
                .thenApply(responses -> {
                    Map<TopicPartition, Long> sizes = new HashMap<>();
                    for (DescribeLogDirsResponseData response : responses) {
                        KafkaProblems.check(response.errorCode(), null);
                        response.results().forEach(result -> result.topics().forEach(topic -> topic.partitions().forEach(
                                partition -> sizes.put(
                                        new TopicPartition(topic.name(), partition.partitionIndex()),
                                        partition.partitionSize()))));
                    }
                    return sizes;
                });
    }

    private CompletionStage<DescribeLogDirsResponseData> describeLogDirs(@Nullable DescribableLogDirTopic topic) {
        var request = new DescribeLogDirsRequestData().setTopics(null);
        if (topic != null) {
            var topics = new DescribeLogDirsRequestData.DescribableLogDirTopicCollection();
            topics.add(topic);
            request.setTopics(topics);
        }
        return broker.call(ApiKeys.DESCRIBE_LOG_DIRS, 4, request, DescribeLogDirsResponseData.class)
                .thenApply(response -> {
                    KafkaProblems.check(response.errorCode(), null);
                    return response;
                });
    }
}
