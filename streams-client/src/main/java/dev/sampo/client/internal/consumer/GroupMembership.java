package dev.sampo.client.internal.consumer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.RebalanceProtocol;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * One member of a classic consumer group: join, sync, heartbeat, rebalance. Pure: equal calls in equal order give equal
 * effects. Answers carry the attempt that their request was sent in; late ones are ignored.
 *
 * <p>Eager assignors: partitions are announced as revoked before the join, but given up only when the assignment
 * names another set: nobody else can have read what comes back. Cooperative assignors (KIP-429): only what the
 * assignment leaves out is revoked, then the member joins again.
 *
 * @see "Kafka protocol guide, JoinGroup to LeaveGroup; KIP-345, KIP-394, KIP-429"
 */
final class GroupMembership {
    /** What the shell does next, in list order. */
    sealed interface Effect {}

    /** Pause, tell handlers, let commits finish; then {@link #onReadyToJoin}. */
    record PrepareJoin(int attempt, Set<TopicPartition> announcedRevoked) implements Effect {}

    record SendJoin(int attempt, JoinGroupRequestData request) implements Effect {}

    /** Load the metadata of these topics, then {@link #onTopicsLoaded}. */
    record LoadTopics(int attempt, Set<String> topics) implements Effect {}

    record SendSync(int attempt, SyncGroupRequestData request) implements Effect {}

    record SendHeartbeat(int attempt, HeartbeatRequestData request) implements Effect {}

    /** The coordinator moved or is not ready: look it up again. */
    record ForgetCoordinator() implements Effect {}

    /** Call {@link #onRetry} after the retry pause. */
    record RetryLater(int attempt) implements Effect {}

    /** The assignment of a generation; {@code revoked} and {@code added} are what changed. */
    record Assigned(
            int generationId,
            Set<TopicPartition> revoked,
            Set<TopicPartition> added,
            Set<TopicPartition> all,
            boolean announcedBefore)
            implements Effect {}

    /** The group went on without this member: drop these at once. */
    record Lost(Set<TopicPartition> partitions) implements Effect {}

    /** No retry helps. */
    record Fail(Errors error) implements Effect {}

    private enum Phase {
        IDLE,
        PREPARING,
        JOINING,
        ASSIGNING,
        SYNCING,
        STABLE,
        WAITING,
        LEFT
    }

    private final ConsumerProperties properties;
    private final String groupId;
    private Phase phase = Phase.IDLE;
    private int attempt;
    private String memberId = "";
    private int generationId = -1;
    private int assignedGeneration = -1; // whose assignment is known
    private Set<String> topics = Set.of();
    private Set<TopicPartition> owned = Set.of();
    private Map<String, Subscription> members = Map.of();
    private String protocolName = "";
    private long lastHeartbeatMs;
    private long lastContactMs;
    private boolean heartbeatInFlight;
    private boolean rejoinWanted;

    GroupMembership(ConsumerProperties properties) {
        this.properties = properties;
        this.groupId = properties.groupId().orElse("");
    }

    /** The generation that commits carry, -1 before the first. */
    int generationId() {
        return generationId;
    }

    /**
     * The assignment of the generation is known. Between the answers to join and sync it is not: what this member owned
     * before may be another's already, whose commits one of this member's would undo.
     */
    boolean mayCommit() {
        return generationId >= 0 && assignedGeneration == generationId;
    }

    /** A join of this member waits for its answer: the group may be in the generation already that the answer brings. */
    boolean isJoining() {
        return phase == Phase.JOINING || phase == Phase.WAITING;
    }

    String memberId() {
        return memberId;
    }

    /** True while the assignment is settled. */
    boolean isStable() {
        return phase == Phase.STABLE;
    }

    /** All assignors listed support it, and the first one prefers it: KIP-429's rule. */
    boolean isCooperative() {
        return properties.assignors().stream()
                .allMatch(assignor -> assignor.supportedProtocols().contains(RebalanceProtocol.COOPERATIVE));
    }

    /** Joins with these topics, or joins again when they changed. */
    List<Effect> subscribe(Set<String> wanted) {
        topics = Set.copyOf(wanted);
        return rejoin();
    }

    /** The group should be assigned anew: partitions were added, or topics changed. */
    List<Effect> rejoin() {
        if (phase == Phase.IDLE || phase == Phase.STABLE) {
            return prepareJoin();
        }
        rejoinWanted = phase != Phase.LEFT;
        return List.of();
    }

    private List<Effect> prepareJoin() {
        phase = Phase.PREPARING;
        attempt++;
        rejoinWanted = false;
        return List.of(new PrepareJoin(attempt, isCooperative() ? Set.of() : owned));
    }

    /** The shell has finished what comes before a join. */
    List<Effect> onReadyToJoin(int of) {
        if (of != attempt || phase != Phase.PREPARING) {
            return List.of();
        }
        return join();
    }

    private List<Effect> join() {
        phase = Phase.JOINING;
        attempt++;
        var protocols = new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
        for (ConsumerPartitionAssignor assignor : properties.assignors()) {
            var subscription = new Subscription(
                    new ArrayList<>(new TreeSet<>(topics)),
                    assignor.subscriptionUserData(topics),
                    isCooperative() ? new ArrayList<>(owned) : List.of(),
                    generationId,
                    Optional.of(properties.clientRack()).filter(rack -> !rack.isEmpty()));
            protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol()
                    .setName(assignor.name())
                    .setMetadata(toArray(ConsumerProtocol.serializeSubscription(subscription))));
        }
        return List.of(new SendJoin(attempt, new JoinGroupRequestData()
                .setGroupId(groupId)
                .setSessionTimeoutMs(properties.sessionTimeoutMs())
                .setRebalanceTimeoutMs(properties.rebalanceTimeoutMs())
                .setMemberId(memberId)
                .setGroupInstanceId(properties.groupInstanceId().orElse(null))
                .setProtocolType(ConsumerProtocol.PROTOCOL_TYPE)
                .setProtocols(protocols)));
    }

    List<Effect> onJoinResponse(int of, JoinGroupResponseData response, long nowMs) {
        if (of != attempt || phase != Phase.JOINING) {
            return List.of();
        }
        lastContactMs = nowMs;
        Errors error = Errors.forCode(response.errorCode());
        switch (error) {
            case NONE -> {}
            case MEMBER_ID_REQUIRED -> {
                memberId = response.memberId();
                return join();
            }
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION -> {
                return joinAnew();
            }
            default -> {
                return onError(error);
            }
        }
        memberId = response.memberId();
        generationId = response.generationId();
        protocolName = response.protocolName() == null ? "" : response.protocolName();
        if (!response.leader().equals(memberId) || response.skipAssignment()) {
            return sync(Map.of());
        }
        phase = Phase.ASSIGNING;
        members = new HashMap<>();
        var allTopics = new TreeSet<String>();
        for (JoinGroupResponseData.JoinGroupResponseMember member : response.members()) {
            Subscription subscription =
                    ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(member.metadata()));
            Optional.ofNullable(member.groupInstanceId())
                    .ifPresent(id -> subscription.setGroupInstanceId(Optional.of(id)));
            members.put(member.memberId(), subscription);
            allTopics.addAll(subscription.topics());
        }
        return List.of(new LoadTopics(attempt, allTopics));
    }

    /** This member leads: assigns by the protocol that the coordinator chose. */
    List<Effect> onTopicsLoaded(int of, Cluster cluster) {
        if (of != attempt || phase != Phase.ASSIGNING) {
            return List.of();
        }
        var assignments = new HashMap<String, ByteBuffer>();
        assignor().assign(cluster, new GroupSubscription(members)).groupAssignment().forEach((member, assignment) ->
                assignments.put(member, ConsumerProtocol.serializeAssignment(assignment)));
        return sync(assignments);
    }

    private ConsumerPartitionAssignor assignor() {
        return properties.assignors().stream()
                .filter(assignor -> assignor.name().equals(protocolName))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "the coordinator of group " + groupId + " chose " + protocolName + ", which was not offered"));
    }

    private List<Effect> sync(Map<String, ByteBuffer> assignments) {
        phase = Phase.SYNCING;
        attempt++;
        var list = new ArrayList<SyncGroupRequestData.SyncGroupRequestAssignment>();
        assignments.forEach((member, bytes) -> list.add(new SyncGroupRequestData.SyncGroupRequestAssignment()
                .setMemberId(member)
                .setAssignment(toArray(bytes))));
        return List.of(new SendSync(attempt, new SyncGroupRequestData()
                .setGroupId(groupId)
                .setGenerationId(generationId)
                .setMemberId(memberId)
                .setGroupInstanceId(properties.groupInstanceId().orElse(null))
                .setProtocolType(ConsumerProtocol.PROTOCOL_TYPE)
                .setProtocolName(protocolName)
                .setAssignments(list)));
    }

    List<Effect> onSyncResponse(int of, SyncGroupResponseData response, long nowMs) {
        if (of != attempt || phase != Phase.SYNCING) {
            return List.of();
        }
        lastContactMs = nowMs;
        lastHeartbeatMs = nowMs;
        Errors error = Errors.forCode(response.errorCode());
        switch (error) {
            case NONE -> {}
            case REBALANCE_IN_PROGRESS -> {
                return join();
            }
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION -> {
                return joinAnew();
            }
            default -> {
                return onError(error);
            }
        }
        ConsumerPartitionAssignor.Assignment assignment = response.assignment().length == 0
                ? new ConsumerPartitionAssignor.Assignment(List.of())
                : ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(response.assignment()));
        Set<TopicPartition> all = Set.copyOf(assignment.partitions());
        Set<TopicPartition> revoked = minus(owned, all);
        Set<TopicPartition> added = minus(all, owned);
        assignor().onAssignment(assignment, metadata());
        owned = all;
        assignedGeneration = generationId;
        phase = Phase.STABLE;
        var effects = new ArrayList<Effect>();
        effects.add(new Assigned(generationId, revoked, added, all, !isCooperative()));
        if (rejoinWanted || (isCooperative() && !revoked.isEmpty())) {
            effects.addAll(prepareJoin());
        }
        return effects;
    }

    @SuppressWarnings("removal") // the class stays, the constructor goes; nothing else makes one
    private ConsumerGroupMetadata metadata() {
        return new ConsumerGroupMetadata(groupId, generationId, memberId, properties.groupInstanceId());
    }

    /** To be called often: heartbeats when due, gives up a session that is over. */
    List<Effect> onTick(long nowMs) {
        if (generationId < 0 || (phase != Phase.STABLE && phase != Phase.PREPARING)) {
            return List.of();
        }
        if (nowMs - lastContactMs >= properties.sessionTimeoutMs()) {
            lastContactMs = nowMs;
            return joinAnew();
        }
        if (heartbeatInFlight || nowMs - lastHeartbeatMs < properties.heartbeatIntervalMs()) {
            return List.of();
        }
        heartbeatInFlight = true;
        lastHeartbeatMs = nowMs;
        return List.of(new SendHeartbeat(generationId, new HeartbeatRequestData()
                .setGroupId(groupId)
                .setGenerationId(generationId)
                .setMemberId(memberId)
                .setGroupInstanceId(properties.groupInstanceId().orElse(null))));
    }

    /** {@code of} is the generation that the heartbeat was sent in. */
    List<Effect> onHeartbeatResponse(int of, Errors error, long nowMs) {
        heartbeatInFlight = false;
        if (of != generationId || (phase != Phase.STABLE && phase != Phase.PREPARING)) {
            return List.of();
        }
        switch (error) {
            case NONE -> {
                lastContactMs = nowMs;
                return List.of();
            }
            case REBALANCE_IN_PROGRESS -> {
                lastContactMs = nowMs;
                return phase == Phase.STABLE ? prepareJoin() : List.of();
            }
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION -> {
                return joinAnew();
            }
            case COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS -> {
                return List.of(new ForgetCoordinator());
            }
            default -> {
                return List.of(new Fail(error));
            }
        }
    }

    /** A heartbeat got no answer; the next one looks the coordinator up again. */
    List<Effect> onHeartbeatFailed(int of) {
        heartbeatInFlight = false;
        return of == generationId ? List.of(new ForgetCoordinator()) : List.of();
    }

    /** A commit said that the generation is over. */
    List<Effect> onGenerationOver(int of) {
        return of == generationId && (phase == Phase.STABLE || phase == Phase.PREPARING) ? joinAnew() : List.of();
    }

    /** A join, a sync or the metadata for it got no answer. */
    List<Effect> onRequestFailed(int of) {
        if (of != attempt || phase == Phase.LEFT) {
            return List.of();
        }
        phase = Phase.WAITING;
        return List.of(new ForgetCoordinator(), new RetryLater(attempt));
    }

    /** The pause is over: join again. */
    List<Effect> onRetry(int of) {
        return of == attempt && phase == Phase.WAITING ? join() : List.of();
    }

    /** The member is going: nothing more is sent but the leave request of the shell. */
    void leave() {
        phase = Phase.LEFT;
        attempt++;
    }

    private List<Effect> onError(Errors error) {
        return switch (error) {
            case COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, REBALANCE_IN_PROGRESS ->
                    onRequestFailed(attempt);
            default -> List.of(new Fail(error));
        };
    }

    /** The coordinator forgot this member: what it owned is lost, a new member joins. */
    private List<Effect> joinAnew() {
        var effects = new ArrayList<Effect>();
        if (!owned.isEmpty()) {
            effects.add(new Lost(owned));
        }
        owned = Set.of();
        memberId = "";
        generationId = -1;
        assignedGeneration = -1;
        effects.addAll(join());
        return effects;
    }

    private static Set<TopicPartition> minus(Set<TopicPartition> from, Set<TopicPartition> what) {
        var rest = new HashSet<>(from);
        rest.removeAll(what);
        return Set.copyOf(rest);
    }

    private static byte[] toArray(ByteBuffer bytes) {
        byte[] array = new byte[bytes.remaining()];
        bytes.duplicate().get(array);
        return array;
    }
}
