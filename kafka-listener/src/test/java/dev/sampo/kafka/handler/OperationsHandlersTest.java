package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.GroupConfigs;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.ControllerSettings;
import dev.sampo.partition.controller.ControllerState;
import dev.sampo.partition.controller.Decision;
import dev.sampo.partition.controller.KafkaConfigRules;
import dev.sampo.partition.controller.MetadataImage;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitionsCollection;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData.ListPartitionReassignmentsTopics;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingPartitionReassignment;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The handlers of reassignment, election and unregistration over the controller's real rules. */
class OperationsHandlersTest {
    private static final String LISTENER = "PLAINTEXT";
    private final AdminFixture broker = new AdminFixture();
    private final ClusterView cluster = new ClusterView("c", 1, broker.images);
    private final ControllerState rules = new ControllerState(
            ControllerSettings.DEFAULTS, new KafkaConfigRules(BrokerDefaults.KAFKAS, GroupConfigs.Limits.of(BrokerDefaults.KAFKAS)), Uuid::randomUuid);

    @BeforeEach
    void start() {
        for (int id = 1; id <= 4; id++) {
            apply(new ControllerEvent.BrokerRegistered(id, Uuid.randomUuid(), Uuid.randomUuid(), id,
                    List.of(new Endpoint(LISTENER, "h" + id, 9092, LISTENER)), null));
        }
        apply(new ControllerEvent.PlacementGroupCreated("g0", List.of(1, 2), 0, List.of(1, 2)));
        apply(new ControllerEvent.TopicCreated(AdminFixture.TOPIC_ID, "t", List.of("g0", "g0"), false, Map.of()));
        apply(new ControllerEvent.LeaderElected("g0", 1, 0, List.of(1, 2)));
        broker.answers = command -> () -> {
            switch (command) {
                case Controller.AlterReassignments c -> c.replyTo().tell(decided(rules.decide(broker.image, c)));
                case Controller.ElectLeaders c -> c.replyTo().tell(decided(rules.decide(broker.image, c)));
                case Controller.UnregisterBroker c -> c.replyTo().tell(decided(rules.decide(broker.image, c)));
                default -> throw new IllegalStateException("not asked for: " + command);
            }
        };
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void apply(ControllerEvent event) {
        broker.image = broker.image.apply(event);
    }

    private Controller.ItemsReply decided(Decision<Controller.ItemsReply> decision) {
        decision.events().forEach(this::apply);
        return decision.reply();
    }

    @Test
    void aReassignmentIsBegunListedShownAndEnded() throws Exception {
        // When
        assertThat(alter(1, 0, List.of(3, 1)).errorCode()).isEqualTo(Errors.NONE.code());

        // Then
        assertThat(list(null)).singleElement().isEqualTo(new OngoingPartitionReassignment().setPartitionIndex(0)
                .setReplicas(List.of(3, 1, 2)).setAddingReplicas(List.of(3)).setRemovingReplicas(List.of(2)));
        assertThat(list(List.of(new ListPartitionReassignmentsTopics().setName("t").setPartitionIndexes(List.of(1)),
                new ListPartitionReassignmentsTopics().setName("u").setPartitionIndexes(List.of(0))))).isEmpty();
        MetadataImage image = broker.image;
        var shown = TopicMetadata.describe(image, image.topic("t"), LISTENER, (short) 13).partitions();
        assertThat(shown.getFirst().replicaNodes()).containsExactly(3, 1, 2);
        assertThat(shown.getFirst().isrNodes()).containsExactly(1, 2);
        assertThat(shown.getLast().replicaNodes()).containsExactly(1, 2);

        assertThat(alter(0, 0, null).errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(list(null)).isEmpty();
        assertThat(alter(0, 0, null).errorCode()).isEqualTo(Errors.NO_REASSIGNMENT_IN_PROGRESS.code());
        assertThat(alter(1, 7, List.of(1)).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(alter(1, 0, List.of(9)).errorCode()).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT.code());
    }

    @Test
    void aChangeOfTheReplicationFactorMayBeForbidden() throws Exception {
        var request = reassignment(0, List.of(3)).setAllowReplicationFactorChange(false);
        AlterPartitionReassignmentsResponseData response =
                broker.send(new AlterPartitionReassignmentsHandler(broker.controller), 1, request);
        assertThat(response.allowReplicationFactorChange()).isFalse();
        assertThat(response.responses().getFirst().partitions().getFirst().errorCode())
                .isEqualTo(Errors.INVALID_REPLICATION_FACTOR.code());
    }

    @Test
    void anElectionWaitsForItsLeader() throws Exception {
        assertThat(elect(2, 0, 0, 1)).extracting(PartitionResult::errorCode)
                .containsOnly(Errors.ELECTION_NOT_NEEDED.code()).hasSize(2);
        assertThat(electAll()).isEmpty();
        apply(new ControllerEvent.LeaderElected("g0", 2, 1, List.of(1, 2)));
        assertThat(elect(2, 0, 0)).extracting(PartitionResult::errorCode)
                .containsExactly(Errors.REQUEST_TIMED_OUT.code());
        assertThat(broker.image.groups().get("g0").wantedLeader()).isEqualTo(1);
        var answers = broker.answers;
        broker.answers = command -> () -> {
            answers.apply(command).run();
            apply(new ControllerEvent.LeaderElected("g0", 1, 2, List.of(1, 2)));
        };
        assertThat(elect(0, 0, 0)).extracting(PartitionResult::errorCode).containsExactly(Errors.NONE.code());
        assertThat(elect(2, 5, 0)).extracting(PartitionResult::errorCode)
                .containsExactly(Errors.INVALID_REQUEST.code());
        assertThat(elect(2, 1, 9)).extracting(PartitionResult::errorCode)
                .containsExactly(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void onlyADeadBrokerThatHoldsNothingIsUnregistered() throws Exception {
        assertThat(unregister(9)).isEqualTo(Errors.BROKER_ID_NOT_REGISTERED.code());
        assertThat(unregister(4)).isEqualTo(Errors.INVALID_REQUEST.code());
        apply(new ControllerEvent.BrokerFenced(4, 4));
        assertThat(unregister(4)).isEqualTo(Errors.NONE.code());
        assertThat(broker.image.brokers()).doesNotContainKey(4);
    }

    private short unregister(int id) throws Exception {
        UnregisterBrokerResponseData response = broker.send(
                new UnregisterBrokerHandler(broker.controller), 0, new UnregisterBrokerRequestData().setBrokerId(id));
        return response.errorCode();
    }

    private List<PartitionResult> elect(int version, int type, Integer... partitions) throws Exception {
        var topics = new TopicPartitionsCollection();
        topics.add(new TopicPartitions().setTopic("t").setPartitions(List.of(partitions)));
        return elect(version, new ElectLeadersRequestData().setTimeoutMs(50).setElectionType((byte) type).setTopicPartitions(topics));
    }

    private List<PartitionResult> electAll() throws Exception {
        return elect(2, new ElectLeadersRequestData().setTimeoutMs(50).setTopicPartitions(null));
    }

    private List<PartitionResult> elect(int version, ElectLeadersRequestData request) throws Exception {
        ElectLeadersResponseData response = broker.send(
                new ElectLeadersHandler(cluster, broker.controller, broker.readiness()), version, request);
        return response.replicaElectionResults().stream().flatMap(topic -> topic.partitionResult().stream()).toList();
    }

    private static AlterPartitionReassignmentsRequestData reassignment(int partition, @Nullable List<Integer> replicas) {
        return new AlterPartitionReassignmentsRequestData().setTopics(List.of(new ReassignableTopic().setName("t")
                .setPartitions(List.of(new ReassignablePartition().setPartitionIndex(partition).setReplicas(replicas)))));
    }

    private AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse alter(
            int version, int partition, @Nullable List<Integer> replicas) throws Exception {
        AlterPartitionReassignmentsResponseData response = broker.send(
                new AlterPartitionReassignmentsHandler(broker.controller), version, reassignment(partition, replicas));
        return response.responses().getFirst().partitions().getFirst();
    }

    private List<OngoingPartitionReassignment> list(@Nullable List<ListPartitionReassignmentsTopics> topics)
            throws Exception {
        ListPartitionReassignmentsResponseData response = broker.send(new ListPartitionReassignmentsHandler(cluster), 0,
                new ListPartitionReassignmentsRequestData().setTopics(topics));
        return response.topics().stream().flatMap(topic -> topic.partitions().stream()).toList();
    }
}
