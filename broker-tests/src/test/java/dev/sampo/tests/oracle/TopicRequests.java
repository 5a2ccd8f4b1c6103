package dev.sampo.tests.oracle;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopicCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignmentCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;

import static dev.sampo.tests.oracle.Catalogue.name;
import static dev.sampo.tests.oracle.Topics.collection;
import static dev.sampo.tests.oracle.Topics.creatable;

/** CreateTopics, CreatePartitions, DeleteTopics. Leaves no topic behind. */
final class TopicRequests {
    private final OracleRun run;
    private final Topics topics;

    TopicRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    void run() {
        for (int version = 2; version <= 7; version++) {
            create(version);
        }
        for (int version = 0; version <= 3; version++) {
            createPartitions(version);
        }
        for (int version = 1; version <= 6; version++) {
            delete(version);
        }
    }

    private void create(int version) {
        String topic = "created-" + version;
        createAndLearn(name("create-topics", version, "two-partitions"), version, topic,
                creatable(topic, 2, 1, Map.of("retention.ms", "86400000")));
        topics.awaitReady(topic, 2);
        create("exists", version, creatable(topic, 2, 1, Map.of()));
        create("illegal-names", version, creatable("a/b", 1, 1, Map.of()), creatable("", 1, 1, Map.of()), creatable("..", 1, 1, Map.of()),
                creatable("x".repeat(250), 1, 1, Map.of()), creatable("blank in it", 1, 1, Map.of()));
        create("no-partitions", version, creatable("never", 0, 1, Map.of()));
        create("replication-factor-zero", version, creatable("never", 1, 0, Map.of()));
        create("replication-factor-too-large", version, creatable("never", 1, 3, Map.of()));
        create("unknown-config", version, creatable("never", 1, 1, Map.of("no.such.config", "1")));
        create("malformed-config", version, creatable("never", 1, 1, Map.of("retention.ms", "soon")));
        create("config-out-of-range", version, creatable("never", 1, 1, Map.of("min.insync.replicas", "0")));
        create("with-a-dot", version, creatable("clash." + version, 1, 1, Map.of()));
        topics.awaitReady("clash." + version, 1);
        create("name-clash", version, creatable("clash_" + version, 1, 1, Map.of()));
        create("assignment-and-counts", version, assigned(creatable("never", 1, 1, Map.of()), 1));
        create("assignment-unknown-broker", version, assigned(creatable("never", -1, -1, Map.of()), 42));
        create("assignment-twice-the-same-broker", version, assigned(creatable("never", -1, -1, Map.of()), 1, 1));
        create("assignment-starts-at-one", version, creatable("never", -1, -1, Map.of()).setAssignments(
                new CreatableReplicaAssignmentCollection(List.of(new CreatableReplicaAssignment().setPartitionIndex(1).setBrokerIds(List.of(1))).iterator())));
        create("one-good-one-bad", version, creatable("bad/name", 1, 1, Map.of()), creatable("good-" + version, 1, 1, Map.of()));
        topics.awaitReady("good-" + version, 1);
        createAndLearn(name("create-topics", version, "assigned"), version, "assigned-" + version,
                assigned(creatable("assigned-" + version, -1, -1, Map.of()), 1));
        topics.awaitReady("assigned-" + version, 1);
        run.call(name("create-topics", version, "validate-only"), version, new CreateTopicsRequestData()
                .setTimeoutMs(10_000).setValidateOnly(true).setTopics(collection(creatable("only-validated", 3, 1, Map.of("cleanup.policy", "compact")))));
        run.call(name("create-topics", version, "nothing"), version, new CreateTopicsRequestData().setTimeoutMs(10_000));
        if (version >= 4) {
            createAndLearn(name("create-topics", version, "broker-defaults"), version, "defaults-" + version,
                    creatable("defaults-" + version, -1, -1, Map.of()));
            topics.awaitReady("defaults-" + version, 1);
        }
        var nullConfig = creatable("never", 1, 1, Map.of());
        nullConfig.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue(null));
        create("null-config", version, nullConfig);
        var duplicate = collection(creatable("twice", 1, 1, Map.of()));
        duplicate.mustAdd(creatable("twice", 2, 1, Map.of()));
        run.call(name("create-topics", version, "same-name-twice"), version,
                new CreateTopicsRequestData().setTimeoutMs(10_000).setTopics(duplicate));
    }

    private void create(String what, int version, CreatableTopic... creatable) {
        run.call(name("create-topics", version, what), version,
                new CreateTopicsRequestData().setTimeoutMs(10_000).setTopics(collection(creatable)));
    }

    /** The id in the answer is the one that later answers must show. */
    private void createAndLearn(String name, int version, String topic, CreatableTopic creatable) {
        CreateTopicsResponseData answer = run.call(name, version,
                new CreateTopicsRequestData().setTimeoutMs(10_000).setTopics(collection(creatable)));
        answer.topics().forEach(result -> {
            if (!result.topicId().equals(Uuid.ZERO_UUID)) {
                run.normalizer().learn(result.topicId().toString(), "id of " + topic);
            }
        });
    }

    private static CreatableTopic assigned(CreatableTopic topic, Integer... brokers) {
        return topic.setAssignments(new CreatableReplicaAssignmentCollection(
                List.of(new CreatableReplicaAssignment().setPartitionIndex(0).setBrokerIds(List.of(brokers))).iterator()));
    }

    private void createPartitions(int version) {
        String topic = "created-" + (version + 2);
        partitions("two-more", version, new CreatePartitionsTopic().setName(topic).setCount(4).setAssignments(null));
        topics.awaitReady(topic, 4);
        partitions("same-count", version, new CreatePartitionsTopic().setName(topic).setCount(4).setAssignments(null));
        partitions("fewer", version, new CreatePartitionsTopic().setName(topic).setCount(1).setAssignments(null));
        partitions("zero", version, new CreatePartitionsTopic().setName(topic).setCount(0).setAssignments(null));
        partitions("unknown-topic", version, new CreatePartitionsTopic().setName("nowhere").setCount(4).setAssignments(null));
        partitions("assigned-to-unknown-broker", version, new CreatePartitionsTopic().setName(topic).setCount(5)
                .setAssignments(List.of(new CreatePartitionsAssignment().setBrokerIds(List.of(42)))));
        partitions("too-few-assignments", version, new CreatePartitionsTopic().setName(topic).setCount(6)
                .setAssignments(List.of(new CreatePartitionsAssignment().setBrokerIds(List.of(1)))));
        partitions("assigned", version, new CreatePartitionsTopic().setName(topic).setCount(5)
                .setAssignments(List.of(new CreatePartitionsAssignment().setBrokerIds(List.of(1)))));
        topics.awaitReady(topic, 5);
        run.call(name("create-partitions", version, "validate-only"), version, partitions(
                new CreatePartitionsTopic().setName(topic).setCount(9).setAssignments(null)).setValidateOnly(true));
    }

    private void partitions(String what, int version, CreatePartitionsTopic topic) {
        run.call(name("create-partitions", version, what), version, partitions(topic));
    }

    private static CreatePartitionsRequestData partitions(CreatePartitionsTopic topic) {
        return new CreatePartitionsRequestData().setTimeoutMs(10_000).setTopics(new CreatePartitionsTopicCollection(List.of(topic).iterator()));
    }

    private void delete(int version) {
        int made = Math.max(2, version);
        if (version == 6) {
            Uuid id = topics.id("created-7");
            run.call("delete-topics.v06.by-id", 6, byState(new DeleteTopicState().setTopicId(id)));
            topics.awaitGone("created-7");
            run.call("delete-topics.v06.by-id-again", 6, byState(new DeleteTopicState().setTopicId(id)));
            run.call("delete-topics.v06.unknown-id", 6, byState(new DeleteTopicState().setTopicId(Topics.UNKNOWN_ID)));
            run.call("delete-topics.v06.id-and-name", 6, byState(new DeleteTopicState().setTopicId(Topics.UNKNOWN_ID).setName("created-6")));
            run.call("delete-topics.v06.neither", 6, byState(new DeleteTopicState()));
        }
        String first = version == 1 ? "good-2" : "created-" + made;
        String second = version == 1 ? "assigned-2" : "good-" + (made + (made == 2 ? 1 : 0));
        deleteNames(name("delete-topics", version, "one"), version, first);
        topics.awaitGone(first);
        deleteNames(name("delete-topics", version, "again"), version, first);
        deleteNames(name("delete-topics", version, "one-good-one-unknown"), version, second, "nowhere");
        topics.awaitGone(second);
        deleteNames(name("delete-topics", version, "illegal-name"), version, "a/b");
        deleteNames(name("delete-topics", version, "nothing"), version);
        if (version == 6) {
            for (int v = 2; v <= 7; v++) {
                for (String kind : List.of("created-", "good-", "assigned-", "defaults-", "clash.")) {
                    run.ask(1, new DeleteTopicsRequestData().setTimeoutMs(10_000).setTopicNames(List.of(kind + v)));
                    topics.awaitGone(kind + v);
                }
            }
        }
    }

    private static DeleteTopicsRequestData byState(DeleteTopicState... states) {
        return new DeleteTopicsRequestData().setTimeoutMs(10_000).setTopics(List.of(states));
    }

    private void deleteNames(String name, int version, String... names) {
        run.call(name, version, version >= 6
                ? byState(List.of(names).stream().map(n -> new DeleteTopicState().setName(n)).toArray(DeleteTopicState[]::new))
                : new DeleteTopicsRequestData().setTimeoutMs(10_000).setTopicNames(List.of(names)));
    }
}
