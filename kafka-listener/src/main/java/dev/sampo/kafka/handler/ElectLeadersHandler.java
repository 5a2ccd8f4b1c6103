package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.ElectLeaders;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.NamedPartition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * ElectLeaders (43), versions 0 to 2. The leader of a partition is elected for its whole placement group, so that one
 * election serves all partitions of the group. Answers when the leaders are elected; a partition whose election takes longer
 * than the request's time says REQUEST_TIMED_OUT, and is elected later.
 *
 * @see "KIP-183, KIP-460"
 */
public final class ElectLeadersHandler implements ApiHandler {
    private static final byte PREFERRED = 0;
    private static final byte UNCLEAN = 1;

    private final ClusterView cluster;
    private final ControllerClient controller;
    private final TopicReadiness readiness;

    /** Asks the controller; {@code readiness} waits for the leaders. */
    public ElectLeadersHandler(ClusterView cluster, ControllerClient controller, TopicReadiness readiness) {
        this.cluster = cluster;
        this.controller = controller;
        this.readiness = readiness;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.ELECT_LEADERS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (ElectLeadersRequestData) exchange.request();
        boolean all = request.topicPartitions() == null;
        List<NamedPartition> wanted = wanted(request);
        if (request.electionType() != PREFERRED && request.electionType() != UNCLEAN) {
            var problem = new ItemResult(KafkaError.INVALID_REQUEST, "Unknown election type " + request.electionType());
            exchange.respond(response(wanted, wanted.stream().map(each -> problem).toList(), false)
                    .setErrorCode(problem.error().code()));
            return;
        }
        if (wanted.isEmpty()) {
            exchange.respond(new ElectLeadersResponseData());
            return;
        }
        boolean unclean = request.electionType() == UNCLEAN;
        CompletionStage<ItemsReply> answer = controller.ask(replyTo -> new ElectLeaders(wanted, unclean, replyTo));
        exchange.respondWhen(answer.thenCompose(reply -> readiness
                .until(image -> notElected(image, wanted, reply.results(), unclean).isEmpty(), request.timeoutMs())
                .thenApply(done -> {
                    var results = new ArrayList<>(reply.results());
                    for (int late : notElected(cluster.image(), wanted, reply.results(), unclean)) {
                        results.set(late, new ItemResult(KafkaError.REQUEST_TIMED_OUT, null));
                    }
                    return response(wanted, results, all);
                })));
    }

    private List<NamedPartition> wanted(ElectLeadersRequestData request) {
        var wanted = new ArrayList<NamedPartition>();
        if (request.topicPartitions() == null) {
            for (Topic topic : cluster.image().topics().values()) {
                for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
                    wanted.add(new NamedPartition(topic.name(), partition));
                }
            }
        } else {
            for (TopicPartitions topic : request.topicPartitions()) {
                topic.partitions().forEach(partition -> wanted.add(new NamedPartition(topic.topic(), partition)));
            }
        }
        return wanted;
    }

    /** Places in {@code wanted} of partitions that the controller agreed to and that have not the leader yet. */
    private static List<Integer> notElected(
            MetadataImage image, List<NamedPartition> wanted, List<ItemResult> results, boolean unclean) {
        var places = new ArrayList<Integer>(0);
        for (int i = 0; i < wanted.size(); i++) {
            NamedPartition each = wanted.get(i);
            Topic topic = image.topic(each.topic());
            if (results.get(i).error() == KafkaError.NONE && topic != null
                    && ClusterView.hasPartition(topic, each.partition())) {
                PlacementGroup group = image.groupOf(topic, each.partition());
                if (unclean ? !image.isLive(group.leader()) : group.leader() != group.replicas().getFirst()) {
                    places.add(i);
                }
            }
        }
        return places;
    }

    /** @param all those that need no election are left out */
    private static ElectLeadersResponseData response(List<NamedPartition> wanted, List<ItemResult> results, boolean all) {
        var byTopic = new TreeMap<String, ReplicaElectionResult>();
        var response = new ElectLeadersResponseData();
        for (int i = 0; i < wanted.size(); i++) {
            NamedPartition each = wanted.get(i);
            ItemResult result = results.get(i);
            ReplicaElectionResult topic = byTopic.get(each.topic());
            if (topic == null) {
                topic = new ReplicaElectionResult().setTopic(each.topic());
                byTopic.put(each.topic(), topic);
                response.replicaElectionResults().add(topic);
            }
            if (!all || result.error() != KafkaError.ELECTION_NOT_NEEDED) {
                topic.partitionResult()
                        .add(new PartitionResult()
                                .setPartitionId(each.partition())
                                .setErrorCode(result.error().code())
                                .setErrorMessage(ErrorMessages.fitting(result.errorMessage())));
            }
        }
        return response;
    }
}
