package dev.sampo.partition.placement;

import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class GroupHostsTest {
    private final MetadataImage image = image();

    @Test
    void theFirstInSyncLiveReachableReplicaHostsAGroup() {
        assertThat(GroupHosts.host(image, "g0", Set.of(1, 2, 3))).hasValue(2);
        assertThat(GroupHosts.host(image, "g0", Set.of(1, 3))).hasValue(3);
        assertThat(GroupHosts.host(image, "g0", Set.of(1))).as("not in sync").isEmpty();
        assertThat(GroupHosts.host(image.apply(new ControllerEvent.BrokerFenced(2, 2)), "g0", Set.of(1, 2, 3)))
                .hasValue(3);
        assertThat(GroupHosts.host(image, "g9", Set.of(1, 2, 3))).as("not in this image").isEmpty();
    }

    @Test
    void aGroupMovesToItsPreferredBroker() {
        assertThat(moves(Map.of(1, List.of(), 2, List.of(), 3, List.of("g0", "g1")), false, Set.of(), 20))
                .containsExactly("g0");
        assertThat(moves(Map.of(1, List.of(), 2, List.of("g0"), 3, List.of("g1")), false, Set.of(), 20)).isEmpty();
    }

    @Test
    void nothingMovesWhileAMemberIsUnreachable() {
        assertThat(moves(Map.of(2, List.of(), 3, List.of("g0")), true, Set.of(), 20)).isEmpty();
    }

    @Test
    void aGroupStaysWhenNobodyElseMayHostIt() {
        assertThat(moves(Map.of(1, List.of("g0", "unknown")), false, Set.of(), 20)).isEmpty();
    }

    @Test
    void movesAtOnceAreLimitedCountingThoseInProgress() {
        var allocations = Map.of(2, List.<String>of(), 1, List.of("g0", "g2", "g3"));
        assertThat(moves(allocations, false, Set.of(), 2)).hasSize(2);
        assertThat(moves(allocations, false, Set.of("g0"), 2)).hasSize(1).doesNotContain("g0");
        assertThat(moves(allocations, false, Set.of("g7", "g8"), 2)).isEmpty();
    }

    @Test
    void aDrainedOrStoppingBrokerHostsOnlyWhatNobodyElseCan() {
        MetadataImage drained = image.apply(new ControllerEvent.BrokerChanged(2, false, true));
        assertThat(GroupHosts.host(drained, "g0", Set.of(1, 2, 3))).hasValue(3);
        assertThat(GroupHosts.host(drained, "g0", Set.of(1, 2))).hasValue(2);
        assertThat(GroupHosts.moves(drained, Map.of(1, List.of(), 2, List.of("g0", "g2"), 3, List.of()), false, Set.of(), 20, false))
                .containsExactlyInAnyOrder("g0", "g2");
        MetadataImage stopping = image.apply(new ControllerEvent.BrokerChanged(3, true, false));
        assertThat(GroupHosts.host(stopping, "g1", Set.of(1, 2, 3))).hasValue(3);
    }

    @Test
    void withoutAutomaticBalanceOnlyAWantedLeaderTakesAGroupThatMayStay() {
        var allocations = Map.of(1, List.<String>of(), 2, List.<String>of(), 3, List.of("g0"));
        assertThat(GroupHosts.moves(image, allocations, false, Set.of(), 20, false)).isEmpty();
        MetadataImage wanted = image.apply(new ControllerEvent.LeaderWanted("g0", 2));
        assertThat(GroupHosts.moves(wanted, allocations, false, Set.of(), 20, false)).containsExactly("g0");
        MetadataImage elected = wanted.apply(new ControllerEvent.LeaderElected("g0", 2, 0, List.of(2, 3)));
        assertThat(GroupHosts.moves(elected, allocations, false, Set.of(), 20, false)).isEmpty();
        MetadataImage notInSync = elected.apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(2)));
        assertThat(GroupHosts.moves(notInSync, allocations, false, Set.of(), 20, false)).containsExactly("g0");
    }

    private Set<String> moves(
            Map<Integer, List<String>> allocations, boolean unreachable, Set<String> inProgress, int limit) {
        return GroupHosts.moves(image, allocations, unreachable, inProgress, limit, true);
    }

    private static MetadataImage image() {
        MetadataImage image = MetadataImage.EMPTY;
        for (int id = 1; id <= 3; id++) {
            image = image.apply(new ControllerEvent.BrokerRegistered(
                    id, Uuid.randomUuid(), Uuid.randomUuid(), id, List.of(), null));
        }
        return image.apply(new ControllerEvent.PlacementGroupCreated("g0", List.of(1, 2, 3), 0, List.of(2, 3)))
                .apply(new ControllerEvent.PlacementGroupCreated("g1", List.of(3), 0, List.of(3)))
                .apply(new ControllerEvent.PlacementGroupCreated("g2", List.of(2, 1), 0, List.of(1, 2)))
                .apply(new ControllerEvent.PlacementGroupCreated("g3", List.of(2, 1), 1, List.of(1, 2)));
    }
}
