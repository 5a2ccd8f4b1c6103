package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.protocol.ApiKeys;

/** DeleteGroups 0-3: empty groups with their offsets, each with a result of its own. */
public final class DeleteGroupsHandler implements ApiHandler {
    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public DeleteGroupsHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DELETE_GROUPS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DeleteGroupsRequestData) exchange.request();
        var answers = request.groupsNames().stream()
                .distinct()
                .map(groupId -> groups.ask(new Group.DeleteGroup(groupId), GroupHandling.TIMEOUT)
                        .thenApply(reply -> new DeletableGroupResult()
                                .setGroupId(groupId)
                                .setErrorCode(reply.error().code())))
                .toList();
        exchange.respondWhen(GroupHandling.all(answers).thenApply(all -> {
            var response = new DeleteGroupsResponseData();
            all.forEach(response.results()::add);
            return response;
        }));
    }
}
