package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.Objects;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;

/** OffsetCommit 2-10; topics by name, from 10 on by id. */
public final class OffsetCommitHandler implements ApiHandler {
    private final GroupAccess groups;
    private final MetadataImages images;

    /** Topics that {@code images} does not know are refused here; the rest goes to {@code groups}. */
    public OffsetCommitHandler(GroupAccess groups, MetadataImages images) {
        this.groups = groups;
        this.images = images;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.OFFSET_COMMIT;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (OffsetCommitRequestData) exchange.request();
        boolean byId = exchange.apiVersion() >= 10;
        MetadataImage image = images.current();
        var response = new OffsetCommitResponseData();
        var offsets = new ArrayList<Group.OffsetToCommit>();
        var answers = new ArrayList<OffsetCommitResponsePartition>(); // of the offsets, in the same order
        for (var topic : request.topics()) {
            MetadataImage.Topic known = GroupHandling.topic(image, byId, topic.name(), topic.topicId());
            var topicAnswer = byId
                    ? new OffsetCommitResponseTopic().setTopicId(topic.topicId())
                    : new OffsetCommitResponseTopic().setName(topic.name());
            response.topics().add(topicAnswer);
            for (var partition : topic.partitions()) {
                var answer = new OffsetCommitResponsePartition().setPartitionIndex(partition.partitionIndex());
                topicAnswer.partitions().add(answer);
                KafkaError error = GroupHandling.check(known, byId, partition.partitionIndex());
                answer.setErrorCode(error.code());
                if (error == KafkaError.NONE && known != null) {
                    answers.add(answer);
                    offsets.add(new Group.OffsetToCommit(
                            known.name(), known.id(), partition.partitionIndex(), partition.committedOffset(),
                            partition.committedLeaderEpoch(),
                            Objects.requireNonNullElse(partition.committedMetadata(), "")));
                }
            }
        }
        if (offsets.isEmpty()) {
            exchange.respond(response);
            return;
        }
        var commit = new Group.CommitOffsets(
                request.groupId(), request.generationIdOrMemberEpoch(), request.memberId(), request.groupInstanceId(),
                exchange.apiVersion() >= 9, request.retentionTimeMs(), offsets);
        exchange.respondWhen(groups.ask(commit, GroupHandling.TIMEOUT).thenApply(reply -> {
            for (int i = 0; i < answers.size(); i++) {
                answers.get(i).setErrorCode(reply.errors().get(i).code());
            }
            return response;
        }));
    }
}
