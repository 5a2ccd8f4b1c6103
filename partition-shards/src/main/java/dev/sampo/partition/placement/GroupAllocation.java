package dev.sampo.partition.placement;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiPredicate;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ShardCoordinator.AbstractShardAllocationStrategy;
import org.apache.pekko.dispatch.Futures;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Where sharding starts a placement group: shell of {@link GroupHosts} around this node's metadata image and cluster
 * state. Called on the coordinator's thread, so it answers from memory with completed futures.
 *
 * <p>It only says where the leader <em>actor</em> runs. Whether that actor may lead, the controller decides.
 */
public final class GroupAllocation extends AbstractShardAllocationStrategy {
    private static final Logger log = LoggerFactory.getLogger(GroupAllocation.class);
    private static final String ROLE_PREFIX = "broker-id-";

    private final Cluster cluster;
    private final MetadataImages images;
    private final BiPredicate<MetadataImage, Topic> unclean;
    private final int maxMovesPerTick;
    private final boolean toPreferred;
    private final SettledBrokers settled;

    /**
     * @param unclean whether a topic has {@code unclean.leader.election.enable} at an image
     * @param maxMovesPerTick groups moving at once
     * @param toPreferred groups move to the first of their replica list by themselves
     * @param afterLiveMs once that has been live for so long
     */
    public GroupAllocation(
            Cluster cluster, MetadataImages images, BiPredicate<MetadataImage, Topic> unclean, int maxMovesPerTick,
            boolean toPreferred, long afterLiveMs) {
        this.unclean = unclean;
        this.cluster = cluster;
        this.images = images;
        this.maxMovesPerTick = maxMovesPerTick;
        this.toPreferred = toPreferred;
        this.settled = new SettledBrokers(afterLiveMs);
    }

    /** The role that tells other members this node's broker id. */
    public static String role(int brokerId) {
        return ROLE_PREFIX + brokerId;
    }

    @Override
    public Future<ActorRef> allocateShard(
            ActorRef requester, String groupId, Map<ActorRef, IndexedSeq<String>> allocations) {
        MetadataImage image = images.current();
        Map<Integer, ActorRef> regions = regions(allocations.keySet());
        OptionalInt host = GroupHosts.host(
                image, groupId, regions.keySet(), topic -> unclean.test(image, topic));
        ActorRef region = host.isPresent() ? regions.get(host.getAsInt()) : null;
        return region == null
                ? Futures.failed(new NoEligibleBrokerException("placement group " + groupId
                        + " has nobody who may lead among brokers " + regions.keySet() + " at metadata offset "
                        + image.offset()))
                : Futures.successful(region);
    }

    @Override
    public Future<Set<String>> rebalance(
            Map<ActorRef, IndexedSeq<String>> allocations, Set<String> inProgress) {
        MetadataImage image = images.current();
        long nowMs = System.nanoTime() / 1_000_000;
        settled.look(image, nowMs);
        if (allocations.size() == 1) {
            return Futures.successful(Set.of()); // there is nowhere to move to
        }
        Map<Integer, List<String>> byBroker = new HashMap<>();
        regions(allocations.keySet()).forEach((broker, region) -> {
            IndexedSeq<String> groups = allocations.get(region);
            byBroker.put(broker,
                    groups == null ? List.of() : new ArrayList<>(CollectionConverters.asJava(groups)));
        });
        boolean anyUnreachable =
                cluster.state().getUnreachable().stream().anyMatch(member -> brokerId(member).isPresent());
        return Futures.successful(GroupHosts.moves(
                image, byBroker, anyUnreachable, inProgress, maxMovesPerTick,
                broker -> toPreferred && settled.contains(broker, nowMs),
                topic -> unclean.test(image, topic)));
    }

    /** Regions on members that are up and reachable, by broker id; an id that two such members claim is left out. */
    private Map<Integer, ActorRef> regions(Set<ActorRef> all) {
        Map<Address, Integer> brokers = brokersByAddress();
        Map<Integer, ActorRef> regions = new HashMap<>();
        for (ActorRef region : all) {
            Address address = region.path().address();
            Integer broker = brokers.get(address.hasLocalScope() ? cluster.selfAddress() : address);
            if (broker != null) {
                regions.put(broker, region);
            }
        }
        return regions;
    }

    private Map<Address, Integer> brokersByAddress() {
        CurrentClusterState state = cluster.state();
        Set<Integer> seen = new HashSet<>();
        Set<Integer> twice = new HashSet<>();
        Map<Address, Integer> brokers = new HashMap<>();
        for (Member member : state.getMembers()) {
            if (member.status().equals(MemberStatus.up())) {
                OptionalInt id = brokerId(member);
                if (id.isPresent()) {
                    if (!seen.add(id.getAsInt())) {
                        twice.add(id.getAsInt());
                    }
                    brokers.put(member.address(), id.getAsInt());
                }
            }
        }
        if (!twice.isEmpty()) {
            log.atError().addKeyValue("brokerId", twice)
                    .log("several cluster members have one broker id, none of them may lead");
            brokers.values().removeAll(twice);
        }
        state.getUnreachable().forEach(member -> brokers.remove(member.address()));
        return brokers;
    }

    /** The broker that a cluster member is, empty when it says none. */
    public static OptionalInt brokerId(Member member) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(ROLE_PREFIX))
                .mapToInt(role -> Integer.parseInt(role, ROLE_PREFIX.length(), role.length(), 10))
                .findFirst();
    }

    /** Nobody may lead the group now; sharding asks again. */
    static final class NoEligibleBrokerException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoEligibleBrokerException(String message) {
            super(message, null, false, false);
        }
    }
}
