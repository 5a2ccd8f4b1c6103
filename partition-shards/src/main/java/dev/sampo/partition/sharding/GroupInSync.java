package dev.sampo.partition.sharding;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition.CancelProposal;
import dev.sampo.actors.protocol.Partition.FollowerCaughtUp;
import dev.sampo.actors.protocol.Partition.FollowersBehind;
import dev.sampo.actors.protocol.Partition.Member;
import dev.sampo.actors.protocol.Partition.Proposal;
import dev.sampo.actors.protocol.Partition.ProposalAnswered;
import dev.sampo.actors.protocol.Partition.ProposeInSync;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.sharding.SentinelEffect.ChangeInSync;
import dev.sampo.partition.sharding.SentinelEffect.RetryInSyncAfter;
import dev.sampo.partition.sharding.SentinelEffect.Tell;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The ISR of one placement group in one leader epoch: gathers what the group's partitions report, and asks the controller
 * for changes, one at a time. Pure.
 *
 * <p>A broker leaves when one partition says that it is behind. It comes in when all partitions say that it has caught up,
 * in two phases: each partition is told to wait for it from now on, and only when each has confirmed that it still has
 * everything committed the controller is asked. So nothing is committed without it from a moment at which it had
 * everything, and whenever the controller's decision is in force it holds all that is committed.
 *
 * <p>A request that was not answered may still be carried out, so what it proposed stands, and it is repeated, until the
 * image shows another partition epoch (then it can no longer be) or the controller has refused it. The members'
 * incarnations go with it: a broker that restarted meanwhile does not come in (KIP-903).
 */
final class GroupInSync {
    private final String groupId;
    private final int leaderEpoch;
    private final long minBackoffMs;
    private final long maxBackoffMs;
    private final LongSupplier numbers;

    private final Map<Member, Set<TopicIdPartition>> caughtUp = new HashMap<>();
    private final Set<Integer> behind = new TreeSet<>();
    private final Set<TopicIdPartition> unconfirmed = new HashSet<>();
    private @Nullable Proposal proposal;
    private @Nullable ChangeInSync asked; // not settled yet
    private boolean inFlight;
    private boolean accepted; // what is asked: in force already, though the image does not show it yet
    private boolean held;
    private boolean waiting; // for the retry timer
    private long backoffMs;

    /** {@code numbers} gives each proposal another number. */
    GroupInSync(String groupId, int leaderEpoch, long minBackoffMs, long maxBackoffMs, LongSupplier numbers) {
        this.numbers = numbers;
        this.groupId = groupId;
        this.leaderEpoch = leaderEpoch;
        this.minBackoffMs = minBackoffMs;
        this.maxBackoffMs = maxBackoffMs;
        this.backoffMs = minBackoffMs;
    }

    /** What a partition that is activated now has to wait for, null for nothing. */
    @Nullable Proposal proposal() {
        return proposal;
    }

    /** Whether brokers are proposed, or the controller is asked. */
    boolean busy() {
        return proposal != null || asked != null;
    }

    /** Nobody looks after the partitions any more: what the controller is not asked for holds them up no longer. */
    void onHandOff(MetadataImage image, List<SentinelEffect> effects) {
        if (asked == null) {
            cancel(image, effects);
        }
    }

    /** Proposes nobody while partitions wait for brokers that they move to. */
    void hold(boolean nobody) {
        held = nobody;
    }

    /** A follower has caught up with a partition. */
    void onCaughtUp(FollowerCaughtUp report, MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        if (isCurrent(image, report.follower()) || isNews(image, report.follower())) {
            caughtUp.computeIfAbsent(report.follower(), member -> new HashSet<>()).add(report.id());
        }
        go(image, group, effects);
    }

    /** Followers of a partition are behind for too long. */
    void onBehind(FollowersBehind report, MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        report.brokerIds().stream().filter(group.inSyncReplicas()::contains).forEach(behind::add);
        go(image, group, effects);
    }

    /** A partition waits for the proposed brokers, or does not. */
    void onAnswered(
            ProposalAnswered report, MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        Proposal present = proposal;
        if (present == null || !present.equals(report.proposal()) || asked != null) {
            return;
        }
        if (report.lagging().isEmpty()) {
            unconfirmed.remove(report.id());
        } else {
            for (Member member : present.members()) {
                if (report.lagging().contains(member.brokerId())) {
                    forget(member, report.id());
                }
            }
            cancel(image, effects);
        }
        go(image, group, effects);
    }

    /**
     * The controller has answered: accepted, or refused for good, or refused since something newer is in force, which may be
     * this very request, sent before and not answered: then what was proposed stands until the image shows what it is.
     */
    void onReply(ChangeInSync of, KafkaError error, MetadataImage image, PlacementGroup group,
            List<SentinelEffect> effects) {
        if (!of.equals(asked)) {
            return; // settled by the image already
        }
        inFlight = false;
        accepted |= error == KafkaError.NONE;
        if (accepted) {
            return; // the image settles it
        }
        if (isNewsToCome(error)) {
            retry(effects); // the image settles it, unless a controller answered that is behind this image
            return;
        }
        asked = null;
        behind.clear(); // whoever still is will be reported again
        cancel(image, effects);
        retry(effects);
    }

    private static boolean isNewsToCome(KafkaError error) {
        return switch (error) {
            case INVALID_UPDATE_VERSION, FENCED_LEADER_EPOCH, STALE_BROKER_EPOCH -> true;
            default -> false;
        };
    }

    /** The controller did not answer in time: what was asked may still happen, so it is asked again. */
    void onNoReply(ChangeInSync of, List<SentinelEffect> effects) {
        if (of.equals(asked)) {
            inFlight = false;
            retry(effects);
        }
    }

    /** The time of a retry has come. */
    void onRetry(MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        waiting = false;
        ChangeInSync unsettled = asked;
        Proposal present = proposal;
        if (unsettled != null) {
            if (!inFlight && !accepted) {
                inFlight = true;
                effects.add(unsettled);
            }
        } else if (present != null) { // a partition has not answered: perhaps it was opened anew meanwhile
            unconfirmed.retainAll(image.partitionsOf(groupId));
            for (TopicIdPartition id : unconfirmed) {
                effects.add(new Tell(id, new ProposeInSync(leaderEpoch, present)));
            }
            retry(effects);
        }
        go(image, group, effects);
    }

    /** The image shows the group, led in this epoch. */
    void onImage(MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        if (asked != null && asked.partitionEpoch() < group.partitionEpoch()) {
            asked = null;
            inFlight = false;
            backoffMs = minBackoffMs;
        }
        if (proposal != null && proposal.partitionEpoch() < group.partitionEpoch()) {
            proposal = null; // the partitions see it by the same epoch
            unconfirmed.clear();
        }
        behind.retainAll(group.inSyncReplicas());
        Set<TopicIdPartition> partitions = image.partitionsOf(groupId);
        caughtUp.values().forEach(ids -> ids.retainAll(partitions));
        caughtUp.keySet().removeIf(member -> (!isCurrent(image, member) && !isNews(image, member))
                || group.inSyncReplicas().contains(member.brokerId()));
        unconfirmed.retainAll(partitions);
        go(image, group, effects);
    }

    private static boolean isCurrent(MetadataImage image, Member member) {
        Broker broker = image.brokers().get(member.brokerId());
        return broker != null && broker.incarnation() == member.incarnation();
    }

    /** A process that registered after this image. */
    private static boolean isNews(MetadataImage image, Member member) {
        Broker broker = image.brokers().get(member.brokerId());
        return broker == null || broker.incarnation() < member.incarnation();
    }

    private void go(MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        if (asked != null || (waiting && proposal == null)) {
            return;
        }
        if (!behind.isEmpty()) {
            cancel(image, effects); // the controller has not been asked
            List<Integer> stay =
                    group.inSyncReplicas().stream().filter(id -> !behind.contains(id)).toList();
            ask(image, group, stay, List.of(), effects);
            return;
        }
        Proposal present = proposal;
        if (present == null) {
            List<Member> ready = held ? List.of() : ready(image, group);
            if (!ready.isEmpty()) {
                propose(image, new Proposal(group.partitionEpoch(), ready, numbers.getAsLong()), effects);
            }
        } else if (unconfirmed.isEmpty()) {
            ask(image, group, group.inSyncReplicas(), present.members(), effects);
        }
    }

    /** Brokers out of the ISR that have caught up with every partition. */
    private List<Member> ready(MetadataImage image, PlacementGroup group) {
        Set<TopicIdPartition> partitions = image.partitionsOf(groupId);
        var ready = new ArrayList<Member>(0);
        for (int id : group.replicas()) {
            Broker broker = image.brokers().get(id);
            if (broker == null || broker.fenced() || broker.shuttingDown() || group.inSyncReplicas().contains(id)) {
                continue;
            }
            var member = new Member(id, broker.incarnation());
            Set<TopicIdPartition> has = caughtUp.get(member);
            if (has != null && has.containsAll(partitions)) {
                ready.add(member);
            }
        }
        return ready;
    }

    private void propose(MetadataImage image, Proposal wanted, List<SentinelEffect> effects) {
        proposal = wanted;
        unconfirmed.clear();
        unconfirmed.addAll(image.partitionsOf(groupId));
        for (TopicIdPartition id : unconfirmed) {
            effects.add(new Tell(id, new ProposeInSync(leaderEpoch, wanted)));
        }
        retry(effects);
    }

    private void ask(
            MetadataImage image, PlacementGroup group, List<Integer> stay, List<Member> come,
            List<SentinelEffect> effects) {
        var members = new ArrayList<Member>(stay.size() + come.size());
        for (int id : stay) {
            Broker broker = image.brokers().get(id);
            members.add(new Member(id, broker == null ? -1 : broker.incarnation()));
        }
        members.addAll(come);
        var change = new ChangeInSync(leaderEpoch, group.partitionEpoch(), List.copyOf(members));
        asked = change;
        inFlight = true;
        accepted = false;
        behind.clear();
        effects.add(change);
    }

    private void cancel(MetadataImage image, List<SentinelEffect> effects) {
        Proposal present = proposal;
        if (present == null) {
            return;
        }
        proposal = null;
        unconfirmed.clear();
        for (TopicIdPartition id : image.partitionsOf(groupId)) {
            effects.add(new Tell(id, new CancelProposal(leaderEpoch, present.partitionEpoch())));
        }
    }

    private void forget(Member member, TopicIdPartition id) {
        Set<TopicIdPartition> has = caughtUp.get(member);
        if (has != null) {
            has.remove(id);
        }
    }

    private void retry(List<SentinelEffect> effects) {
        if (!waiting) {
            waiting = true;
            effects.add(new RetryInSyncAfter(backoffMs));
            backoffMs = Math.min(maxBackoffMs, backoffMs * 2);
        }
    }
}
