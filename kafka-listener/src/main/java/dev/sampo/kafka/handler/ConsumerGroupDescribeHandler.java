package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import java.util.List;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.ApiKeys;

/** ConsumerGroupDescribe 0-1 (KIP-848). A classic group is GROUP_ID_NOT_FOUND: tools ask for it with DescribeGroups then. */
public final class ConsumerGroupDescribeHandler implements ApiHandler {
    private static final byte CLASSIC_MEMBER = 0;
    private static final byte CONSUMER_MEMBER = 1;

    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public ConsumerGroupDescribeHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.CONSUMER_GROUP_DESCRIBE;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (ConsumerGroupDescribeRequestData) exchange.request();
        short version = exchange.apiVersion();
        int operations = request.includeAuthorizedOperations() ? GroupHandling.ALL_OPERATIONS : Integer.MIN_VALUE;
        var answers = request.groupIds().stream()
                .map(groupId -> groups.ask(new Group.ConsumerGroupDescribe(groupId), GroupHandling.TIMEOUT)
                        .thenApply(reply -> describe(groupId, reply, version, operations)))
                .toList();
        exchange.respondWhen(GroupHandling.all(answers)
                .thenApply(all -> new ConsumerGroupDescribeResponseData().setGroups(all)));
    }

    private static DescribedGroup describe(
            String groupId, Group.ConsumerGroupDescribeReply reply, short version, int operations) {
        var group = new DescribedGroup()
                .setGroupId(groupId)
                .setErrorCode(reply.error().code())
                .setErrorMessage(ErrorMessages.fitting(reply.errorMessage()))
                .setGroupState(reply.state())
                .setGroupEpoch(reply.groupEpoch())
                .setAssignmentEpoch(reply.assignmentEpoch())
                .setAssignorName(reply.assignorName());
        if (reply.error() == KafkaError.NONE) {
            group.setAuthorizedOperations(operations);
        }
        for (Group.DescribedConsumer member : reply.members()) {
            var described = new ConsumerGroupDescribeResponseData.Member()
                    .setMemberId(member.memberId())
                    .setInstanceId(member.instanceId())
                    .setRackId(member.rackId())
                    .setMemberEpoch(member.memberEpoch())
                    .setClientId(member.clientId())
                    .setClientHost(member.clientHost())
                    .setSubscribedTopicNames(member.subscribedTopicNames())
                    .setSubscribedTopicRegex(member.subscribedTopicRegex())
                    .setAssignment(assignment(member.assignment()))
                    .setTargetAssignment(assignment(member.targetAssignment()));
            if (version >= 1) {
                described.setMemberType(member.classic() ? CLASSIC_MEMBER : CONSUMER_MEMBER);
            }
            group.members().add(described);
        }
        return group;
    }

    private static ConsumerGroupDescribeResponseData.Assignment assignment(List<Group.TopicPartitions> topics) {
        return new ConsumerGroupDescribeResponseData.Assignment().setTopicPartitions(topics.stream()
                .map(topic -> new ConsumerGroupDescribeResponseData.TopicPartitions()
                        .setTopicId(topic.topicId())
                        .setTopicName(topic.topic())
                        .setPartitions(topic.partitions()))
                .toList());
    }
}
