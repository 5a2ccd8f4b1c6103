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
        assertThat(GroupHosts.host(image, "g0", Set.of(1, 2, 3), topic -> false)).hasValue(2);
        assertThat(GroupHosts.host(image, "g0", Set.of(1, 3), topic -> false)).hasValue(3);
        assertThat(GroupHosts.host(image, "g0", Set.of(1), topic -> false)).as("not in sync").isEmpty();
        assertThat(GroupHosts.host(image.apply(new ControllerEvent.BrokerFenced(2, 2)), "g0", Set.of(1, 2, 3), topic -> false))
                .hasValue(3);
        assertThat(GroupHosts.host(image, "g9", Set.of(1, 2, 3), topic -> false)).as("not in this image").isEmpty();
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
    void aStoppingBrokerHostsOnlyWhatNobodyElseCanAndADrainedOneComesLast() {
        MetadataImage stopping = image.apply(new ControllerEvent.BrokerChanged(2, true, false));
        assertThat(GroupHosts.host(stopping, "g0", Set.of(1, 2, 3), topic -> false)).hasValue(3);
        assertThat(GroupHosts.host(stopping, "g0", Set.of(1, 2), topic -> false)).as("3 can").isEmpty();
        MetadataImage alone = stopping.apply(new ControllerEvent.BrokerFenced(3, 3));
        assertThat(GroupHosts.host(alone, "g0", Set.of(1, 2), topic -> false)).hasValue(2);
        MetadataImage drained = image.apply(new ControllerEvent.BrokerChanged(2, false, true));
        assertThat(GroupHosts.host(drained, "g0", Set.of(1, 2, 3), topic -> false)).hasValue(3);
        assertThat(GroupHosts.host(drained, "g0", Set.of(1, 2), topic -> false)).hasValue(2);
    }

    @Test
    void eligibleReplicasHostWhenNoMemberOfTheIsrIsLiveAndOthersOnlyIfEveryTopicTakesALoss() {
        MetadataImage lost = image.apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(3), List.of(2)))
                .apply(new ControllerEvent.BrokerFenced(3, 3));
        assertThat(GroupHosts.host(lost, "g0", Set.of(1, 2, 3), topic -> true)).hasValue(2);
        MetadataImage bothLost = lost.apply(new ControllerEvent.BrokerFenced(2, 2));
        assertThat(GroupHosts.host(bothLost, "g0", Set.of(1), topic -> true)).as("no topic").isEmpty();
        MetadataImage used = bothLost.apply(new ControllerEvent.TopicCreated(
                        new Uuid(1, 1), "a", List.of("g0"), false, Map.of()))
                .apply(new ControllerEvent.TopicCreated(new Uuid(1, 2), "b", List.of("g0"), false, Map.of()));
        assertThat(GroupHosts.host(used, "g0", Set.of(1), topic -> topic.name().equals("a"))).isEmpty();
        assertThat(GroupHosts.host(used, "g0", Set.of(1), topic -> true)).hasValue(1);
    }

    @Test
    void aDrainedOrStoppingBrokerHostsOnlyWhatNobodyElseCan() {
        MetadataImage drained = image.apply(new ControllerEvent.BrokerChanged(2, false, true));
        assertThat(GroupHosts.host(drained, "g0", Set.of(1, 2, 3), topic -> false)).hasValue(3);
        assertThat(GroupHosts.host(drained, "g0", Set.of(1, 2), topic -> false)).hasValue(2);
        assertThat(GroupHosts.moves(drained, Map.of(1, List.of(), 2, List.of("g0", "g2"), 3, List.of()), false, Set.of(), 20, broker -> false, topic -> false))
                .containsExactlyInAnyOrder("g0", "g2");
        MetadataImage stopping = image.apply(new ControllerEvent.BrokerChanged(3, true, false));
        assertThat(GroupHosts.host(stopping, "g1", Set.of(1, 2, 3), topic -> false)).hasValue(3);
    }

    @Test
    void withoutAutomaticBalanceOnlyAWantedLeaderTakesAGroupThatMayStay() {
        var allocations = Map.of(1, List.<String>of(), 2, List.<String>of(), 3, List.of("g0"));
        assertThat(GroupHosts.moves(image, allocations, false, Set.of(), 20, broker -> false, topic -> false)).isEmpty();
        MetadataImage wanted = image.apply(new ControllerEvent.LeaderWanted("g0", 2));
        assertThat(GroupHosts.moves(wanted, allocations, false, Set.of(), 20, broker -> false, topic -> false)).containsExactly("g0");
        MetadataImage elected = wanted.apply(new ControllerEvent.LeaderElected("g0", 2, 0, List.of(2, 3)));
        assertThat(GroupHosts.moves(elected, allocations, false, Set.of(), 20, broker -> false, topic -> false)).isEmpty();
        MetadataImage notInSync = elected.apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(2)));
        assertThat(GroupHosts.moves(notInSync, allocations, false, Set.of(), 20, broker -> false, topic -> false)).containsExactly("g0");
    }

    private Set<String> moves(
            Map<Integer, List<String>> allocations, boolean unreachable, Set<String> inProgress, int limit) {
        return GroupHosts.moves(image, allocations, unreachable, inProgress, limit, broker -> true, topic -> false);
    }

    @Test
    void anElectionIsUnderWayWhereNobodyLeadsAndNotWhereTheLeaderStops() {
        // Given
        MetadataImage led = image.apply(new ControllerEvent.LeaderElected("g0", 2, 0, List.of(2, 3)));

        // When
        MetadataImage stopping = led.apply(new ControllerEvent.BrokerChanged(2, true, false));
        MetadataImage dead = led.apply(new ControllerEvent.BrokerFenced(2, 2));

        // Then
        assertThat(LeaderCandidates.electing(led)).doesNotContain("g0").contains("g1");
        assertThat(LeaderCandidates.electing(stopping)).as("it serves until then").doesNotContain("g0");
        assertThat(LeaderCandidates.electing(dead)).contains("g0");
        assertThat(LeaderCandidates.electing(dead.apply(new ControllerEvent.BrokerChanged(3, true, false))))
                .as("3 stops too").doesNotContain("g0");
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
