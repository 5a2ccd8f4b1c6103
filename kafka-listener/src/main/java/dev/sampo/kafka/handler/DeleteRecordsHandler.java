package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.DeleteRecordsReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * DeleteRecords, versions 0 to 2: moves the log start offset of partitions. Internal topics are refused with
 * INVALID_TOPIC_EXCEPTION.
 *
 * @see "KIP-107"
 */
public final class DeleteRecordsHandler implements ApiHandler {
    /** Time to answer without waiting for replicas, which is all that a smaller time-out forbids. */
    private static final int MIN_TIMEOUT_MS = 1_000;

    private static final long NO_LOW_WATERMARK = -1;

    private final ClusterView cluster;
    private final PartitionRegistry registry;

    /** {@code registry} holds this broker's leaders. */
    public DeleteRecordsHandler(ClusterView cluster, PartitionRegistry registry) {
        this.cluster = cluster;
        this.registry = registry;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DELETE_RECORDS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DeleteRecordsRequestData) exchange.request();
        var response = new DeleteRecordsResponseData();
        var leaders = new Leaders(cluster.image(), registry);
        var gather = new Gather<>(exchange, DeleteRecordsReply.class);
        var asked = new ArrayList<DeleteRecordsPartitionResult>();
        for (DeleteRecordsTopic topicRequest : request.topics()) {
            var topicResult = new DeleteRecordsTopicResult().setName(topicRequest.name());
            response.topics().add(topicResult);
            Topic topic = leaders.image().topic(topicRequest.name());
            for (DeleteRecordsPartition wanted : topicRequest.partitions()) {
                var answer = new DeleteRecordsPartitionResult()
                        .setPartitionIndex(wanted.partitionIndex())
                        .setLowWatermark(NO_LOW_WATERMARK);
                topicResult.partitions().add(answer);
                Leaders.Found found = leaders.find(topic, wanted.partitionIndex());
                ActorRef<Partition.Command> leader = found.leader();
                if (found.error() == KafkaError.UNKNOWN_TOPIC_OR_PARTITION) {
                    answer.setErrorCode(found.error().code());
                } else if (topic != null && topic.internal()) {
                    answer.setErrorCode(KafkaError.INVALID_TOPIC_EXCEPTION.code());
                } else if (leader == null) {
                    answer.setErrorCode(found.error().code());
                } else {
                    asked.add(answer);
                    leader.tell(new Partition.DeleteRecords(
                            exchange.requestId(), gather.next(), wanted.offset(), exchange.replyTo()));
                }
            }
        }
        gather.whenAll(Math.max(MIN_TIMEOUT_MS, request.timeoutMs()), replies -> {
            for (int i = 0; i < replies.size(); i++) {
                DeleteRecordsReply reply = replies.get(i);
                if (reply == null) {
                    asked.get(i).setErrorCode(KafkaError.REQUEST_TIMED_OUT.code());
                } else {
                    asked.get(i)
                            .setErrorCode(reply.error().code())
                            .setLowWatermark(reply.error() == KafkaError.NONE ? reply.lowWatermark() : NO_LOW_WATERMARK);
                }
            }
            exchange.respond(response);
        });
    }
}
