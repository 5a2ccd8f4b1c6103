package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.ListOffsetReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * ListOffsets, versions 1 to 11. Every asker is answered as a consumer, whatever replica id it gives. A partition
 * named more than once is refused, in one entry.
 *
 * @see "KIP-79, KIP-320, KIP-734, KIP-405, KIP-1005, KIP-1023"
 */
public final class ListOffsetsHandler implements ApiHandler {
    private static final byte READ_COMMITTED = 1;
    private static final int TIMEOUT_MS = 30_000;
    private static final int FIRST_VERSION_WITH_LEADER_EPOCH = 4;
    private static final int FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE = 5;
    /** First version that knows the special timestamp, at the place of its negation: -1 latest, -2 earliest, ... */
    private static final int[] FIRST_VERSION_OF_SPECIAL = {0, 1, 1, 7, 8, 9, 11};

    private final ClusterView cluster;
    private final PartitionRegistry registry;

    /** {@code registry} holds this broker's leaders. */
    public ListOffsetsHandler(ClusterView cluster, PartitionRegistry registry) {
        this.cluster = cluster;
        this.registry = registry;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LIST_OFFSETS;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (ListOffsetsRequestData) exchange.request();
        var response = new ListOffsetsResponseData();
        var leaders = new Leaders(cluster.image(), registry);
        var gather = new Gather<>(exchange, ListOffsetReply.class);
        var asked = new ArrayList<ListOffsetsPartitionResponse>();
        Set<TopicPartition> duplicates = duplicates(request);
        Set<TopicPartition> refused = new HashSet<>();
        for (ListOffsetsTopic topicRequest : request.topics()) {
            var topicResponse = new ListOffsetsTopicResponse().setName(topicRequest.name());
            response.topics().add(topicResponse);
            Topic topic = leaders.image().topic(topicRequest.name());
            for (ListOffsetsPartition wanted : topicRequest.partitions()) {
                var answer = new ListOffsetsPartitionResponse().setPartitionIndex(wanted.partitionIndex());
                var topicPartition = new TopicPartition(topicRequest.name(), wanted.partitionIndex());
                if (duplicates.contains(topicPartition)) {
                    if (refused.add(topicPartition)) {
                        topicResponse.partitions().add(answer.setErrorCode(KafkaError.INVALID_REQUEST.code()));
                    }
                    continue;
                }
                topicResponse.partitions().add(answer);
                Leaders.Found found = leaders.find(topic, wanted.partitionIndex());
                ActorRef<Partition.Command> leader = found.leader();
                if (!supported(wanted.timestamp(), exchange.apiVersion())) {
                    answer.setErrorCode(KafkaError.UNSUPPORTED_VERSION.code());
                } else if (leader == null) {
                    answer.setErrorCode(found.error().code());
                } else {
                    asked.add(answer);
                    leader.tell(new Partition.ListOffset(
                            exchange.requestId(), gather.next(), wanted.timestamp(), wanted.currentLeaderEpoch(),
                            request.isolationLevel() == READ_COMMITTED, exchange.replyTo()));
                }
            }
        }
        gather.whenAll(TIMEOUT_MS, replies -> {
            for (int i = 0; i < replies.size(); i++) {
                fill(asked.get(i), replies.get(i), exchange.apiVersion());
            }
            exchange.respond(response);
        });
    }

    private static void fill(
            ListOffsetsPartitionResponse answer, @Nullable ListOffsetReply reply,
            short version) {
        if (reply == null) {
            answer.setErrorCode(KafkaError.REQUEST_TIMED_OUT.code());
        } else if (reply.error() == KafkaError.OFFSET_NOT_AVAILABLE
                && version < FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE) {
            answer.setErrorCode(KafkaError.LEADER_NOT_AVAILABLE.code());
        } else if (reply.error() != KafkaError.NONE) {
            answer.setErrorCode(reply.error().code());
        } else {
            answer.setTimestamp(reply.timestamp()).setOffset(reply.offset());
            if (version >= FIRST_VERSION_WITH_LEADER_EPOCH) {
                answer.setLeaderEpoch(reply.leaderEpoch());
            }
        }
    }

    private static boolean supported(long timestamp, short version) {
        if (timestamp >= 0) {
            return true;
        }
        return timestamp > -FIRST_VERSION_OF_SPECIAL.length && version >= FIRST_VERSION_OF_SPECIAL[(int) -timestamp];
    }

    private static Set<TopicPartition> duplicates(ListOffsetsRequestData request) {
        List<ListOffsetsTopic> topics = request.topics();
        if (topics.size() == 1 && topics.getFirst().partitions().size() == 1) {
            return Set.of();
        }
        var seen = new HashSet<TopicPartition>();
        Set<TopicPartition> twice = Set.of();
        for (ListOffsetsTopic topic : topics) {
            for (ListOffsetsPartition partition : topic.partitions()) {
                var name = new TopicPartition(topic.name(), partition.partitionIndex());
                if (!seen.add(name)) {
                    twice = twice.isEmpty() ? new HashSet<>() : twice;
                    twice.add(name);
                }
            }
        }
        return twice;
    }
}
