package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.protocol.ApiKeys;

/** DescribeGroups 0-6. A group that does not exist is Dead without an error, from 6 on GROUP_ID_NOT_FOUND. */
public final class DescribeGroupsHandler implements ApiHandler {
    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public DescribeGroupsHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_GROUPS;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DescribeGroupsRequestData) exchange.request();
        short version = exchange.apiVersion();
        int operations = version >= 3 && request.includeAuthorizedOperations()
                ? GroupHandling.ALL_OPERATIONS
                : Integer.MIN_VALUE;
        var answers = request.groups().stream()
                .map(groupId -> groups.ask(new Group.Describe(groupId), GroupHandling.TIMEOUT)
                        .thenApply(reply -> describe(groupId, reply, version, operations)))
                .toList();
        exchange.respondWhen(GroupHandling.all(answers)
                .thenApply(all -> new DescribeGroupsResponseData().setGroups(all)));
    }

    private static DescribedGroup describe(
            String groupId, Group.DescribeReply reply, short version, int operations) {
        var group = new DescribedGroup()
                .setGroupId(groupId)
                .setGroupState(reply.state())
                .setProtocolType(reply.protocolType())
                .setProtocolData(reply.protocolName());
        if (version >= 3 && reply.error() == KafkaError.NONE) {
            group.setAuthorizedOperations(operations);
        }
        boolean absent = reply.error() == KafkaError.GROUP_ID_NOT_FOUND;
        if (!absent || version >= 6) {
            group.setErrorCode(reply.error().code());
        }
        if (absent && version >= 6) {
            group.setErrorMessage(ErrorMessages.fitting("Group " + groupId + " not found."));
        }
        for (Group.DescribedMember member : reply.members()) {
            group.members().add(new DescribedGroupMember()
                    .setMemberId(member.memberId())
                    .setGroupInstanceId(version >= 4 ? member.groupInstanceId() : null)
                    .setClientId(member.clientId())
                    .setClientHost(member.clientHost())
                    .setMemberMetadata(member.metadata())
                    .setMemberAssignment(member.assignment()));
        }
        return group;
    }
}
