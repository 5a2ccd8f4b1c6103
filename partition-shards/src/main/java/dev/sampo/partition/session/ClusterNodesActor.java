package dev.sampo.partition.session;

import dev.sampo.gate.ClusterNode;
import dev.sampo.gate.Gate;
import dev.sampo.partition.session.ClusterNodesEffect.Down;
import dev.sampo.partition.session.ClusterNodesEffect.Gone;
import dev.sampo.partition.session.ClusterNodesEffect.Unwatch;
import dev.sampo.partition.session.ClusterNodesEffect.Watch;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.ReachabilityEvent;
import org.apache.pekko.cluster.ClusterEvent.UnreachableMember;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Subscribe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shell of {@link ClusterNodesState} on each broker: tells who is gone, see {@link NodeGone}, and takes out who only runs streams. */
public final class ClusterNodesActor extends AbstractBehavior<ClusterNodesActor.Command> {
    /** Its name below {@code /system}. */
    public static final String NAME = "cluster-nodes";

    /** To this actor. */
    public sealed interface Command {}

    private record Changed(MemberEvent event) implements Command {}

    private record ReachabilityChanged(ReachabilityEvent event) implements Command {}

    private record Dead(String node) implements Command {}

    private static final Logger log = LoggerFactory.getLogger(ClusterNodesActor.class);

    private final Cluster cluster;
    private final ClusterNodesState state = new ClusterNodesState();
    private final Map<String, Member> members = new HashMap<>(); // by name, without this one
    private final Set<String> unreachable = new HashSet<>();
    private final Map<String, ProcessWatch> watches = new HashMap<>();

    private ClusterNodesActor(ActorContext<Command> context) {
        super(context);
        this.cluster = Cluster.get(Adapter.toClassic(context.getSystem()));
        var typed = org.apache.pekko.cluster.typed.Cluster.get(context.getSystem());
        typed.subscriptions().tell(Subscribe.create(
                context.messageAdapter(MemberEvent.class, Changed::new), MemberEvent.class));
        typed.subscriptions().tell(Subscribe.create(
                context.messageAdapter(ReachabilityEvent.class, ReachabilityChanged::new), ReachabilityEvent.class));
    }

    /** Runs as long as the actor system. */
    public static Behavior<Command> create() {
        return Behaviors.setup(ClusterNodesActor::new);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Changed.class, changed -> {
                    onMember(changed.event());
                    return this;
                })
                .onMessage(ReachabilityChanged.class, changed -> {
                    String node = ClusterNode.of(changed.event().member().uniqueAddress());
                    if (changed.event() instanceof UnreachableMember) {
                        unreachable.add(node);
                    } else {
                        unreachable.remove(node);
                    }
                    look();
                    return this;
                })
                .onMessage(Dead.class, dead -> {
                    perform(state.onDead(dead.node()));
                    return this;
                })
                .onSignal(PostStop.class, signal -> {
                    watches.values().forEach(ProcessWatch::end);
                    return this;
                })
                .build();
    }

    private void onMember(MemberEvent event) {
        Member member = event.member();
        if (member.uniqueAddress().equals(cluster.selfUniqueAddress())) {
            return;
        }
        String node = ClusterNode.of(member.uniqueAddress());
        if (event instanceof MemberRemoved) {
            members.remove(node);
            unreachable.remove(node);
        } else {
            members.put(node, member);
        }
        look();
    }

    private void look() {
        Map<String, ClusterNodesState.Node> nodes = new HashMap<>();
        members.forEach((name, member) -> nodes.put(name, new ClusterNodesState.Node(
                member.hasRole(Gate.BROKER_ROLE), ClusterNodes.isOnItsWayOut(member), !unreachable.contains(name))));
        perform(state.onNodes(nodes));
    }

    private void perform(List<ClusterNodesEffect> effects) {
        for (ClusterNodesEffect effect : effects) {
            switch (effect) {
                case Watch(String node) -> watch(node);
                case Unwatch(String node) -> {
                    ProcessWatch watch = watches.remove(node);
                    if (watch != null) {
                        watch.end();
                    }
                }
                case Gone(String node) -> {
                    log.atInfo().addKeyValue("node", node).log("a node has left the cluster");
                    getContext().getSystem().eventStream().tell(new EventStream.Publish<>(new NodeGone(node)));
                }
                case Down(String node, String reason) -> {
                    log.atWarn().addKeyValue("node", node).addKeyValue("reason", reason)
                            .log("takes a node that only runs streams out of the cluster");
                    Downing.down(getContext().getSystem(), member(node).uniqueAddress(), reason);
                }
            }
        }
    }

    private Member member(String node) {
        return Objects.requireNonNull(members.get(node), node);
    }

    /** The port of its remoting answers as long as there is a process. */
    private void watch(String node) {
        Address address = member(node).address();
        String host = address.getHost().orElse("");
        if (host.isEmpty() || address.getPort().isEmpty()) {
            return;
        }
        ActorRef<Command> self = getContext().getSelf();
        watches.put(node, ProcessWatch.start(
                "death-watch-" + address.hostPort(), host, address.getPort().get(), () -> self.tell(new Dead(node))));
    }
}
