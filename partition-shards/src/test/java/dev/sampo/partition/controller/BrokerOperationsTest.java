package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.AlterConfigs;
import dev.sampo.actors.protocol.Controller.AlterReassignments;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.ConfigAlteration;
import dev.sampo.actors.protocol.Controller.ConfigChange;
import dev.sampo.actors.protocol.Controller.ConfigOperation;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.ElectLeaders;
import dev.sampo.actors.protocol.Controller.NamedPartition;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.Reassignment;
import dev.sampo.actors.protocol.Controller.UnregisterBroker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class BrokerOperationsTest {
    private final Fixture cluster = new Fixture(4);

    @Test
    void onlyADeadBrokerWithoutPartitionsIsForgotten() {
        create("a", List.of(1, 2));
        cordon(2, ConfigOperation.SET);

        assertThat(unregister(9)).isEqualTo(KafkaError.BROKER_ID_NOT_REGISTERED);
        assertThat(unregister(2)).isEqualTo(KafkaError.INVALID_REQUEST);
        lead("a", 1);
        cluster.fence(2);
        assertThat(unregister(2)).isEqualTo(KafkaError.INVALID_REQUEST);
        cluster.decide(cluster.rules.decide(cluster.image(), new AlterReassignments(
                List.of(new Reassignment("a", 0, List.of(1))), true, cluster.replyTo())));
        assertThat(group("a").replicas()).containsExactly(1);
        assertThat(unregister(2)).isEqualTo(KafkaError.NONE);
        assertThat(cluster.image().brokers()).doesNotContainKey(2);
        assertThat(cluster.image().configsOf(new ConfigResource(ConfigResourceType.BROKER, "2"))).isEmpty();
        assertThat(cluster.create(new NewTopic("b", 3, (short) 4, Map.of(), Map.of())).error())
                .isEqualTo(KafkaError.INVALID_REPLICATION_FACTOR);
    }

    @Test
    void aBrokerThatAPartitionMovesToIsNotForgotten() {
        create("a", List.of(1, 2));
        lead("a", 1);
        cluster.decide(cluster.rules.decide(cluster.image(), new AlterReassignments(
                List.of(new Reassignment("a", 0, List.of(3))), true, cluster.replyTo())));
        cluster.fence(3);
        assertThat(unregister(3)).isEqualTo(KafkaError.INVALID_REQUEST);
    }

    @Test
    void aCordonedBrokerIsDrainedAndReceivesNothing() {
        // When
        cordon(3, ConfigOperation.SET);

        // Then
        assertThat(cluster.image().brokers().get(3).drained()).isTrue();
        assertThat(cluster.create(new NewTopic("a", 30, (short) 3, Map.of(), Map.of())).error())
                .isEqualTo(KafkaError.NONE);
        assertThat(cluster.image().groups().values()).noneMatch(group -> group.replicas().contains(3));
        assertThat(cluster.create(new NewTopic("b", -1, (short) -1, Map.of(0, List.of(3)), Map.of())).errorMessage())
                .isEqualTo("The manual partition assignment includes broker 3, but all its log directories are cordoned.");
        cordon(3, ConfigOperation.DELETE);
        assertThat(cluster.image().brokers().get(3).drained()).isFalse();
    }

    @Test
    void aDeadBrokerMayGetCopiesWhereTheLivingDoNotSuffice() {
        // Given
        cluster.fence(4);

        // When
        assertThat(cluster.create(new NewTopic("a", 8, (short) 4, Map.of(), Map.of())).error()).isEqualTo(KafkaError.NONE);

        // Then
        assertThat(cluster.image().groups().values()).allSatisfy(group -> {
            assertThat(group.replicas()).containsExactlyInAnyOrder(1, 2, 3, 4).first().isNotEqualTo(4);
            assertThat(group.inSyncReplicas()).containsExactlyInAnyOrder(1, 2, 3);
        });
    }

    @Test
    void aGroupWithoutPartitionsStartsWithThoseWhoLive() {
        // Given
        create("a", List.of(1, 2));
        cluster.fence(2);
        cluster.fence(1);
        assertThat(group("a").inSyncReplicas()).containsExactly(1);
        cluster.decide(cluster.rules.decide(
                cluster.image(), new DeleteTopics(List.of(cluster.image().topic("a").id()), cluster.replyTo())));
        cluster.register(2, new Uuid(0, 2), Uuid.randomUuid());

        // When
        create("b", List.of(1, 2));

        // Then
        assertThat(group("b").inSyncReplicas()).containsExactly(2);
    }

    @Test
    void thePreferredLeaderIsWantedWhereItMayLead() {
        create("a", List.of(1, 2, 3));
        lead("a", 1);
        assertThat(elect("a", false)).isEqualTo(KafkaError.ELECTION_NOT_NEEDED);
        lead("a", 2);
        assertThat(elect("a", false)).isEqualTo(KafkaError.NONE);
        assertThat(group("a").wantedLeader()).isEqualTo(1);
        long offset = cluster.image().offset();
        assertThat(elect("a", false)).isEqualTo(KafkaError.NONE);
        assertThat(cluster.image().offset()).isEqualTo(offset);
        lead("a", 1);
        assertThat(group("a").wantedLeader()).isNull();
        lead("a", 2);
        cluster.fence(1);
        assertThat(elect("a", false)).isEqualTo(KafkaError.PREFERRED_LEADER_NOT_AVAILABLE);
        assertThat(elect("b", false)).isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(elect("a", true)).isEqualTo(KafkaError.ELECTION_NOT_NEEDED);
    }

    @Test
    void anUncleanElectionIsForAGroupThatNobodyElseMayLead() {
        // Given
        create("a", List.of(1, 2));
        lead("a", 1);
        cluster.fence(2);
        cluster.fence(1);
        assertThat(elect("a", true)).isEqualTo(KafkaError.ELIGIBLE_LEADERS_NOT_AVAILABLE);
        cluster.register(2, new Uuid(0, 2), Uuid.randomUuid());

        // When
        assertThat(elect("a", true)).isEqualTo(KafkaError.NONE);

        // Then
        assertThat(group("a").inSyncReplicas()).containsExactly(2);
        lead("a", 2);
    }

    private void create(String name, List<Integer> replicas) {
        assertThat(cluster.create(new NewTopic(name, -1, (short) -1, Map.of(0, replicas), Map.of())).error())
                .isEqualTo(KafkaError.NONE);
    }

    private KafkaError unregister(int broker) {
        return cluster.decide(cluster.rules.decide(cluster.image(), new UnregisterBroker(broker, cluster.replyTo())))
                .results().getFirst().error();
    }

    private void cordon(int broker, ConfigOperation operation) {
        assertThat(cluster.decide(cluster.rules.decide(cluster.image(), new AlterConfigs(
                List.of(new ConfigAlteration(new ConfigResource(ConfigResourceType.BROKER, Integer.toString(broker)),
                        List.of(new ConfigChange(
                                BrokerOperations.CORDONED, operation, operation == ConfigOperation.SET ? "*" : null)),
                        false)),
                false, cluster.replyTo()))).results().getFirst().error()).isEqualTo(KafkaError.NONE);
    }

    private KafkaError elect(String topic, boolean unclean) {
        return cluster.decide(cluster.rules.decide(cluster.image(), new ElectLeaders(
                List.of(new NamedPartition(topic, 0)), unclean, cluster.replyTo()))).results().getFirst().error();
    }

    private void lead(String topic, int broker) {
        assertThat(cluster.decide(cluster.rules.decide(cluster.image(), new BecomeLeader(group(topic).id(), broker,
                cluster.image().brokers().get(broker).incarnation(), cluster.image().offset(), cluster.replyTo())))
                .error()).isEqualTo(KafkaError.NONE);
    }

    private PlacementGroup group(String topic) {
        return cluster.image().groupOf(cluster.image().topic(topic), 0);
    }
}
