package dev.sampo.partition.follower;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.ControllerEvent.BrokerFenced;
import dev.sampo.partition.controller.ControllerEvent.BrokerRegistered;
import dev.sampo.partition.controller.ControllerEvent.LeaderElected;
import dev.sampo.partition.controller.ControllerEvent.PartitionMoveStarted;
import dev.sampo.partition.controller.ControllerEvent.PartitionMoved;
import dev.sampo.partition.controller.ControllerEvent.PlacementGroupCreated;
import dev.sampo.partition.controller.ControllerEvent.TopicCreated;
import dev.sampo.partition.controller.ControllerEvent.TopicDeleted;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.follower.LeaderLink.Peer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class FollowerPlanTest {
    private static final Uuid ORDERS = new Uuid(1, 1);
    private static final TopicIdPartition ZERO = new TopicIdPartition(ORDERS, 0);
    private static final TopicIdPartition ONE = new TopicIdPartition(ORDERS, 1);

    /** Brokers 1 to 4; orders-0 and orders-1 in g0 on 1, 2, 3, led by 1 in epoch 5; g1 on 4, 1 without partitions. */
    private final MetadataImage image = image(
            registered(1), registered(2), registered(3), registered(4),
            new PlacementGroupCreated("g0", List.of(1, 2, 3), 0, List.of(1, 2, 3)),
            new PlacementGroupCreated("g1", List.of(4, 1), 0, List.of(4, 1)),
            new TopicCreated(ORDERS, "orders", List.of("g0", "g0"), false, Map.of()),
            new LeaderElected("g0", 1, 5, List.of(1, 2, 3)));

    private static BrokerRegistered registered(int id) {
        return new BrokerRegistered(
                id, Uuid.randomUuid(), Uuid.randomUuid(), 10 + id,
                List.of(
                        new Endpoint("PLAINTEXT", "h", 9092, "PLAINTEXT"),
                        new Endpoint(Endpoint.REPLICATION, "r" + id, 7357, "PLAINTEXT")),
                null);
    }

    private static MetadataImage image(ControllerEvent... events) {
        return and(MetadataImage.EMPTY, events);
    }

    private static MetadataImage and(MetadataImage before, ControllerEvent... events) {
        MetadataImage image = before;
        for (ControllerEvent event : events) {
            image = image.apply(event);
        }
        return image;
    }

    @Test
    void aReplicaFollowsTheLeaderOfItsGroupOnTheBrokersOwnListener() {
        assertThat(FollowerPlan.of(image, 2)).containsExactly(Map.entry(
                "g0", new FollowerPlan.Group("g0", new Peer(1, 11, "r1", 7357), 5, Set.of(ZERO, ONE))));
        assertThat(FollowerPlan.of(image, 1)).isEmpty();
        assertThat(FollowerPlan.of(image, 4)).isEmpty();
    }

    @Test
    void nobodyFollowsAGroupWithoutALiveLeader() {
        assertThat(FollowerPlan.of(and(image, new BrokerFenced(1, 11)), 2)).isEmpty();
    }

    @Test
    void aLeaderThatHasStartedAgainIsAnotherPeer() {
        MetadataImage again = and(image, registered(1), new LeaderElected("g0", 1, 6, List.of(1, 2, 3)));

        assertThat(FollowerPlan.of(again, 2).get("g0").leaderEpoch()).isEqualTo(6);
    }

    @Test
    void brokersOfTheGroupThatAPartitionMovesToFollowThatPartitionAlone() {
        MetadataImage moving = and(image, new PartitionMoveStarted(ORDERS, 1, "g1"));

        assertThat(FollowerPlan.of(moving, 4)).containsExactly(
                Map.entry("g0", new FollowerPlan.Group("g0", new Peer(1, 11, "r1", 7357), 5, Set.of(ONE))));
        assertThat(FollowerPlan.of(moving, 2).get("g0").partitions()).containsExactlyInAnyOrder(ZERO, ONE);
        assertThat(FollowerPlan.holds(moving, 4, ONE)).isTrue();
        assertThat(FollowerPlan.holds(moving, 4, ZERO)).isFalse();
    }

    @Test
    void aLogIsDroppedWhenItsPartitionHasMovedAwayOrItsTopicIsGoneAndKeptByWhoHoldsItStill() {
        MetadataImage moved = and(
                image, new PartitionMoveStarted(ORDERS, 1, "g1"), new PartitionMoved(ORDERS, 1, "g1"));

        assertThat(FollowerPlan.dropped(image, moved, 2)).containsExactly(ONE);
        assertThat(FollowerPlan.dropped(image, moved, 1)).isEmpty();
        assertThat(FollowerPlan.dropped(image, and(image, new TopicDeleted(ORDERS)), 2))
                .containsExactlyInAnyOrder(ZERO, ONE);
    }
}
