package dev.sampo.partition.session;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Broker processes that are proven dead or fenced, until the metadata and the cluster's members show it. Every node keeps
 * count, so that a new controller's node goes on where the last one ended. Pure.
 *
 * @param <M> a cluster member, one for each life of a node
 */
public final class DeadBrokers<M> {
    private record Known<M>(long incarnation, M member) {}

    private final Map<Integer, Known<M>> members = new HashMap<>(); // of live brokers
    private final Map<Integer, Long> proven = new HashMap<>(); // broker to incarnation
    private final Set<M> fenced = new HashSet<>();

    /**
     * The metadata changed, or the members.
     *
     * @param now broker id to its member
     * @param heard broker id to the incarnation that its last heartbeat named. A member that was not heard in the
     *     incarnation of the metadata may be the next life of the broker, which has not registered yet
     */
    public void onChange(MetadataImage image, Map<Integer, M> now, Map<Integer, Long> heard) {
        for (Broker broker : image.brokers().values()) {
            if (broker.shuttingDown()) {
                members.remove(broker.id()); // it ends its session and leaves the cluster by itself
            } else if (!broker.fenced()) {
                M member = now.get(broker.id());
                Known<M> known = members.get(broker.id());
                if (member != null && !fenced.contains(member)
                        && heard.getOrDefault(broker.id(), -1L) == broker.incarnation()
                        && (known == null || known.incarnation() != broker.incarnation())) {
                    members.put(broker.id(), new Known<>(broker.incarnation(), member));
                }
            } else {
                Known<M> known = members.remove(broker.id());
                if (known != null) {
                    fenced.add(known.member());
                }
            }
        }
        members.keySet().retainAll(image.brokers().keySet());
        fenced.retainAll(new HashSet<>(now.values()));
        proven.entrySet().removeIf(entry -> {
            Broker broker = image.brokers().get(entry.getKey());
            return broker == null || broker.fenced() || broker.incarnation() != entry.getValue();
        });
    }

    /** A process refuses connections where it served. Answers its member, if it is known. */
    public java.util.Optional<M> onProof(int brokerId, long incarnation) {
        proven.put(brokerId, incarnation);
        return java.util.Optional.ofNullable(members.get(brokerId))
                .filter(known -> known.incarnation() == incarnation)
                .map(Known::member);
    }

    /** Brokers to be fenced, whose death is proven and not in the metadata yet; id to incarnation. */
    public Map<Integer, Long> toFence() {
        return Map.copyOf(proven);
    }

    /** Members to be downed: those of fenced brokers that are members still. A broker that stops leaves by itself. */
    public List<M> toDown() {
        return new ArrayList<>(fenced);
    }

    /**
     * Which voter stands for election at once when the process that leads the metadata log is dead: one only, so that two do
     * not share the votes.
     */
    public static OptionalInt successor(Set<Integer> voters, MetadataImage image, int dead) {
        return voters.stream()
                .filter(voter -> voter != dead && image.isLive(voter))
                .mapToInt(Integer::intValue)
                .min();
    }
}
