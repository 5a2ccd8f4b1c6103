package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/** ConsumerGroupHeartbeat 0-1 (KIP-848); regular expressions and member ids of the client's own from 1 on. */
public final class ConsumerGroupHeartbeatHandler implements ApiHandler {
    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public ConsumerGroupHeartbeatHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.CONSUMER_GROUP_HEARTBEAT;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (ConsumerGroupHeartbeatRequestData) exchange.request();
        var heartbeat = new Group.ConsumerGroupHeartbeat(
                request.groupId(), request.memberId(), request.memberEpoch(), request.instanceId(), request.rackId(),
                request.rebalanceTimeoutMs(), request.subscribedTopicNames(), request.subscribedTopicRegex(),
                request.serverAssignor(), owned(request.topicPartitions()), exchange.clientId(),
                exchange.client().host(), exchange.apiVersion() >= 1);
        exchange.respondWhen(groups.ask(heartbeat, GroupHandling.TIMEOUT)
                .thenApply(ConsumerGroupHeartbeatHandler::response));
    }

    private static @Nullable Map<Uuid, Set<Integer>> owned(
            @Nullable List<ConsumerGroupHeartbeatRequestData.TopicPartitions> topics) {
        if (topics == null) {
            return null;
        }
        Map<Uuid, Set<Integer>> owned = new HashMap<>();
        topics.forEach(topic -> owned.computeIfAbsent(topic.topicId(), id -> new HashSet<>()).addAll(topic.partitions()));
        return owned;
    }

    private static ConsumerGroupHeartbeatResponseData response(Group.ConsumerGroupHeartbeatReply reply) {
        var response = new ConsumerGroupHeartbeatResponseData()
                .setErrorCode(reply.error().code())
                .setErrorMessage(ErrorMessages.fitting(reply.errorMessage()))
                .setMemberId(reply.memberId())
                .setMemberEpoch(reply.memberEpoch())
                .setHeartbeatIntervalMs(reply.heartbeatIntervalMs());
        Map<Uuid, Set<Integer>> assigned = reply.assignment();
        if (assigned != null) {
            var topics = new ArrayList<ConsumerGroupHeartbeatResponseData.TopicPartitions>(assigned.size());
            assigned.forEach((topicId, partitions) -> topics.add(new ConsumerGroupHeartbeatResponseData.TopicPartitions()
                    .setTopicId(topicId)
                    .setPartitions(partitions.stream().sorted().toList())));
            response.setAssignment(new ConsumerGroupHeartbeatResponseData.Assignment().setTopicPartitions(topics));
        }
        return response;
    }
}
