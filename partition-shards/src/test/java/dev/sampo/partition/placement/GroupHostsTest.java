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

    private Set<String> moves(
            Map<Integer, List<String>> allocations, boolean unreachable, Set<String> inProgress, int limit) {
        return GroupHosts.moves(image, allocations, unreachable, inProgress, limit);
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
