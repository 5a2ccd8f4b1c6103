package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import java.util.ArrayList;
import org.apache.kafka.common.Uuid;

/** A tool that does one thing to a group, once: deletes it, or sets its offsets back. Both are refused while it has members. */
final class GroupAdmin extends GroupClient {
    private final boolean deletes;

    GroupAdmin(Cluster cluster, int place, Dice dice, String groupId, String name, boolean deletes) {
        super(cluster, place, dice, groupId, name);
        this.deletes = deletes;
    }

    @Override
    void start() {
        if (deletes) {
            truth().deletionAsked();
            send(new Group.DeleteGroup(groupId()));
            return;
        }
        var commit = new GroupTruth.Commit(name(), nextNumber(), "", -1, true, Long.MAX_VALUE);
        truth().sent(commit);
        var offsets = new ArrayList<OffsetToCommit>();
        for (int partition = 0; partition < cluster().plan().groups().partitions(); partition++) {
            offsets.add(new OffsetToCommit(GroupMember.TOPIC, Uuid.ZERO_UUID, partition, dice().between(0, 5), -1, commit.name()));
        }
        send(new CommitOffsets(groupId(), -1, "", null, true, -1, offsets));
    }

    private void send(Group.Request<?> request) {
        ask(request, 3 * Timeline.SECONDS, () -> {}, reply -> {
            if (reply instanceof Group.DeleteGroupReply(KafkaError error) && error == KafkaError.NONE) {
                cluster().reach().hit(Reach.Point.GROUP_DELETED);
            }
            if (reply instanceof Group.CommitOffsetsReply(var errors) && errors.getFirst() == KafkaError.NONE) {
                cluster().reach().hit(Reach.Point.OFFSETS_RESET);
            }
            end();
        }, this::end);
    }

    @Override
    public String toString() {
        return name() + " of " + groupId();
    }
}
