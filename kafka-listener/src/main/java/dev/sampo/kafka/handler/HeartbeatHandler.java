package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Heartbeat 0-4. */
public final class HeartbeatHandler implements ApiHandler {
    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public HeartbeatHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.HEARTBEAT;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (HeartbeatRequestData) exchange.request();
        var heartbeat = new Group.Heartbeat(
                request.groupId(), request.generationId(), request.memberId(), request.groupInstanceId());
        exchange.respondWhen(groups.ask(heartbeat, GroupHandling.TIMEOUT)
                .thenApply(reply -> new HeartbeatResponseData().setErrorCode(reply.error().code())));
    }
}
