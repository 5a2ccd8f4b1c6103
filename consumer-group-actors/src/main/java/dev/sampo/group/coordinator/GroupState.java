package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.CommitOffsetsReply;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribe;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribeReply;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.DeleteGroup;
import dev.sampo.actors.protocol.Group.DeleteOffsets;
import dev.sampo.actors.protocol.Group.DeleteOffsetsReply;
import dev.sampo.actors.protocol.Group.Describe;
import dev.sampo.actors.protocol.Group.FetchOffsets;
import dev.sampo.actors.protocol.Group.FetchOffsetsReply;
import dev.sampo.actors.protocol.Group.FetchedOffset;
import dev.sampo.actors.protocol.Group.FetchedTopic;
import dev.sampo.actors.protocol.Group.Heartbeat;
import dev.sampo.actors.protocol.Group.HeartbeatReply;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.Leave;
import dev.sampo.actors.protocol.Group.LeaveReply;
import dev.sampo.actors.protocol.Group.NamedPartition;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.Summary;
import dev.sampo.actors.protocol.Group.Sync;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.group.consumer.Adopted;
import dev.sampo.group.consumer.Change;
import dev.sampo.group.consumer.ConsumerGroup;
import dev.sampo.group.consumer.HeartbeatCheck;
import dev.sampo.group.consumer.JoinDecision;
import dev.sampo.group.consumer.LateMember;
import dev.sampo.group.consumer.Topics;
import dev.sampo.group.coordinator.ClassicGroup.State;
import dev.sampo.group.coordinator.GroupEffect.Persist;
import dev.sampo.group.coordinator.GroupEffect.Reply;
import dev.sampo.group.coordinator.GroupEffect.Resolve;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.GroupRemoved;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.GroupEvent.OffsetRemoved;
import dev.sampo.group.lag.RebalanceHistory;
import dev.sampo.group.lag.WatchedGroup;
import dev.sampo.group.member.SessionDeadlines;
import dev.sampo.group.offsets.CommittedOffsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one group: members, under the classic or the consumer protocol, and committed offsets. A group without
 * members becomes one of the other type when somebody joins it so. A classic group of consumers becomes a consumer group when
 * one that speaks the consumer protocol joins, and a consumer group a classic one when all those have gone; in between it
 * serves both (see {@link Migration}), as far as the operator lets it.
 *
 * <p>Pure: equal calls in equal order give equal effects; time arrives as {@code nowMs}, a wall clock that never goes back.
 * Each request is answered by exactly one {@link Reply}, perhaps by a later call.
 *
 * <p>State changes at the call, and {@link Persist} says what must be stored before the answers after it go out. Several calls
 * may share one write, which stores the facts of all of them in order, or none, before any is answered. No other call may come
 * between that write and its success, and after a failure this object is thrown away: the next one is made by {@link #restore}
 * from what is stored.
 */
public final class GroupState {
    private final String groupId;
    private final GroupSettings settings;
    private final ClassicGroup members;
    private final Supplier<String> uniqueIds;
    private final CommittedOffsets offsets = new CommittedOffsets();
    private final RebalanceHistory rebalances = new RebalanceHistory();
    private @Nullable ConsumerGroup consumer; // then the classic group does not exist
    private Topics topics = Topics.NONE;
    private Map<String, String> configs = Map.of();
    private long retentionCheckMs;

    /** A group that does not exist yet. {@code uniqueIds} makes the second half of member ids. */
    public GroupState(String groupId, GroupSettings settings, Supplier<String> uniqueIds, long nowMs) {
        this.groupId = groupId;
        this.settings = settings;
        this.uniqueIds = uniqueIds;
        this.members = new ClassicGroup(settings, uniqueIds, rebalances);
        this.retentionCheckMs = nowMs + settings.retentionCheckIntervalMs();
    }

    /** Whether the request may bring a group into being. */
    public static boolean mayCreate(Group.Request<?> request) {
        return switch (request) {
            case Join join -> true;
            case CommitOffsets commit -> true;
            case Group.ConsumerGroupHeartbeat heartbeat -> heartbeat.memberEpoch() == 0;
            default -> false;
        };
    }

    /** Handles one request; {@code requestId} is repeated in its {@link Reply}. */
    public List<GroupEffect> onRequest(long requestId, Group.Request<?> request, long nowMs) {
        var out = new ArrayList<GroupEffect>();
        switch (request) {
            case Join join -> join(requestId, join, nowMs, out);
            case Sync sync -> sync(requestId, sync, nowMs, out);
            case Heartbeat heartbeat -> out.add(new Reply(requestId, new HeartbeatReply(heartbeat(heartbeat, nowMs))));
            case Leave leave -> leave(requestId, leave, nowMs, out);
            case ConsumerGroupHeartbeat heartbeat -> heartbeat(requestId, heartbeat, nowMs, out);
            case CommitOffsets commit -> commit(requestId, commit, nowMs, out);
            case FetchOffsets fetch -> out.add(new Reply(requestId, fetch(fetch)));
            case Describe describe -> out.add(new Reply(requestId, members.describe()));
            case ConsumerGroupDescribe describe -> out.add(new Reply(requestId, describe(describe)));
            case DeleteGroup delete -> delete(requestId, out);
            case DeleteOffsets delete -> deleteOffsets(requestId, delete, out);
        }
        return out;
    }

    /** Everything that is due; which offsets have expired is decided by {@code retentionNowMs}. */
    public List<GroupEffect> onTime(long nowMs, long retentionNowMs) {
        var out = new ArrayList<GroupEffect>();
        members.onTime(nowMs, out);
        ConsumerGroup group = consumer;
        if (group != null) {
            for (LateMember late : group.late(nowMs)) {
                if (consumer != null) { // else the group goes on as a classic one, with whole sessions
                    accept(group, group.expel(late), nowMs, out);
                }
            }
        }
        if (retentionCheckMs <= nowMs) {
            retentionCheckMs = nowMs + settings.retentionCheckIntervalMs();
            expire(retentionNowMs, out);
        }
        return out;
    }

    /** When {@link #onTime} is due next. */
    public long nextMs() {
        if (isGone()) {
            return SessionDeadlines.NEVER;
        }
        return Math.min(consumer == null ? members.nextMs() : consumer.nextMs(), retentionCheckMs);
    }

    /** The cluster's topics from now on: the newest before each other call. Groups look at them with the next request. */
    public void onTopics(Topics newest) {
        topics = newest;
        if (consumer != null) {
            consumer.onTopics(newest);
        }
    }

    /** The group's own configuration from now on, names and values as the controller took them. */
    public void onConfigs(Map<String, String> own) {
        configs = own;
        if (consumer != null) {
            consumer.onConfigs(own);
        }
    }

    /**
     * The answer to {@link GroupEffect.Resolve}.
     *
     * @param topicsByRegex names of the topics that each regular expression matches in {@code in}
     */
    public List<GroupEffect> onResolved(Map<String, Set<String>> topicsByRegex, Topics in, long nowMs) {
        var out = new ArrayList<GroupEffect>();
        if (consumer != null) { // else the group has ended meanwhile
            persist(consumer.accept(consumer.onResolved(topicsByRegex, in, nowMs), nowMs), out);
        }
        return out;
    }

    /** A topic is gone, its offsets go too. */
    public List<GroupEffect> onTopicDeleted(String topic, Uuid topicId) {
        var out = new ArrayList<GroupEffect>();
        remove(offsets.removalsOfTopic(topic, topicId), out);
        return out;
    }

    /** Nodes of the cluster are gone: all members whose host is one of them, but for static ones. */
    public List<GroupEffect> onNodesGone(Predicate<String> gone, long nowMs) {
        var out = new ArrayList<GroupEffect>();
        if (consumer == null) {
            members.nodesGone(gone, nowMs, out);
        } else {
            Change change = consumer.nodesGone(gone);
            accept(consumer, change, nowMs, out);
        }
        return out;
    }

    // ---- recovery

    /** A stored fact, the newest of its key; only before the first request. */
    public void restore(GroupEvent event) {
        switch (event) {
            case OffsetCommitted committed -> {
                offsets.apply(committed);
                members.exist();
            }
            case OffsetRemoved removed -> offsets.apply(removed);
            case GroupStored group -> members.restore(group);
            case GroupRemoved removed -> { }
            case ConsumerGroupEvent fact -> consumerOrNew().apply(fact);
        }
    }

    /** After the last {@link #restore}. */
    public List<GroupEffect> restored(long nowMs) {
        var out = new ArrayList<GroupEffect>();
        if (consumer == null) {
            members.restored(nowMs, out);
        } else {
            members.die(); // offsets alone look like an empty classic group
            consumer.restored(nowMs);
        }
        return out;
    }

    // ---- views

    /** True when the group does not exist (any more): its owner may forget it. */
    public boolean isGone() {
        return consumer == null && members.state() == State.DEAD;
    }

    /** The row of ListGroups. */
    public Summary summary() {
        return consumer == null
                ? new Summary(groupId, "classic", members.protocolType(), members.state().wireName)
                : new Summary(groupId, "consumer", "consumer", consumer.state().wireName);
    }

    /** Whether members live on nodes of the cluster. */
    public boolean hasNodes() {
        return consumer == null ? members.hasNodes() : !consumer.nodes().isEmpty();
    }

    /** What any thread may look at, as long as this object lives. */
    public WatchedGroup watched() {
        return new WatchedGroup(groupId, offsets, rebalances);
    }

    // ---- membership, classic protocol

    private void join(long requestId, Join join, long nowMs, List<GroupEffect> out) {
        if (consumer == null) {
            members.join(requestId, join, nowMs, out);
        } else if (consumer.state() != ConsumerGroup.State.EMPTY) {
            joinConsumers(requestId, join, consumer, nowMs, out);
        } else {
            var joined = new ArrayList<GroupEffect>();
            members.join(requestId, join, nowMs, joined);
            if (members.state() != State.DEAD) {
                out.add(new Persist(List.copyOf(consumer.end())));
                consumer = null;
            }
            out.addAll(joined);
        }
    }

    private void joinConsumers(long requestId, Join join, ConsumerGroup group, long nowMs, List<GroupEffect> out) {
        if (join.sessionTimeoutMs() < settings.minSessionTimeoutMs() || join.sessionTimeoutMs() > settings.maxSessionTimeoutMs()) {
            out.add(new Reply(requestId, join.refused(KafkaError.INVALID_SESSION_TIMEOUT)));
            return;
        }
        String newMemberId = join.memberId().isEmpty() ? join.newMemberId(uniqueIds.get()) : "";
        JoinDecision decision = group.join(join, newMemberId, settings.maxSize(), nowMs);
        var reply = decision.reply();
        int epochBefore = group.groupEpoch();
        persist(group.accept(decision.change(), nowMs), out);
        if (decision.downgrades()) {
            downgrade(group, epochBefore, Set.of(), decision.rebalances(), nowMs, out); // nobody was told of a newer one
        } else if (reply.error() == KafkaError.NONE) {
            group.joined(reply.memberId(), join, nowMs);
            resolve(group, decision.resolve(), out);
        }
        out.add(new Reply(requestId, reply));
    }

    private void sync(long requestId, Sync sync, long nowMs, List<GroupEffect> out) {
        if (consumer == null) {
            members.sync(requestId, sync, nowMs, out);
        } else {
            out.add(new Reply(requestId, consumer.sync(sync, nowMs)));
        }
    }

    private KafkaError heartbeat(Heartbeat heartbeat, long nowMs) {
        return consumer == null ? members.heartbeat(heartbeat, nowMs) : consumer.heartbeat(heartbeat, nowMs);
    }

    private void leave(long requestId, Leave leave, long nowMs, List<GroupEffect> out) {
        if (leave.groupId().isEmpty()) {
            out.add(new Reply(requestId, leave.refused(KafkaError.INVALID_GROUP_ID)));
            return;
        }
        List<KafkaError> errors;
        if (consumer == null) {
            errors = members.leave(leave.members(), nowMs, out);
        } else {
            errors = new ArrayList<>();
            Change change = consumer.leave(leave.members(), errors);
            accept(consumer, change, nowMs, out);
        }
        out.add(new Reply(requestId, new LeaveReply(KafkaError.NONE, errors)));
    }

    // ---- membership, consumer protocol

    private void heartbeat(long requestId, ConsumerGroupHeartbeat request, long nowMs, List<GroupEffect> out) {
        var refusal = HeartbeatCheck.refusal(request, settings.consumer());
        if (refusal != null) {
            out.add(new Reply(requestId, refusal));
            return;
        }
        ConsumerGroup group = consumer;
        var before = new ArrayList<GroupEvent>(); // what makes a consumer group of this one
        if (group == null) {
            try {
                group = becoming(request, before, nowMs);
            } catch (Migration.RefusedException e) {
                out.add(new Reply(requestId, Group.ConsumerGroupHeartbeatReply.failed(
                        KafkaError.GROUP_ID_NOT_FOUND, "there is no consumer group " + groupId + ": " + e.getMessage())));
                return;
            }
        }
        ConsumerGroup.Decision decision = group.heartbeat(request, uniqueIds.get(), nowMs);
        var reply = decision.reply();
        if (reply.error() != KafkaError.NONE) {
            out.add(new Reply(requestId, reply)); // and the group is what it was
            return;
        }
        if (consumer == null) {
            consumer = group;
            if (!before.isEmpty()) {
                out.add(new Persist(before));
            }
            if (members.state() != State.DEAD) {
                members.endForUpgrade(out);
            }
        }
        accept(group, decision.change(), nowMs, out);
        if (request.memberEpoch() >= 0 && reply.memberId() != null) {
            group.heard(reply.memberId(), nowMs);
        }
        out.add(new Reply(requestId, reply));
        resolve(group, decision.resolve(), out);
    }

    /** The consumer group that this group becomes when the request is taken; {@code before} receives what is to be stored then. */
    private ConsumerGroup becoming(ConsumerGroupHeartbeat request, List<GroupEvent> before, long nowMs)
            throws Migration.RefusedException {
        if (request.memberEpoch() != 0) {
            throw new Migration.RefusedException("only a member that joins makes one");
        }
        ConsumerGroup group = newConsumerGroup();
        switch (members.state()) {
            case DEAD -> { }
            case EMPTY -> before.add(new GroupRemoved());
            case PREPARING_REBALANCE, COMPLETING_REBALANCE, STABLE -> {
                List<Adopted> adopted = Migration.upgraded(members, settings.consumer(), topics);
                before.add(new GroupRemoved());
                before.addAll(group.adopt(members.generationId(), adopted, nowMs));
            }
        }
        return group;
    }

    /** Makes a change of a consumer group true; it may be the end of that group. */
    private void accept(ConsumerGroup group, Change change, long nowMs, List<GroupEffect> out) {
        Set<String> gone = change.gone();
        if (!gone.isEmpty() && group.mayEndWithout(gone) && group.membersWithout(gone).size() <= settings.maxSize()) {
            change.causes().forEach(cause -> rebalances.cause(cause.reason(), cause.memberId(), cause.groupInstanceId()));
            downgrade(group, group.groupEpoch(), gone, true, nowMs, out);
        } else {
            persist(group.accept(change, nowMs), out);
            callConsumers(change, out);
        }
    }

    /** Only members of the classic protocol are left: the group goes on as a classic one. */
    private void downgrade(
            ConsumerGroup group, int epoch, Set<String> gone, boolean rebalance, long nowMs, List<GroupEffect> out) {
        Map<String, Adopted> left = new LinkedHashMap<>();
        group.membersWithout(gone).forEach(member -> left.put(member.memberId(), member));
        persist(group.end(), out);
        consumer = null;
        members.adopt(
                epoch, left.values().stream().map(Migration::downgraded).toList(),
                (member, metadata) -> Migration.assignment(left.get(member.memberId()), metadata, topics), rebalance, nowMs, out);
    }

    private void resolve(ConsumerGroup group, Set<String> regexes, List<GroupEffect> out) {
        if (!regexes.isEmpty()) {
            group.resolving();
            out.add(new Resolve(regexes, topics));
        }
    }

    private ConsumerGroup newConsumerGroup() {
        var group = new ConsumerGroup(groupId, settings.consumer(), rebalances);
        group.onTopics(topics);
        group.onConfigs(configs);
        return group;
    }

    private ConsumerGroup consumerOrNew() {
        if (consumer == null) {
            consumer = newConsumerGroup();
        }
        return consumer;
    }

    private ConsumerGroupDescribeReply describe(ConsumerGroupDescribe request) {
        if (request.groupId().isEmpty()) {
            return request.refused(KafkaError.INVALID_GROUP_ID);
        }
        if (consumer != null) {
            return consumer.describe();
        }
        return ConsumerGroupDescribeReply.failed(KafkaError.GROUP_ID_NOT_FOUND, members.state() == State.DEAD
                ? "there is no group " + request.groupId()
                : "group " + request.groupId() + " is a classic group");
    }

    /** Members have left, and what they owned is free: the others need not wait for their next heartbeats. */
    private void callConsumers(Change change, List<GroupEffect> out) {
        Set<String> nodes = change.gone().isEmpty() || consumer == null ? Set.of() : consumer.nodes();
        if (!nodes.isEmpty()) {
            out.add(new GroupEffect.Call(nodes));
        }
    }

    private static void persist(List<ConsumerGroupEvent> events, List<GroupEffect> out) {
        if (!events.isEmpty()) {
            out.add(new Persist(List.copyOf(events)));
        }
    }

    // ---- the end

    private void delete(long requestId, List<GroupEffect> out) {
        KafkaError error;
        if (isGone()) {
            error = KafkaError.GROUP_ID_NOT_FOUND;
        } else {
            error = isEmpty() ? KafkaError.NONE : KafkaError.NON_EMPTY_GROUP;
        }
        if (error == KafkaError.NONE) {
            die(offsets.removalsOfAll(), out);
        }
        out.add(new Reply(requestId, new Group.DeleteGroupReply(error)));
    }

    /** Exists and has no members. */
    private boolean isEmpty() {
        return consumer == null ? members.state() == State.EMPTY : consumer.state() == ConsumerGroup.State.EMPTY;
    }

    private void die(List<GroupEvent> removals, List<GroupEffect> out) {
        var events = new ArrayList<>(removals);
        if (consumer == null) {
            events.add(new GroupRemoved()); // also where only commits made the group: readers of the topic know that it is gone
            members.die();
        } else {
            events.addAll(consumer.end());
            consumer = null;
        }
        remove(events, out);
    }

    // ---- offsets

    private void commit(long requestId, CommitOffsets request, long nowMs, List<GroupEffect> out) {
        KafkaError error = checkCommit(request);
        if (error != KafkaError.NONE) {
            out.add(new Reply(requestId, request.refused(error)));
            return;
        }
        var errors = new ArrayList<KafkaError>(request.offsets().size());
        var events = new ArrayList<GroupEvent>(request.offsets().size());
        long expireMs = request.retentionTimeMs() < 0 ? -1 : nowMs + request.retentionTimeMs();
        for (OffsetToCommit offset : request.offsets()) {
            if (!fits(offset)) {
                errors.add(KafkaError.OFFSET_METADATA_TOO_LARGE);
                continue;
            }
            errors.add(KafkaError.NONE);
            var committed = new OffsetCommitted(
                    new OffsetKey(offset.topic(), offset.partition()), offset.topicId(), offset.offset(),
                    offset.leaderEpoch(), offset.metadata(), nowMs, expireMs);
            offsets.apply(committed);
            events.add(committed);
        }
        if (!events.isEmpty()) {
            if (consumer == null) {
                members.exist();
            }
            out.add(new Persist(events));
        }
        if (members.state() == State.STABLE || members.state() == State.PREPARING_REBALANCE) {
            members.heard(request.memberId(), nowMs);
        }
        out.add(new Reply(requestId, new CommitOffsetsReply(errors)));
    }

    private boolean fits(OffsetToCommit offset) {
        return offset.metadata().length() <= settings.offsetMetadataMaxSize();
    }

    private KafkaError checkCommit(CommitOffsets request) {
        if (consumer != null) {
            return consumer.checkCommit(
                    request.memberId(), request.generationId(), request.groupIdNotFoundSupported(),
                    request.offsets().stream().filter(this::fits).toList()); // of the others nothing is stored
        }
        boolean fromOutside = request.generationId() < 0;
        if (members.state() == State.DEAD) {
            if (fromOutside) {
                return KafkaError.NONE;
            }
            return request.groupIdNotFoundSupported() ? KafkaError.GROUP_ID_NOT_FOUND : KafkaError.ILLEGAL_GENERATION;
        }
        if (fromOutside && members.state() == State.EMPTY) {
            return KafkaError.NONE;
        }
        if (fromOutside && request.memberId().isEmpty() && request.groupInstanceId() == null) {
            return KafkaError.UNKNOWN_MEMBER_ID; // the group has members: an outsider may not move their offsets
        }
        KafkaError error =
                members.checkMember(request.memberId(), request.groupInstanceId(), request.generationId());
        return error == KafkaError.NONE && members.state() == State.COMPLETING_REBALANCE
                ? KafkaError.REBALANCE_IN_PROGRESS
                : error;
    }

    private FetchOffsetsReply fetch(FetchOffsets request) {
        KafkaError error = consumer == null
                ? KafkaError.NONE
                : consumer.checkFetch(request.memberId(), request.memberEpoch());
        if (error != KafkaError.NONE) {
            return request.refused(error);
        }
        var topics = new ArrayList<FetchedTopic>();
        List<TopicPartitions> wanted = request.topics();
        if (wanted == null) {
            offsets.all().forEach((topic, committed) -> topics.add(new FetchedTopic(
                    topic, committed.getFirst().topicId(),
                    committed.stream().map(GroupState::fetched).toList())));
        } else {
            for (TopicPartitions topic : wanted) {
                topics.add(new FetchedTopic(topic.topic(), topic.topicId(), topic.partitions().stream()
                        .map(partition -> {
                            var found = offsets.find(topic.topic(), topic.topicId(), partition);
                            return found == null
                                    ? new FetchedOffset(partition, -1, -1, "", KafkaError.NONE)
                                    : fetched(found);
                        })
                        .toList()));
            }
        }
        return new FetchOffsetsReply(KafkaError.NONE, topics);
    }

    private static FetchedOffset fetched(OffsetCommitted committed) {
        return new FetchedOffset(
                committed.key().partition(), committed.offset(), committed.leaderEpoch(), committed.metadata(),
                KafkaError.NONE);
    }

    private void deleteOffsets(long requestId, DeleteOffsets request, List<GroupEffect> out) {
        if (request.groupId().isEmpty()) { // the group of clients without one may commit, as in Kafka, but is not managed
            out.add(new Reply(requestId, request.refused(KafkaError.INVALID_GROUP_ID)));
            return;
        }
        KafkaError refusal;
        if (isGone()) {
            refusal = KafkaError.GROUP_ID_NOT_FOUND;
        } else {
            boolean knowsTopics = consumer != null || isEmpty() || members.protocolType().equals("consumer");
            refusal = knowsTopics ? KafkaError.NONE : KafkaError.NON_EMPTY_GROUP;
        }
        if (refusal != KafkaError.NONE) {
            out.add(new Reply(requestId, request.refused(refusal)));
            return;
        }
        var errors = new ArrayList<KafkaError>(request.partitions().size());
        var events = new ArrayList<GroupEvent>();
        for (NamedPartition partition : request.partitions()) {
            if (subscribedTo(partition.topic())) {
                errors.add(KafkaError.GROUP_SUBSCRIBED_TO_TOPIC);
                continue;
            }
            errors.add(KafkaError.NONE);
            if (offsets.find(partition.topic(), Uuid.ZERO_UUID, partition.partition()) != null) {
                events.add(new OffsetRemoved(new OffsetKey(partition.topic(), partition.partition())));
            }
        }
        remove(events, out);
        out.add(new Reply(requestId, new DeleteOffsetsReply(KafkaError.NONE, errors)));
    }

    private boolean subscribedTo(String topic) {
        return consumer == null ? members.subscribedTo(topic) : consumer.subscribedTo(topic);
    }

    private void expire(long nowMs, List<GroupEffect> out) {
        if (isGone()) {
            return;
        }
        ToLongFunction<OffsetCommitted> committedMs = OffsetCommitted::commitTimestampMs;
        long retentionMs = settings.offsetsRetentionMs();
        List<GroupEvent> removals = List.of();
        if (consumer != null) {
            removals = offsets.expired(nowMs, retentionMs, this::subscribedTo, committedMs);
        } else if (members.protocolType().isEmpty()) {
            removals = offsets.expired(nowMs, retentionMs, topic -> false, committedMs);
        } else if (members.state() == State.EMPTY) {
            long emptySinceMs = members.stateTimestampMs();
            removals = offsets.expired(
                    nowMs, retentionMs, topic -> false, emptySinceMs < 0 ? committedMs : offset -> emptySinceMs);
        } else if (members.state() == State.STABLE && members.knowsTopics()) {
            removals = offsets.expired(nowMs, retentionMs, members::subscribedTo, committedMs);
        }
        removals.forEach(removal -> offsets.apply((OffsetRemoved) removal));
        if (offsets.isEmpty() && isEmpty()) {
            die(removals, out);
        } else {
            remove(removals, out);
        }
    }

    private void remove(List<GroupEvent> removals, List<GroupEffect> out) {
        for (GroupEvent removal : removals) {
            if (removal instanceof OffsetRemoved removed) {
                offsets.apply(removed);
            }
        }
        if (!removals.isEmpty()) {
            out.add(new Persist(removals));
        }
    }
}
