package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import java.util.List;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.jspecify.annotations.Nullable;

/** What is wrong with a heartbeat whatever the group. */
public final class HeartbeatCheck {
    private HeartbeatCheck() {}

    /** Null, or the refusal of a request that no group would take. */
    public static @Nullable ConsumerGroupHeartbeatReply refusal(ConsumerGroupHeartbeat request, ConsumerGroupSettings settings) {
        String problem = problem(request);
        if (problem != null) {
            return ConsumerGroupHeartbeatReply.failed(KafkaError.INVALID_REQUEST, problem);
        }
        String assignor = request.serverAssignor();
        if (assignor == null) {
            return null;
        }
        List<String> known = settings.assignors().stream().map(ConsumerGroupPartitionAssignor::name).toList();
        return known.contains(assignor)
                ? null
                : ConsumerGroupHeartbeatReply.failed(
                        KafkaError.UNSUPPORTED_ASSIGNOR, "there are the assignors " + known + ", none is " + assignor);
    }

    private static @Nullable String problem(ConsumerGroupHeartbeat request) {
        int epoch = request.memberEpoch();
        if ((request.memberIdRequired() || epoch > 0 || epoch == ConsumerMember.LEFT) && request.memberId().isBlank()) {
            return "a member id is needed";
        } else if (request.groupId().isBlank()) {
            return "the group id is empty";
        } else if (request.instanceId() != null && request.instanceId().isBlank()) {
            return "the instance id is empty";
        } else if (request.rackId() != null && request.rackId().isBlank()) {
            return "the rack id is empty";
        } else if (epoch < ConsumerMember.STATIC_LEFT) {
            return "no member has epoch " + epoch;
        } else if (epoch == ConsumerMember.STATIC_LEFT && request.instanceId() == null) {
            return "only a member with an instance id leaves for a while";
        }
        return epoch == ConsumerMember.JOINS ? problemOfJoining(request) : null;
    }

    private static @Nullable String problemOfJoining(ConsumerGroupHeartbeat request) {
        if (request.rebalanceTimeoutMs() == -1) {
            return "a member that joins has to say its rebalance timeout";
        } else if (request.topicPartitions() == null || !request.topicPartitions().isEmpty()) {
            return "a member that joins has to say that it owns no partitions";
        } else if (request.subscribedTopicNames() == null && request.subscribedTopicRegex() == null) {
            return "a member that joins has to say its topics";
        }
        return null;
    }
}
