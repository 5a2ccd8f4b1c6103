package dev.sampo.partition.session;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.partition.placement.GroupAllocation;
import dev.sampo.persistence.metadata.MetadataLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One per broker, at {@code /system/session}. It sends this broker's heartbeats to the metadata voters and renews its lease
 * by their answers; as a voter it answers others; on the controller's node it ends the sessions of those that are late or
 * proven dead, and takes them out of the cluster. Shell of {@link SessionTable}, {@link LeaseQuorum}, {@link DeadBrokers}.
 */
public final class SessionActor extends AbstractBehavior<Session.Command> {
    /** Its name below {@code /system}. */
    public static final String NAME = "session";

    private static final Logger log = LoggerFactory.getLogger(SessionActor.class);
    private static final Duration BEAT_AGAIN = Duration.ofMillis(50);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final long FOR_EVER_NANOS = Duration.ofDays(36_500).toNanos();

    /**
     * What it works with.
     *
     * @param lease this broker's; renewed here only
     * @param role of this node in the metadata log, as it is now
     * @param firstVoters until the metadata log tells
     * @param onSessionOver this broker's session was ended by the controller: it must register again; with the reason
     */
    public record Parts(
            int brokerId, SessionSettings settings, MetadataLog metadataLog, MetadataImages images, LeaderLease lease,
            Supplier<MetadataLog.Role> role, Set<Integer> firstVoters, ActorRef<Controller.Command> controller,
            Consumer<String> onSessionOver) {}

    /** This broker is registered: its session begins. */
    public record Registered(long incarnation) implements Session.Internal {}

    /** This node leads the metadata log, or does not any more. */
    public record RoleChanged() implements Session.Internal {}

    /** This broker stops in order, and is about to end its own session. */
    public record Stopping() implements Session.Internal {}

    private enum Tick implements Session.Internal {
        BEAT,
        BEAT_AGAIN,
        LOOK
    }

    private record ImageChanged() implements Session.Internal {}

    private record MembersChanged() implements Session.Internal {}

    private record Dead(int brokerId, long incarnation) implements Session.Internal {}

    private record FenceAnswered(int brokerId, @Nullable ItemsReply reply) implements Session.Internal {}

    private final TimerScheduler<Session.Command> timers;
    private final Parts parts;
    private final Cluster cluster;
    private final SessionTable table;
    private final LeaseQuorum quorum;
    private final DeadBrokers<UniqueAddress> dead = new DeadBrokers<>();
    private final Map<Integer, Long> heard = new HashMap<>(); // broker id to incarnation
    private final Map<Integer, Long> fencing = new HashMap<>(); // broker to the incarnation that the controller was asked for
    private final Apart apart;
    private final DeathWatch watch;
    private final Runnable unsubscribe;
    private final AtomicBoolean told = new AtomicBoolean(); // an ImageChanged is in the mailbox
    private volatile boolean waitsForImage; // read by whoever brings a new image
    private Set<Integer> voters;
    private boolean single;
    private long lastLookNanos;
    private long incarnation = -1;
    private boolean led;
    private long ledInEpoch = -1;
    private boolean over;

    private SessionActor(
            ActorContext<Session.Command> context, TimerScheduler<Session.Command> timers, Parts parts) {
        super(context);
        this.timers = timers;
        this.parts = parts;
        this.cluster = Cluster.get(Adapter.toClassic(context.getSystem()));
        this.table = new SessionTable(parts.settings().timeout().toNanos(), System.nanoTime());
        this.quorum = new LeaseQuorum(parts.settings().lease().toNanos());
        this.apart = new Apart(parts.settings().timeout().multipliedBy(2).toNanos());
        this.voters = parts.firstVoters();
        ActorRef<Session.Command> self = context.getSelf();
        this.watch = new DeathWatch(
                parts.brokerId(), (brokerId, itsIncarnation) -> self.tell(new Dead(brokerId, itsIncarnation)));
        this.unsubscribe = parts.images().subscribe((before, now) -> {
            if ((waitsForImage || concerns(before, now)) && !told.getAndSet(true)) {
                self.tell(new ImageChanged());
            }
        });
        org.apache.pekko.cluster.typed.Cluster.get(context.getSystem()).subscriptions().tell(Subscribe.create(
                context.messageAdapter(MemberEvent.class, event -> new MembersChanged()), MemberEvent.class));
        timers.startTimerWithFixedDelay(Tick.BEAT, parts.settings().heartbeatInterval());
        timers.startTimerWithFixedDelay(Tick.LOOK, LOOK);
        look();
    }

    @SuppressWarnings("ReferenceEquality") // what an event did not touch is the same object; equals walks the map
    private static boolean concerns(MetadataImage before, MetadataImage now) {
        return before.brokers() != now.brokers();
    }

    /** Runs as long as the actor system. */
    public static Behavior<Session.Command> create(Parts parts) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new SessionActor(context, timers, parts)));
    }

    @Override
    public Receive<Session.Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Session.Command.class, this::onCommand)
                .onSignal(PostStop.class, signal -> {
                    unsubscribe.run();
                    watch.close();
                    return this;
                })
                .build();
    }

    private Behavior<Session.Command> onCommand(Session.Command command) {
        switch (command) {
            case Session.Heartbeat beat -> onHeartbeat(beat);
            case Session.HeartbeatReply reply -> onReply(reply);
            case Registered(long mine) -> {
                incarnation = mine;
                beat();
            }
            case Stopping ignored -> over = true;
            case Tick.BEAT, Tick.BEAT_AGAIN -> beat();
            case Tick.LOOK -> look();
            case RoleChanged ignored -> look();
            case MembersChanged ignored -> look();
            case ImageChanged ignored -> {
                told.set(false); // before the image is read, so that no change is missed
                if (waitsForImage) {
                    extend();
                }
                look();
            }
            case Dead(int brokerId, long itsIncarnation) -> onDead(brokerId, itsIncarnation);
            case FenceAnswered(int brokerId, ItemsReply reply) -> {
                if (reply == null || reply.results().stream().anyMatch(result -> result.error() != KafkaError.NONE)) {
                    fencing.remove(brokerId); // asked again at the next look, if it is still live
                }
            }
            default -> throw new IllegalStateException("the session actor received " + command);
        }
        return this;
    }

    private void onHeartbeat(Session.Heartbeat beat) {
        table.heard(beat.brokerId(), beat.incarnation(), System.nanoTime());
        heard.merge(beat.brokerId(), beat.incarnation(), Math::max);
        MetadataImage image = parts.images().current();
        Broker known = image.brokers().get(beat.brokerId());
        beat.replyTo().tell(new Session.HeartbeatReply(
                parts.brokerId(), beat.sentNanos(), image.offset(), known == null ? -1 : known.incarnation(),
                known != null && known.fenced(), parts.role().get().leader()));
    }

    private void onReply(Session.HeartbeatReply reply) {
        if (over || incarnation < 0) {
            return;
        }
        if (reply.endsSessionOf(incarnation)) {
            sessionOver("voter " + reply.voterId() + " knows this broker as fenced");
            return;
        }
        if (reply.ignores(incarnation)) {
            timers.startSingleTimer(Tick.BEAT_AGAIN, BEAT_AGAIN);
            return;
        }
        quorum.answered(reply.voterId(), reply.sentNanos(), reply.leads(), reply.imageOffset());
        extend();
    }

    private void extend() {
        if (over) {
            return; // the lease was ended for good
        }
        if (single) {
            parts.lease().extendTo(System.nanoTime() + FOR_EVER_NANOS);
            return;
        }
        waitsForImage = true; // before the image is read, so that no change is missed
        OptionalLong until = quorum.until(voters, parts.images().current().offset());
        waitsForImage = quorum.waitsForImage();
        if (until.isPresent()) {
            parts.lease().extendTo(until.getAsLong());
        }
    }

    private void sessionOver(String reason) {
        if (!over) {
            over = true;
            parts.lease().end();
            log.atWarn().addKeyValue("brokerId", parts.brokerId()).addKeyValue("incarnation", incarnation)
                    .addKeyValue("reason", reason).log("the session of this broker is over");
            parts.onSessionOver().accept(reason);
        }
    }

    private void beat() {
        if (over || incarnation < 0) {
            return;
        }
        readVoters();
        long now = System.nanoTime();
        if (single) {
            table.heard(parts.brokerId(), incarnation, now);
            extend();
            return;
        }
        var beat = new Session.Heartbeat(parts.brokerId(), incarnation, now, getContext().getSelf());
        for (Member member : cluster.state().getMembers()) {
            int id = GroupAllocation.brokerId(member).orElse(-1);
            if (id == parts.brokerId() && voters.contains(id)) {
                getContext().getSelf().tell(beat);
            } else if (voters.contains(id)) {
                ActorSelection voter = Adapter.toClassic(getContext().getSystem())
                        .actorSelection(member.address() + "/system/" + NAME);
                voter.tell(beat, org.apache.pekko.actor.ActorRef.noSender());
            }
        }
    }

    private void readVoters() {
        try {
            Set<Integer> now = parts.metadataLog().members().stream()
                    .filter(MetadataLog.Member::voter).map(MetadataLog.Member::nodeId).collect(Collectors.toSet());
            if (!now.isEmpty()) {
                voters = now;
            }
        } catch (RuntimeException e) {
            log.atDebug().setCause(e).log("the voters of the metadata log cannot be read now");
        }
        boolean nowSingle = voters.equals(Set.of(parts.brokerId()));
        if (single && !nowSingle) {
            parts.lease().end(); // it was endless; the heartbeat that follows renews it
        }
        single = nowSingle;
    }

    /** What the metadata, the members and the clock ask for. */
    private void look() {
        MetadataImage image = parts.images().current();
        Broker self = image.brokers().get(parts.brokerId());
        if (incarnation >= 0 && self != null
                && (self.incarnation() > incarnation || (self.incarnation() == incarnation && self.fenced()))) {
            sessionOver("the controller has fenced this broker");
        }
        watch.follow(image);
        Map<Integer, UniqueAddress> members = members();
        dead.onChange(image, members, heard);
        int leader = parts.role().get().leaderId();
        // Also before this broker is registered: from another cluster it never will be.
        if (apart.isOver(isMember() && leader >= 0 && leader != parts.brokerId() && image.isLive(leader)
                && !members.containsKey(leader), System.nanoTime())) {
            sessionOver("broker " + leader + ", which leads the metadata log, is in another cluster");
        }
        fencing.keySet().removeIf(brokerId -> !image.isLive(brokerId));
        boolean leads = parts.role().get().leader();
        if (leads && (!led || image.controllerEpoch() != ledInEpoch)) { // it may have led, not led, and lead again since
            lastLookNanos = System.nanoTime();
            table.controllerStarted(lastLookNanos);
            fencing.clear();
        }
        led = leads;
        ledInEpoch = image.controllerEpoch();
        if (!leads) {
            return;
        }
        dead.toFence().forEach((brokerId, itsIncarnation) ->
                fence(brokerId, itsIncarnation, 0, "its process is gone"));
        long now = System.nanoTime();
        if (now - lastLookNanos > parts.settings().timeout().toNanos() / 2) {
            table.heardNobody(now);
        }
        lastLookNanos = now;
        for (Broker late : table.late(image, now)) {
            if (late.id() == parts.brokerId()) {
                continue; // whoever looks is alive
            }
            fence(late.id(), late.incarnation(), image.controllerEpoch(),
                    "it was not heard for " + parts.settings().timeout());
        }
        for (UniqueAddress member : dead.toDown()) {
            Downing.down(getContext().getSystem(), member, "the broker is fenced");
        }
    }

    private boolean isMember() {
        MemberStatus status = cluster.selfMember().status();
        return status.equals(MemberStatus.up()) || status.equals(MemberStatus.weaklyUp());
    }

    private Map<Integer, UniqueAddress> members() {
        var members = new HashMap<Integer, UniqueAddress>();
        for (Member member : cluster.state().getMembers()) {
            int id = GroupAllocation.brokerId(member).orElse(-1);
            if (id >= 0) {
                members.put(id, member.uniqueAddress());
            }
        }
        return members;
    }

    private void fence(int brokerId, long itsIncarnation, long controllerEpoch, String reason) {
        Long before = fencing.put(brokerId, itsIncarnation);
        if (before != null && before == itsIncarnation) {
            return;
        }
        log.atWarn().addKeyValue("brokerId", brokerId).addKeyValue("incarnation", itsIncarnation)
                .addKeyValue("reason", reason).log("ending the session of a broker");
        getContext().ask(ItemsReply.class, parts.controller(), Duration.ofSeconds(2),
                replyTo -> new FenceBroker(brokerId, itsIncarnation, replyTo, controllerEpoch),
                (reply, failure) -> new FenceAnswered(brokerId, reply));
    }

    private void onDead(int brokerId, long itsIncarnation) {
        // Sharding may look for other places while the controller is told, or elected: the process is gone for good.
        dead.onProof(brokerId, itsIncarnation).ifPresent(
                member -> Downing.down(getContext().getSystem(), member, "the broker's process is gone"));
        readVoters();
        if (parts.role().get().leaderId() == brokerId
                && DeadBrokers.successor(voters, parts.images().current(), brokerId).orElse(-1) == parts.brokerId()) {
            parts.metadataLog().leaderIsDead(brokerId);
        }
        look();
    }
}
