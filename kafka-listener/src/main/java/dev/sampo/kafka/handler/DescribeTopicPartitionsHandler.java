package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.Holders;
import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * DescribeTopicPartitions, version 0: topics in order of name, page by page. The cursor is the first partition of the
 * next page.
 *
 * @see "KIP-966"
 */
public final class DescribeTopicPartitionsHandler implements ApiHandler {
    /** Any version from 6 on tells a leader without a listener apart. */
    private static final short LISTENER_NOT_FOUND_KNOWN = Short.MAX_VALUE;

    private final ClusterView cluster;
    private final int maxPartitions;

    /** {@code maxPartitions} in one page, {@code max.request.partition.size.limit}, Kafka's default 2000. */
    public DescribeTopicPartitionsHandler(ClusterView cluster, int maxPartitions) {
        if (maxPartitions < 1) {
            throw new IllegalArgumentException(
                    "max.request.partition.size.limit is " + maxPartitions + ", must be at least 1");
        }
        this.cluster = cluster;
        this.maxPartitions = maxPartitions;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DescribeTopicPartitionsRequestData) exchange.request();
        MetadataImage image = cluster.image();
        DescribeTopicPartitionsRequestData.Cursor cursor = request.cursor();
        String firstName = cursor == null ? "" : cursor.topicName();
        int firstPartition = cursor == null ? 0 : cursor.partitionIndex();
        boolean all = request.topics().isEmpty();
        var names = new TreeSet<String>();
        if (all) {
            names.addAll(image.topicIds().keySet());
        } else {
            request.topics().forEach(topic -> names.add(topic.name()));
        }
        if (firstPartition < 0 || (cursor != null && !all && !names.contains(firstName))) {
            exchange.respond(invalid(request));
            return;
        }
        int limit = Math.clamp(request.responsePartitionLimit(), 1, maxPartitions);
        exchange.respond(new Page(image, exchange.client().listener(), all, limit)
                .fill(names.tailSet(firstName), firstName, firstPartition));
    }

    /** The cursor must name a topic of the request and a partition: every topic says so. */
    private static DescribeTopicPartitionsResponseData invalid(DescribeTopicPartitionsRequestData request) {
        var response = new DescribeTopicPartitionsResponseData();
        for (TopicRequest topic : request.topics()) {
            response.topics()
                    .add(new DescribeTopicPartitionsResponseTopic()
                            .setName(topic.name())
                            .setErrorCode(KafkaError.INVALID_REQUEST.code()));
        }
        return response;
    }

    private static final class Page {
        private final MetadataImage image;
        private final String listener;
        private final boolean all;
        private final DescribeTopicPartitionsResponseData response = new DescribeTopicPartitionsResponseData();
        private int left;

        Page(MetadataImage image, String listener, boolean all, int limit) {
            this.image = image;
            this.listener = listener;
            this.all = all;
            this.left = limit;
        }

        DescribeTopicPartitionsResponseData fill(Iterable<String> names, String firstName, int firstPartition) {
            for (String name : names) {
                if (left == 0) {
                    return response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(0));
                }
                Topic topic = image.topic(name);
                if (topic != null) {
                    int next = add(topic, name.equals(firstName) ? firstPartition : 0);
                    if (next < topic.partitionGroups().size()) {
                        return response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(next));
                    }
                } else if (!all) {
                    response.topics()
                            .add(new DescribeTopicPartitionsResponseTopic()
                                    .setErrorCode(TopicNames.unknown(name).code())
                                    .setName(name)
                                    .setIsInternal(TopicNames.internal(name))
                                    .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC));
                }
            }
            return response;
        }

        /** Adds partitions from {@code from} on; returns the first that found no room, or the topic's end. */
        private int add(Topic topic, int from) {
            int end = (int) Math.min(topic.partitionGroups().size(), (long) from + left);
            var answer = new DescribeTopicPartitionsResponseTopic()
                    .setName(topic.name())
                    .setTopicId(topic.id())
                    .setIsInternal(topic.internal())
                    .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
            for (int partition = from; partition < end; partition++) {
                answer.partitions().add(describe(topic, partition));
                left--;
            }
            response.topics().add(answer);
            return end;
        }

        private DescribeTopicPartitionsResponsePartition describe(Topic topic, int partition) {
            PlacementGroup group = image.groupOf(topic, partition);
            List<Integer> holders = Holders.of(image, topic, partition);
            boolean led = ClusterView.alive(image, group.leader(), listener) != null;
            KafkaError error =
                    led ? KafkaError.NONE : TopicMetadata.noLeader(image, group, LISTENER_NOT_FOUND_KNOWN);
            return new DescribeTopicPartitionsResponsePartition()
                    .setErrorCode(error.code())
                    .setPartitionIndex(partition)
                    .setLeaderId(led ? group.leader() : -1)
                    .setLeaderEpoch(group.leaderEpoch())
                    .setReplicaNodes(holders)
                    .setIsrNodes(group.inSyncReplicas())
                    .setEligibleLeaderReplicas(group.eligible())
                    .setLastKnownElr(List.of())
                    .setOfflineReplicas(ClusterView.offlineReplicas(image, holders, listener));
        }
    }
}
