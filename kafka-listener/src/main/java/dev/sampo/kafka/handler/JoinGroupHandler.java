package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** JoinGroup 0-9. The answer may take as long as the group's rebalance. */
public final class JoinGroupHandler implements ApiHandler {
    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public JoinGroupHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.JOIN_GROUP;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (JoinGroupRequestData) exchange.request();
        short version = exchange.apiVersion();
        int rebalanceTimeoutMs = version == 0 ? request.sessionTimeoutMs() : request.rebalanceTimeoutMs();
        var join = new Group.Join(
                request.groupId(), request.memberId(), request.groupInstanceId(), exchange.clientId(),
                exchange.client().host(), request.sessionTimeoutMs(), rebalanceTimeoutMs,
                request.protocolType(),
                request.protocols().stream()
                        .map(protocol -> new Group.Protocol(protocol.name(), protocol.metadata()))
                        .toList(),
                version >= 4, version >= 9);
        exchange.respondWhen(groups.ask(join, GroupHandling.rebalanceTimeout(rebalanceTimeoutMs)).thenApply(reply -> response(reply, version)));
    }

    private static JoinGroupResponseData response(Group.JoinReply reply, short version) {
        String protocolName = reply.protocolName();
        var response = new JoinGroupResponseData()
                .setErrorCode(reply.error().code())
                .setGenerationId(reply.generationId())
                .setProtocolName(protocolName == null && version < 7 ? "" : protocolName)
                .setLeader(reply.leader())
                .setMemberId(reply.memberId());
        if (version >= 7) {
            response.setProtocolType(reply.protocolType());
        }
        if (version >= 9) {
            response.setSkipAssignment(reply.skipAssignment());
        }
        for (Group.JoinedMember member : reply.members()) {
            response.members().add(new JoinGroupResponseData.JoinGroupResponseMember()
                    .setMemberId(member.memberId())
                    .setGroupInstanceId(version >= 5 ? member.groupInstanceId() : null)
                    .setMetadata(member.metadata()));
        }
        return response;
    }
}
