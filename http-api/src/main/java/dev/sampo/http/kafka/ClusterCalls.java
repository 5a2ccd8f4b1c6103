package dev.sampo.http.kafka;

import dev.sampo.http.body.ClusterBodies.Broker;
import dev.sampo.http.body.ClusterBodies.Cluster;
import dev.sampo.http.body.ClusterBodies.LogDir;
import dev.sampo.http.body.ClusterBodies.LogDirPartition;
import dev.sampo.http.body.ClusterBodies.LogDirs;
import dev.sampo.http.route.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
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
    private final BrokerCalls broker;

    /** Asks {@code broker}. */
    public ClusterCalls(BrokerCalls broker) {
        this.broker = broker;
    }

    /** Brokers are ordered by id, those that are fenced too. */
    public CompletionStage<Cluster> describe() {
        var request = new DescribeClusterRequestData().setIncludeFencedBrokers(true);
        return broker.call(ApiKeys.DESCRIBE_CLUSTER, 2, request, DescribeClusterResponseData.class)
                .thenApply(response -> {
                    KafkaProblems.check(response.errorCode(), response.errorMessage());
                    List<Broker> brokers = response.brokers().stream()
                            .map(one -> new Broker(one.brokerId(), one.host(), one.port(), one.rack(), one.isFenced()))
                            .toList();
                    return new Cluster(response.clusterId(), response.controllerId(), brokers);
                });
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
