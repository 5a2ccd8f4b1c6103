package dev.sampo.cluster;

import dev.sampo.actors.serialization.SampoMessage;
import dev.sampo.cluster.MetadataMembers.Step;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.placement.GroupAllocation;
import dev.sampo.persistence.metadata.MetadataLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One per broker, at {@code /system/metadata-membership}: on the node that leads the metadata log it performs the steps of
 * {@link MetadataMembers}, elsewhere it passes wishes on to that node, again and again until it is done.
 */
final class MetadataMembership extends AbstractBehavior<MetadataMembership.Command> {
    /** Its name below {@code /system}. */
    static final String NAME = "metadata-membership";

    /** To this actor. */
    sealed interface Command extends SampoMessage permits ChangeVoters, Look, Stepped {}

    /** These brokers shall keep the metadata; answered when they do. Forgotten after {@code withinMs}. */
    record ChangeVoters(List<Integer> voters, long withinMs, ActorRef<Answer> replyTo) implements Command {}

    /** Whether it is done, and if not, why not. */
    record Answer(boolean done, String message) implements SampoMessage {}

    private enum Look implements Command {
        INSTANCE
    }

    private record Stepped(@Nullable String failure) implements Command {}

    /** What it works with. */
    record Parts(int brokerId, MetadataLog metadataLog, MetadataImages images, Supplier<MetadataLog.Role> role) {}

    private static final Logger log = LoggerFactory.getLogger(MetadataMembership.class);
    private static final Duration LOOK = Duration.ofMillis(200);

    private final Parts parts;
    private final List<ChangeVoters> wishes = new ArrayList<>(); // of one voter set; a newer one replaces them
    private long wishesEndNanos;
    private boolean stepping;
    private int forwardedTo = -1;

    private MetadataMembership(ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
        super(context);
        this.parts = parts;
        timers.startTimerWithFixedDelay(Look.INSTANCE, LOOK);
    }

    static Behavior<Command> create(Parts parts) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new MetadataMembership(context, timers, parts)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case ChangeVoters wish -> onWish(wish);
            case Look.INSTANCE -> look();
            case Stepped(String failure) -> {
                stepping = false;
                if (failure != null) {
                    log.atWarn().log("the members of the metadata log were not changed, trying again: {}", failure);
                } else {
                    look();
                }
            }
        }
        return this;
    }

    private void onWish(ChangeVoters wish) {
        Set<Integer> voters = new HashSet<>(wish.voters());
        if (voters.size() != wish.voters().size() || !Set.of(1, 3, 5).contains(voters.size())) {
            wish.replyTo().tell(new Answer(false, "the metadata are kept by one, three or five brokers, not by "
                    + wish.voters() + ": name so many, each once"));
            return;
        }
        wishes.removeIf(other -> {
            boolean replaced = !new HashSet<>(other.voters()).equals(voters);
            if (replaced) {
                other.replyTo().tell(new Answer(false, "other voters were wanted since: " + voters));
            }
            return replaced || other.replyTo().equals(wish.replyTo());
        });
        wishes.add(wish);
        wishesEndNanos = System.nanoTime() + Duration.ofMillis(wish.withinMs()).toNanos();
        forwardedTo = -1;
        look();
    }

    private void look() {
        if (stepping) {
            return;
        }
        if (wishesEndNanos - System.nanoTime() <= 0) {
            wishes.clear(); // whoever asked has heard nothing, or asks again
        }
        if (!parts.role().get().leader()) {
            passOn();
            return;
        }
        forwardedTo = -1;
        Set<Integer> wanted = wishes.isEmpty() ? null : new HashSet<>(wishes.getFirst().voters());
        Optional<Step> next;
        try {
            next = MetadataMembers.next(
                    parts.metadataLog().members(), parts.images().current(), parts.brokerId(), wanted);
        } catch (RuntimeException e) {
            log.atDebug().setCause(e).log("the members of the metadata log cannot be read now");
            return;
        }
        switch (next.orElse(null)) {
            case null -> {
                wishes.forEach(wish -> wish.replyTo().tell(new Answer(true, "")));
                wishes.clear();
            }
            case Step.Change(var members) -> {
                log.atInfo().addKeyValue("members", members).log("the metadata log gets other members");
                step(parts.metadataLog().changeMembers(members));
            }
            case Step.Transfer(int nodeId) -> step(parts.metadataLog().transferLeadership(nodeId));
            case Step.Missing(int nodeId) -> {
                wishes.forEach(wish -> wish.replyTo().tell(new Answer(false, "broker " + nodeId
                        + " is not registered or does not run: start it, then ask again")));
                wishes.clear();
            }
        }
    }

    private void step(CompletionStage<Void> step) {
        stepping = true;
        getContext().pipeToSelf(step, (done, failure) -> new Stepped(failure == null ? null : failure.toString()));
    }

    /** Once to each leader: it keeps the wish until it is done. */
    private void passOn() {
        int leader = parts.role().get().leaderId();
        if (wishes.isEmpty() || leader < 0 || leader == forwardedTo || leader == parts.brokerId()) {
            return;
        }
        for (Member member : Cluster.get(Adapter.toClassic(getContext().getSystem())).state().getMembers()) {
            if (GroupAllocation.brokerId(member).orElse(-1) == leader) {
                forwardedTo = leader;
                wishes.forEach(wish -> Adapter.toClassic(getContext().getSystem())
                        .actorSelection(member.address() + getContext().getSelf().path().toStringWithoutAddress())
                        .tell(wish, org.apache.pekko.actor.ActorRef.noSender()));
            }
        }
    }
}
