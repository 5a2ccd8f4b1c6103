package dev.sampo.partition.placement;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** On which broker a placement group's leader should run, and which groups should move. Pure. */
final class GroupHosts {
    private GroupHosts() {}

    /**
     * The first broker of the replica list that is in sync, not fenced and reachable; one that stops or is drained only when
     * there is no other. Empty when there is none.
     */
    static OptionalInt host(MetadataImage image, String groupId, Collection<Integer> reachable) {
        PlacementGroup group = image.groups().get(groupId);
        if (group == null) {
            return OptionalInt.empty(); // this image is older than the group
        }
        OptionalInt stays = OptionalInt.empty();
        for (int broker : group.replicas()) {
            if (group.inSyncReplicas().contains(broker) && image.isLive(broker) && reachable.contains(broker)) {
                if (!isLeft(image, broker)) {
                    return OptionalInt.of(broker);
                } else if (stays.isEmpty()) {
                    stays = OptionalInt.of(broker);
                }
            }
        }
        return stays;
    }

    private static boolean isLeft(MetadataImage image, int brokerId) {
        MetadataImage.Broker broker = image.brokers().get(brokerId);
        return broker != null && (broker.shuttingDown() || broker.drained());
    }

    /**
     * Groups that run elsewhere than they should, at most {@code limit} together with those that move already. Nothing
     * moves while a member is unreachable: a hand-off from a dead region blocks its shards until a time-out.
     *
     * @param allocations broker id to the groups that run there; all brokers that can take groups are keys
     */
    static Set<String> moves(
            MetadataImage image, Map<Integer, ? extends Collection<String>> allocations, boolean anyUnreachable,
            Set<String> inProgress, int limit) {
        Set<String> moves = new HashSet<>();
        if (anyUnreachable) {
            return moves;
        }
        for (Map.Entry<Integer, ? extends Collection<String>> entry : allocations.entrySet()) {
            for (String groupId : entry.getValue()) {
                if (inProgress.size() + moves.size() >= limit) {
                    return moves;
                }
                OptionalInt host = host(image, groupId, allocations.keySet());
                if (!inProgress.contains(groupId) && host.isPresent() && host.getAsInt() != entry.getKey()) {
                    moves.add(groupId);
                }
            }
        }
        return moves;
    }
}
