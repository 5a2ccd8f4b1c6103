package dev.sampo.cluster;

import dev.sampo.actors.serialization.SampoMessage;
import dev.sampo.cluster.ClusterSettings.HostPort;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.persistence.metadata.MetadataLog;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has this node become a member of the Pekko cluster: asks the seeds who is a member, and joins one that is. Only the node
 * that leads the metadata log may form a cluster, after its registration, and only when each other voter that is live by the
 * metadata has said that it is a member of none: who was ever in a cluster is either asked, or fenced. Host names are looked
 * up anew each time.
 */
final class ClusterFormation extends AbstractBehavior<ClusterFormation.Command> {
    /** To this actor. */
    sealed interface Command extends SampoMessage permits Ask, Answer, Tick, Looked {}

    /** Are you a member of a cluster? */
    record Ask(ActorRef<Command> replyTo) implements Command {}

    /**
     * {@code address} is the node's own name for itself.
     *
     * @param member others can join through it
     * @param joining it is about to become a member, perhaps of a cluster that it has just formed
     */
    record Answer(int brokerId, boolean member, boolean joining, String address) implements Command {}

    private enum Tick implements Command {
        INSTANCE
    }

    /** The seeds' names were looked up. */
    private record Looked(Set<Address> addresses) implements Command {}

    /**
     * What it works with.
     *
     * @param registered whether the controller took this process's registration
     * @param onDuplicate a member elsewhere has this broker's id: with its address
     */
    record Parts(
            int brokerId, List<HostPort> seeds, Supplier<MetadataLog.Role> role, MetadataImages images,
            Supplier<Set<Integer>> voters, BooleanSupplier registered, Consumer<String> onDuplicate,
            Executor blocking) {}

    private static final Logger log = LoggerFactory.getLogger(ClusterFormation.class);
    private static final Duration EACH = Duration.ofMillis(200);
    /** What was said longer ago counts no more. */
    private static final Duration FRESH = Duration.ofSeconds(3);
    /** A join that was begun is given this time. */
    private static final Duration JOINING = Duration.ofSeconds(5);

    private record Said(Answer answer, long nanos) {}

    private final Parts parts;
    private final Cluster cluster;
    private final TimerScheduler<Command> timers;
    private final Map<Integer, Said> said = new HashMap<>();
    private boolean looking;
    private long joiningUntilNanos = System.nanoTime();

    private ClusterFormation(ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
        super(context);
        this.parts = parts;
        this.timers = timers;
        this.cluster = Cluster.get(context.getSystem());
        timers.startTimerWithFixedDelay(Tick.INSTANCE, Tick.INSTANCE, Duration.ZERO, EACH);
    }

    /** The only broker of its cluster. */
    static void alone(ActorSystem<?> system) {
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }

    /** Answers others as long as the actor system lives. */
    static Behavior<Command> create(Parts parts) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new ClusterFormation(context, timers, parts)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Ask(var replyTo) -> replyTo.tell(
                    new Answer(parts.brokerId(), isMember(), isJoining(System.nanoTime()), address().toString()));
            case Answer(int id, boolean member, boolean joining, String where) when id == parts.brokerId() -> {
                if (member && !isMember() && !where.equals(address().toString())) {
                    timers.cancel(Tick.INSTANCE); // as a member it would confuse who finds brokers by their id
                    parts.onDuplicate().accept(where);
                }
            }
            case Answer answer -> said.put(answer.brokerId(), new Said(answer, System.nanoTime()));
            case Looked(var addresses) -> {
                looking = false;
                addresses.forEach(seed -> Adapter.toClassic(getContext().getSystem())
                        .actorSelection(seed + getContext().getSelf().path().toStringWithoutAddress())
                        .tell(new Ask(getContext().getSelf()), org.apache.pekko.actor.ActorRef.noSender()));
            }
            case Tick.INSTANCE -> tick();
        }
        return this;
    }

    private boolean isMember() {
        MemberStatus status = cluster.selfMember().status();
        return status.equals(MemberStatus.up()) || status.equals(MemberStatus.weaklyUp());
    }

    private boolean isJoining(long nowNanos) {
        return !isMember()
                && (!cluster.selfMember().status().equals(MemberStatus.removed()) || joiningUntilNanos - nowNanos > 0);
    }

    private Address address() {
        return cluster.selfMember().address();
    }

    private void tick() {
        if (isMember()) {
            timers.cancel(Tick.INSTANCE);
            return;
        }
        long now = System.nanoTime();
        said.values().removeIf(past -> now - past.nanos() > FRESH.toNanos());
        if (!isJoining(now)) {
            List<Address> members = members();
            if (!members.isEmpty()) {
                joiningUntilNanos = now + JOINING.toNanos();
                cluster.manager().tell(new JoinSeedNodes(members));
            } else if (mayForm()) {
                log.atInfo().addKeyValue("brokerId", parts.brokerId()).log("forms the cluster");
                joiningUntilNanos = now + JOINING.toNanos();
                alone(getContext().getSystem());
            }
        }
        if (!looking) {
            looking = true;
            ActorRef<Command> self = getContext().getSelf();
            Address own = address();
            parts.blocking().execute(() -> self.tell(new Looked(addresses(own))));
        }
    }

    /** Whom to join through: the broker that leads the metadata, should it be one; it may be that there are two clusters. */
    private List<Address> members() {
        Said leader = said.get(parts.role().get().leaderId());
        return (leader != null && leader.answer().member() ? Stream.of(leader) : said.values().stream())
                .map(Said::answer)
                .filter(Answer::member)
                .map(answer -> AddressFromURIString.parse(answer.address()))
                .toList();
    }

    private boolean mayForm() {
        return parts.role().get().leader()
                && parts.registered().getAsBoolean()
                && parts.voters().get().stream()
                        .filter(voter -> voter != parts.brokerId() && parts.images().current().isLive(voter))
                        .allMatch(voter -> { // none is a member, else this would join it
                            Said past = said.get(voter);
                            return past != null && !past.answer().joining();
                        });
    }

    /**
     * The seeds under the names that were given and under all their addresses, without this node: a node answers only to the
     * name that it gave itself.
     */
    private Set<Address> addresses(Address self) {
        var hosts = new LinkedHashSet<HostPort>();
        for (HostPort seed : parts.seeds()) {
            hosts.add(seed);
            try {
                for (InetAddress address : InetAddress.getAllByName(seed.host())) {
                    hosts.add(new HostPort(address.getHostAddress(), seed.port()));
                }
            } catch (UnknownHostException | RuntimeException e) { // whatever it is: it is looked up again
                log.atDebug().addKeyValue("seed", seed).log("cannot be looked up");
            }
        }
        var addresses = new LinkedHashSet<Address>();
        for (HostPort host : hosts) {
            addresses.add(new Address(self.protocol(), self.system(), host.host(), host.port()));
        }
        addresses.remove(self);
        return addresses;
    }
}
