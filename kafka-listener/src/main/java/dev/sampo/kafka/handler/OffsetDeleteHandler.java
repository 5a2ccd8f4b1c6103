package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;

/** OffsetDelete 0 (KIP-496). */
public final class OffsetDeleteHandler implements ApiHandler {
    private final GroupAccess groups;
    private final MetadataImages images;

    /** Topics that {@code images} does not know are refused here; the rest goes to {@code groups}. */
    public OffsetDeleteHandler(GroupAccess groups, MetadataImages images) {
        this.groups = groups;
        this.images = images;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.OFFSET_DELETE;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (OffsetDeleteRequestData) exchange.request();
        MetadataImage image = images.current();
        var response = new OffsetDeleteResponseData();
        var partitions = new ArrayList<Group.NamedPartition>();
        var answers = new ArrayList<OffsetDeleteResponsePartition>(); // of the partitions, in the same order
        for (var topic : request.topics()) {
            MetadataImage.Topic known = GroupHandling.topic(image, false, topic.name(), Uuid.ZERO_UUID);
            var topicAnswer = new OffsetDeleteResponseTopic().setName(topic.name());
            response.topics().add(topicAnswer);
            for (var partition : topic.partitions()) {
                var answer = new OffsetDeleteResponsePartition().setPartitionIndex(partition.partitionIndex());
                topicAnswer.partitions().add(answer);
                KafkaError error = GroupHandling.check(known, false, partition.partitionIndex());
                answer.setErrorCode(error.code());
                if (error == KafkaError.NONE) {
                    answers.add(answer);
                    partitions.add(new Group.NamedPartition(topic.name(), partition.partitionIndex()));
                }
            }
        }
        var delete = new Group.DeleteOffsets(request.groupId(), partitions);
        exchange.respondWhen(groups.ask(delete, GroupHandling.TIMEOUT).thenApply(reply -> {
            if (reply.error() != KafkaError.NONE) {
                return new OffsetDeleteResponseData().setErrorCode(reply.error().code());
            }
            for (int i = 0; i < answers.size(); i++) {
                answers.get(i).setErrorCode(reply.partitions().get(i).code());
            }
            return response;
        }));
    }
}
