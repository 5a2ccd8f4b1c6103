package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Controller.ChangeVoter;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.RemoveRaftVoterRequestData;
import org.apache.kafka.common.message.RemoveRaftVoterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * RemoveRaftVoter (81), version 0: a voter of the metadata log votes no more; it still listens. The leader first hands over,
 * and the client hears NOT_CONTROLLER and asks again (KIP-853).
 */
public final class RemoveRaftVoterHandler implements ApiHandler {
    private final ClusterView cluster;
    private final ControllerClient controller;

    /** Asks the controller's node. */
    public RemoveRaftVoterHandler(ClusterView cluster, ControllerClient controller) {
        this.cluster = cluster;
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.REMOVE_RAFT_VOTER;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (RemoveRaftVoterRequestData) exchange.request();
        ItemResult problem = AddRaftVoterHandler.clusterProblem(cluster, request.clusterId());
        if (problem != null) {
            exchange.respond(response(problem));
            return;
        }
        CompletionStage<ItemsReply> answer = controller.ask(replyTo -> new ChangeVoter(
                request.voterId(), AddRaftVoterHandler.directory(request.voterDirectoryId()), false, replyTo));
        exchange.respondWhen(answer.thenApply(reply -> response(reply.results().getFirst())));
    }

    private static RemoveRaftVoterResponseData response(ItemResult result) {
        return new RemoveRaftVoterResponseData()
                .setErrorCode(result.error().code())
                .setErrorMessage(ErrorMessages.fitting(result.errorMessage()));
    }
}
