package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.ClusterImage.PartitionImage;
import dev.sampo.client.internal.ClusterImage.TopicImage;
import dev.sampo.client.internal.Lane;
import dev.sampo.client.internal.consumer.FetchPlanner.Plan;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class FetchPlannerTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);
    private static final TopicPartition P2 = new TopicPartition("t", 2);
    private static final ClusterImage CLUSTER = new ClusterImage(
            "c",
            Map.of(1, new Node(1, "h", 1)),
            Map.of("t", new TopicImage("t", Uuid.ONE_UUID, false, Errors.NONE, List.of(
                    new PartitionImage(0, 1, 5, List.of(1), List.of(1)),
                    new PartitionImage(1, 1, 5, List.of(1), List.of(1)),
                    new PartitionImage(2, 1, 5, List.of(1), List.of(1))))));

    private final FetchPlanner planner = new FetchPlanner(500, 10_000, 1_000, 2_500);

    private void begin(TopicPartition... partitions) {
        for (TopicPartition partition : partitions) {
            planner.add(partition);
            planner.seek(partition, 0, -1);
            planner.want(partition);
        }
    }

    private static List<TopicPartition> partitions(Plan plan) {
        return plan.partitions().stream().map(FetchPlanner.Wanted::partition).toList();
    }

    @Test
    void nothingIsFetchedBeforeTheStreamPulls() {
        // Given
        planner.add(P0);
        planner.seek(P0, 7, -1);

        // When
        List<Plan> before = planner.plan(CLUSTER, 0);
        planner.want(P0);
        List<Plan> after = planner.plan(CLUSTER, 0);

        // Then
        assertThat(before).isEmpty();
        assertThat(after).singleElement().satisfies(plan -> {
            assertThat(plan.maxWaitMs()).isEqualTo(500);
            assertThat(plan.partitions()).containsExactly(new FetchPlanner.Wanted(P0, 1, 7, -1, 5));
        });
    }

    @Test
    void aPartitionThatHoldsEnoughIsNotAskedForUntilItsStreamHasConsumed() {
        // Given
        begin(P0);
        Plan first = planner.plan(CLUSTER, 0).get(0);
        planner.onDone(first);
        planner.onRecords(P0, 10, 5, 1_000, 100);

        // When
        List<Plan> full = planner.plan(CLUSTER, 0);
        planner.consumed(P0, 1, 1_000);
        List<Plan> empty = planner.plan(CLUSTER, 0);

        // Then
        assertThat(full).isEmpty();
        assertThat(empty).singleElement().satisfies(plan -> assertThat(plan.partitions())
                .containsExactly(new FetchPlanner.Wanted(P0, 1, 10, 5, 5)));
        assertThat(planner.lag(P0)).isEqualTo(90);
    }

    @Test
    void allPartitionsTogetherHoldNoMoreThanTheTotalLimit() {
        // Given
        begin(P0, P1, P2);
        planner.onDone(planner.plan(CLUSTER, 0).get(0));

        // When
        planner.onRecords(P0, 10, 5, 900, 100);
        planner.onRecords(P1, 10, 5, 900, 100);
        planner.onRecords(P2, 10, 5, 700, 100);

        // Then
        assertThat(planner.plan(CLUSTER, 0)).isEmpty();
    }

    @Test
    void aPartitionThatBecomesWantedWhileALongPollWaitsGoesByTheSecondLane() {
        // Given
        begin(P0);
        Plan longPoll = planner.plan(CLUSTER, 0).get(0);
        begin(P1);

        // When
        Plan late = planner.plan(CLUSTER, 0).get(0);

        // Then
        assertThat(longPoll.lane()).isEqualTo(Lane.FETCH);
        assertThat(late.lane()).isEqualTo(Lane.LATE_FETCH);
        assertThat(late.maxWaitMs()).isEqualTo(500);
        assertThat(partitions(late)).containsExactly(P1);
    }

    @Test
    void theLastFreeLaneWaitsOnlyShortlyWhileAnotherPartitionMayWantIt() {
        // Given
        begin(P0);
        planner.plan(CLUSTER, 0);
        planner.add(P2); // assigned, its stream has not pulled
        begin(P1);

        // When
        Plan late = planner.plan(CLUSTER, 0).get(0);

        // Then
        assertThat(late.maxWaitMs()).isEqualTo(FetchPlanner.SHORT_WAIT_MS);
    }

    @Test
    void anAnswerForAnOlderPositionOrAssignmentIsStale() {
        // Given
        begin(P0, P1);
        Plan plan = planner.plan(CLUSTER, 0).get(0);

        // When
        planner.seek(P0, 50, -1);
        planner.remove(P1);
        planner.add(P1);
        planner.seek(P1, 0, -1);

        // Then
        assertThat(plan.partitions()).noneMatch(planner::isCurrent);
    }

    @Test
    void aPartitionThatIsBeingRevokedIsNotFetchedAndWhatComesOfItIsOfNoUse() {
        // Given
        begin(P0, P1);
        Plan plan = planner.plan(CLUSTER, 0).get(0);

        // When
        planner.hold(P0);
        planner.onDone(plan);

        // Then
        assertThat(plan.partitions()).map(planner::isCurrent).containsExactly(false, true);
        assertThat(planner.assignment(P0)).isEqualTo(1); // its commits still count
        assertThat(partitions(planner.plan(CLUSTER, 0).get(0))).containsExactly(P1);
    }
}
