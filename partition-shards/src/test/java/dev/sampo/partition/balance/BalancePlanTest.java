package dev.sampo.partition.balance;

import dev.sampo.partition.balance.BalancePlan.BrokerLoad;
import dev.sampo.partition.balance.BalancePlan.Load;
import dev.sampo.partition.balance.BalancePlan.Move;
import dev.sampo.partition.balance.ClusterPicture.Broker;
import dev.sampo.partition.balance.ClusterPicture.Partition;
import dev.sampo.partition.balance.ClusterPicture.State;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

import static dev.sampo.partition.balance.Pictures.after;
import static dev.sampo.partition.balance.Pictures.live;
import static dev.sampo.partition.balance.Pictures.partition;
import static org.assertj.core.api.Assertions.assertThat;

final class BalancePlanTest {
    private static final long GIB = 1L << 30;

    @Test
    void anEvenClusterAndAnEmptyOneNeedNoMoves() {
        var even = new ClusterPicture(
                List.of(live(1), live(2), live(3)),
                List.of(partition(0, 5, 1, 2), partition(1, 5, 2, 3), partition(2, 5, 3, 1)));
        assertThat(BalancePlan.of(even).moves()).isEmpty();
        assertThat(BalancePlan.of(even).brokers()).containsExactly(
                new BrokerLoad(1, null, State.LIVE, new Load(2, 1, 10), new Load(2, 1, 10)),
                new BrokerLoad(2, null, State.LIVE, new Load(2, 1, 10), new Load(2, 1, 10)),
                new BrokerLoad(3, null, State.LIVE, new Load(2, 1, 10), new Load(2, 1, 10)));
        assertThat(BalancePlan.of(new ClusterPicture(List.of(), List.of())).moves()).isEmpty();
    }

    @Test
    void aBrokerThatJoinsGetsItsShareOfReplicasLeadersAndBytesAndFewNewLists() {
        // Given
        var partitions = new ArrayList<Partition>();
        List<List<Integer>> lists = List.of(List.of(1, 2, 3), List.of(2, 3, 1), List.of(3, 1, 2));
        IntStream.range(0, 60).forEach(p -> partitions.add(new Partition("t", p, lists.get(p % 3), GIB, false)));
        var picture = new ClusterPicture(List.of(live(1), live(2), live(3), live(4)), partitions);

        // When
        BalancePlan plan = BalancePlan.of(picture);

        // Then
        assertThat(plan.moves()).first().satisfies(move ->
                assertThat(move.reason()).startsWith("broker 4 holds 0 of 180 replicas, mean 45.0"));
        assertThat(plan.brokers()).allSatisfy(broker -> {
            assertThat(broker.after().replicas()).isBetween(43, 47);
            assertThat(broker.after().leaders()).isBetween(14, 16);
        });
        assertThat(plan.bytesToMove()).isBetween(43 * GIB, 45 * GIB);
        assertThat(plan.replicaListsBefore()).isEqualTo(3);
        assertThat(plan.replicaListsAfter()).isLessThan(20);
        assertThat(BalancePlan.of(after(picture, plan)).moves()).isEmpty();
    }

    @Test
    void nothingStaysOnADrainedBrokerAndTheReasonSaysSo() {
        var picture = new ClusterPicture(
                List.of(live(1), live(2), new Broker(3, null, State.DRAINED), live(4)),
                List.of(partition(0, 7, 3, 1), partition(1, 9, 2, 3)));
        BalancePlan plan = BalancePlan.of(picture);
        assertThat(plan.moves()).containsExactly(
                new Move("t", 0, List.of(3, 1), List.of(4, 1), 7, "broker 3 is drained"),
                new Move("t", 1, List.of(2, 3), List.of(2, 1), 9, "broker 3 is drained"));
        assertThat(plan.bytesToMove()).isEqualTo(16);
    }

    @Test
    void twoReplicasOnOneRackPart() {
        var picture = new ClusterPicture(
                List.of(live(1, "a"), live(2, "b"), live(3, "b"), live(4, "c")),
                List.of(partition(0, 7, 1, 2, 3), partition(1, 7, 4, 1, 2)));
        assertThat(BalancePlan.of(picture).moves()).singleElement().satisfies(move -> {
            assertThat(move.to()).contains(1, 4).hasSize(3);
            assertThat(move.reason()).startsWith("rack b holds 2 of its replicas");
        });
    }

    @Test
    void leadersAreMadeEvenByTheOrderOfTheListsAlone() {
        var partitions = new ArrayList<Partition>();
        IntStream.range(0, 9).forEach(p -> partitions.add(partition(p, GIB, 1, 2, 3)));
        BalancePlan plan = BalancePlan.of(new ClusterPicture(List.of(live(1), live(2), live(3)), partitions));
        assertThat(plan.bytesToMove()).isZero();
        assertThat(plan.moves()).allSatisfy(move -> {
            assertThat(new HashSet<>(move.to())).isEqualTo(new HashSet<>(move.from()));
            assertThat(move.reason()).isEqualTo("broker 1 leads 9 partitions, mean 3.0");
        });
        assertThat(plan.brokers()).allSatisfy(broker -> assertThat(broker.after().leaders()).isBetween(2, 4));
        assertThat(plan.replicaListsAfter()).isEqualTo(3);
    }

    @Test
    void leadersReachABrokerThatSharesNothingWithTheOneThatLeadsTooMany() {
        var partitions = new ArrayList<Partition>();
        IntStream.range(0, 6).forEach(p -> partitions.add(partition(p, 1, 1, 2)));
        IntStream.range(6, 9).forEach(p -> partitions.add(partition(p, 1, 2, 3)));
        IntStream.range(9, 12).forEach(p -> partitions.add(partition(p, 1, 2, 3)));
        BalancePlan plan = BalancePlan.of(new ClusterPicture(List.of(live(1), live(2), live(3)), partitions));
        assertThat(plan.brokers()).allSatisfy(broker -> assertThat(broker.after().leaders()).isBetween(3, 5));
    }

    @Test
    void bytesAreMadeEvenByExchangeWhereNumbersAreAlready() {
        var picture = new ClusterPicture(List.of(live(1), live(2)), List.of(
                partition(0, 40 * GIB, 1), partition(1, 40 * GIB, 1), partition(2, GIB, 2), partition(3, GIB, 2), partition(4, GIB, 2)));
        BalancePlan plan = BalancePlan.of(picture);
        assertThat(plan.moves()).hasSize(2).allSatisfy(move -> assertThat(move.reason()).contains("holds 81920.0 MiB, mean 42496.0 MiB"));
        assertThat(plan.bytesToMove()).isEqualTo(41 * GIB);
        assertThat(plan.brokers()).extracting(broker -> broker.after().bytes()).containsExactly(41 * GIB, 42 * GIB);
    }

    @Test
    void whatMovesAlreadyIsLeftAloneAndCountsWhereItGoes() {
        var partitions = new ArrayList<Partition>();
        IntStream.range(0, 4).forEach(p -> partitions.add(new Partition("t", p, List.of(1), 1, p < 2)));
        BalancePlan plan = BalancePlan.of(new ClusterPicture(List.of(live(1), live(2), live(3)), partitions));
        assertThat(plan.moves()).extracting(Move::partition).doesNotContain(0, 1);
    }

    @Test
    void aReplicaOnABrokerThatIsDownStays() {
        var picture = new ClusterPicture(
                List.of(live(1), live(2), new Broker(3, null, State.DOWN)),
                List.of(partition(0, 1, 3, 1), partition(1, 1, 3, 1), partition(2, 1, 3, 1), partition(3, 1, 3, 9)));
        assertThat(BalancePlan.of(picture).moves()).isNotEmpty().allSatisfy(move -> assertThat(move.to()).startsWith(3).contains(2));
    }
}
