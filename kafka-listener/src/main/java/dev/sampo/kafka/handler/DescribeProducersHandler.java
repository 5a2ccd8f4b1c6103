package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.DescribeProducersReply;
import dev.sampo.actors.protocol.Partition.ProducerDescription;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * DescribeProducers, version 0: the producers with state in a partition, from its leader.
 *
 * @see "KIP-664"
 */
public final class DescribeProducersHandler implements ApiHandler {
    private static final int TIMEOUT_MS = 30_000;

    private final ClusterView cluster;
    private final PartitionRegistry registry;

    /** {@code registry} holds this broker's leaders. */
    public DescribeProducersHandler(ClusterView cluster, PartitionRegistry registry) {
        this.cluster = cluster;
        this.registry = registry;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_PRODUCERS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DescribeProducersRequestData) exchange.request();
        var response = new DescribeProducersResponseData();
        var leaders = new Leaders(cluster.image(), registry);
        var gather = new Gather<>(exchange, DescribeProducersReply.class);
        var asked = new ArrayList<PartitionResponse>();
        for (TopicRequest topicRequest : request.topics()) {
            var topicResponse = new TopicResponse().setName(topicRequest.name());
            response.topics().add(topicResponse);
            Topic topic = leaders.image().topic(topicRequest.name());
            for (int partition : topicRequest.partitionIndexes()) {
                var answer = new PartitionResponse().setPartitionIndex(partition);
                topicResponse.partitions().add(answer);
                Leaders.Found found = leaders.find(topic, partition);
                ActorRef<Partition.Command> leader = found.leader();
                if (leader == null) {
                    answer.setErrorCode(found.error().code())
                            .setErrorMessage("This broker does not lead partition " + topicRequest.name() + "-" + partition + ".");
                } else {
                    asked.add(answer);
                    leader.tell(new Partition.DescribeProducers(
                            exchange.requestId(), gather.next(), exchange.replyTo()));
                }
            }
        }
        gather.whenAll(TIMEOUT_MS, replies -> {
            for (int i = 0; i < replies.size(); i++) {
                DescribeProducersReply reply = replies.get(i);
                if (reply == null) {
                    asked.get(i).setErrorCode(KafkaError.REQUEST_TIMED_OUT.code());
                } else {
                    fill(asked.get(i), reply);
                }
            }
            exchange.respond(response);
        });
    }

    private static void fill(PartitionResponse answer, DescribeProducersReply reply) {
        answer.setErrorCode(reply.error().code());
        for (ProducerDescription producer : reply.producers()) {
            answer.activeProducers()
                    .add(new ProducerState()
                            .setProducerId(producer.producerId())
                            .setProducerEpoch(producer.producerEpoch())
                            .setLastSequence(producer.lastSequence())
                            .setLastTimestamp(producer.lastTimestamp())
                            .setCoordinatorEpoch(producer.coordinatorEpoch())
                            .setCurrentTxnStartOffset(producer.currentTransactionStartOffset()));
        }
    }
}
