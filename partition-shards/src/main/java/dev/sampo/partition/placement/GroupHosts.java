package dev.sampo.partition.placement;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** On which broker a placement group's leader should run, and which groups should move. Pure. */
public final class GroupHosts {
    private GroupHosts() {}

    /** The first reachable one of the group's {@link LeaderCandidates}; empty when there is none. */
    public static OptionalInt host(
            MetadataImage image, String groupId, Collection<Integer> reachable, Predicate<Topic> unclean) {
        PlacementGroup group = image.groups().get(groupId);
        if (group == null) {
            return OptionalInt.empty(); // this image is older than the group
        }
        LeaderCandidates candidates = LeaderCandidates.of(image, group, unclean);
        return candidates.brokers().stream()
                .filter(broker -> reachable.contains(broker) && candidates.includes(image, broker))
                .mapToInt(Integer::intValue)
                .findFirst();
    }

    /** Whether a group that runs at {@code present} may stay there, though {@code host} comes first. */
    private static boolean mayStay(MetadataImage image, PlacementGroup group, int present) {
        Broker broker = image.brokers().get(present);
        return broker != null && !broker.fenced() && !broker.shuttingDown() && !broker.drained()
                && group.inSyncReplicas().contains(present);
    }

    /**
     * Groups that run elsewhere than they should, at most {@code limit} together with those that move already. Nothing
     * moves while a member is unreachable: a hand-off from a dead region blocks its shards until a time-out.
     *
     * @param toPreferred false for a broker: a group that prefers it moves there only when an administrator asked for it, or
     *     when it must leave the broker that it runs on
     * @param allocations broker id to the groups that run there; all brokers that can take groups are keys
     */
    public static Set<String> moves(
            MetadataImage image, Map<Integer, ? extends Collection<String>> allocations, boolean anyUnreachable,
            Set<String> inProgress, int limit, IntPredicate toPreferred, Predicate<Topic> unclean) {
        Set<String> moves = new HashSet<>();
        if (anyUnreachable) {
            return moves;
        }
        for (Map.Entry<Integer, ? extends Collection<String>> entry : allocations.entrySet()) {
            for (String groupId : entry.getValue()) {
                if (inProgress.size() + moves.size() >= limit) {
                    return moves;
                }
                OptionalInt host = host(image, groupId, allocations.keySet(), unclean);
                PlacementGroup group = image.groups().get(groupId);
                if (group != null && !inProgress.contains(groupId) && host.isPresent()
                        && host.getAsInt() != entry.getKey()
                        && (toPreferred.test(host.getAsInt()) || Objects.equals(group.wantedLeader(), host.getAsInt())
                                || !mayStay(image, group, entry.getKey()))) {
                    moves.add(groupId);
                }
            }
        }
        return moves;
    }
}
