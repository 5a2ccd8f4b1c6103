package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.ConfigOperation;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.TopicResult;
import dev.sampo.actors.protocol.PartitionRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class AdminHandlersTest {
    private final AdminFixture broker = new AdminFixture();

    @AfterEach
    void stop() {
        broker.close();
    }

    private CreateTopicsHandler createTopics() {
        return new CreateTopicsHandler(1, broker.images, broker.file, broker.controller, broker.readiness());
    }

    private void controllerCreates(int leader) {
        broker.answers = command -> () -> {
            var create = (Controller.CreateTopics) command;
            var results = new ArrayList<TopicResult>();
            create.topics().forEach(topic -> results.add(new TopicResult(
                    topic.name(), KafkaError.NONE, null, AdminFixture.TOPIC_ID, 1, (short) 1)));
            if (!create.validateOnly()) {
                broker.topic(leader);
            }
            create.replyTo().tell(new Controller.CreateTopicsReply(results, -1));
        };
    }

    private static CreateTopicsRequestData create(String... names) {
        var request = new CreateTopicsRequestData().setTimeoutMs(5_000);
        for (String name : names) {
            var topic = new CreatableTopic().setName(name).setNumPartitions(1).setReplicationFactor((short) 1);
            topic.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue("55"));
            request.topics().add(topic);
        }
        return request;
    }

    @Test
    void createTopicsAnswersEachVersionAndConfigsFromVersionFiveOn() throws Exception {
        controllerCreates(2);
        for (int version = 2; version <= 7; version++) {
            // When
            CreateTopicsResponseData response = broker.send(createTopics(), version, create("t"));

            // Then
            var topic = response.topics().find("t");
            assertThat(topic.errorCode()).isEqualTo(Errors.NONE.code());
            if (version >= 5) {
                assertThat(topic.numPartitions()).isEqualTo(1);
                assertThat(topic.configs()).hasSize(37);
                assertThat(topic.configs())
                        .filteredOn(config -> config.name().equals("retention.ms"))
                        .singleElement()
                        .matches(config -> config.value().equals("55") && config.configSource() == 1);
            }
            if (version >= 7) {
                assertThat(topic.topicId()).isEqualTo(AdminFixture.TOPIC_ID);
            }
        }
    }

    @Test
    void createTopicsWaitsUntilThePartitionLedHereServes() throws Exception {
        // Given
        controllerCreates(1);
        var answer = CompletableFuture.supplyAsync(() -> {
            try {
                return (CreateTopicsResponseData) broker.send(createTopics(), 7, create("t"));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(answer).failsWithin(java.time.Duration.ofMillis(200)).withThrowableOfType(TimeoutException.class);

        // When
        var id = new TopicIdPartition(AdminFixture.TOPIC_ID, 0);
        broker.registry.enter(new PartitionRegistry.Entry(id, broker.kit.<dev.sampo.actors.protocol.Partition.Command>createTestProbe().ref(), 0));

        // Then
        assertThat(answer.get(5, TimeUnit.SECONDS).topics().find("t").errorCode()).isEqualTo((short) 0);
    }

    @Test
    void createTopicsSucceedsWhenTheTimeIsOverBeforeThePartitionServes() throws Exception {
        controllerCreates(1);

        CreateTopicsResponseData response = broker.send(createTopics(), 7, create("t").setTimeoutMs(50));

        assertThat(response.topics().find("t").errorCode()).isEqualTo((short) 0);
    }

    @Test
    void createTopicsRefusesDuplicatesAndTheMetadataTopicWithoutAskingForThem() throws Exception {
        // Given
        controllerCreates(2);

        // When
        CreateTopicsResponseData response =
                broker.send(createTopics(), 7, create("t", "twice", "twice", "__cluster_metadata"));

        // Then
        assertThat(response.topics()).hasSize(3);
        var twice = response.topics().find("twice");
        assertThat(twice.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(twice.errorMessage()).isEqualTo("Duplicate topic name.");
        assertThat(twice.numPartitions()).isEqualTo(-1);
        assertThat(twice.configs()).isEmpty();
        assertThat(response.topics().find("__cluster_metadata").errorCode())
                .isEqualTo(Errors.TOPIC_AUTHORIZATION_FAILED.code());
        assertThat(((Controller.CreateTopics) broker.asked).topics())
                .extracting(Controller.NewTopic::name)
                .containsExactly("t");
    }

    @Test
    void deleteTopicsResolvesNamesAndIdsInEachVersion() throws Exception {
        // Given
        broker.topic(1);
        broker.answers = command -> () -> ((Controller.DeleteTopics) command)
                .replyTo()
                .tell(new ItemsReply(List.of(new ItemResult(KafkaError.NONE, null)), -1));
        var handler = new DeleteTopicsHandler(broker.images, broker.file, broker.controller);

        for (int version = 1; version <= 5; version++) {
            // When
            DeleteTopicsResponseData response = broker.send(
                    handler, version, new DeleteTopicsRequestData().setTopicNames(List.of("t", "x")));

            // Then
            assertThat(response.responses().find("t").errorCode()).isEqualTo((short) 0);
            assertThat(response.responses().find("x").errorCode()).isEqualTo((short) 3);
            assertThat(((Controller.DeleteTopics) broker.asked).topicIds()).containsExactly(AdminFixture.TOPIC_ID);
        }

        // When
        DeleteTopicsResponseData response = broker.send(handler, 6, new DeleteTopicsRequestData()
                .setTopics(List.of(
                        new DeleteTopicState().setTopicId(AdminFixture.TOPIC_ID),
                        new DeleteTopicState().setTopicId(new Uuid(9, 9)),
                        new DeleteTopicState(),
                        new DeleteTopicState().setName("t"),
                        new DeleteTopicState().setName("d"), new DeleteTopicState().setName("d"),
                        new DeleteTopicState().setName("b").setTopicId(new Uuid(3, 3)))));

        // Then
        var results = new ArrayList<>(response.responses());
        assertThat(results).extracting("errorCode").containsExactly(
                (short) 0, Errors.UNKNOWN_TOPIC_ID.code(), (short) 42, (short) 42, (short) 42, (short) 42);
        assertThat(results.getFirst().name()).isEqualTo("t");
        assertThat(results).extracting("errorMessage").contains(
                "Neither topic name nor id were specified.",
                "The provided topic name maps to an ID that was already supplied.", "Duplicate topic name.",
                "You may not specify both topic name and topic id.");
    }

    @Test
    void deleteTopicsIsRefusedWhenTheFileForbidsIt() throws Exception {
        var handler = new DeleteTopicsHandler(
                broker.images, BrokerDefaults.of(Map.of("delete.topic.enable", "false")), broker.controller);
        var request = new DeleteTopicsRequestData().setTopicNames(List.of("t"));

        DeleteTopicsResponseData old = broker.send(handler, 2, request);
        DeleteTopicsResponseData newer = broker.send(handler, 3, request);

        assertThat(old.responses().find("t").errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(newer.responses().find("t").errorCode()).isEqualTo(Errors.TOPIC_DELETION_DISABLED.code());
    }

    @Test
    void createPartitionsAsksInEachVersion() throws Exception {
        // Given
        broker.topic(2);
        broker.answers = command -> () -> ((Controller.CreatePartitions) command)
                .replyTo()
                .tell(new ItemsReply(List.of(new ItemResult(KafkaError.INVALID_PARTITIONS, "too few")), -1));
        var handler = new CreatePartitionsHandler(broker.images, broker.controller, broker.readiness());

        for (int version = 0; version <= 3; version++) {
            // When
            var request = new CreatePartitionsRequestData().setTimeoutMs(100);
            request.topics().add(topic("t", 3));
            request.topics().add(topic("d", 3));
            request.topics().add(topic("d", 4));
            CreatePartitionsResponseData response = broker.send(handler, version, request);

            // Then
            assertThat(response.results()).extracting("errorCode").containsExactly((short) 37, (short) 42);
            assertThat(response.results()).extracting("errorMessage").containsExactly(
                    "too few", "Duplicate topic name.");
        }
    }

    private static CreatePartitionsRequestData.CreatePartitionsTopic topic(String name, int count) {
        return new CreatePartitionsRequestData.CreatePartitionsTopic()
                .setName(name)
                .setCount(count)
                .setAssignments(null);
    }

    @Test
    void everyTopicConfigIsHandedToTheControllerAsItCame() throws Exception {
        // Given
        broker.answers = command -> () -> ((Controller.AlterConfigs) command)
                .replyTo()
                .tell(new ItemsReply(List.of(new ItemResult(KafkaError.NONE, null)), -1));
        var handler = new IncrementalAlterConfigsHandler(broker.alterations());

        for (String name : TopicConfigs.definitions().keySet()) {
            for (int version = 0; version <= 1; version++) {
                // When
                IncrementalAlterConfigsResponseData response =
                        broker.send(handler, version, incremental((byte) 2, "t", name, (byte) 0, "1"));

                // Then
                assertThat(response.responses()).extracting("errorCode").containsExactly((short) 0);
                var alteration = ((Controller.AlterConfigs) broker.asked).alterations().getFirst();
                assertThat(alteration.resource())
                        .isEqualTo(new Controller.ConfigResource(ConfigResourceType.TOPIC, "t"));
                assertThat(alteration.changes())
                        .containsExactly(new Controller.ConfigChange(name, ConfigOperation.SET, "1"));
                assertThat(alteration.replaceAll()).isFalse();
            }
        }
    }

    /** {@code kafka-configs --delete-config} sends an empty value with it. */
    @Test
    void aBrokersConfigIsDeletedWhateverValueComesWithIt() throws Exception {
        for (String name : List.of("follower.replication.throttled.rate", "message.max.bytes")) {
            for (String value : Arrays.asList("", null)) {
                // Given
                broker.answers = command -> () -> ((Controller.AlterConfigs) command)
                        .replyTo()
                        .tell(new ItemsReply(List.of(new ItemResult(KafkaError.NONE, null)), -1));

                // When
                IncrementalAlterConfigsResponseData response = broker.send(
                        new IncrementalAlterConfigsHandler(broker.alterations()), 1,
                        incremental((byte) 4, "1", name, (byte) 1, value));

                // Then
                assertThat(response.responses()).extracting("errorMessage").containsOnlyNulls();
                assertThat(((Controller.AlterConfigs) broker.asked).alterations().getFirst().changes())
                        .extracting(Controller.ConfigChange::operation).containsExactly(ConfigOperation.DELETE);
            }
        }
    }

    private static IncrementalAlterConfigsRequestData incremental(
            byte type, String resource, String name, byte operation, String value) {
        var request = new IncrementalAlterConfigsRequestData();
        var altered = new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                .setResourceType(type)
                .setResourceName(resource);
        altered.configs().add(new IncrementalAlterConfigsRequestData.AlterableConfig()
                .setName(name)
                .setConfigOperation(operation)
                .setValue(value));
        request.resources().add(altered);
        return request;
    }

    @Test
    void legacyAlterConfigsReplacesAllInEachVersion() throws Exception {
        broker.answers = command -> () -> ((Controller.AlterConfigs) command)
                .replyTo()
                .tell(new ItemsReply(List.of(new ItemResult(KafkaError.INVALID_CONFIG, "no")), -1));
        for (int version = 0; version <= 2; version++) {
            var request = new AlterConfigsRequestData();
            var resource = new AlterConfigsRequestData.AlterConfigsResource()
                    .setResourceType((byte) 2)
                    .setResourceName("t");
            resource.configs().add(new AlterConfigsRequestData.AlterableConfig().setName("a").setValue("1"));
            request.resources().add(resource);

            AlterConfigsResponseData response =
                    broker.send(new AlterConfigsHandler(broker.alterations()), version, request);

            assertThat(response.responses()).extracting("errorMessage").containsExactly("no");
            assertThat(((Controller.AlterConfigs) broker.asked).alterations().getFirst().replaceAll()).isTrue();
        }
    }

    @Test
    void whatIsWrongOnItsFaceIsRefusedInKafkasWordsWithoutTheController() throws Exception {
        assertRefused(2, "t", "a", 0, null, 42, "Null value not supported for : a");
        assertRefused(2, "t", "a", 9, "1", 42, "Unknown operations type 9");
        assertRefused(7, "t", "a", 0, "1", 42, "Unknown resource type 7");
        assertRefused(4, "2", "message.max.bytes", 0, "1", 42, "Unexpected broker id, expected 1, but received 2");
        assertRefused(4, "x", "message.max.bytes", 0, "1", 42, "Node id must be an integer, but it is: x");
        assertRefused(
                4, "1", "num.partitions", 0, "1", 42, "Cannot update these configs dynamically: [num.partitions]");
        assertRefused(
                4, "", "message.max.bytes", 0, "x", 42,
                "Invalid value x for configuration message.max.bytes: Not a number of type INT");
        assertRefused(
                4, "", "message.max.bytes", 2, "1", 40,
                "Config value append is not allowed for config key: message.max.bytes");
        assertRefused(
                8, "1", "root", 0, "FOO", 40,
                "Cannot set the log level of root to FOO as it is not a supported log level. "
                        + "Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN");
        assertRefused(8, "1", "nope", 0, "INFO", 40, "Logger nope does not exist!");
        assertRefused(8, "1", "root", 1, null, 42, "Removing the log level of the root logger is not allowed");
        assertRefused(8, "1", "root", 2, "INFO", 42, "APPEND operation is not allowed for the BROKER_LOGGER resource");
        assertRefused(8, "2", "root", 0, "INFO", 42, "Unexpected node id. Expected 1, but received 2");
        assertThat(broker.asked).isNull();
    }

    private void assertRefused(
            int type, String resource, String name, int operation, String value, int error, String message)
            throws Exception {
        IncrementalAlterConfigsResponseData response = broker.send(
                new IncrementalAlterConfigsHandler(broker.alterations()), 1,
                incremental((byte) type, resource, name, (byte) operation, value));
        assertThat(response.responses()).singleElement().satisfies(result -> {
            assertThat(result.errorMessage()).isEqualTo(message);
            assertThat(result.errorCode()).isEqualTo((short) error);
        });
    }

    @Test
    void loggersOfThisBrokerChangeAtOnce() throws Exception {
        var handler = new IncrementalAlterConfigsHandler(broker.alterations());

        broker.send(handler, 1, incremental((byte) 8, "1", "root", (byte) 0, "WARN"));
        broker.send(handler, 1, incremental((byte) 8, "1", "dev.sampo", (byte) 1, null));

        assertThat(broker.levels).containsEntry("root", "WARN").containsEntry("dev.sampo", "WARN");
    }

    @Test
    void configResourcesAreListedByType() throws Exception {
        // Given
        broker.topic(1);
        var handler = new ListConfigResourcesHandler(broker.images);

        // When
        ListConfigResourcesResponseData old = broker.send(handler, 0, new ListConfigResourcesRequestData());
        ListConfigResourcesResponseData all = broker.send(handler, 1, new ListConfigResourcesRequestData());
        ListConfigResourcesResponseData unknown =
                broker.send(handler, 1, new ListConfigResourcesRequestData().setResourceTypes(List.of((byte) 7)));

        // Then
        assertThat(old.configResources()).isEmpty();
        assertThat(all.configResources()).extracting("resourceName").containsExactly("t");
        assertThat(unknown.errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
        assertThat(handler.apiKey()).isEqualTo(ApiKeys.LIST_CONFIG_RESOURCES);
    }
}
