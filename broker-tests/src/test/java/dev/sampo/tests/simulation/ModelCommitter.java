package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import java.util.List;
import org.apache.kafka.common.Uuid;

/** Commits for a group of its own, from outside of the group protocol; looks at what is committed, removes it, deletes the group. */
final class ModelCommitter extends GroupClient {
    private static final long REQUEST_TIMEOUT = 3 * Timeline.SECONDS;

    private final List<OffsetKey> keys = List.of(new OffsetKey("t0", 0), new OffsetKey("t1", 0));
    private final boolean deletes;
    private long position;
    private boolean stopped;
    private boolean asking;

    ModelCommitter(Cluster cluster, int place, Dice dice, String groupId) {
        super(cluster, place, dice, groupId, "committer " + place);
        this.deletes = dice.chance(0.3);
    }

    @Override
    void start() {
        timer(dice().heavyTail(cluster().plan().groups().commitEveryMicros(), 3 * Timeline.SECONDS), this::act);
    }

    /** No new requests. */
    void stop() {
        stopped = true;
    }

    boolean idle() {
        return !asking;
    }

    private void act() {
        if (stopped) {
            return;
        }
        OffsetKey key = dice().pick(keys);
        int what = dice().between(0, 99);
        if (what < 60) {
            commit(key);
        } else if (what < 85) {
            send(new Group.FetchOffsets(groupId(), null, false));
        } else if (what < 96) {
            truth().removalAsked(key);
            send(new Group.DeleteOffsets(groupId(), List.of(new Group.NamedPartition(key.topic(), key.partition()))));
        } else if (deletes) {
            truth().deletionAsked();
            send(new Group.DeleteGroup(groupId()));
        } else {
            start();
        }
    }

    private void commit(OffsetKey key) {
        position += dice().between(1, 5);
        var commit = new GroupTruth.Commit(name(), nextNumber(), "", -1, false, Long.MAX_VALUE);
        truth().sent(commit);
        send(new CommitOffsets(groupId(), -1, "", null, true, -1, List.of(
                new OffsetToCommit(key.topic(), Uuid.ZERO_UUID, key.partition(), position, -1, commit.name()))));
    }

    private void send(Group.Request<?> request) {
        asking = true;
        ask(request, REQUEST_TIMEOUT, () -> {}, reply -> {
            asking = false;
            switch (reply) {
                case Group.CommitOffsetsReply(var errors) -> onError(errors.getFirst(), Reach.Point.OFFSET_COMMITTED);
                case Group.DeleteOffsetsReply removed -> onError(removed.error(), Reach.Point.OFFSET_REMOVED);
                case Group.DeleteGroupReply(KafkaError error) -> onError(error, Reach.Point.GROUP_DELETED);
                case Group.FetchOffsetsReply fetched -> onError(fetched.error(), Reach.Point.OFFSETS_TOLD);
                default -> throw new IllegalStateException("not asked for: " + reply);
            }
            start();
        }, () -> {
            asking = false;
            start();
        });
    }

    private void onError(KafkaError error, Reach.Point reached) {
        switch (error) {
            case NONE -> cluster().reach().hit(reached);
            case NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE -> forgetCoordinator();
            default -> { }
        }
    }

    @Override
    public String toString() {
        return name() + " of " + groupId() + " at " + position;
    }
}
