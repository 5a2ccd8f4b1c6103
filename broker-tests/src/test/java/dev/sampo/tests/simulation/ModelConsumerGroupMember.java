package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A member by the consumer protocol: each heartbeat says how far it is, each answer how far it should go. It says everything when it
 * joins and when an answer was lost, else what has changed.
 *
 * @see "KIP-848"
 */
final class ModelConsumerGroupMember extends GroupMember {
    private static final int LEFT = -1;
    private static final int LEFT_FOR_A_WHILE = -2;

    private final Set<Integer> owned = new TreeSet<>();
    private int epoch;
    private boolean sayAll = true;
    private boolean ownedChanged;
    private boolean asking; // one heartbeat at a time
    private boolean revoking; // the user's code has its time
    private boolean beatCameLate;
    private long beats;
    private long nextBeat; // the newest timer counts
    private int assignedBy = -1;

    ModelConsumerGroupMember(
            Cluster cluster, int place, Dice dice, String groupId, String name, @Nullable String instanceId) {
        super(cluster, place, dice, groupId, name, instanceId);
    }

    @Override
    void start() {
        join();
    }

    @Override
    String memberId() {
        return name();
    }

    @Override
    int generationId() {
        return epoch;
    }

    @Override
    List<Integer> owned() {
        return List.copyOf(owned);
    }

    @Override
    boolean isAssigned() {
        return epoch > 0 && !ownedChanged && !revoking && readsAll();
    }

    @Override
    boolean mayHaveGivenUp() {
        return beatCameLate;
    }

    @Override
    Uuid topicId() {
        return GroupJudge.WORK_ID;
    }

    @Override
    Group.FetchOffsets fetch(List<Group.TopicPartitions> topics) {
        return new Group.FetchOffsets(groupId(), memberId(), epoch, topics, true);
    }

    @Override
    void sayLeave() {
        boolean forAWhile = instanceId() != null && dice().chance(0.5);
        owned.clear();
        ask(heartbeat(forAWhile ? LEFT_FOR_A_WHILE : LEFT, false, null), REQUEST_TIMEOUT, () -> {}, reply -> {}, () -> {});
    }

    // ---- heartbeats ----

    private void join() {
        beginRound();
        giveUp(owned);
        owned.clear();
        epoch = 0;
        sayAll = true;
        asking = false;
        revoking = false;
        beatCameLate = false;
        beat();
        commitLater();
    }

    private ConsumerGroupHeartbeat heartbeat(int epoch, boolean all, @Nullable Map<Uuid, Set<Integer>> owned) {
        return new ConsumerGroupHeartbeat(
                groupId(), memberId(), epoch, instanceId(), null, all ? plan().rebalanceTimeoutMs() : -1,
                all ? List.of(TOPIC) : null, null, null, owned, name(), "/client", true);
    }

    private void beatAfter(long micros) {
        long mine = ++nextBeat;
        later(micros, () -> {
            if (mine == nextBeat) {
                beat();
            }
        });
    }

    private void beat() {
        if (asking) {
            return; // its answer sees to the next one
        }
        asking = true;
        nextBeat++;
        long mine = round();
        long number = ++beats;
        Map<Uuid, Set<Integer>> owns = owned.isEmpty() ? Map.of() : Map.of(topicId(), Set.copyOf(owned));
        ConsumerGroupHeartbeat heartbeat = heartbeat(epoch, sayAll, sayAll || ownedChanged ? owns : null);
        sayAll = false;
        ownedChanged = false;
        ask(heartbeat, REQUEST_TIMEOUT, () -> {
            if (number != beats || isGone()) {
                cluster().reach().hit(Reach.Point.LATE_HEARTBEAT);
                beatCameLate = true;
            }
        }, reply -> {
            if (mine == round()) {
                asking = false;
                onBeat((ConsumerGroupHeartbeatReply) reply);
            }
        }, () -> {
            if (mine == round()) {
                asking = false;
                sayAll = true;
                beat();
            }
        });
    }

    private void onBeat(ConsumerGroupHeartbeatReply reply) {
        if (reply.error() != KafkaError.NONE) {
            onError(reply.error());
            return;
        }
        epoch = reply.memberEpoch();
        if (coordinator() >= 0 && coordinator() != assignedBy) {
            if (assignedBy >= 0) {
                cluster().reach().hit(Reach.Point.MEMBER_KEPT_OVER_MOVE);
            }
            assignedBy = coordinator();
        }
        beatAfter(reply.heartbeatIntervalMs() * Timeline.MILLIS);
        Map<Uuid, Set<Integer>> assignment = reply.assignment();
        if (assignment != null && !revoking) {
            reconcile(assignment.getOrDefault(topicId(), Set.of()));
        }
        if (ownedChanged) {
            beat();
        }
    }

    /** Gives up first, and takes what is new once that is confirmed: the coordinator does not offer it before. */
    private void reconcile(Set<Integer> target) {
        var revoked = new TreeSet<>(owned);
        revoked.removeAll(target);
        var added = new TreeSet<>(target);
        added.removeAll(owned);
        if (!revoked.isEmpty()) {
            cluster().reach().hit(Reach.Point.PARTITIONS_REVOKED);
            revoking = true;
            later(dice().chance(0.6) ? 0 : dice().heavyTail(Timeline.SECONDS, 9 * Timeline.SECONDS), () -> {
                revoking = false;
                giveUp(revoked);
                owned.removeAll(revoked);
                take(added);
                ownedChanged = true;
                beat();
            });
        } else if (!added.isEmpty()) {
            take(added);
            ownedChanged = true;
        }
    }

    private void take(Set<Integer> added) {
        if (added.isEmpty()) {
            return;
        }
        cluster().reach().hit(Reach.Point.MEMBER_ASSIGNED);
        owned.addAll(added);
        cluster().trace(() -> this + " takes " + added);
        cluster().requireGivenUp(this, added);
        fetchCommitted(List.copyOf(added));
    }

    // ---- errors ----

    @Override
    void commitRefused(KafkaError error) {
        cluster().trace(() -> this + " may not commit: " + error); // its heartbeats tell what to do
    }

    private void onError(KafkaError error) {
        cluster().trace(() -> this + " hears " + error);
        switch (error) {
            case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, GROUP_ID_NOT_FOUND -> {
                if (epoch > 0) {
                    cluster().reach().hit(Reach.Point.MEMBER_THROWN_OUT);
                }
                join();
            }
            case UNRELEASED_INSTANCE_ID, FENCED_INSTANCE_ID -> {
                cluster().reach().hit(Reach.Point.INSTANCE_FENCED);
                if (cluster().isAlone(this)) { // the process before it has ended and is not forgotten yet: it is started again
                    beginRound();
                    giveUp(owned);
                    owned.clear();
                    later(500 * Timeline.MILLIS, this::join);
                } else {
                    die();
                }
            }
            default -> {
                if (!isElsewhere(error)) {
                    throw new IllegalStateException(this + " hears " + error);
                }
                sayAll = true;
                again(this::beat, error);
            }
        }
    }
}
