package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.JoinedMember;
import dev.sampo.actors.protocol.Group.SyncReply;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A member by the classic protocol, eager: gives all up before it joins again. */
final class ModelClassicMember extends GroupMember {
    private static final byte[] SUBSCRIPTION = {};

    private String memberId = "";
    private int generationId = -1;
    private List<Integer> owned = List.of();
    private boolean joinCameLate;
    private int assignedBy;

    ModelClassicMember(Cluster cluster, int place, Dice dice, String groupId, String name, @Nullable String instanceId) {
        super(cluster, place, dice, groupId, name, instanceId);
    }

    @Override
    void start() {
        join();
    }

    @Override
    String memberId() {
        return memberId;
    }

    @Override
    int generationId() {
        return generationId;
    }

    @Override
    List<Integer> owned() {
        return owned;
    }

    @Override
    boolean isAssigned() {
        return generationId >= 0 && readsAll();
    }

    @Override
    boolean mayHaveGivenUp() {
        return joinCameLate;
    }

    @Override
    Uuid topicId() {
        return Uuid.ZERO_UUID; // older versions of the requests have names only
    }

    @Override
    Group.FetchOffsets fetch(List<Group.TopicPartitions> topics) {
        return new Group.FetchOffsets(groupId(), topics, true);
    }

    @Override
    void sayLeave() {
        owned = List.of();
        ask(new Group.Leave(groupId(), List.of(new Group.LeavingMember(memberId, instanceId()))), REQUEST_TIMEOUT, () -> {},
                reply -> {}, () -> {});
    }

    // ---- a generation ----

    private void giveUpAndJoin() {
        generationId = -1;
        giveUp(owned);
        owned = List.of();
        join();
    }

    private void join() {
        long mine = beginRound();
        generationId = -1;
        joinCameLate = false;
        var join = new Group.Join(groupId(), memberId, instanceId(), name(), "/client", plan().sessionTimeoutMs(),
                plan().rebalanceTimeoutMs(), "test", List.of(new Group.Protocol("range", SUBSCRIPTION)),
                plan().requireKnownMemberId(), true);
        ask(join, (plan().rebalanceTimeoutMs() + 5_000) * Timeline.MILLIS, () -> {
            if (mine != round()) {
                cluster().reach().hit(Reach.Point.LATE_JOIN);
                joinCameLate = true;
            }
        }, reply -> {
            if (mine == round()) {
                onJoined((JoinReply) reply);
            }
        }, () -> {
            if (mine == round()) {
                join();
            }
        });
    }

    private void onJoined(JoinReply reply) {
        switch (reply.error()) {
            case NONE -> {
                memberId = reply.memberId();
                if (reply.skipAssignment()) {
                    cluster().reach().hit(Reach.Point.STATIC_BACK_WITHOUT_REBALANCE);
                }
                sync(reply, reply.skipAssignment() ? Map.of() : assign(reply));
            }
            case MEMBER_ID_REQUIRED -> {
                memberId = reply.memberId();
                join();
            }
            default -> onError(reply.error());
        }
    }

    /** By the leader: round about, another one first in each generation. */
    private Map<String, byte[]> assign(JoinReply reply) {
        List<JoinedMember> members = reply.members().stream()
                .sorted(Comparator.comparing(
                        member -> member.groupInstanceId() == null ? member.memberId() : member.groupInstanceId()))
                .toList();
        var assignments = new HashMap<String, byte[]>();
        for (int i = 0; i < members.size(); i++) {
            int place = i;
            int[] partitions = IntStream.range(0, plan().partitions())
                    .filter(partition -> (partition + reply.generationId()) % members.size() == place)
                    .toArray();
            byte[] bytes = new byte[partitions.length];
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = (byte) partitions[k];
            }
            assignments.put(members.get(i).memberId(), bytes);
        }
        return assignments;
    }

    private void sync(JoinReply joined, Map<String, byte[]> assignments) {
        long mine = round();
        var sync = new Group.Sync(groupId(), joined.generationId(), memberId, instanceId(), joined.protocolType(),
                joined.protocolName(), assignments);
        ask(sync, (plan().rebalanceTimeoutMs() + 5_000) * Timeline.MILLIS, () -> {}, reply -> {
            if (mine == round()) {
                onSynced(joined, (SyncReply) reply);
            }
        }, () -> {
            if (mine == round()) {
                join();
            }
        });
    }

    private void onSynced(JoinReply joined, SyncReply reply) {
        if (reply.error() != KafkaError.NONE) {
            onError(reply.error());
            return;
        }
        cluster().reach().hit(Reach.Point.MEMBER_ASSIGNED);
        generationId = joined.generationId();
        byte[] assignment = reply.assignment();
        owned = IntStream.range(0, assignment.length).mapToObj(i -> (int) assignment[i]).toList();
        assignedBy = coordinator();
        cluster().trace(() -> this + " begins");
        cluster().requireGivenUp(this);
        heartbeat();
        fetchCommitted(owned);
        commitLater();
    }

    // ---- while it is assigned ----

    private void heartbeat() {
        later(Math.min(plan().sessionTimeoutMs() / 3, 1_000) * Timeline.MILLIS, this::beat);
    }

    private void beat() {
        long mine = round();
        ask(new Group.Heartbeat(groupId(), generationId, memberId, instanceId()), REQUEST_TIMEOUT, () -> {}, reply -> {
            if (mine != round()) {
                return;
            }
            KafkaError error = ((Group.HeartbeatReply) reply).error();
            if (error == KafkaError.NONE) {
                if (coordinator() >= 0 && coordinator() != assignedBy) {
                    assignedBy = coordinator();
                    cluster().reach().hit(Reach.Point.MEMBER_KEPT_OVER_MOVE);
                }
                heartbeat();
            } else if (isElsewhere(error)) {
                again(this::beat, error);
            } else {
                onError(error);
            }
        }, () -> {
            if (mine == round()) {
                beat();
            }
        });
    }

    // ---- errors ----

    @Override
    void commitRefused(KafkaError error) {
        onError(error);
    }

    private void onError(KafkaError error) {
        cluster().trace(() -> this + " hears " + error);
        switch (error) {
            case REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION -> giveUpAndJoin();
            case UNKNOWN_MEMBER_ID -> {
                if (generationId >= 0) {
                    cluster().reach().hit(Reach.Point.MEMBER_THROWN_OUT);
                }
                memberId = "";
                giveUpAndJoin();
            }
            case FENCED_INSTANCE_ID -> {
                cluster().reach().hit(Reach.Point.INSTANCE_FENCED);
                if (cluster().isNewest(this)) { // by a request of a process before it that came late: it is started again
                    memberId = "";
                    giveUpAndJoin();
                } else {
                    die();
                }
            }
            default -> {
                if (!isElsewhere(error)) {
                    throw new IllegalStateException(this + " hears " + error);
                }
                again(this::join, error);
            }
        }
    }
}
