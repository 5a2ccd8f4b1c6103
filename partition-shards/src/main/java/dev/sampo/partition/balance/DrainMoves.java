package dev.sampo.partition.balance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which replicas go where so that one broker holds none, and nothing else changes. Pure. */
public final class DrainMoves {
    /** A broker that may take replicas. */
    public record Target(int node, @Nullable String rack) {}

    /** Who holds a partition, the preferred leader first. */
    public record Held(String topic, int partition, List<Integer> replicas) {}

    /** One partition's new holders; the new broker takes the old one's place in the list. */
    public record Move(String topic, int partition, List<Integer> from, List<Integer> to, String why) {}

    /** No broker is left that could take a partition; the message names both. */
    public static final class NoTargetException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoTargetException(String message) {
            super(message);
        }
    }

    private DrainMoves() {}

    /**
     * A move for each partition that the broker holds: to the rack without a replica of it if there is one, then to whoever
     * holds least. Partitions with the same list go to the same broker, as long as it holds no more than its share, so that
     * few distinct lists come about.
     *
     * @param targets brokers that live and take replicas, without the one that is drained
     * @throws NoTargetException no broker is left that could take a partition
     */
    public static List<Move> off(int node, List<Held> partitions, List<Target> targets) {
        Map<Integer, Integer> load = new HashMap<>();
        targets.forEach(target -> load.put(target.node(), 0));
        partitions.forEach(held -> held.replicas().forEach(id -> load.computeIfPresent(id, (_, count) -> count + 1)));
        long moving = partitions.stream().filter(held -> held.replicas().contains(node)).count();
        long share = targets.isEmpty()
                ? 0
                : (load.values().stream().mapToInt(Integer::intValue).sum() + moving + targets.size() - 1) / targets.size();
        Map<List<Integer>, Target> chosen = new HashMap<>();
        var moves = new ArrayList<Move>();
        for (Held held : partitions) {
            if (!held.replicas().contains(node)) {
                continue;
            }
            Target before = chosen.get(held.replicas());
            Target target = before != null && load.getOrDefault(before.node(), 0) < share
                    ? before
                    : choose(node, held, targets, load);
            chosen.put(held.replicas(), target);
            load.merge(target.node(), 1, Integer::sum);
            List<Integer> to = held.replicas().stream().map(id -> id == node ? Integer.valueOf(target.node()) : id).toList();
            moves.add(new Move(held.topic(), held.partition(), held.replicas(), to, why(node, held, target, targets)));
        }
        return moves;
    }

    private static Target choose(int node, Held held, List<Target> targets, Map<Integer, Integer> load) {
        Set<String> racks = racks(node, held, targets);
        return targets.stream()
                .filter(target -> !held.replicas().contains(target.node()))
                .min(Comparator.comparing((Target target) -> target.rack() != null && racks.contains(target.rack()))
                        .thenComparingInt(target -> load.getOrDefault(target.node(), 0))
                        .thenComparingInt(Target::node))
                .orElseThrow(() -> new NoTargetException("no broker is left that could hold " + held.topic() + "-"
                        + held.partition() + " instead of broker " + node + ": its replicas are " + held.replicas()));
    }

    /** Where the other replicas are. */
    private static Set<String> racks(int node, Held held, List<Target> targets) {
        return targets.stream()
                .filter(target -> target.node() != node && held.replicas().contains(target.node()))
                .map(Target::rack)
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
    }

    private static String why(int node, Held held, Target target, List<Target> targets) {
        String rack = target.rack();
        return rack != null && !racks(node, held, targets).contains(rack)
                ? "rack " + rack + " has no other replica of it"
                : "holds fewest";
    }
}
