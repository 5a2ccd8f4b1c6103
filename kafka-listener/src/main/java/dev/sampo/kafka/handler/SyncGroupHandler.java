package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import java.time.Duration;
import java.util.HashMap;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** SyncGroup 0-5. The answer waits for the leader's, at most as long as the longest rebalance timeout of the members. */
public final class SyncGroupHandler implements ApiHandler {
    /** The request does not say the rebalance timeout, so this is the longest that a JoinGroup can ask for. */
    private static final Duration TIMEOUT = GroupHandling.rebalanceTimeout(Integer.MAX_VALUE);

    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public SyncGroupHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.SYNC_GROUP;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (SyncGroupRequestData) exchange.request();
        short version = exchange.apiVersion();
        var assignments = new HashMap<String, byte[]>();
        request.assignments().forEach(each -> assignments.put(each.memberId(), each.assignment()));
        var sync = new Group.Sync(
                request.groupId(), request.generationId(), request.memberId(), request.groupInstanceId(),
                request.protocolType(), request.protocolName(), assignments);
        exchange.respondWhen(groups.ask(sync, TIMEOUT).thenApply(reply -> {
            var response = new SyncGroupResponseData()
                    .setErrorCode(reply.error().code())
                    .setAssignment(reply.assignment());
            return version < 5
                    ? response
                    : response.setProtocolType(reply.protocolType()).setProtocolName(reply.protocolName());
        }));
    }
}
