package dev.sampo.partition.balance;

import dev.sampo.partition.balance.ClusterPicture.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves that make a cluster even, each with its reason. The same picture gives the same plan, and the picture after the plan an
 * empty one.
 *
 * <p>Goals in order of weight; a step towards one never costs an earlier one:
 *
 * <ol>
 *   <li>nothing on drained brokers
 *   <li>replicas of a partition on as many racks as there are
 *   <li>replicas of each broker within 1, or 5 %, of the mean
 *   <li>bytes of each broker within 15 %, or 64 MiB, of the mean
 *   <li>preferred leaders of each broker within 1, or 5 %, of the mean: by the order of replica lists alone, nothing is copied
 * </ol>
 *
 * <p>Each distinct replica list needs placement groups of its own, so of two ways to the same end the one that uses lists which
 * are there already wins, unless it copies 64 MiB more.
 *
 * <p>Each step makes the goals, compared in their order, better, and there are finitely many layouts: so planning ends, and ends
 * where no step is left, which is why the plan of the result is empty.
 *
 * @param moves in the order of the goals they serve, then by topic and partition
 * @param brokers all brokers by id, with what they hold now and when all moves are done
 * @param bytesToMove what is copied between brokers, all moves together
 * @param replicaListsBefore distinct replica lists now
 * @param replicaListsAfter distinct replica lists when all moves are done
 */
public record BalancePlan(
        List<Move> moves, List<BrokerLoad> brokers, long bytesToMove, int replicaListsBefore, int replicaListsAfter) {
    /**
     * One partition's new replica list.
     *
     * @param bytes size of the partition times the brokers that have no copy yet; 0 when only the order changes
     */
    public record Move(String topic, int partition, List<Integer> from, List<Integer> to, long bytes, String reason) {}

    /** What a broker holds; {@code leaders} are the partitions that it is preferred to lead. */
    public record Load(int replicas, int leaders, long bytes) {}

    /** A broker before and after. */
    public record BrokerLoad(int broker, @Nullable String rack, State state, Load before, Load after) {}

    /** Immutable. */
    public BalancePlan {
        moves = List.copyOf(moves);
        brokers = List.copyOf(brokers);
    }

    /** Makes one. */
    public static BalancePlan of(ClusterPicture picture) {
        var layout = new Layout(picture);
        List<Goal> goals = List.of(
                new DrainedGoal(), new RackGoal(), new ReplicaGoal(layout), new ByteGoal(), new LeaderGoal(layout));
        List<Load> before = layout.loads();
        int listsBefore = layout.listsInUse();
        for (boolean better = true; better;) {
            better = false;
            for (Goal goal : goals) {
                while (goal.step(layout)) {
                    better = true;
                }
            }
        }
        List<Load> after = layout.loads();
        var brokers = new ArrayList<BrokerLoad>();
        for (int i = 0; i < layout.brokers(); i++) {
            brokers.add(new BrokerLoad(layout.id(i), layout.rackName(i), layout.state(i), before.get(i), after.get(i)));
        }
        List<Move> moves = layout.changed().stream()
                .sorted(Comparator.comparingInt((Layout.Part part) -> part.rank()))
                .map(part -> new Move(
                        part.topic(), part.partition(), layout.ids(part.original()), layout.ids(part.now()),
                        part.copied(), part.reason()))
                .toList();
        return new BalancePlan(
                moves, brokers, moves.stream().mapToLong(Move::bytes).sum(), listsBefore, layout.listsInUse());
    }
}
