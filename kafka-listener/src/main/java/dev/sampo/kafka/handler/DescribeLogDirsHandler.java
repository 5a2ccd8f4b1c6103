package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.DescribeLogReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DescribeLogDirs, versions 1 to 5: the one log folder of this broker, the replicas here with their sizes, and the
 * room on the volume. Partitions that are not here, or do not answer, are left out.
 *
 * @see "KIP-113, KIP-827"
 */
public final class DescribeLogDirsHandler implements ApiHandler {
    private static final Logger log = LoggerFactory.getLogger(DescribeLogDirsHandler.class);
    private static final int TIMEOUT_MS = 10_000;

    private final ClusterView cluster;
    private final PartitionRegistry registry;
    private final Path logDirectory;
    private final Executor blocking;

    /** {@code blocking} may wait for the disk, which is asked for its free room. */
    public DescribeLogDirsHandler(
            ClusterView cluster, PartitionRegistry registry, Path logDirectory, Executor blocking) {
        this.cluster = cluster;
        this.registry = registry;
        this.logDirectory = logDirectory.toAbsolutePath();
        this.blocking = blocking;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_LOG_DIRS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DescribeLogDirsRequestData) exchange.request();
        MetadataImage image = cluster.image();
        var gather = new Gather<>(exchange, DescribeLogReply.class);
        var asked = new ArrayList<TopicIdPartition>();
        @Nullable Map<String, Set<Integer>> wanted = wanted(request);
        registry.replicas().forEach((id, replica) -> {
            Topic topic = image.topic(id.topicId());
            if (topic != null && isWanted(wanted, topic.name(), id.partition())) {
                asked.add(id);
                replica.describe(new Partition.DescribeLog(exchange.requestId(), gather.next(), exchange.replyTo()));
            }
        });
        gather.whenAll(TIMEOUT_MS, replies -> {
            List<DescribeLogDirsTopic> topics = topics(image, asked, replies);
            List<DescribeLogDirsResult> offline = offline(asked, replies);
            exchange.respondWhen(CompletableFuture.supplyAsync(() -> answer(topics, offline), blocking));
        });
    }

    /** The protocol has errors for folders only: a log that is offline is one of its own. */
    private List<DescribeLogDirsResult> offline(
            List<TopicIdPartition> asked, List<@Nullable DescribeLogReply> replies) {
        var offline = new ArrayList<DescribeLogDirsResult>();
        for (int i = 0; i < asked.size(); i++) {
            DescribeLogReply reply = replies.get(i);
            if (reply != null && reply.error() == KafkaError.KAFKA_STORAGE_ERROR) {
                offline.add(new DescribeLogDirsResult()
                        .setLogDir(logDirectory.resolve(asked.get(i).directoryName()).toString())
                        .setErrorCode(KafkaError.KAFKA_STORAGE_ERROR.code()));
            }
        }
        return offline;
    }

    private DescribeLogDirsResponseData answer(
            List<DescribeLogDirsTopic> topics, List<DescribeLogDirsResult> offline) {
        var result = new DescribeLogDirsResult().setLogDir(logDirectory.toString());
        try {
            FileStore store = Files.getFileStore(logDirectory);
            result.setTopics(topics).setTotalBytes(store.getTotalSpace()).setUsableBytes(store.getUsableSpace());
        } catch (IOException e) {
            log.atError().addKeyValue("logDir", logDirectory).setCause(e).log("the log folder cannot be read");
            result.setErrorCode(KafkaError.KAFKA_STORAGE_ERROR.code());
        }
        var results = new ArrayList<>(offline);
        results.addFirst(result);
        return new DescribeLogDirsResponseData().setResults(results);
    }

    private static List<DescribeLogDirsTopic> topics(
            MetadataImage image, List<TopicIdPartition> asked, List<@Nullable DescribeLogReply> replies) {
        var topics = new TreeMap<String, DescribeLogDirsTopic>();
        for (int i = 0; i < asked.size(); i++) {
            DescribeLogReply reply = replies.get(i);
            Topic topic = image.topic(asked.get(i).topicId());
            if (reply != null && reply.error() == KafkaError.NONE && topic != null) {
                topics.computeIfAbsent(topic.name(), name -> new DescribeLogDirsTopic().setName(name))
                        .partitions()
                        .add(new DescribeLogDirsPartition()
                                .setPartitionIndex(asked.get(i).partition())
                                .setPartitionSize(reply.sizeBytes())
                                .setOffsetLag(Math.max(0, reply.highWatermark() - reply.logEndOffset())));
            }
        }
        for (DescribeLogDirsTopic topic : topics.values()) {
            topic.partitions().sort((one, other) -> Integer.compare(one.partitionIndex(), other.partitionIndex()));
        }
        return new ArrayList<>(topics.values());
    }

    /** By topic; null for all. */
    private static @Nullable Map<String, Set<Integer>> wanted(DescribeLogDirsRequestData request) {
        if (request.topics() == null) {
            return null;
        }
        var wanted = new TreeMap<String, Set<Integer>>();
        for (DescribableLogDirTopic topic : request.topics()) {
            wanted.computeIfAbsent(topic.topic(), name -> new HashSet<>()).addAll(topic.partitions());
        }
        return wanted;
    }

    private static boolean isWanted(@Nullable Map<String, Set<Integer>> wanted, String topic, int partition) {
        return wanted == null || wanted.getOrDefault(topic, Set.of()).contains(partition);
    }
}
