package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.QuorumMember;
import dev.sampo.actors.protocol.Controller.QuorumReply;
import dev.sampo.partition.controller.MetadataImage;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Listener;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ListenerCollection;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Node;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ReplicaState;
import org.apache.kafka.common.message.DescribeQuorumResponseData.TopicData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * DescribeQuorum (55), versions 0 to 2: who keeps the metadata log, as its leader knows. Offsets are those of Raft's log,
 * which also counts changes of its members.
 *
 * @see "KIP-595, KIP-836, KIP-853"
 */
public final class DescribeQuorumHandler implements ApiHandler {
    private static final String LISTENER = "CONTROLLER";

    private final ClusterView cluster;
    private final ControllerClient controller;
    private final InstantSource clock;

    /** Asks the controller's node; {@code clock} turns ages into times. */
    public DescribeQuorumHandler(ClusterView cluster, ControllerClient controller, InstantSource clock) {
        this.cluster = cluster;
        this.controller = controller;
        this.clock = clock;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_QUORUM;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DescribeQuorumRequestData) exchange.request();
        boolean metadata = request.topics().size() == 1
                && request.topics().getFirst().topicName().equals(Topic.CLUSTER_METADATA_TOPIC_NAME)
                && request.topics().getFirst().partitions().size() == 1
                && request.topics().getFirst().partitions().getFirst().partitionIndex() == 0;
        if (!metadata) {
            exchange.respond(unknown(request));
            return;
        }
        CompletionStage<QuorumReply> answer = controller.ask(Controller.DescribeQuorum::new);
        exchange.respondWhen(answer.thenApply(reply -> response(cluster.image(), reply, clock.millis())));
    }

    private static DescribeQuorumResponseData unknown(DescribeQuorumRequestData request) {
        var response = new DescribeQuorumResponseData();
        for (var topic : request.topics()) {
            var answer = new TopicData().setTopicName(topic.topicName());
            topic.partitions().forEach(partition -> answer.partitions()
                    .add(new PartitionData()
                            .setPartitionIndex(partition.partitionIndex())
                            .setErrorCode(KafkaError.UNKNOWN_TOPIC_OR_PARTITION.code())));
            response.topics().add(answer);
        }
        return response;
    }

    private static DescribeQuorumResponseData response(MetadataImage image, QuorumReply quorum, long nowMs) {
        var partition = new PartitionData()
                .setPartitionIndex(0)
                .setLeaderId(quorum.leaderId())
                .setLeaderEpoch((int) quorum.term())
                .setHighWatermark(quorum.committed());
        var response = new DescribeQuorumResponseData();
        for (QuorumMember member : quorum.members()) {
            (member.voter() ? partition.currentVoters() : partition.observers()).add(state(image, quorum, member, nowMs));
            if (member.voter()) {
                int colon = member.address().lastIndexOf(':');
                var listeners = new ListenerCollection();
                listeners.add(new Listener()
                        .setName(LISTENER)
                        .setHost(member.address().substring(0, colon))
                        .setPort(Integer.parseInt(member.address().substring(colon + 1))));
                response.nodes().add(new Node().setNodeId(member.brokerId()).setListeners(listeners));
            }
        }
        response.topics().add(new TopicData().setTopicName(Topic.CLUSTER_METADATA_TOPIC_NAME));
        response.topics().getFirst().partitions().add(partition);
        return response;
    }

    private static ReplicaState state(MetadataImage image, QuorumReply quorum, QuorumMember member, long nowMs) {
        MetadataImage.Broker broker = image.brokers().get(member.brokerId());
        var state = new ReplicaState().setReplicaId(member.brokerId()).setLogEndOffset(member.endOffset());
        if (broker != null) {
            state.setReplicaDirectoryId(broker.directoryId());
        }
        if (member.brokerId() == quorum.leaderId()) {
            return state.setLastCaughtUpTimestamp(nowMs);
        }
        if (member.silentMs() >= 0) {
            state.setLastFetchTimestamp(nowMs - member.silentMs());
            if (member.endOffset() >= quorum.committed()) {
                state.setLastCaughtUpTimestamp(nowMs - member.silentMs());
            }
        }
        return state;
    }
}
