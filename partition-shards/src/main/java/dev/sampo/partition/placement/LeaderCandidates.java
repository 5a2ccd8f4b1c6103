package dev.sampo.partition.placement;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who may lead a placement group now. Sharding places a group, and the controller grants it, by the same rule. Pure.
 *
 * @param kind what they are
 * @param brokers live ones, in the order of preference: as in the replica list, drained ones after the others, ones that
 *     are stopping last
 * @see "KIP-966"
 */
public record LeaderCandidates(Kind kind, List<Integer> brokers) {
    /** Better ones first; worse ones count only while there is no live one among the better. */
    public enum Kind {
        /** Members of the ISR. */
        IN_SYNC,
        /** Out of the ISR, but they hold all that is committed. */
        ELIGIBLE,
        /** Any replica: committed records may be lost. */
        UNCLEAN,
        /** Nobody. */
        NONE
    }

    /**
     * For one group.
     *
     * @param unclean whether a topic has {@code unclean.leader.election.enable}; that of every topic of the group counts
     */
    public static LeaderCandidates of(MetadataImage image, PlacementGroup group, Predicate<Topic> unclean) {
        List<Integer> inSync = live(image, group, group.inSyncReplicas());
        if (!inSync.isEmpty()) {
            return new LeaderCandidates(Kind.IN_SYNC, inSync);
        }
        List<Integer> eligible = live(image, group, group.eligible());
        if (!eligible.isEmpty()) {
            return new LeaderCandidates(Kind.ELIGIBLE, eligible);
        }
        List<Integer> any = live(image, group, group.replicas());
        return any.isEmpty() || !mayLose(image, group, unclean)
                ? new LeaderCandidates(Kind.NONE, List.of())
                : new LeaderCandidates(Kind.UNCLEAN, any);
    }

    /**
     * Ids of the groups that nobody leads and that have a leader soon: some live broker that does not stop holds all that is
     * committed. Not those whose leader stops: it serves until the next one is elected.
     */
    public static Set<String> electing(MetadataImage image) {
        Set<String> electing = new HashSet<>();
        for (PlacementGroup group : image.groups().values()) {
            if (!image.isLive(group.leader())
                    && (group.inSyncReplicas().stream().anyMatch(id -> stays(image, id))
                            || group.eligible().stream().anyMatch(id -> stays(image, id)))) {
                electing.add(group.id());
            }
        }
        return electing;
    }

    private static boolean stays(MetadataImage image, int brokerId) {
        return image.isLive(brokerId) && !isStopping(image, brokerId);
    }

    /** Whether this broker may lead: not while it stops, if another one can. */
    public boolean includes(MetadataImage image, int brokerId) {
        return brokers.contains(brokerId)
                && (!isStopping(image, brokerId) || brokers.stream().allMatch(id -> isStopping(image, id)));
    }

    private static List<Integer> live(MetadataImage image, PlacementGroup group, Collection<Integer> members) {
        var live = new ArrayList<Integer>(members.size());
        for (int rank = 0; rank <= 2; rank++) {
            for (int id : group.replicas()) {
                if (members.contains(id) && image.isLive(id) && rank(image, id) == rank) {
                    live.add(id);
                }
            }
        }
        return live;
    }

    private static int rank(MetadataImage image, int brokerId) {
        Broker broker = image.brokers().get(brokerId);
        if (broker == null || broker.shuttingDown()) {
            return 2;
        }
        return broker.drained() ? 1 : 0;
    }

    private static boolean isStopping(MetadataImage image, int brokerId) {
        return rank(image, brokerId) == 2;
    }

    private static boolean mayLose(MetadataImage image, PlacementGroup group, Predicate<Topic> unclean) {
        var partitions = image.partitionsOf(group.id());
        return !partitions.isEmpty()
                && partitions.stream().map(id -> image.topic(id.topicId())).distinct()
                        .allMatch(topic -> topic != null && unclean.test(topic));
    }
}
