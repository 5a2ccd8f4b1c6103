package dev.sampo.client.internal;

import dev.sampo.gate.ClusterNode;
import dev.sampo.gate.Gate;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.pekko.ConfigurationException;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Messages to the gates of the brokers in the cluster that this node is a member of. No address is configured and no socket
 * opened: the cluster says who is a broker, and its remoting carries the messages.
 */
final class ClusterTransport implements Transport {
    private final ActorSystem system;
    private final Cluster cluster;
    private final ClientSettings settings;
    private final Consumer<String> whenCalled;

    private ClusterTransport(
            ActorSystem system, Cluster cluster, ClientSettings settings, Consumer<String> whenCalled) {
        this.system = system;
        this.cluster = cluster;
        this.settings = settings;
        this.whenCalled = whenCalled;
    }

    /**
     * The transport of a node.
     *
     * @param whenCalled told the id of a group that rebalances, empty when a connection to a coordinator has ended, on
     *     a connection's thread
     * @throws ConfigException the actor system is no node of a cluster
     */
    static Transport create(ActorSystem system, ClientSettings settings, Consumer<String> whenCalled) {
        try {
            return new ClusterTransport(system, Cluster.get(system), settings, whenCalled);
        } catch (ConfigurationException e) {
            throw new ConfigException(ClientSettings.TRANSPORT, "cluster", "the actor system is no node of a cluster ("
                    + e.getMessage() + "): start it with StreamNode, or use the broker's own");
        } catch (NoClassDefFoundError e) {
            throw new ConfigException(ClientSettings.TRANSPORT, "cluster",
                    "sampo-cluster-gate is not on the class path (" + e.getMessage() + ")");
        }
    }

    @Override
    public Place place(Node broker) {
        return place(broker.id());
    }

    private static Place place(int brokerId) {
        return new Place(brokerId, "", 0);
    }

    @Override
    public List<Place> bootstrap() {
        return brokers().flatMapToInt(member -> brokerId(member).stream())
                .distinct()
                .mapToObj(ClusterTransport::place)
                .toList();
    }

    @Override
    public Flow<ByteString, ByteString, ?> connect(Place place, Lane lane) {
        return brokers()
                .filter(member -> brokerId(member).orElse(-1) == place.brokerId())
                .findFirst()
                .<Flow<ByteString, ByteString, ?>>map(member -> Flow.fromGraph(new GateStage(
                        system.actorSelection(member.address() + "/system/" + Gate.NAME),
                        ClusterNode.of(cluster.selfUniqueAddress()), lane == Lane.GROUP,
                        Duration.ofMillis(settings.connectTimeoutMs()), whenCalled)))
                .orElseGet(() -> Flow.<ByteString>create().concat(Source.failed(
                        new DisconnectException("broker " + place.brokerId() + " is no member of the cluster"))));
    }

    /** Those that can be reached, the newest of an id first. */
    private Stream<Member> brokers() {
        CurrentClusterState state = cluster.state();
        return StreamSupport.stream(state.getMembers().spliterator(), false)
                .filter(member -> member.hasRole(Gate.BROKER_ROLE) && !state.getUnreachable().contains(member))
                .filter(member -> member.status().equals(MemberStatus.up()) || member.status().equals(MemberStatus.leaving()))
                .sorted((one, other) -> one.isOlderThan(other) ? 1 : other.isOlderThan(one) ? -1 : 0);
    }

    private static OptionalInt brokerId(Member member) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(Gate.BROKER_ID_ROLE))
                .mapToInt(role -> Integer.parseInt(role.substring(Gate.BROKER_ID_ROLE.length())))
                .findFirst();
    }
}
