package dev.sampo.partition.sharding;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class GroupWatchTest {
    private MetadataImage image = MetadataImage.EMPTY
            .apply(new ControllerEvent.BrokerRegistered(1, new Uuid(1, 1), new Uuid(1, 2), 1, List.of(), null))
            .apply(new ControllerEvent.BrokerRegistered(2, new Uuid(2, 1), new Uuid(2, 2), 2, List.of(), null))
            .apply(new ControllerEvent.PlacementGroupCreated("g0", List.of(1), 0, List.of(1)))
            .apply(new ControllerEvent.PlacementGroupCreated("g1", List.of(2), 0, List.of(2)))
            .apply(new ControllerEvent.PlacementGroupCreated("g2", List.of(1), 1, List.of(1)))
            .apply(new ControllerEvent.TopicCreated(new Uuid(3, 3), "t", List.of("g0", "g1"), false, Map.of()));

    @Test
    void aGroupWithPartitionsAndWithoutALeaderIsWokenByItsReplicas() {
        assertThat(GroupWatch.leaderless(image, 1, topic -> false)).containsExactly("g0");
        assertThat(GroupWatch.leaderless(image, 2, topic -> false)).containsExactly("g1");
        image = image.apply(new ControllerEvent.LeaderElected("g0", 1, 0, List.of(1)));
        assertThat(GroupWatch.leaderless(image, 1, topic -> false)).isEmpty();
    }

    @Test
    void nobodyAsksForAGroupThatNobodyMayLead() {
        image = image.apply(new ControllerEvent.BrokerFenced(1, 1));
        assertThat(GroupWatch.leaderless(image, 1, topic -> false)).isEmpty();
    }

    @Test
    void aLedGroupWithAPartitionThatDoesNotServeIsWoken() {
        image = image.apply(new ControllerEvent.LeaderElected("g0", 1, 0, List.of(1)));
        assertThat(GroupWatch.unserved(image, 1, id -> false)).containsExactly("g0");
        assertThat(GroupWatch.unserved(image, 1, id -> true)).isEmpty();
        assertThat(GroupWatch.unserved(image, 2, id -> false)).isEmpty();
    }

    @Test
    void aLeaderThatWasHandedOffIsToldWhatTheImageSaysUntilItIsSucceeded() {
        // Given
        var id = new TopicIdPartition(new Uuid(3, 3), 0);
        image = image.apply(new ControllerEvent.PlacementGroupCreated("g0", List.of(1, 2), 0, List.of(1, 2)))
                .apply(new ControllerEvent.LeaderElected("g0", 1, 4, List.of(1, 2)))
                .apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(1)));
        int partitionEpoch = image.groups().get("g0").partitionEpoch();

        // Then
        assertThat(toHandedOff(1, id, 4)).containsExactly(
                new Partition.Reconfigure(SingleNode.SETTINGS),
                new Partition.ReplicasChanged(4, new Partition.Replicas(partitionEpoch, List.of(1, 2), List.of(1))));
        assertThat(toHandedOff(1, id, 5)).as("the image is older than it").isEmpty();
        assertThat(toHandedOff(2, id, 4)).as("another broker's").isEmpty();
        assertThat(toHandedOff(1, id, 3)).containsExactly(new Partition.Stop());
        assertThat(toHandedOff(1, new TopicIdPartition(new Uuid(9, 9), 0), 4)).containsExactly(new Partition.Stop());
    }

    private List<Partition.Command> toHandedOff(int brokerId, TopicIdPartition id, int leaderEpoch) {
        return GroupWatch.toHandedOff(image, brokerId, id, leaderEpoch, (now, topic) -> SingleNode.SETTINGS);
    }

    @Test
    void aLeaderIsSucceededByOneOfANewerEpochAndByTheEndOfItsTopic() {
        var id = new TopicIdPartition(new Uuid(3, 3), 0);
        image = image.apply(new ControllerEvent.LeaderElected("g0", 1, 4, List.of(1)));
        assertThat(GroupWatch.succeeded(image, id, 4)).isFalse();
        assertThat(GroupWatch.succeeded(image, id, 3)).isTrue();
        assertThat(GroupWatch.succeeded(image, new TopicIdPartition(new Uuid(9, 9), 0), 4)).isTrue();
    }

    @Test
    void entityIdsNameGroupAndPartitionAlsoWhenTheTopicIdHoldsADash() {
        Uuid dashed = Uuid.fromString("-bcd-fghijklmnopqrstuQ");
        var id = new TopicIdPartition(dashed, 12);
        String entityId = GroupEntityIds.partition("g17", id);
        assertThat(GroupEntityIds.partition(entityId)).isEqualTo(id);
        assertThat(GroupEntityIds.groupId(entityId)).isEqualTo("g17");
        assertThat(GroupEntityIds.isSentinel(entityId)).isFalse();
        assertThat(GroupEntityIds.isSentinel(GroupEntityIds.sentinel("g17"))).isTrue();
        assertThat(GroupEntityIds.groupId("g17/~")).isEqualTo("g17");
        assertThatThrownBy(() -> GroupEntityIds.groupId("g17")).hasMessageContaining("g17");
    }
}
