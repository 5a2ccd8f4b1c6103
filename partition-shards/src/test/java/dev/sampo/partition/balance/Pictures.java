package dev.sampo.partition.balance;

import dev.sampo.partition.balance.ClusterPicture.Broker;
import dev.sampo.partition.balance.ClusterPicture.Partition;
import dev.sampo.partition.balance.ClusterPicture.State;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** What tests ask of pictures. */
final class Pictures {
    private Pictures() {}

    static Broker live(int id) {
        return new Broker(id, null, State.LIVE);
    }

    static Broker live(int id, String rack) {
        return new Broker(id, rack, State.LIVE);
    }

    static Partition partition(int number, long sizeBytes, Integer... replicas) {
        return new Partition("t", number, List.of(replicas), sizeBytes, false);
    }

    /** The cluster when the plan is carried out. */
    static ClusterPicture after(ClusterPicture picture, BalancePlan plan) {
        Map<String, List<Integer>> lists = new HashMap<>();
        plan.moves().forEach(move -> lists.put(move.topic() + "-" + move.partition(), move.to()));
        return new ClusterPicture(picture.brokers(), picture.partitions().stream()
                .map(each -> new Partition(
                        each.topic(), each.partition(),
                        lists.getOrDefault(each.topic() + "-" + each.partition(), each.replicas()), each.sizeBytes(),
                        each.moving()))
                .toList());
    }

    /** Racks of a list; a broker without one, or that nobody knows, is a rack of its own. */
    static int racks(ClusterPicture picture, List<Integer> replicas) {
        var racks = new HashSet<String>();
        replicas.forEach(id -> racks.add(picture.brokers().stream()
                .filter(broker -> broker.id() == id && broker.rack() != null)
                .map(Broker::rack)
                .findFirst()
                .orElse("\0" + id)));
        return racks.size();
    }

    static State state(ClusterPicture picture, int id) {
        return picture.brokers().stream().filter(broker -> broker.id() == id).map(Broker::state).findFirst().orElse(State.DOWN);
    }
}
