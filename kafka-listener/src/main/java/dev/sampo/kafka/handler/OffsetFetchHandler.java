package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartition;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/** OffsetFetch 1-10: one group up to 7, many from 8 on; topics by name, from 10 on by id; null topics are all. */
public final class OffsetFetchHandler implements ApiHandler {
    private final GroupAccess groups;
    private final MetadataImages images;

    /** {@code images} translates topic ids; offsets come from {@code groups}. */
    public OffsetFetchHandler(GroupAccess groups, MetadataImages images) {
        this.groups = groups;
        this.images = images;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.OFFSET_FETCH;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (OffsetFetchRequestData) exchange.request();
        short version = exchange.apiVersion();
        if (version >= 8) {
            var answers = request.groups().stream()
                    .map(group -> fetch(group, request.requireStable(), version >= 10))
                    .toList();
            exchange.respondWhen(GroupHandling.all(answers)
                    .thenApply(all -> new OffsetFetchResponseData().setGroups(all)));
            return;
        }
        List<OffsetFetchRequestData.OffsetFetchRequestTopic> topics = request.topics();
        var asked = new OffsetFetchRequestData.OffsetFetchRequestGroup()
                .setGroupId(request.groupId())
                .setTopics(topics == null ? null : topics.stream()
                        .map(topic -> new OffsetFetchRequestData.OffsetFetchRequestTopics()
                                .setName(topic.name())
                                .setPartitionIndexes(topic.partitionIndexes()))
                        .toList());
        exchange.respondWhen(fetch(asked, request.requireStable(), false)
                .thenApply(group -> single(group, asked, version)));
    }

    private CompletionStage<OffsetFetchResponseGroup> fetch(
            OffsetFetchRequestData.OffsetFetchRequestGroup asked, boolean requireStable, boolean byId) {
        MetadataImage image = images.current();
        var response = new OffsetFetchResponseGroup().setGroupId(asked.groupId());
        List<Group.TopicPartitions> wanted = asked.topics() == null ? null : wanted(asked, image, byId, response);
        return groups.ask(new Group.FetchOffsets(
                        asked.groupId(), asked.memberId(), asked.memberEpoch(), wanted, requireStable), GroupHandling.TIMEOUT)
                .thenApply(reply -> {
                    if (reply.error() != KafkaError.NONE) {
                        return new OffsetFetchResponseGroup()
                                .setGroupId(asked.groupId()).setErrorCode(reply.error().code());
                    }
                    for (Group.FetchedTopic topic : reply.topics()) {
                        MetadataImage.Topic known = byId ? image.topic(topic.topic()) : null;
                        if (byId && known == null) {
                            continue; // all were asked for, and this topic is gone: it has no id to tell
                        }
                        response.topics().add(topic(topic, known));
                    }
                    return response;
                });
    }

    /** What to ask the coordinator; topic ids that nobody knows are answered in {@code response}. */
    private static List<Group.TopicPartitions> wanted(
            OffsetFetchRequestData.OffsetFetchRequestGroup asked, MetadataImage image, boolean byId,
            OffsetFetchResponseGroup response) {
        var wanted = new ArrayList<Group.TopicPartitions>();
        for (var topic : asked.topics()) {
            MetadataImage.Topic known = GroupHandling.topic(image, byId, topic.name(), topic.topicId());
            if (known != null || !byId) {
                wanted.add(new Group.TopicPartitions(
                        known == null ? topic.name() : known.name(), known == null ? Uuid.ZERO_UUID : known.id(),
                        topic.partitionIndexes()));
                continue;
            }
            response.topics().add(new OffsetFetchResponseTopics()
                    .setTopicId(topic.topicId())
                    .setPartitions(topic.partitionIndexes().stream()
                            .map(partition -> new OffsetFetchResponsePartitions()
                                    .setPartitionIndex(partition)
                                    .setCommittedOffset(-1)
                                    .setMetadata("")
                                    .setErrorCode(KafkaError.UNKNOWN_TOPIC_ID.code()))
                            .toList()));
        }
        return wanted;
    }

    private static OffsetFetchResponseTopics topic(Group.FetchedTopic topic, MetadataImage.@Nullable Topic byId) {
        var response = byId == null
                ? new OffsetFetchResponseTopics().setName(topic.topic())
                : new OffsetFetchResponseTopics().setTopicId(byId.id());
        for (Group.FetchedOffset offset : topic.partitions()) {
            response.partitions().add(new OffsetFetchResponsePartitions()
                    .setPartitionIndex(offset.partition())
                    .setCommittedOffset(offset.offset())
                    .setCommittedLeaderEpoch(offset.leaderEpoch())
                    .setMetadata(offset.metadata())
                    .setErrorCode(offset.error().code()));
        }
        return response;
    }

    /** The shape of versions 1-7; version 1 has no error of its own, so each partition carries it. */
    private static OffsetFetchResponseData single(
            OffsetFetchResponseGroup group, OffsetFetchRequestData.OffsetFetchRequestGroup asked, short version) {
        var response = new OffsetFetchResponseData();
        if (group.errorCode() != KafkaError.NONE.code()) {
            if (version >= 2) {
                return response.setErrorCode(group.errorCode());
            }
            for (var topic : asked.topics()) {
                response.topics().add(new OffsetFetchResponseTopic()
                        .setName(topic.name())
                        .setPartitions(topic.partitionIndexes().stream()
                                .map(partition -> new OffsetFetchResponsePartition()
                                        .setPartitionIndex(partition)
                                        .setCommittedOffset(-1)
                                        .setMetadata("")
                                        .setErrorCode(group.errorCode()))
                                .toList()));
            }
            return response;
        }
        for (var topic : group.topics()) {
            response.topics().add(new OffsetFetchResponseTopic()
                    .setName(topic.name())
                    .setPartitions(topic.partitions().stream()
                            .map(partition -> new OffsetFetchResponsePartition()
                                    .setPartitionIndex(partition.partitionIndex())
                                    .setCommittedOffset(partition.committedOffset())
                                    .setCommittedLeaderEpoch(version >= 5 ? partition.committedLeaderEpoch() : -1)
                                    .setMetadata(partition.metadata())
                                    .setErrorCode(partition.errorCode()))
                            .toList()));
        }
        return response;
    }
}
