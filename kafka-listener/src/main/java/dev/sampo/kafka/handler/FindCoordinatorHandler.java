package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.group.coordinator.GroupAccess;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * FindCoordinator 0-6: one key up to 3, many from 4 on. Groups only: for transactions and share groups, which this broker
 * does not serve yet, the answer is INVALID_REQUEST with a message. A retriable error would let a transactional producer
 * wait in vain instead of failing with the reason.
 */
public final class FindCoordinatorHandler implements ApiHandler {
    private static final byte GROUP = 0;

    private final GroupAccess groups;
    private final MetadataImages images;

    /** {@code images} tells the endpoints of the client's listener. */
    public FindCoordinatorHandler(GroupAccess groups, MetadataImages images) {
        this.groups = groups;
        this.images = images;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.FIND_COORDINATOR;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (FindCoordinatorRequestData) exchange.request();
        short version = exchange.apiVersion();
        byte keyType = version == 0 ? GROUP : request.keyType();
        String listener = exchange.client().listener();
        var response = new FindCoordinatorResponseData();
        if (version >= 4) {
            request.coordinatorKeys().forEach(key -> response.coordinators().add(find(keyType, key, listener)));
            exchange.respond(response);
            return;
        }
        var found = find(keyType, request.key(), listener);
        response.setErrorCode(found.errorCode()).setNodeId(found.nodeId()).setHost(found.host()).setPort(found.port());
        if (version >= 1) {
            response.setErrorMessage(found.errorMessage());
        }
        exchange.respond(response);
    }

    private FindCoordinatorResponseData.Coordinator find(byte keyType, String key, String listener) {
        if (keyType != GROUP) {
            return failed(key, KafkaError.INVALID_REQUEST, "This broker coordinates groups only (key type 0), not key "
                    + "type " + keyType + ": transactions and share groups are not supported yet.");
        }
        GroupAccess.Location location = groups.locate(key);
        MetadataImage.Broker broker = images.current().brokers().get(location.brokerId());
        if (location.error() == KafkaError.NONE && broker != null && !broker.fenced()) {
            for (Controller.Endpoint endpoint : broker.endpoints()) {
                if (endpoint.listener().equals(listener)) {
                    return new FindCoordinatorResponseData.Coordinator()
                            .setKey(key)
                            .setNodeId(broker.id())
                            .setHost(endpoint.host())
                            .setPort(endpoint.port());
                }
            }
        }
        return failed(key, KafkaError.COORDINATOR_NOT_AVAILABLE, null);
    }

    private static FindCoordinatorResponseData.Coordinator failed(
            String key, KafkaError error, @Nullable String message) {
        return new FindCoordinatorResponseData.Coordinator()
                .setKey(key)
                .setNodeId(-1)
                .setHost("")
                .setPort(-1)
                .setErrorCode(error.code())
                .setErrorMessage(ErrorMessages.fitting(message));
    }
}
