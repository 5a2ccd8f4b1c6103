package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Member;
import dev.sampo.actors.protocol.Partition.Proposal;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Until GroupInSync is there. */
final class InterimInSync {
    private final BrokerProcess process;
    private final String groupId;
    private final TreeMap<TopicIdPartition, LeaderShell> partitions;
    private final Map<Member, Set<TopicIdPartition>> caughtUp = new HashMap<>();
    private @Nullable Proposal proposal;
    private boolean asked;
    private final Set<TopicIdPartition> confirmed = new HashSet<>();
    private boolean shrinking;

    InterimInSync(BrokerProcess process, String groupId, TreeMap<TopicIdPartition, LeaderShell> partitions) {
        this.process = process;
        this.groupId = groupId;
        this.partitions = partitions;
    }

    private PlacementGroup group() {
        return process.image().groups().get(groupId);
    }

    void onImage() {
        PlacementGroup group = group();
        if (group != null && proposal != null && group.partitionEpoch() > proposal.partitionEpoch()) {
            proposal = null;
        }
        shrinking = false;
        propose();
    }

    void report(Partition.Report report) {
        PlacementGroup group = group();
        if (group == null || group.leader() != process.brokerId() || group.leaderEpoch() != report.leaderEpoch()) {
            return;
        }
        switch (report) {
            case Partition.FollowerCaughtUp(var id, int epoch, var member) -> {
                caughtUp.computeIfAbsent(member, key -> new HashSet<>()).add(id);
                propose();
            }
            case Partition.FollowersBehind(var id, int epoch, var behind) -> {
                if (!shrinking && proposal == null) {
                    shrinking = true;
                    var members = new ArrayList<Integer>();
                    group.inSyncReplicas().forEach(member -> {
                        if (!behind.contains(member)) {
                            members.add(member);
                        }
                    });
                    process.ask(new ChangeInSyncReplicas(groupId, process.brokerId(), process.incarnation(), group.leaderEpoch(),
                            group.partitionEpoch(), members, null), 2_000_000, reply -> shrinking = false, () -> shrinking = false);
                }
            }
            case Partition.ProposalAnswered(var id, int epoch, int partitionEpoch, var lagging) -> {
                if (proposal == null || proposal.partitionEpoch() != partitionEpoch || asked) {
                    return;
                }
                if (!lagging.isEmpty()) {
                    proposal.members().forEach(member -> caughtUp.getOrDefault(member, new HashSet<>()).remove(id));
                    cancel();
                } else {
                    confirmed.add(id);
                    if (confirmed.containsAll(process.image().partitionsOf(groupId))) {
                        ask();
                    }
                }
            }
        }
    }

    private void propose() {
        PlacementGroup group = group();
        if (proposal != null || group == null || group.leader() != process.brokerId()) {
            return;
        }
        for (var entry : caughtUp.entrySet()) {
            Member member = entry.getKey();
            if (!group.inSyncReplicas().contains(member.brokerId()) && process.image().isLive(member.brokerId())
                    && process.image().brokers().get(member.brokerId()).incarnation() == member.incarnation()
                    && entry.getValue().containsAll(process.image().partitionsOf(groupId))) {
                proposal = new Proposal(group.partitionEpoch(), List.of(member));
                asked = false;
                confirmed.clear();
                partitions.values().forEach(p -> p.tell(new Partition.ProposeInSync(group.leaderEpoch(), proposal)));
                return;
            }
        }
    }

    private void cancel() {
        Proposal was = proposal;
        proposal = null;
        partitions.values().forEach(p -> p.tell(new Partition.CancelProposal(group().leaderEpoch(), was.partitionEpoch())));
    }

    private void ask() {
        asked = true;
        PlacementGroup group = group();
        Proposal mine = proposal;
        var members = new ArrayList<>(group.inSyncReplicas());
        mine.members().forEach(member -> members.add(member.brokerId()));
        process.ask(new ChangeInSyncReplicas(groupId, process.brokerId(), process.incarnation(), group.leaderEpoch(),
                mine.partitionEpoch(), members, null), 2_000_000, reply -> {
                    if (proposal == mine && ((ItemsReply) reply).results().getFirst().error() != KafkaError.NONE) {
                        cancel();
                    }
                }, () -> {
                    if (proposal == mine) {
                        ask();
                    }
                });
    }
}
