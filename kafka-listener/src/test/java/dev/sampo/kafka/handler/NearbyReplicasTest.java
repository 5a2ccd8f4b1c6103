package dev.sampo.kafka.handler;

import dev.sampo.actors.config.ReplicaSelector;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Broker 1 in rack a leads; 2 and 4 are in rack b, 3 is in c. All but 4 are in sync. */
class NearbyReplicasTest {
    private final FakeBroker broker = new FakeBroker();
    private TopicIdPartition id;

    @BeforeEach
    void place() {
        broker.broker(1, "a", false);
        broker.broker(2, "b", false);
        broker.broker(3, "c", false);
        broker.broker(4, "b", false);
        broker.broker(5, null, false);
        Topic topic = broker.topic("orders", 1, 1, false);
        broker.replicas("orders", List.of(1, 2, 3, 4, 5), List.of(1, 2, 3, 5));
        id = new TopicIdPartition(topic.id(), 0);
    }

    private NearbyReplicas of(ReplicaSelector selector, int version, String rack) {
        return NearbyReplicas.of(selector, broker.view.image(), 1, FakeExchange.LISTENER, version, rack);
    }

    private NearbyReplicas near(String rack) {
        return of(ReplicaSelector.RACK_AWARE, 11, rack);
    }

    @Test
    void inSyncReplicasInTheConsumersRackAreNearerThanALeaderInAnother() {
        assertThat(near("b").of(id)).containsExactly(2);
        assertThat(near("c").of(id)).containsExactly(3);
    }

    @Test
    void severalInOneRackAreLeftToTheLeaderToChooseFrom() {
        broker.replicas("orders", List.of(1, 2, 3, 4), List.of(1, 4, 2));

        assertThat(near("b").of(id)).containsExactlyInAnyOrder(2, 4);
    }

    @Test
    void aLeaderInTheConsumersRackServesIt() {
        broker.broker(3, "a", false);

        assertThat(near("a")).isNull();
    }

    @Test
    void nobodyIsNearAConsumerInARackWithoutReplicasOrWithoutARack() {
        assertThat(near("elsewhere").of(id)).isNull();
        assertThat(near("")).isNull();
        assertThat(near(null)).isNull();
    }

    @Test
    void withoutTheSelectorAndBeforeVersionElevenLeadersServe() {
        assertThat(of(ReplicaSelector.LEADER, 18, "b")).isNull();
        assertThat(of(ReplicaSelector.RACK_AWARE, 10, "b")).isNull();
    }

    @Test
    void aReplicaThatTheConsumerCannotReachIsNotNear() {
        // Given
        broker.broker(2, "b", true);

        // Then
        assertThat(near("b").of(id)).as("fenced").isNull();
        assertThat(NearbyReplicas.of(
                        ReplicaSelector.RACK_AWARE, broker.view.image(), 1, "INTERNAL", 11, "c")
                .of(id)).as("not on this listener").isNull();
    }

    @Test
    void anUnknownPartitionHasNoReplicas() {
        assertThat(near("b").of(new TopicIdPartition(id.topicId(), 7))).isNull();
        assertThat(near("b").of(new TopicIdPartition(Uuid.randomUuid(), 0))).isNull();
    }

    @Test
    void aBrokerThatIsNotInTheMetadataHasNoRack() {
        assertThat(NearbyReplicas.of(
                        ReplicaSelector.RACK_AWARE, broker.view.image(), 9, FakeExchange.LISTENER, 11, "b")
                .of(id)).containsExactly(2);
    }
}
