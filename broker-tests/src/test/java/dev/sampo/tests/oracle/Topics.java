package dev.sampo.tests.oracle;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfigCollection;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.jspecify.annotations.Nullable;

/** Makes topics outside of the recording and waits for what a broker does after its answer. */
final class Topics {
    private final OracleRun run;
    private final Map<String, Uuid> ids = new HashMap<>();

    Topics(OracleRun run) {
        this.run = run;
    }

    void create(String name, int partitions, Map<String, String> configs) {
        run.ask(7, new CreateTopicsRequestData().setTimeoutMs(10_000).setTopics(collection(creatable(name, partitions, 1, configs))));
        awaitReady(name, partitions);
    }

    static CreateTopicsRequestData.CreatableTopicCollection collection(CreatableTopic... topics) {
        return new CreateTopicsRequestData.CreatableTopicCollection(List.of(topics).iterator());
    }

    static CreatableTopic creatable(String name, int partitions, int replicationFactor, Map<String, String> configs) {
        var list = new CreatableTopicConfigCollection();
        configs.forEach((key, value) -> list.add(new CreatableTopicConfig().setName(key).setValue(value)));
        return new CreatableTopic()
                .setName(name)
                .setNumPartitions(partitions)
                .setReplicationFactor((short) replicationFactor)
                .setConfigs(list);
    }

    /** Waits until all partitions have a leader that serves, and learns the topic's id and leader epoch. */
    void awaitReady(String name, int partitions) {
        run.await(() -> {
            MetadataResponseTopic topic = describe(name);
            if (topic == null || topic.errorCode() != 0 || topic.partitions().size() != partitions
                    || topic.partitions().stream().anyMatch(p -> p.errorCode() != 0 || p.leaderId() < 0)) {
                return false;
            }
            ids.put(name, topic.topicId());
            run.normalizer().learn(topic.topicId().toString(), "id of " + name);
            topic.partitions().forEach(p -> run.learnLeaderEpoch(name, p.leaderEpoch()));
            return leadersServe(name, partitions);
        });
    }

    private boolean leadersServe(String name, int partitions) {
        ListOffsetsResponseData answer = run.ask(5, new ListOffsetsRequestData().setTopics(List.of(new ListOffsetsTopic()
                .setName(name)
                .setPartitions(IntStream.range(0, partitions)
                        .mapToObj(p -> new ListOffsetsPartition().setPartitionIndex(p).setTimestamp(-1))
                        .toList()))));
        return !answer.topics().isEmpty()
                && answer.topics().getFirst().partitions().stream().allMatch(p -> p.errorCode() == 0);
    }

    void awaitGone(String name) {
        run.await(() -> {
            MetadataResponseTopic topic = describe(name);
            return topic != null && topic.errorCode() == 3;
        });
    }

    private @Nullable MetadataResponseTopic describe(String name) {
        MetadataResponseData metadata = run.ask(10, new MetadataRequestData()
                .setAllowAutoTopicCreation(false)
                .setTopics(List.of(new MetadataRequestTopic().setName(name))));
        return metadata.topics().find(name);
    }

    /** The id learned when the topic became ready; a topic that never did gets an id that no broker knows. */
    Uuid id(String name) {
        return ids.getOrDefault(name, UNKNOWN_ID);
    }

    /** An id that no broker has given out. */
    static final Uuid UNKNOWN_ID = new Uuid(0x5a5a5a5a5a5a4a5aL, 0x8a5a5a5a5a5a5a5aL);
}
