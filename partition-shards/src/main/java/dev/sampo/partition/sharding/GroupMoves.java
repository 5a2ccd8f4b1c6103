package dev.sampo.partition.sharding;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition.CancelProposal;
import dev.sampo.actors.protocol.Partition.FollowerCaughtUp;
import dev.sampo.actors.protocol.Partition.Member;
import dev.sampo.actors.protocol.Partition.Proposal;
import dev.sampo.actors.protocol.Partition.ProposalAnswered;
import dev.sampo.actors.protocol.Partition.ProposeInSync;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.sharding.SentinelEffect.FinishMove;
import dev.sampo.partition.sharding.SentinelEffect.RetryInSyncAfter;
import dev.sampo.partition.sharding.SentinelEffect.Tell;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The partitions of one placement group that move to others, in one leader epoch: when all brokers that a partition moves
 * to have caught up with it, asks the controller to end the move. Pure.
 *
 * <p>In two phases, as an expansion of the ISR is ({@link GroupInSync}): the partition is told to wait for those brokers,
 * and the controller is asked once it has confirmed. The request carries the group's partition epoch, so that a change of
 * the ISR voids it, and with it what was proposed.
 */
final class GroupMoves {
    private static final class Move {
        final String target;
        final Proposal proposal;
        @Nullable FinishMove asked;
        boolean inFlight;
        boolean accepted; // in force already, though the image does not show it yet

        Move(String target, Proposal proposal) {
            this.target = target;
            this.proposal = proposal;
        }
    }

    private final int leaderEpoch;
    private final long backoffMs;
    private final LongSupplier numbers;
    private final Map<TopicIdPartition, Set<Member>> caughtUp = new HashMap<>();
    private final Map<TopicIdPartition, Move> moves = new HashMap<>();
    private boolean waiting; // for the retry timer

    /** {@code numbers} gives each proposal another number. */
    GroupMoves(int leaderEpoch, long backoffMs, LongSupplier numbers) {
        this.numbers = numbers;
        this.leaderEpoch = leaderEpoch;
        this.backoffMs = backoffMs;
    }

    /** As {@link GroupInSync#onHandOff}. */
    void onHandOff(List<SentinelEffect> effects) {
        for (Map.Entry<TopicIdPartition, Move> entry : List.copyOf(moves.entrySet())) {
            if (entry.getValue().asked == null) {
                cancel(entry.getKey(), entry.getValue(), effects);
            }
        }
    }

    /** Whether a partition waits for brokers that it moves to: the ISR is not expanded meanwhile. */
    boolean underWay() {
        return !moves.isEmpty();
    }

    /** What a partition that is activated now has to wait for, null for nothing. */
    @Nullable Proposal proposal(TopicIdPartition id) {
        Move move = moves.get(id);
        return move == null ? null : move.proposal;
    }

    void onCaughtUp(FollowerCaughtUp report) {
        caughtUp.computeIfAbsent(report.id(), id -> new HashSet<>()).add(report.follower());
    }

    void onAnswered(ProposalAnswered report, MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        Move move = moves.get(report.id());
        if (move == null || !move.proposal.equals(report.proposal()) || move.asked != null) {
            return;
        }
        if (report.lagging().isEmpty()) {
            ask(report.id(), move, image, group, effects);
        } else {
            Set<Member> has = caughtUp.getOrDefault(report.id(), Set.of());
            move.proposal.members().stream()
                    .filter(member -> report.lagging().contains(member.brokerId()))
                    .forEach(has::remove);
            cancel(report.id(), move, effects);
        }
    }

    private void ask(
            TopicIdPartition id, Move move, MetadataImage image, PlacementGroup group, List<SentinelEffect> effects) {
        PlacementGroup target = image.groups().get(move.target);
        if (target == null) {
            return;
        }
        var members = new TreeMap<Integer, Long>();
        move.proposal.members().forEach(member -> members.put(member.brokerId(), member.incarnation()));
        for (int brokerId : target.replicas()) {
            Broker broker = image.brokers().get(brokerId);
            if (broker != null && group.inSyncReplicas().contains(brokerId)) {
                members.put(brokerId, broker.incarnation());
            }
        }
        var finish = new FinishMove(leaderEpoch, group.partitionEpoch(), id, move.target, Map.copyOf(members));
        move.asked = finish;
        move.inFlight = true;
        effects.add(finish);
    }

    /** The controller has answered; null: not in time, so what was proposed stands and it is asked again. */
    void onReply(FinishMove of, @Nullable KafkaError error, List<SentinelEffect> effects) {
        Move move = moves.get(of.partition());
        if (move == null || !of.equals(move.asked)) {
            return;
        }
        move.inFlight = false;
        move.accepted |= error == KafkaError.NONE;
        if (error == KafkaError.INELIGIBLE_REPLICA && !move.accepted) { // judged last: no try was carried out
            cancel(of.partition(), move, effects);
        }
        if (!move.accepted) { // any other refusal: the image will show what is in force
            retry(effects);
        }
    }

    void onRetry(List<SentinelEffect> effects) {
        waiting = false;
        moves.forEach((id, move) -> {
            FinishMove asked = move.asked;
            if (asked == null) {
                effects.add(new Tell(id, new ProposeInSync(leaderEpoch, move.proposal)));
            } else if (!move.inFlight && !move.accepted) {
                move.inFlight = true;
                effects.add(asked);
            }
        });
        if (underWay()) {
            retry(effects);
        }
    }

    /** Begins what can begin; {@code busy} while the ISR is being expanded. */
    void go(MetadataImage image, PlacementGroup group, boolean busy, List<SentinelEffect> effects) {
        for (Iterator<Map.Entry<TopicIdPartition, Move>> entries = moves.entrySet().iterator(); entries.hasNext();) {
            Map.Entry<TopicIdPartition, Move> entry = entries.next();
            Move move = entry.getValue();
            boolean here = image.partitionsOf(group.id()).contains(entry.getKey());
            if (!here || move.proposal.partitionEpoch() < group.partitionEpoch()) {
                entries.remove(); // the partition is gone, or sees it by the same epoch
            } else if (!move.target.equals(target(image, entry.getKey()))) {
                entries.remove();
                effects.add(new Tell(
                        entry.getKey(), new CancelProposal(leaderEpoch, move.proposal.partitionEpoch())));
            }
        }
        caughtUp.keySet().retainAll(image.partitionsOf(group.id()));
        if (busy || waiting) {
            return;
        }
        for (TopicIdPartition id : List.copyOf(caughtUp.keySet())) {
            String target = target(image, id);
            List<Member> members = target == null || moves.containsKey(id) ? null : ready(image, group, id, target);
            if (target != null && members != null) {
                var move = new Move(target, new Proposal(group.partitionEpoch(), members, numbers.getAsLong()));
                moves.put(id, move);
                effects.add(new Tell(id, new ProposeInSync(leaderEpoch, move.proposal)));
            }
        }
        if (underWay()) {
            retry(effects);
        }
    }

    /** The brokers that a partition moves to and that are not in its ISR, null unless all of them have caught up. */
    private @Nullable List<Member> ready(
            MetadataImage image, PlacementGroup group, TopicIdPartition id, String target) {
        PlacementGroup to = image.groups().get(target);
        if (to == null) {
            return null;
        }
        var members = new ArrayList<Member>();
        for (int brokerId : to.replicas()) {
            if (group.inSyncReplicas().contains(brokerId)) {
                continue;
            }
            Broker broker = image.brokers().get(brokerId);
            if (broker == null || broker.fenced()
                    || !caughtUp.getOrDefault(id, Set.of()).contains(new Member(brokerId, broker.incarnation()))) {
                return null;
            }
            members.add(new Member(brokerId, broker.incarnation()));
        }
        return members;
    }

    private static @Nullable String target(MetadataImage image, TopicIdPartition id) {
        Topic topic = image.topic(id.topicId());
        return topic == null ? null : topic.moves().get(id.partition());
    }

    private void cancel(TopicIdPartition id, Move move, List<SentinelEffect> effects) {
        moves.remove(id);
        effects.add(new Tell(id, new CancelProposal(leaderEpoch, move.proposal.partitionEpoch())));
    }

    private void retry(List<SentinelEffect> effects) {
        if (!waiting) {
            waiting = true;
            effects.add(new RetryInSyncAfter(backoffMs));
        }
    }
}
