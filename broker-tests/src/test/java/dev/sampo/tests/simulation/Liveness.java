package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** After the faults: everything has to become whole again by itself. Invariants 27 and 42. */
final class Liveness {
    private final Cluster cluster;
    private boolean whole;
    private boolean written;
    private boolean offline;
    private long quietSinceMicros = -1; // all partitions are led and in sync

    Liveness(Cluster cluster) {
        this.cluster = cluster;
    }

    /** What is not as it should be yet; null when all is. */
    @Nullable String problem() {
        String problem = brokers();
        offline = false;
        if (problem == null) {
            problem = groups();
        }
        if (problem != null) {
            quietSinceMicros = -1;
            return problem;
        }
        if (offline) {
            return null;
        }
        problem = members();
        if (problem != null) {
            return problem;
        }
        if (!whole) {
            whole = true;
            cluster.clients().forEach(client -> {
                if (client instanceof ModelProducer producer && producer.all()) {
                    producer.produceOne(); // every partition takes a write
                }
            });
            return "last writes";
        }
        if (!written) {
            written = true;
            cluster.clients().forEach(client -> {
                switch (client) {
                    case ModelProducer producer -> producer.stop();
                    case GroupMember member -> member.stopCommitting();
                    case ModelCommitter committer -> committer.stop();
                    default -> { }
                }
            });
            return "last writes";
        }
        problem = clients();
        return problem == null ? replicas() : problem;
    }

    private @Nullable String brokers() {
        MetadataImage image = cluster.journal().image();
        if (image.topic("t0") == null) {
            return "there is no topic";
        }
        for (Machine machine : cluster.machines()) {
            MetadataImage.Broker broker = image.brokers().get(machine.id);
            if (!machine.awake() || broker == null || broker.fenced() || broker.incarnation() != machine.process.incarnation()) {
                return "broker " + machine.id + " is not live: " + machine.process;
            }
            if (machine.process.image().offset() != image.offset()) {
                return "broker " + machine.id + " has not applied all of the metadata";
            }
        }
        return null;
    }

    private @Nullable String groups() {
        MetadataImage image = cluster.journal().image();
        for (String groupId : image.groupPartitions().keySet()) {
            PlacementGroup group = image.groups().get(groupId);
            if (group.inSyncReplicas().isEmpty() && group.eligible().isEmpty() && cluster.plan().flushMessages() == 1) {
                // More replicas than min.insync.replicas - 1 said that they may have lost their tails. They have not, since
                // everything was forced, but that only an operator can know.
                cluster.reach().hit(Reach.Point.OFFLINE_AFTER_POWER_CUTS);
                offline = true;
                continue;
            }
            if (!image.isLive(group.leader())) {
                return groupId + " has no leader: " + group;
            }
            if (!new HashSet<>(group.inSyncReplicas()).equals(new HashSet<>(group.replicas()))) {
                return groupId + " is not in sync: " + group;
            }
            for (TopicIdPartition id : image.partitionsOf(groupId)) {
                LeaderShell leader = cluster.machine(group.leader()).process.leaderOf(id);
                if (leader == null || leader.leaderEpoch() != group.leaderEpoch()) {
                    return cluster.name(id) + " is not served by " + group;
                }
            }
        }
        return null;
    }

    /** Invariant 30. */
    private @Nullable String members() {
        GroupPlan plan = cluster.plan().groups();
        if (plan == null) {
            return null;
        }
        if (quietSinceMicros < 0) {
            quietSinceMicros = cluster.time().nowMicros();
        }
        for (int i = 0; i < plan.groups(); i++) {
            String problem = members("group" + i, plan.partitions());
            if (problem != null) {
                long mostMs = 3L * Math.max(plan.rebalanceTimeoutMs(), plan.sessionTimeoutMs());
                if (cluster.time().nowMicros() - quietSinceMicros > mostMs * Timeline.MILLIS) {
                    throw new Violation(30, problem);
                }
                return problem;
            }
        }
        return null;
    }

    private @Nullable String members(String groupId, int partitions) {
        List<GroupMember> members = cluster.members(groupId);
        GroupTruth truth = cluster.groups().truth(groupId);
        if (members.isEmpty()) {
            return null;
        }
        int owned = 0;
        for (GroupMember member : members) {
            if (!member.isAssigned() || member.generationId() != truth.generationId()) {
                return member + " has no place in " + truth;
            }
            owned += member.owned().size();
        }
        return owned == partitions && truth.memberCount() == members.size()
                ? null
                : groupId + " has not come to one assignment of " + partitions + " partitions: " + members + ", stored is " + truth;
    }

    private @Nullable String clients() {
        for (ModelClient client : cluster.clients()) {
            if (client instanceof ModelCommitter committer && !committer.idle()) {
                return committer + " waits for an answer";
            }
            if (client instanceof ModelProducer producer && !producer.idle()) {
                return producer.toString();
            }
            if (client instanceof ModelConsumer consumer
                    && consumer.position() != cluster.judge().truth(consumer.id()).committedEnd()) {
                return consumer + " has not read all";
            }
        }
        return null;
    }

    private @Nullable String replicas() {
        MetadataImage image = cluster.journal().image();
        for (Machine machine : cluster.machines()) {
            for (TopicIdPartition id : List.copyOf(machine.logs.keySet())) {
                if (cluster.judge().isDeleted(id.topicId())) {
                    return "broker " + machine.id + " keeps " + id + ", which is deleted";
                }
            }
        }
        for (String groupId : image.groupPartitions().keySet()) {
            for (TopicIdPartition id : image.partitionsOf(groupId)) {
                PartitionTruth truth = cluster.judge().truth(id);
                for (int broker : image.groups().get(groupId).replicas()) {
                    MemoryLog log = cluster.machine(broker).logs.get(id);
                    if (log == null || log.logEndOffset() != truth.committedEnd() || !truth.isIn(log)) {
                        return "broker " + broker + " differs in " + cluster.name(id) + " from what is committed up to "
                                + truth.committedEnd() + ": " + (log == null ? "no log" : log.brief());
                    }
                    if (log.highWatermark() != truth.committedEnd()) {
                        return "broker " + broker + " has high watermark " + log.highWatermark() + " in " + cluster.name(id)
                                + ", committed is up to " + truth.committedEnd();
                    }
                }
            }
        }
        return null;
    }
}
