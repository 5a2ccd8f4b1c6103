package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One process of a group that shares the partitions of one topic: reads on from what is committed, and commits where it is. How it
 * comes to its partitions is its protocol's.
 */
abstract class GroupMember extends GroupClient {
    static final String TOPIC = "work";
    static final long REQUEST_TIMEOUT = 3 * Timeline.SECONDS;

    private final GroupPlan plan;
    private final @Nullable String instanceId;
    private final Map<Integer, Long> positions = new TreeMap<>(); // of owned partitions, once they are known
    private boolean committing;
    private boolean gone;
    private long round; // what belongs to an earlier one is void
    private long readMicros = Long.MAX_VALUE; // when it asked for the first of the committed offsets from which it goes on

    GroupMember(Cluster cluster, int place, Dice dice, String groupId, String name, @Nullable String instanceId) {
        super(cluster, place, dice, groupId, name);
        this.plan = cluster.plan().groups();
        this.instanceId = instanceId;
        this.committing = !dice.chance(0.3); // who only reads stays with a coordinator that cannot write
    }

    /** Empty as long as it has none. */
    abstract String memberId();

    /** Generation or epoch, -1 in none. */
    abstract int generationId();

    /** The partitions that it believes to own. */
    abstract List<Integer> owned();

    /** Whether it has the assignment of its generation, all of which it reads. */
    abstract boolean isAssigned();

    /** Whether the coordinator may believe that it has given up what it has, by a request of its own that came late. */
    abstract boolean mayHaveGivenUp();

    /** How it asks for committed offsets, and commits them. */
    abstract Uuid topicId();

    abstract Group.FetchOffsets fetch(List<Group.TopicPartitions> topics);

    /** A commit that it still stands for was refused. */
    abstract void commitRefused(KafkaError error);

    /** Owns nothing any more, and tells the coordinator that it goes. */
    abstract void sayLeave();

    GroupPlan plan() {
        return plan;
    }

    @Nullable String instanceId() {
        return instanceId;
    }

    boolean isGone() {
        return gone || !alive();
    }

    boolean owns(int partition) {
        return owned().contains(partition);
    }

    boolean readsAll() {
        return positions.keySet().containsAll(owned());
    }

    Map<Integer, Long> positions() {
        return positions;
    }

    void stopCommitting() {
        committing = false;
    }

    /** The process ends without a word. */
    void die() {
        gone = true;
        end();
    }

    void leave() {
        if (isGone()) {
            return;
        }
        gone = true;
        beginRound();
        giveUp(owned());
        if (!memberId().isEmpty()) {
            truth().leaving(memberId());
            sayLeave();
        }
    }

    // ---- rounds ----

    /** What it has asked for and waits for is void from now on. */
    long beginRound() {
        return ++round;
    }

    long round() {
        return round;
    }

    /** Runs unless another round has begun meanwhile. */
    void later(long micros, Runnable what) {
        long mine = round;
        timer(micros, () -> {
            if (mine == round) {
                what.run();
            }
        });
    }

    // ---- offsets ----

    /** It does not read these any more. */
    void giveUp(Collection<Integer> partitions) {
        positions.keySet().removeAll(partitions);
        if (positions.isEmpty()) {
            readMicros = Long.MAX_VALUE;
        }
    }

    void fetchCommitted(List<Integer> partitions) {
        long mine = round;
        readMicros = Math.min(readMicros, time().nowMicros());
        ask(fetch(List.of(new Group.TopicPartitions(TOPIC, topicId(), partitions))), REQUEST_TIMEOUT, () -> {}, reply -> {
            if (mine != round) {
                return;
            }
            var fetched = (Group.FetchOffsetsReply) reply;
            if (fetched.error() == KafkaError.NONE) {
                fetched.topics().getFirst().partitions().stream()
                        .filter(offset -> owns(offset.partition()))
                        .forEach(offset -> positions.putIfAbsent(offset.partition(), Math.max(0, offset.offset())));
            } else {
                again(() -> fetchCommitted(partitions), fetched.error());
            }
        }, () -> {
            if (mine == round) {
                fetchCommitted(partitions);
            }
        });
    }

    void commitLater() {
        later(dice().heavyTail(plan.commitEveryMicros(), 3 * Timeline.SECONDS), () -> {
            if (committing && !positions.isEmpty() && readsAll()) {
                commit();
            }
            commitLater();
        });
    }

    /** Does not wait for the one before, and may be overtaken by the next. */
    private void commit() {
        var commit = new GroupTruth.Commit(name(), nextNumber(), memberId(), generationId(), false, readMicros);
        truth().sent(commit);
        var offsets = new ArrayList<OffsetToCommit>();
        for (var position : positions.entrySet()) {
            if (dice().chance(0.7) || offsets.isEmpty()) {
                position.setValue(position.getValue() + dice().between(0, 4));
                offsets.add(new OffsetToCommit(TOPIC, topicId(), position.getKey(), position.getValue(), -1, commit.name()));
            }
        }
        var request = new CommitOffsets(groupId(), generationId(), memberId(), instanceId, true, -1, offsets);
        long mine = round;
        if (dice().chance(0.1)) { // a thread of its own, which may not hear of the next generation in time
            timer(dice().heavyTail(Timeline.SECONDS, 8 * Timeline.SECONDS), () -> send(request, mine));
        } else {
            send(request, mine);
        }
    }

    private void send(CommitOffsets request, long mine) {
        ask(request, REQUEST_TIMEOUT, () -> {}, reply -> {
            KafkaError error = ((Group.CommitOffsetsReply) reply).errors().getFirst();
            if (error == KafkaError.NONE) {
                cluster().reach().hit(Reach.Point.OFFSET_COMMITTED);
            } else if (mine == round && !isElsewhere(error)) {
                cluster().reach().hit(Reach.Point.COMMIT_REFUSED);
                commitRefused(error);
            } else if (error == KafkaError.NOT_COORDINATOR) {
                forgetCoordinator();
            }
        }, () -> { });
    }

    // ---- errors ----

    static boolean isElsewhere(KafkaError error) {
        return error == KafkaError.NOT_COORDINATOR || error == KafkaError.COORDINATOR_NOT_AVAILABLE
                || error == KafkaError.COORDINATOR_LOAD_IN_PROGRESS;
    }

    void again(Runnable what, KafkaError error) {
        if (error != KafkaError.COORDINATOR_LOAD_IN_PROGRESS) {
            forgetCoordinator();
        }
        later(dice().between(50, 300) * Timeline.MILLIS, what);
    }

    @Override
    public String toString() {
        return name() + (instanceId == null ? "" : " (" + instanceId + ")") + " of " + groupId() + " " + memberId()
                + (gone ? " gone" : "") + " generation " + generationId() + " owns " + owned() + " at " + positions;
    }
}
