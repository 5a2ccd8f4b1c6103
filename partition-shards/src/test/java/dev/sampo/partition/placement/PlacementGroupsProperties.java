package dev.sampo.partition.placement;

import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.common.Uuid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class PlacementGroupsProperties {
    @Property(tries = 200)
    void everyPartitionIsPlacedOnDistinctLiveBrokersLeadersEvenAndRacksApart(
            @ForAll @IntRange(min = 1, max = 9) int brokers, @ForAll @IntRange(min = 1, max = 4) int racks,
            @ForAll @IntRange(min = 1, max = 4) int wanted, @ForAll @IntRange(min = 0, max = 8) int fenced,
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 60) Integer> topics) {
        // Given
        MetadataImage image = cluster(brokers, racks);
        if (brokers > 1 && fenced >= 1 && fenced <= brokers) {
            image = image.apply(new ControllerEvent.BrokerFenced(fenced, fenced));
        }
        MetadataImage live = image;
        Set<Integer> liveBrokers = live.brokers().keySet().stream().filter(live::isLive).collect(Collectors.toSet());
        int replicationFactor = Math.min(wanted, liveBrokers.size());
        int liveRacks = (int) liveBrokers.stream().map(id -> live.brokers().get(id).rack()).distinct().count();

        // When
        for (int count : topics) {
            var placement = new PlacementGroups(image);
            List<String> groups = placement.place(count, replicationFactor, List.of());
            image = create(image, placement, groups);

            // Then
            assertThat(groups).hasSize(count);
            for (String groupId : groups) {
                List<Integer> replicas = image.groups().get(groupId).replicas();
                assertThat(replicas).doesNotHaveDuplicates().hasSize(replicationFactor);
                assertThat(liveBrokers).containsAll(replicas);
                MetadataImage now = image;
                assertThat(replicas.stream().map(id -> now.brokers().get(id).rack()).distinct().count())
                        .isEqualTo(Math.min(replicationFactor, liveRacks));
            }
            assertThat(spread(leaders(image, groups, liveBrokers))).as("leaders of one topic").isLessThanOrEqualTo(1);
        }
        List<String> all = image.topics().values().stream().flatMap(t -> t.partitionGroups().stream()).toList();
        assertThat(spread(leaders(image, all, liveBrokers))).as("leaders of all topics").isLessThanOrEqualTo(1);
        Set<Set<Integer>> copysets = image.groups().values().stream()
                .map(group -> Set.copyOf(group.replicas())).collect(Collectors.toSet());
        assertThat(copysets.size()).as("few sets of brokers hold all copies of something")
                .isLessThanOrEqualTo(liveBrokers.size());
        assertThat(image.groups().size()).isLessThanOrEqualTo(4 * liveBrokers.size());
    }

    @Property(tries = 100)
    void manualAssignmentsAreKeptAndShareGroups(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 1, max = 5) Integer> firsts) {
        MetadataImage image = cluster(5, 1);
        var placement = new PlacementGroups(image);
        List<List<Integer>> lists = firsts.stream().map(first -> List.of(first, 1 + first % 5)).toList();
        List<String> groups = lists.stream().map(placement::forReplicas).toList();
        image = create(image, placement, groups);
        for (int i = 0; i < groups.size(); i++) {
            assertThat(image.groups().get(groups.get(i)).replicas()).isEqualTo(lists.get(i));
        }
        assertThat(image.groups().size()).isLessThanOrEqualTo(4 * new HashSet<>(lists).size());
    }

    @Example
    void aSmallTopicOnOneBrokerSpreadsOverFourGroupsAndMorePartitionsShareThem() {
        MetadataImage image = cluster(1, 1);
        for (int topic = 0; topic < 3; topic++) {
            var placement = new PlacementGroups(image);
            List<String> groups = placement.place(4, 1, List.of());
            assertThat(groups).doesNotHaveDuplicates();
            image = create(image, placement, groups);
        }
        assertThat(image.groups()).containsOnlyKeys("g0", "g1", "g2", "g3");
    }

    @Example
    void manyPartitionsMakeMoreGroupsButNeverMoreThanTheLimit() {
        MetadataImage image = cluster(3, 3);
        for (int topic = 0; topic < 12; topic++) {
            var placement = new PlacementGroups(image);
            image = create(image, placement, placement.place(10_000, 3, List.of()));
        }
        assertThat(image.groups().size()).isBetween(250, PlacementGroups.SOFT_LIMIT);
        Map<String, Integer> load = new HashMap<>();
        image.groupPartitions().forEach((id, partitions) -> load.put(id, partitions.size()));
        assertThat(spread(load)).isLessThanOrEqualTo(60);
    }

    @Example
    void followersOfOneLeaderStandInEveryOrder() {
        MetadataImage image = cluster(3, 3);
        var placement = new PlacementGroups(image);
        image = create(image, placement, placement.place(18, 3, List.of()));
        assertThat(image.groups().values().stream().map(PlacementGroup::replicas).distinct()).hasSize(6);
    }

    @Example
    void tooFewBrokersAreNamedAndDeadOnesMayFollow() {
        MetadataImage image = cluster(2, 1).apply(new ControllerEvent.BrokerFenced(1, 1));
        assertThatThrownBy(() -> new PlacementGroups(image).place(1, 3, List.of()))
                .hasMessageContaining("only 2 broker(s)");
        var placement = new PlacementGroups(image);
        placement.place(1, 2, List.of());
        assertThat(placement.created()).singleElement().satisfies(group -> {
            assertThat(group.replicas()).containsExactly(2, 1);
            assertThat(group.inSyncReplicas()).containsExactly(2);
        });
    }

    private static MetadataImage cluster(int brokers, int racks) {
        MetadataImage image = MetadataImage.EMPTY;
        for (int id = 1; id <= brokers; id++) {
            image = image.apply(new ControllerEvent.BrokerRegistered(
                    id, Uuid.randomUuid(), Uuid.randomUuid(), id, List.of(), "r" + id % racks));
        }
        return image;
    }

    private static MetadataImage create(MetadataImage image, PlacementGroups placement, List<String> groups) {
        MetadataImage result = image;
        for (ControllerEvent event : placement.created()) {
            result = result.apply(event);
        }
        Uuid id = Uuid.randomUuid();
        return result.apply(new ControllerEvent.TopicCreated(id, id.toString(), groups, false, Map.of()));
    }

    private static Map<Integer, Integer> leaders(MetadataImage image, List<String> groups, Set<Integer> brokers) {
        Map<Integer, Integer> leaders = new HashMap<>();
        brokers.forEach(broker -> leaders.put(broker, 0));
        groups.forEach(id -> leaders.merge(image.groups().get(id).replicas().getFirst(), 1, Integer::sum));
        return leaders;
    }

    private static int spread(Map<?, Integer> counts) {
        var values = counts.values().stream().mapToInt(Integer::intValue).summaryStatistics();
        return values.getMax() - values.getMin();
    }
}
