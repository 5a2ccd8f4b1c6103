package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.JoinedMember;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.SyncReply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One process of a consumer group, classic protocol, eager: gives all up before it joins again, reads on from what is committed, and
 * commits where it is. Partitions are those of one topic.
 */
final class ModelMember extends GroupClient {
    private enum Phase { JOINING, SYNCING, ASSIGNED, GONE }

    static final String TOPIC = "work";
    private static final long REQUEST_TIMEOUT = 3 * Timeline.SECONDS;
    private static final byte[] SUBSCRIPTION = {};

    private final GroupPlan plan;
    private final @Nullable String instanceId;
    private final Map<Integer, Long> positions = new TreeMap<>(); // of owned partitions, once they are known
    private Phase phase = Phase.JOINING;
    private String memberId = "";
    private int generationId = -1;
    private byte[] owned = {};
    private long round; // what belongs to an earlier one is void
    private boolean joinCameLate; // the coordinator may believe that it has given up what it has
    private boolean committing = true;
    private int assignedBy;
    private long readMicros; // when it asked for the committed offsets

    ModelMember(Cluster cluster, int place, Dice dice, String groupId, String name, @Nullable String instanceId) {
        super(cluster, place, dice, groupId, name);
        this.plan = cluster.plan().groups();
        this.instanceId = instanceId;
    }

    @Override
    void start() {
        join();
    }

    @Nullable String instanceId() {
        return instanceId;
    }

    boolean isGone() {
        return phase == Phase.GONE || !alive();
    }

    boolean isAssigned() {
        return phase == Phase.ASSIGNED && positions.size() == owned.length;
    }

    int generationId() {
        return generationId;
    }

    String memberId() {
        return memberId;
    }

    boolean owns(byte partition) {
        for (byte one : owned) {
            if (one == partition) {
                return true;
            }
        }
        return false;
    }

    byte[] owned() {
        return owned;
    }

    void stopCommitting() {
        committing = false;
    }

    /** The process ends without a word. */
    void die() {
        phase = Phase.GONE;
        end();
    }

    void leave() {
        if (isGone()) {
            return;
        }
        phase = Phase.GONE;
        round++;
        owned = new byte[0];
        if (!memberId.isEmpty()) {
            truth().leaving(memberId);
            var leave = new Group.Leave(groupId(), List.of(new Group.LeavingMember(memberId, instanceId)));
            ask(leave, REQUEST_TIMEOUT, () -> {}, reply -> {}, () -> {});
        }
    }

    // ---- a generation ----

    private void giveUpAndJoin() {
        generationId = -1;
        owned = new byte[0];
        positions.clear();
        join();
    }

    private void join() {
        long mine = ++round;
        phase = Phase.JOINING;
        joinCameLate = false;
        var join = new Group.Join(groupId(), memberId, instanceId, name(), "/client", plan.sessionTimeoutMs(),
                plan.rebalanceTimeoutMs(), "test", List.of(new Group.Protocol("range", SUBSCRIPTION)), plan.requireKnownMemberId(), true);
        ask(join, (plan.rebalanceTimeoutMs() + 5_000) * Timeline.MILLIS, () -> {
            if (mine != round) {
                cluster().reach().hit(Reach.Point.LATE_JOIN);
                joinCameLate = true;
            }
        }, reply -> {
            if (mine == round) {
                onJoined((JoinReply) reply);
            }
        }, () -> {
            if (mine == round) {
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
            var partitions = new ArrayList<Integer>();
            for (int partition = 0; partition < plan.partitions(); partition++) {
                if ((partition + reply.generationId()) % members.size() == i) {
                    partitions.add(partition);
                }
            }
            byte[] bytes = new byte[partitions.size()];
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = (byte) (int) partitions.get(k);
            }
            assignments.put(members.get(i).memberId(), bytes);
        }
        return assignments;
    }

    private void sync(JoinReply joined, Map<String, byte[]> assignments) {
        long mine = round;
        phase = Phase.SYNCING;
        var sync = new Group.Sync(groupId(), joined.generationId(), memberId, instanceId, joined.protocolType(),
                joined.protocolName(), assignments);
        ask(sync, (plan.rebalanceTimeoutMs() + 5_000) * Timeline.MILLIS, () -> {}, reply -> {
            if (mine == round) {
                onSynced(joined, (SyncReply) reply);
            }
        }, () -> {
            if (mine == round) {
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
        phase = Phase.ASSIGNED;
        generationId = joined.generationId();
        owned = reply.assignment();
        assignedBy = coordinator();
        cluster().trace(() -> this + " begins");
        cluster().requireGivenUp(this);
        heartbeat();
        fetchCommitted();
        commitLater();
    }

    // ---- while it is assigned ----

    private void heartbeat() {
        long mine = round;
        timer(plan.sessionTimeoutMs() * Timeline.MILLIS / 3, () -> {
            if (mine == round) {
                beat(mine);
            }
        });
    }

    private void beat(long mine) {
        int generation = generationId;
        ask(new Group.Heartbeat(groupId(), generation, memberId, instanceId), REQUEST_TIMEOUT, () -> {}, reply -> {
            if (mine != round) {
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
                again(() -> beat(mine), error);
            } else {
                onError(error);
            }
        }, () -> {
            if (mine == round) {
                beat(mine);
            }
        });
    }

    private void fetchCommitted() {
        long mine = round;
        readMicros = time().nowMicros();
        List<Integer> partitions = IntStream.range(0, owned.length).mapToObj(i -> (int) owned[i]).toList();
        var fetch = new Group.FetchOffsets(groupId(), List.of(new Group.TopicPartitions(TOPIC, Uuid.ZERO_UUID, partitions)), true);
        ask(fetch, REQUEST_TIMEOUT, () -> {}, reply -> {
            if (mine != round) {
                return;
            }
            var fetched = (Group.FetchOffsetsReply) reply;
            if (fetched.error() == KafkaError.NONE) {
                fetched.topics().getFirst().partitions().forEach(
                        offset -> positions.put(offset.partition(), Math.max(0, offset.offset())));
            } else {
                again(this::fetchCommitted, fetched.error());
            }
        }, () -> {
            if (mine == round) {
                fetchCommitted();
            }
        });
    }

    private void commitLater() {
        long mine = round;
        timer(dice().heavyTail(plan.commitEveryMicros(), 3 * Timeline.SECONDS), () -> {
            if (mine == round) {
                if (committing && isAssigned() && owned.length > 0) {
                    commit(mine);
                }
                commitLater();
            }
        });
    }

    /** Does not wait for the one before, and may be overtaken by the next. */
    private void commit(long mine) {
        var commit = new GroupTruth.Commit(name(), nextNumber(), memberId, generationId, false, readMicros);
        truth().sent(commit);
        var offsets = new ArrayList<OffsetToCommit>();
        for (var position : positions.entrySet()) {
            if (dice().chance(0.7) || offsets.isEmpty()) {
                position.setValue(position.getValue() + dice().between(0, 4));
                offsets.add(new OffsetToCommit(TOPIC, Uuid.ZERO_UUID, position.getKey(), position.getValue(), -1, commit.name()));
            }
        }
        var request = new CommitOffsets(groupId(), generationId, memberId, instanceId, true, -1, offsets);
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
                onError(error);
            } else if (error == KafkaError.NOT_COORDINATOR) {
                forgetCoordinator();
            }
        }, () -> { });
    }

    // ---- errors ----

    private static boolean isElsewhere(KafkaError error) {
        return error == KafkaError.NOT_COORDINATOR || error == KafkaError.COORDINATOR_NOT_AVAILABLE
                || error == KafkaError.COORDINATOR_LOAD_IN_PROGRESS;
    }

    private void again(Runnable what, KafkaError error) {
        if (error != KafkaError.COORDINATOR_LOAD_IN_PROGRESS) {
            forgetCoordinator();
        }
        long mine = round;
        timer(dice().between(50, 300) * Timeline.MILLIS, () -> {
            if (mine == round) {
                what.run();
            }
        });
    }

    private void onError(KafkaError error) {
        cluster().trace(() -> this + " hears " + error);
        switch (error) {
            case REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION -> giveUpAndJoin();
            case UNKNOWN_MEMBER_ID -> {
                if (phase == Phase.ASSIGNED) {
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

    boolean mayHaveGivenUp() {
        return joinCameLate;
    }

    @Override
    public String toString() {
        return name() + (instanceId == null ? "" : " (" + instanceId + ")") + " of " + groupId() + " " + memberId + " " + phase
                + " generation " + generationId + " owns " + Arrays.toString(owned) + " at " + positions;
    }
}
