package dev.sampo.partition.balance;

import dev.sampo.partition.balance.BalancePlan.BrokerLoad;
import dev.sampo.partition.balance.BalancePlan.Move;
import dev.sampo.partition.balance.ClusterPicture.Broker;
import dev.sampo.partition.balance.ClusterPicture.Partition;
import dev.sampo.partition.balance.ClusterPicture.State;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

import static org.assertj.core.api.Assertions.assertThat;

final class BalancePlanProperties {
    private static final long GIB = 1L << 30;

    /** Any cluster, also ones that nobody would build. */
    @Provide
    Arbitrary<ClusterPicture> pictures() {
        return Arbitraries.longs().map(seed -> picture(new Random(seed), false));
    }

    /** All live, no racks, sizes much alike: all goals can be reached. */
    @Provide
    Arbitrary<ClusterPicture> plainPictures() {
        return Arbitraries.longs().map(seed -> picture(new Random(seed), true));
    }

    private static ClusterPicture picture(Random random, boolean plain) {
        int count = 1 + random.nextInt(9);
        int racks = 1 + random.nextInt(4);
        boolean named = !plain && random.nextInt(3) > 0;
        var brokers = new ArrayList<Broker>();
        for (int id = 1; id <= count; id++) {
            State state = plain || random.nextInt(6) > 0 ? State.LIVE : random.nextBoolean() ? State.DRAINED : State.DOWN;
            brokers.add(new Broker(id, named ? "r" + random.nextInt(racks) : null, state));
        }
        int used = plain ? count : 1 + random.nextInt(count); // the others have just joined
        int factor = 1 + random.nextInt(Math.min(4, used));
        int sizes = random.nextInt(3);
        var partitions = new ArrayList<Partition>();
        int number = plain ? 20 * count : random.nextInt(150);
        for (int p = 0; p < number; p++) {
            var ids = new ArrayList<>(IntStream.rangeClosed(1, used).boxed().toList());
            java.util.Collections.shuffle(ids, random);
            long size = plain ? GIB + random.nextInt(1 << 26) : switch (sizes) {
                case 0 -> 0;
                case 1 -> random.nextInt(1 << 20);
                default -> (long) (GIB * Math.pow(2, 8 * random.nextDouble()));
            };
            partitions.add(new Partition(
                    "t" + p % 3, p / 3, ids.subList(0, factor), size, !plain && random.nextInt(20) == 0));
        }
        return new ClusterPicture(brokers, partitions);
    }

    @Property(tries = 500)
    void aPlanIsTheSameAgainAndThePlanOfItsResultIsEmpty(@ForAll("pictures") ClusterPicture picture) {
        BalancePlan plan = BalancePlan.of(picture);
        assertThat(BalancePlan.of(picture)).isEqualTo(plan);
        assertThat(BalancePlan.of(Pictures.after(picture, plan)).moves()).isEmpty();
    }

    @Property(tries = 500)
    void movesKeepNumbersOfReplicasAndRacksAndUseLiveBrokersOnly(@ForAll("pictures") ClusterPicture picture) {
        for (Move move : BalancePlan.of(picture).moves()) {
            assertThat(move.to()).hasSameSizeAs(move.from()).doesNotHaveDuplicates().isNotEqualTo(move.from());
            var added = new HashSet<>(move.to());
            added.removeAll(move.from());
            assertThat(added).allMatch(id -> Pictures.state(picture, id) == State.LIVE);
            var removed = new HashSet<>(move.from());
            removed.removeAll(move.to());
            assertThat(removed).noneMatch(id -> Pictures.state(picture, id) == State.DOWN);
            List<Integer> kept = move.from().stream().filter(id -> Pictures.state(picture, id) != State.DRAINED).toList();
            assertThat(Pictures.racks(picture, move.to())).isGreaterThanOrEqualTo(Pictures.racks(picture, kept));
            assertThat(move.reason()).isNotBlank();
            Partition moved = picture.partitions().stream()
                    .filter(each -> each.topic().equals(move.topic()) && each.partition() == move.partition())
                    .findFirst().orElseThrow();
            assertThat(moved.moving()).isFalse();
            assertThat(moved.replicas()).isEqualTo(move.from());
            assertThat(move.bytes()).isEqualTo(added.size() * moved.sizeBytes());
        }
    }

    @Property(tries = 500)
    void figuresAreThoseOfThePicturesBeforeAndAfter(@ForAll("pictures") ClusterPicture picture) {
        BalancePlan plan = BalancePlan.of(picture);
        ClusterPicture after = Pictures.after(picture, plan);
        assertThat(plan.bytesToMove()).isEqualTo(plan.moves().stream().mapToLong(Move::bytes).sum());
        for (BrokerLoad broker : plan.brokers()) {
            assertThat(broker.before()).isEqualTo(load(picture, broker.broker()));
            assertThat(broker.after()).isEqualTo(load(after, broker.broker()));
        }
        assertThat(plan.replicaListsAfter())
                .isEqualTo((int) after.partitions().stream().map(Partition::replicas).distinct().count());
    }

    private static BalancePlan.Load load(ClusterPicture picture, int id) {
        List<Partition> held = picture.partitions().stream().filter(each -> each.replicas().contains(id)).toList();
        return new BalancePlan.Load(
                held.size(), (int) held.stream().filter(each -> each.replicas().getFirst() == id).count(),
                held.stream().mapToLong(Partition::sizeBytes).sum());
    }

    @Property(tries = 300)
    void drainedBrokersAreEmptyWhereTheOthersAreEnough(@ForAll("pictures") ClusterPicture picture) {
        long live = picture.brokers().stream().filter(broker -> broker.state() == State.LIVE).count();
        for (Partition each : Pictures.after(picture, BalancePlan.of(picture)).partitions()) {
            if (!each.moving() && live >= each.replicas().size()) {
                assertThat(each.replicas()).noneMatch(id -> Pictures.state(picture, id) == State.DRAINED);
            }
        }
    }

    @Property(tries = 300)
    void aPlainClusterBecomesEven(@ForAll("plainPictures") ClusterPicture picture) {
        BalancePlan plan = BalancePlan.of(picture);
        double replicas = plan.brokers().stream().mapToInt(broker -> broker.after().replicas()).average().orElse(0);
        double leaders = plan.brokers().stream().mapToInt(broker -> broker.after().leaders()).average().orElse(0);
        double bytes = plan.brokers().stream().mapToLong(broker -> broker.after().bytes()).average().orElse(0);
        assertThat(plan.brokers()).allSatisfy(broker -> {
            assertThat(Math.abs(broker.after().replicas() - replicas)).isLessThanOrEqualTo(Math.max(1, 0.05 * replicas));
            assertThat(Math.abs(broker.after().leaders() - leaders)).isLessThanOrEqualTo(Math.max(1, 0.05 * leaders));
            assertThat(Math.abs(broker.after().bytes() - bytes)).isLessThanOrEqualTo(0.15 * bytes + (1 << 26));
        });
    }
}
