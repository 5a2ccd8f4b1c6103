package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.UnregisterBroker;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * UnregisterBroker (64), version 0. Stricter than Kafka's: INVALID_REQUEST for a broker that lives or that a partition has
 * a replica on (KIP-631).
 */
public final class UnregisterBrokerHandler implements ApiHandler {
    private final ControllerClient controller;

    /** Asks the controller. */
    public UnregisterBrokerHandler(ControllerClient controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.UNREGISTER_BROKER;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (UnregisterBrokerRequestData) exchange.request();
        CompletionStage<ItemsReply> answer =
                controller.ask(replyTo -> new UnregisterBroker(request.brokerId(), replyTo));
        exchange.respondWhen(answer.thenApply(reply -> {
            ItemResult result = reply.results().getFirst();
            return new UnregisterBrokerResponseData()
                    .setErrorCode(result.error().code())
                    .setErrorMessage(ErrorMessages.fitting(result.errorMessage()));
        }));
    }
}
