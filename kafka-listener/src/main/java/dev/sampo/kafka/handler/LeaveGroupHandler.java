package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import java.util.List;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** LeaveGroup 0-5: one member up to 2, many from 3 on with an error for each. */
public final class LeaveGroupHandler implements ApiHandler {
    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public LeaveGroupHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LEAVE_GROUP;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (LeaveGroupRequestData) exchange.request();
        boolean many = exchange.apiVersion() >= 3;
        List<Group.LeavingMember> leaving = many
                ? request.members().stream()
                        .map(member -> new Group.LeavingMember(member.memberId(), member.groupInstanceId()))
                        .toList()
                : List.of(new Group.LeavingMember(request.memberId(), null));
        var leave = new Group.Leave(request.groupId(), leaving);
        exchange.respondWhen(groups.ask(leave, GroupHandling.TIMEOUT).thenApply(reply -> {
            var response = new LeaveGroupResponseData().setErrorCode(reply.error().code());
            if (reply.error() != KafkaError.NONE) {
                return response;
            }
            if (!many) {
                return response.setErrorCode(reply.members().getFirst().code());
            }
            for (int i = 0; i < leaving.size(); i++) {
                response.members().add(new LeaveGroupResponseData.MemberResponse()
                        .setMemberId(leaving.get(i).memberId())
                        .setGroupInstanceId(leaving.get(i).groupInstanceId())
                        .setErrorCode(reply.members().get(i).code()));
            }
            return response;
        }));
    }
}
