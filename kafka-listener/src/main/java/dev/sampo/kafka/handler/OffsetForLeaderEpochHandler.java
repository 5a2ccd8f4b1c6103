package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.EpochEndOffsetReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * OffsetForLeaderEpoch, versions 2 to 4: where the log of an epoch ended, so that a consumer notices truncation.
 *
 * @see "KIP-101, KIP-279, KIP-320"
 */
public final class OffsetForLeaderEpochHandler implements ApiHandler {
    private static final int TIMEOUT_MS = 30_000;

    private final ClusterView cluster;
    private final PartitionRegistry registry;

    /** {@code registry} holds this broker's leaders. */
    public OffsetForLeaderEpochHandler(ClusterView cluster, PartitionRegistry registry) {
        this.cluster = cluster;
        this.registry = registry;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (OffsetForLeaderEpochRequestData) exchange.request();
        var response = new OffsetForLeaderEpochResponseData();
        var leaders = new Leaders(cluster.image(), registry);
        var gather = new Gather<>(exchange, EpochEndOffsetReply.class);
        var asked = new ArrayList<EpochEndOffset>();
        for (OffsetForLeaderTopic topicRequest : request.topics()) {
            var topicResult = new OffsetForLeaderTopicResult().setTopic(topicRequest.topic());
            response.topics().add(topicResult);
            Topic topic = leaders.image().topic(topicRequest.topic());
            for (OffsetForLeaderPartition wanted : topicRequest.partitions()) {
                var answer = new EpochEndOffset().setPartition(wanted.partition());
                topicResult.partitions().add(answer);
                Leaders.Found found = leaders.find(topic, wanted.partition());
                ActorRef<Partition.Command> leader = found.leader();
                if (leader == null) {
                    answer.setErrorCode(found.error().code());
                } else {
                    asked.add(answer);
                    leader.tell(new Partition.EpochEndOffset(
                            exchange.requestId(), gather.next(), wanted.currentLeaderEpoch(), wanted.leaderEpoch(),
                            exchange.replyTo()));
                }
            }
        }
        gather.whenAll(TIMEOUT_MS, replies -> {
            for (int i = 0; i < replies.size(); i++) {
                EpochEndOffsetReply reply = replies.get(i);
                EpochEndOffset answer = asked.get(i);
                if (reply == null) {
                    answer.setErrorCode(KafkaError.REQUEST_TIMED_OUT.code());
                } else if (reply.error() != KafkaError.NONE) {
                    answer.setErrorCode(reply.error().code());
                } else {
                    answer.setLeaderEpoch(reply.leaderEpoch()).setEndOffset(reply.endOffset());
                }
            }
            exchange.respond(response);
        });
    }
}
