package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

class MetadataHandlerTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private final FakeBroker broker = new FakeBroker();
    private final TestProbe<Controller.Command> controller = KIT.createTestProbe();
    private final ControllerClient client =
            new ControllerClient(controller.getRef(), broker, KIT.scheduler(), Duration.ofSeconds(3));
    private boolean autoCreate = true;
    private final MetadataHandler handler = new MetadataHandler(
            broker.view, client,
            new TopicReadiness(1, broker, broker.registry, KIT.scheduler(), KIT.system().executionContext()),
            () -> autoCreate);

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    static List<Integer> versions() {
        return IntStream.rangeClosed(0, 13).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aTopicIsDescribedInEveryVersion(int version) {
        // Given
        Topic topic = broker.topic("orders", 2, 1, false);

        // When
        MetadataResponseData response = ask(version, names("orders"));

        // Then
        MetadataResponseTopic answered = response.topics().find("orders");
        assertThat(answered.errorCode()).isZero();
        assertThat(answered.topicId()).isEqualTo(version >= 10 ? topic.id() : Uuid.ZERO_UUID);
        assertThat(answered.isInternal()).isFalse();
        assertThat(answered.topicAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
        assertThat(answered.partitions()).hasSize(2);
        assertThat(answered.partitions().getFirst().leaderId()).isEqualTo(1);
        assertThat(answered.partitions().getFirst().leaderEpoch()).isEqualTo(version >= 7 ? 3 : -1);
        assertThat(answered.partitions().getFirst().replicaNodes()).containsExactly(1);
        assertThat(response.brokers()).hasSize(1);
        assertThat(response.brokers().find(1).host()).isEqualTo("host1");
        assertThat(response.brokers().find(1).rack()).isEqualTo(version >= 1 ? "rack1" : null);
        assertThat(response.controllerId()).isEqualTo(version >= 1 ? 1 : -1);
        assertThat(response.clusterId()).isEqualTo(version >= 2 ? FakeBroker.CLUSTER_ID : null);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void nullIsAllAndEmptyIsNoneButForVersionZeroWhereEmptyIsAll(int version) {
        // Given
        broker.topic("one", 1, 1, false);
        broker.topic("two", 1, 1, true);

        // When
        MetadataResponseData empty = ask(version, new MetadataRequestData().setTopics(new ArrayList<>()));

        // Then
        assertThat(empty.topics()).hasSize(version == 0 ? 2 : 0);
        if (version > 0) {
            MetadataResponseData all = ask(version, new MetadataRequestData().setTopics(null));
            assertThat(all.topics()).hasSize(2);
            assertThat(all.topics().find("two").isInternal()).isTrue();
        }
    }

    @Test
    void unknownTopicsAreToldByNameAndById() {
        autoCreate = false;
        Uuid unknown = Uuid.randomUuid();
        Topic known = broker.topic("orders", 1, 1, false);
        var ids = new MetadataRequestData();
        ids.topics().add(new MetadataRequestTopic().setName(null).setTopicId(unknown));
        ids.topics().add(new MetadataRequestTopic().setName(null).setTopicId(known.id()));

        MetadataResponseData byName = ask(13, names("gone", "no/name", "__consumer_offsets"));
        MetadataResponseData byId = ask(13, ids);

        assertThat(byName.topics().find("gone").errorCode()).isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(byName.topics().find("no/name").errorCode()).isEqualTo(KafkaError.INVALID_TOPIC_EXCEPTION.code());
        assertThat(byName.topics().find("__consumer_offsets").isInternal()).isTrue();
        List<MetadataResponseTopic> answers = List.copyOf(byId.topics());
        assertThat(answers.get(0).errorCode()).isEqualTo(KafkaError.UNKNOWN_TOPIC_ID.code());
        assertThat(answers.get(0).name()).isNull();
        assertThat(answers.get(0).topicId()).isEqualTo(unknown);
        assertThat(answers.get(1).name()).isEqualTo("orders");
    }

    @Test
    void idsAreInvalidInVersionsTenAndEleven() {
        var request = new MetadataRequestData();
        request.topics().add(new MetadataRequestTopic().setName("a").setTopicId(Uuid.randomUuid()));

        MetadataResponseData response = ask(11, request);

        assertThat(response.topics().iterator().next().errorCode()).isEqualTo(KafkaError.INVALID_REQUEST.code());
    }

    @Test
    void partitionsWithoutAReachableLeaderSayWhy() throws InterruptedException {
        // Given
        broker.topic("none", 1, -1, false);
        broker.broker(2, true);
        broker.topic("fenced", 1, 2, false);

        // When
        MetadataResponseData response = ask(13, names("none", "fenced"));
        MetadataResponseData zero = ask(0, names("fenced"));
        FakeExchange otherListener = broker.run(
                handler, new FakeExchange(ApiKeys.METADATA, 13, names("none"), "OTHER", "User:ANONYMOUS"));
        assertThat(otherListener.awaitEnd(5_000)).isTrue();

        // Then
        assertThat(response.brokers()).hasSize(1);
        assertThat(response.topics().find("none").errorCode()).isZero();
        assertThat(response.topics().find("none").partitions().getFirst().errorCode())
                .isEqualTo(KafkaError.LEADER_NOT_AVAILABLE.code());
        assertThat(response.topics().find("fenced").partitions().getFirst().leaderId()).isEqualTo(-1);
        assertThat(response.topics().find("fenced").partitions().getFirst().offlineReplicas()).containsExactly(2);
        assertThat(zero.topics().find("fenced").partitions().getFirst().replicaNodes()).isEmpty();
        MetadataResponseData other = otherListener.response(MetadataResponseData.class);
        assertThat(other.brokers().find(1).host()).isEqualTo("other1");
        assertThat(other.brokers().find(1).port()).isEqualTo(9101);
    }

    @Test
    void anElectionThatIsUnderWayIsAwaited() throws InterruptedException {
        // Given
        broker.topic("orders", 1, 1, false);
        broker.topic("fresh", 1, -1, false);
        var exchange = new FakeExchange(ApiKeys.METADATA, 13, names("fresh"));

        // When
        handler.handle(exchange);
        boolean answered = exchange.awaitEnd(0);
        MetadataResponseData other = broker.run(handler, new FakeExchange(ApiKeys.METADATA, 13, names("orders")))
                .response(MetadataResponseData.class);
        broker.elect("fresh", 1);

        // Then
        assertThat(answered).isFalse();
        assertThat(other.topics().find("orders").partitions().getFirst().leaderId()).isEqualTo(1);
        assertThat(exchange.awaitEnd(5_000)).isTrue();
        assertThat(exchange.response(MetadataResponseData.class)
                        .topics().find("fresh").partitions().getFirst().leaderId())
                .isEqualTo(1);
    }

    @Test
    void authorizedOperationsAreAllOfThem() {
        broker.topic("orders", 1, 1, false);

        MetadataResponseData response = ask(
                10,
                names("orders").setIncludeTopicAuthorizedOperations(true).setIncludeClusterAuthorizedOperations(true));

        assertThat(response.topics().find("orders").topicAuthorizedOperations()).isEqualTo(0b1101_1111_1000);
        assertThat(response.clusterAuthorizedOperations()).isEqualTo(0b1_1111_1010_0000);
    }

    @Test
    void aMissingTopicIsCreatedBeforeTheAnswer() throws InterruptedException {
        // Given
        FakeExchange exchange = new FakeExchange(ApiKeys.METADATA, 13, names("fresh"));
        handler.handle(exchange);
        var create = controller.expectMessageClass(Controller.CreateTopics.class);
        assertThat(create.topics()).extracting(Controller.NewTopic::name).containsExactly("fresh");
        assertThat(create.internal()).isFalse();

        // When
        create.replyTo().tell(new Controller.CreateTopicsReply(
                List.of(new Controller.TopicResult("fresh", KafkaError.NONE, null, Uuid.randomUuid(), 1, (short) 1)),
                broker.current().offset() + 1));
        boolean early = exchange.awaitEnd(50);
        broker.topic("fresh", 1, -1, false);

        // Then
        assertThat(early).isFalse();
        assertThat(exchange.awaitEnd(TimeUnit.SECONDS.toMillis(5))).isTrue();
        MetadataResponseTopic topic = exchange.response(MetadataResponseData.class).topics().find("fresh");
        assertThat(topic.errorCode()).isZero();
        assertThat(topic.partitions().getFirst().errorCode()).isEqualTo(KafkaError.LEADER_NOT_AVAILABLE.code());
    }

    @Test
    void aTopicThatCannotBeCreatedSaysWhy() throws InterruptedException {
        FakeExchange exchange = new FakeExchange(ApiKeys.METADATA, 4, names("fresh"));
        handler.handle(exchange);

        controller.expectMessageClass(Controller.CreateTopics.class)
                .replyTo()
                .tell(new Controller.CreateTopicsReply(
                        List.of(new Controller.TopicResult(
                                "fresh", KafkaError.INVALID_REPLICATION_FACTOR, "too many", Uuid.ZERO_UUID, -1, (short) -1)),
                        -1));

        assertThat(exchange.awaitEnd(TimeUnit.SECONDS.toMillis(5))).isTrue();
        assertThat(exchange.response(MetadataResponseData.class).topics().find("fresh").errorCode())
                .isEqualTo(KafkaError.INVALID_REPLICATION_FACTOR.code());
    }

    @Test
    void nothingIsCreatedWhenTheClientDoesNotWantIt() {
        MetadataResponseData response = ask(4, names("fresh").setAllowAutoTopicCreation(false));

        assertThat(response.topics().find("fresh").errorCode())
                .isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION.code());
        controller.expectNoMessage(Duration.ofMillis(20));
    }

    private MetadataResponseData ask(int version, MetadataRequestData request) {
        FakeExchange exchange = broker.run(handler, new FakeExchange(ApiKeys.METADATA, version, request));
        try {
            assertThat(exchange.awaitEnd(5_000)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return exchange.response(MetadataResponseData.class);
    }

    private static MetadataRequestData names(String... names) {
        var request = new MetadataRequestData();
        for (String name : names) {
            request.topics().add(new MetadataRequestTopic().setName(name));
        }
        return request;
    }
}
