package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.ChangeVoter;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AddRaftVoterRequestData;
import org.apache.kafka.common.message.AddRaftVoterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * AddRaftVoter (80), versions 0 and 1: a broker that listens to the metadata log becomes a voter. Where the others reach it
 * its registration says; the endpoints of the request do not count. Answers when the change is committed.
 *
 * @see "KIP-853"
 */
public final class AddRaftVoterHandler implements ApiHandler {
    private final ClusterView cluster;
    private final ControllerClient controller;

    /** Asks the controller's node. */
    public AddRaftVoterHandler(ClusterView cluster, ControllerClient controller) {
        this.cluster = cluster;
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.ADD_RAFT_VOTER;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (AddRaftVoterRequestData) exchange.request();
        ItemResult problem = clusterProblem(cluster, request.clusterId());
        if (problem != null) {
            exchange.respond(response(problem));
            return;
        }
        CompletionStage<ItemsReply> answer = controller.ask(replyTo ->
                new ChangeVoter(request.voterId(), directory(request.voterDirectoryId()), true, replyTo));
        exchange.respondWhen(answer.thenApply(reply -> response(reply.results().getFirst())));
    }

    static @Nullable ItemResult clusterProblem(ClusterView cluster, @Nullable String clusterId) {
        return clusterId == null || clusterId.equals(cluster.clusterId())
                ? null
                : new ItemResult(KafkaError.INCONSISTENT_CLUSTER_ID, "This is cluster " + cluster.clusterId() + ".");
    }

    static @Nullable Uuid directory(Uuid id) {
        return id.equals(Uuid.ZERO_UUID) ? null : id;
    }

    private static AddRaftVoterResponseData response(ItemResult result) {
        return new AddRaftVoterResponseData()
                .setErrorCode(result.error().code())
                .setErrorMessage(ErrorMessages.fitting(result.errorMessage()));
    }
}
