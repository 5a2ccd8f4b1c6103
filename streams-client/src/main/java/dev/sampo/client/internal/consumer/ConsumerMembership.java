package dev.sampo.client.internal.consumer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One member of a consumer group whose coordinator assigns (KIP-848). Pure: equal calls in equal order give equal
 * effects. Everything goes by one request, the heartbeat; one is under way at most, and a late answer is ignored.
 *
 * <p>An assignment is come to in two steps. What it leaves out is revoked first; only when the shell has said that
 * nothing of it is read or committed any more does a heartbeat name the partitions that are left, after which the
 * coordinator may give the others away. What it adds is taken at once: nobody else has it.
 *
 * <p>A heartbeat says only what has changed; all, when the one before it got no answer.
 *
 * @see "KIP-848, KIP-1082 for the member id"
 */
final class ConsumerMembership {
    private static final int JOINS = 0;
    private static final int LEAVES = -1;
    private static final int LEAVES_FOR_A_WHILE = -2;

    /** What the shell does next, in list order. */
    sealed interface Effect {}

    record SendHeartbeat(int attempt, ConsumerGroupHeartbeatRequestData request) implements Effect {}

    /** The coordinator moved: look it up again. */
    record ForgetCoordinator() implements Effect {}

    /** Topics are assigned whose names are not known; call {@link #onTopicNames} with newer metadata. */
    record LoadTopicNames() implements Effect {}

    /** The member has another epoch: what was not committed in the one before may be tried again. */
    record EpochBegan() implements Effect {}

    /** Read these no more, tell handlers, let commits finish, drop them; then {@link #onRevoked}. */
    record Revoke(int step, Set<TopicPartition> partitions) implements Effect {}

    /** These are this member's from now on, with those that it had. */
    record Assigned(Set<TopicPartition> added, Set<TopicPartition> all) implements Effect {}

    /** The group went on without this member: drop these at once. */
    record Lost(Set<TopicPartition> partitions) implements Effect {}

    /** No retry helps. */
    record Fail(Errors error, String message) implements Effect {}

    private final ConsumerProperties properties;
    private final String memberId;
    private Set<String> topics = Set.of();
    private @Nullable String pattern;
    private boolean subscribed;
    private boolean left;
    private int memberEpoch = JOINS;
    private int attempt;
    private boolean inFlight;
    private long dueMs;
    private long notBeforeMs;
    private boolean urgent; // something to say before the next heartbeat is due
    private boolean sayAll = true;
    private boolean sayTopics;
    private boolean toldNothing = true; // since the last join
    private @Nullable Map<Uuid, Set<Integer>> target;
    private Map<Uuid, String> names = Map.of();
    private Set<TopicIdPartition> owned = Set.of();
    private Set<TopicIdPartition> said = Set.of(); // what the coordinator was told to be owned
    private Set<TopicIdPartition> saying = Set.of(); // by the request under way
    private Set<TopicIdPartition> revoking = Set.of();
    private int step;

    /** @param memberId chosen at random, for the life of the consumer */
    ConsumerMembership(ConsumerProperties properties, String memberId) {
        this.properties = properties;
        this.memberId = memberId;
    }

    String memberId() {
        return memberId;
    }

    /** What commits carry; -1 while this is no member. */
    int memberEpoch() {
        return memberEpoch > JOINS ? memberEpoch : -1;
    }

    boolean isSubscribed() {
        return subscribed;
    }

    /** The partitions that are this member's. */
    Set<TopicPartition> owned() {
        return partitions(owned);
    }

    /** Joins with these topics, or says that they are others now. */
    List<Effect> subscribe(Set<String> wanted, long nowMs) {
        topics = Set.copyOf(wanted);
        return subscriptionChanged(nowMs);
    }

    /** Joins with the topics whose whole name matches, by the coordinator's rules (RE2), also those created later. */
    List<Effect> subscribePattern(String regex, long nowMs) {
        pattern = regex;
        return subscriptionChanged(nowMs);
    }

    private List<Effect> subscriptionChanged(long nowMs) {
        subscribed = true;
        sayTopics = true;
        urgent = true;
        return heartbeatIfDue(nowMs);
    }

    /** To be called often. */
    List<Effect> onTick(long nowMs) {
        return heartbeatIfDue(nowMs);
    }

    private List<Effect> heartbeatIfDue(long nowMs) {
        if (!subscribed || left || inFlight || nowMs < notBeforeMs || (!urgent && nowMs < dueMs)) {
            return List.of();
        }
        inFlight = true;
        urgent = false;
        attempt++;
        var request = new ConsumerGroupHeartbeatRequestData()
                .setGroupId(properties.groupId().orElse(""))
                .setMemberId(memberId)
                .setMemberEpoch(memberEpoch)
                .setInstanceId(properties.groupInstanceId().orElse(null));
        if (sayAll) {
            request.setRackId(properties.clientRack().isEmpty() ? null : properties.clientRack())
                    .setRebalanceTimeoutMs(properties.rebalanceTimeoutMs())
                    .setServerAssignor(properties.remoteAssignor().orElse(null));
        }
        if (sayAll || sayTopics) {
            request.setSubscribedTopicNames(pattern == null ? new ArrayList<>(new TreeSet<>(topics)) : null)
                    .setSubscribedTopicRegex(pattern);
        }
        saying = said;
        if (sayAll || !owned.equals(said)) {
            saying = owned;
            request.setTopicPartitions(toRequest(owned));
        }
        sayAll = false;
        sayTopics = false;
        return List.of(new SendHeartbeat(attempt, request));
    }

    private static List<ConsumerGroupHeartbeatRequestData.TopicPartitions> toRequest(Set<TopicIdPartition> partitions) {
        var byTopic = new TreeMap<Uuid, List<Integer>>();
        partitions.forEach(partition ->
                byTopic.computeIfAbsent(partition.topicId(), id -> new ArrayList<>()).add(partition.partition()));
        var list = new ArrayList<ConsumerGroupHeartbeatRequestData.TopicPartitions>();
        byTopic.forEach((id, numbers) -> list.add(
                new ConsumerGroupHeartbeatRequestData.TopicPartitions().setTopicId(id).setPartitions(numbers)));
        return list;
    }

    List<Effect> onHeartbeatResponse(int of, ConsumerGroupHeartbeatResponseData response, long nowMs) {
        if (of != attempt || !inFlight || left) {
            return List.of();
        }
        inFlight = false;
        Errors error = Errors.forCode(response.errorCode());
        return switch (error) {
            case NONE -> onAlive(response, nowMs);
            case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, GROUP_ID_NOT_FOUND ->
                    memberEpoch == JOINS ? tryAgain(nowMs) : joinAnew(nowMs);
            case COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS -> tryAgain(nowMs);
            case UNRELEASED_INSTANCE_ID -> List.of(new Fail(error, "another member holds the group.instance.id "
                    + properties.groupInstanceId().orElse("") + "; it is free when that one has closed, or its session ended"));
            default -> List.of(new Fail(error,
                    response.errorMessage() == null ? error.message() : response.errorMessage()));
        };
    }

    private List<Effect> onAlive(ConsumerGroupHeartbeatResponseData response, long nowMs) {
        var effects = new ArrayList<Effect>();
        said = saying;
        dueMs = nowMs + response.heartbeatIntervalMs();
        if (memberEpoch != response.memberEpoch()) {
            memberEpoch = response.memberEpoch();
            effects.add(new EpochBegan());
        }
        if (response.assignment() != null) {
            target = new HashMap<>();
            response.assignment().topicPartitions().forEach(topic ->
                    target.put(topic.topicId(), Set.copyOf(topic.partitions())));
        }
        effects.addAll(reconcile(nowMs));
        return effects;
    }

    /** The newest metadata. */
    List<Effect> onTopicNames(Map<Uuid, String> nameById, long nowMs) {
        names = Map.copyOf(nameById);
        return reconcile(nowMs);
    }

    private List<Effect> reconcile(long nowMs) {
        if (target == null || !revoking.isEmpty()) {
            return List.of();
        }
        var effects = new ArrayList<Effect>();
        var wanted = new HashSet<TopicIdPartition>();
        var gone = new HashSet<>(owned);
        target.forEach((id, numbers) -> {
            String name = names.get(id);
            gone.removeIf(partition -> partition.topicId().equals(id) && numbers.contains(partition.partition()));
            if (name != null) {
                numbers.forEach(number -> wanted.add(new TopicIdPartition(id, number, name)));
            }
        });
        if (!names.keySet().containsAll(target.keySet())) {
            effects.add(new LoadTopicNames());
        }
        if (!gone.isEmpty()) {
            revoking = Set.copyOf(gone);
            effects.add(new Revoke(++step, partitions(gone)));
            return effects;
        }
        wanted.removeAll(owned);
        if (!wanted.isEmpty() || toldNothing) {
            toldNothing = false;
            var all = new HashSet<>(owned);
            all.addAll(wanted);
            owned = Set.copyOf(all);
            urgent |= !wanted.isEmpty();
            effects.add(new Assigned(partitions(wanted), owned()));
        }
        effects.addAll(heartbeatIfDue(nowMs));
        return effects;
    }

    /** This revocation is what the member waits for. */
    boolean isRevoking(int of) {
        return of == step && !revoking.isEmpty();
    }

    /** The shell has dropped what it was to revoke. */
    List<Effect> onRevoked(int of, long nowMs) {
        if (!isRevoking(of)) {
            return List.of();
        }
        var rest = new HashSet<>(owned);
        rest.removeAll(revoking);
        owned = Set.copyOf(rest);
        revoking = Set.of();
        urgent = true;
        return reconcile(nowMs);
    }

    /** A heartbeat got no answer; the next one looks the coordinator up again. */
    List<Effect> onHeartbeatFailed(int of, long nowMs) {
        if (of != attempt || !inFlight || left) {
            return List.of();
        }
        inFlight = false;
        return tryAgain(nowMs);
    }

    private List<Effect> tryAgain(long nowMs) {
        sayAll = true;
        urgent = true;
        notBeforeMs = nowMs + properties.retryBackoffMs();
        return List.of(new ForgetCoordinator());
    }

    /** A commit said that this is no member in this epoch. */
    List<Effect> onEpochOver(int of, long nowMs) {
        return of == memberEpoch && of > JOINS && !left ? joinAnew(nowMs) : List.of();
    }

    /** The coordinator put this member out: what it owned is lost, it joins again under its id. */
    private List<Effect> joinAnew(long nowMs) {
        var effects = new ArrayList<Effect>();
        if (!owned.isEmpty()) {
            effects.add(new Lost(owned()));
        }
        owned = Set.of();
        said = Set.of();
        revoking = Set.of();
        target = null;
        memberEpoch = JOINS;
        toldNothing = true;
        sayAll = true;
        urgent = true;
        inFlight = false;
        effects.addAll(heartbeatIfDue(nowMs));
        return effects;
    }

    /** The member is going: the last request, if there is anything to leave; nothing else is sent any more. */
    Optional<ConsumerGroupHeartbeatRequestData> leave() {
        left = true;
        if (attempt == 0) {
            return Optional.empty();
        }
        return Optional.of(new ConsumerGroupHeartbeatRequestData()
                .setGroupId(properties.groupId().orElse(""))
                .setMemberId(memberId)
                .setInstanceId(properties.groupInstanceId().orElse(null))
                .setMemberEpoch(properties.groupInstanceId().isPresent() ? LEAVES_FOR_A_WHILE : LEAVES));
    }

    private static Set<TopicPartition> partitions(Set<TopicIdPartition> of) {
        var partitions = new HashSet<TopicPartition>();
        of.forEach(partition -> partitions.add(partition.topicPartition()));
        return Set.copyOf(partitions);
    }
}
