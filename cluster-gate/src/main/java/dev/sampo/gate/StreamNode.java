package dev.sampo.gate;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.JoinSeedNodes;

/**
 * A node of a Sampo cluster that only runs streams, in the role {@value Gate#STREAM_ROLE}: it gets no partitions, keeps no
 * metadata, and no decision of the brokers waits for it. Streams that run on its actor system with the cluster transport are
 * members of their groups for as long as the node is a member of the cluster.
 *
 * <pre>{@code
 * ActorSystem<Void> system = StreamNode.start("broker-1:7355,broker-2:7355");
 * }</pre>
 *
 * The actor system ends when the cluster takes the node for dead, or when no broker is left in its cluster: start another.
 */
public final class StreamNode {
    /** Nodes of one cluster have one name. */
    public static final String SYSTEM_NAME = "sampo";

    private static final String SEEDS = "sampo.stream-node.seeds";

    private StreamNode() {}

    /** A node that joins through these brokers: {@code host:port} of their {@code sampo.remoting}, separated by commas. */
    public static ActorSystem<Void> start(String seeds) {
        return start(ConfigFactory.empty().withValue(
                SEEDS, ConfigValueFactory.fromIterable(List.of(seeds.strip().split("\\s*,\\s*", -1)))));
    }

    /**
     * A node with these settings over those of {@code sampo-stream-node.conf}, of {@code application.conf} and of the
     * libraries; returns while it joins.
     *
     * @throws IllegalArgumentException {@code sampo.stream-node.seeds} names no brokers
     */
    public static ActorSystem<Void> start(Config config) {
        Config all = config
                .withFallback(ConfigFactory.defaultOverrides())
                .withFallback(ConfigFactory.parseResources("sampo-stream-node.conf"))
                .withFallback(ConfigFactory.parseResourcesAnySyntax("application"))
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
        seeds(all); // before anything has been started
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), SYSTEM_NAME, all);
        join(system);
        return system;
    }

    /** Joins with an actor system that was made with {@code sampo-stream-node.conf}; returns while it joins. Once. */
    public static void join(ActorSystem<?> system) {
        if (!system.name().equals(SYSTEM_NAME)) {
            throw new IllegalArgumentException("the actor system of a node has to be named " + SYSTEM_NAME + ", as those of the"
                    + " brokers are, not " + system.name());
        }
        Config config = system.settings().config();
        List<String> seeds = seeds(config);
        GossipPace.start(system);
        system.systemActorOf(
                StreamNodeActor.create(config.getDuration("sampo.stream-node.orphan-timeout")), "stream-node", Props.empty());
        Cluster cluster = Cluster.get(system);
        Address self = cluster.selfMember().address();
        cluster.manager().tell(new JoinSeedNodes(seeds.stream().map(seed -> address(self, seed)).toList()));
    }

    private static List<String> seeds(Config config) {
        List<String> seeds = config.getStringList(SEEDS).stream().filter(seed -> !seed.isBlank()).toList();
        if (seeds.isEmpty()) {
            throw new IllegalArgumentException(SEEDS + " is empty: name brokers as host:port of their sampo.remoting");
        }
        return seeds;
    }

    private static Address address(Address self, String seed) {
        int colon = seed.lastIndexOf(':');
        try {
            String host = seed.substring(0, colon);
            return new Address(self.protocol(), self.system(), host, Integer.parseInt(seed.substring(colon + 1)));
        } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
            throw new ConfigException.BadValue(SEEDS, seed + " is no host:port", e);
        }
    }
}
