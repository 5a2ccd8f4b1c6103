package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Controller.AlterReassignments;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.Reassignment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * AlterPartitionReassignments (45), versions 0 and 1: partitions move to other brokers, or do not any more. Answers when
 * the moves have begun.
 *
 * @see "KIP-455, KIP-860"
 */
public final class AlterPartitionReassignmentsHandler implements ApiHandler {
    private final ControllerClient controller;

    /** Asks the controller. */
    public AlterPartitionReassignmentsHandler(ControllerClient controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.ALTER_PARTITION_REASSIGNMENTS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (AlterPartitionReassignmentsRequestData) exchange.request();
        var wanted = new ArrayList<Reassignment>();
        for (ReassignableTopic topic : request.topics()) {
            for (ReassignablePartition partition : topic.partitions()) {
                List<Integer> replicas = partition.replicas();
                wanted.add(new Reassignment(
                        topic.name(), partition.partitionIndex(), replicas == null ? null : List.copyOf(replicas)));
            }
        }
        if (wanted.isEmpty()) {
            exchange.respond(response(request, List.of()));
            return;
        }
        CompletionStage<ItemsReply> answer = controller.ask(
                replyTo -> new AlterReassignments(wanted, request.allowReplicationFactorChange(), replyTo));
        exchange.respondWhen(answer.thenApply(reply -> response(request, reply.results())));
    }

    private static AlterPartitionReassignmentsResponseData response(
            AlterPartitionReassignmentsRequestData request, List<ItemResult> results) {
        var response = new AlterPartitionReassignmentsResponseData()
                .setAllowReplicationFactorChange(request.allowReplicationFactorChange());
        Iterator<ItemResult> next = results.iterator();
        for (ReassignableTopic topic : request.topics()) {
            var answer = new ReassignableTopicResponse().setName(topic.name());
            for (ReassignablePartition partition : topic.partitions()) {
                ItemResult result = next.next();
                answer.partitions()
                        .add(new ReassignablePartitionResponse()
                                .setPartitionIndex(partition.partitionIndex())
                                .setErrorCode(result.error().code())
                                .setErrorMessage(ErrorMessages.fitting(result.errorMessage())));
            }
            response.responses().add(answer);
        }
        return response;
    }
}
