package dev.sampo.tests.oracle.group;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.DeleteOffsets;
import dev.sampo.actors.protocol.Group.FetchOffsets;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.Leave;
import dev.sampo.actors.protocol.Group.Sync;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.coordinator.GroupSettings;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorShard;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.classic.ClassicGroup;
import org.apache.kafka.coordinator.group.modern.ModernGroup;
import org.apache.kafka.coordinator.group.modern.consumer.ConsumerGroup;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.timeline.SnapshotRegistry;
import org.apache.kafka.timeline.TimelineObject;
import org.jspecify.annotations.Nullable;

/**
 * One group in Apache's coordinator ({@link KafkaShard}). Requests and answers are in Sampo's words; errors that the shard
 * throws become the answers that Kafka's service makes of them.
 */
final class KafkaGroup {
    private static final long LATEST = SnapshotRegistry.LATEST_EPOCH;

    /** Who asks: the version decides, the client id and host are kept of a member. */
    private record Context(String clientId, int requestVersion) implements AuthorizableRequestContext {
        @Override
        public String listenerName() {
            return "PLAINTEXT";
        }

        @Override
        public SecurityProtocol securityProtocol() {
            return SecurityProtocol.PLAINTEXT;
        }

        @Override
        public KafkaPrincipal principal() {
            return KafkaPrincipal.ANONYMOUS;
        }

        @Override
        public InetAddress clientAddress() {
            try {
                return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            } catch (UnknownHostException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public int requestType() {
            return 0;
        }

        @Override
        public int correlationId() {
            return 0;
        }
    }

    private static final Field SUBSCRIPTION_TYPE = KafkaShard.field(ModernGroup.class, "subscriptionType");
    private static final KafkaService SERVICE = new KafkaService();

    private final String groupId;
    private final KafkaShard kafka;
    private final Map<Long, Supplier<Group.Reply>> answers = new TreeMap<>();

    KafkaGroup(String groupId, GroupSettings settings, long nowMs) {
        this.groupId = groupId;
        ConsumerGroupSettings consumer = settings.consumer();
        var config = new HashMap<String, Object>(Map.of(
                "group.min.session.timeout.ms", settings.minSessionTimeoutMs(),
                "group.max.session.timeout.ms", settings.maxSessionTimeoutMs(),
                "group.initial.rebalance.delay.ms", settings.initialRebalanceDelayMs(),
                "group.max.size", settings.maxSize(),
                "offsets.retention.minutes", (int) TimeUnit.MILLISECONDS.toMinutes(settings.offsetsRetentionMs()),
                "offsets.retention.check.interval.ms", settings.retentionCheckIntervalMs(),
                "offset.metadata.max.bytes", settings.offsetMetadataMaxSize()));
        config.putAll(Map.of(
                "group.consumer.session.timeout.ms", consumer.sessionTimeoutMs(),
                "group.consumer.min.session.timeout.ms", consumer.minSessionTimeoutMs(),
                "group.consumer.max.session.timeout.ms", consumer.maxSessionTimeoutMs(),
                "group.consumer.heartbeat.interval.ms", consumer.heartbeatIntervalMs(),
                "group.consumer.max.size", consumer.maxSize(),
                "group.consumer.migration.policy", consumer.migrationPolicy().name().toLowerCase(Locale.ROOT),
                "group.consumer.assignment.interval.ms", consumer.assignmentIntervalMs(),
                "group.consumer.regex.refresh.interval.ms", consumer.regexRefreshIntervalMs(),
                "group.consumer.assignors", consumer.assignors().stream().map(assignor -> assignor.getClass().getName()).toList()));
        this.kafka = new KafkaShard(groupId, GroupCoordinatorConfig.fromProps(config), nowMs);
    }

    /** Another broker loads the log, requests that wait are lost. */
    void failOver() {
        answers.clear();
        kafka.failOver();
    }

    /** The coordinator itself: its time, its topics and what it wrote. */
    KafkaShard shard() {
        return kafka;
    }

    // ---- what happened since the last look

    /** Answers in Sampo's words; {@code names} makes Sampo's member ids of Kafka's. */
    Map<Long, Group.Reply> takeAnswers(Function<String, String> names) {
        var taken = new TreeMap<Long, Group.Reply>();
        answers.forEach((requestId, answer) -> taken.put(requestId, Translated.reply(answer.get(), names)));
        answers.clear();
        return taken;
    }

    /** The group itself, null when there is none or none of this type: for choices that Kafka leaves to chance. */
    @Nullable ClassicGroup group() {
        return kafka.group() instanceof ClassicGroup group ? group : null;
    }

    /** How many members will be found late at this time, those left out that wait for an answer. */
    long lateMembers(long ms) {
        return switch (kafka.group()) {
            case ClassicGroup group -> group.allMembers().stream()
                    .filter(member -> !member.hasSatisfiedHeartbeat())
                    .filter(member -> kafka.isDue("heartbeat-", member.memberId(), ms))
                    .count();
            case ConsumerGroup group -> group.members().keySet().stream()
                    .filter(memberId -> Stream.of("session-timeout-", "rebalance-timeout-", "join-", "sync-")
                            .anyMatch(timer -> kafka.isDue(timer, memberId, ms)))
                    .count();
            case null, default -> 0;
        };
    }

    /** Lets Kafka count again whether all members want the same topics; true when it had not. */
    boolean mendSubscriptionType() {
        if (!(kafka.group() instanceof ConsumerGroup group)) {
            return false;
        }
        SubscriptionType type =
                ConsumerGroup.subscriptionType(group.subscribedRegularExpressions(), group.subscribedTopicNames(), group.numMembers());
        if (type == group.subscriptionType()) {
            return false;
        }
        try {
            @SuppressWarnings("unchecked") // its declaration says so
            var counted = (TimelineObject<SubscriptionType>) SUBSCRIPTION_TYPE.get(group);
            counted.set(type);
        } catch (IllegalAccessException e) {
            throw new AssertionError("made accessible", e);
        }
        return true;
    }

    /** True when a member comes with no topics yet, or none that are known, while an assignment is due. */
    boolean assignsWithoutCounting(ConsumerGroupHeartbeat request) {
        if (!(kafka.group() instanceof ConsumerGroup group) || group.groupEpoch() <= group.assignmentEpoch()) {
            return false;
        }
        String regex = request.subscribedTopicRegex();
        List<String> names = request.subscribedTopicNames();
        return regex != null && !regex.isEmpty()
                ? group.resolvedRegularExpression(regex).isEmpty()
                : request.memberEpoch() == 0 && (names == null || names.isEmpty());
    }

    /** True when a member takes over the instance id of another: Kafka leaves its old regular expression behind, looked up or not. */
    boolean takesOverAsAnotherMember(ConsumerGroupHeartbeat request) {
        String instanceId = request.instanceId();
        return request.memberEpoch() == 0 && instanceId != null
                && kafka.group() instanceof ConsumerGroup group
                && group.hasMember(request.memberId())
                && group.hasStaticMember(instanceId)
                && !request.memberId().equals(group.staticMemberId(instanceId));
    }

    int size() {
        return switch (kafka.group()) {
            case ClassicGroup group -> group.numMembers();
            case ConsumerGroup group -> group.numMembers();
            case null, default -> 0;
        };
    }

    /** True when there is an empty group of consumers. */
    boolean isEmptyOfConsumers() {
        return kafka.group() instanceof ConsumerGroup group && group.isEmpty();
    }

    /** True when as many members of a consumer group ask for one assignor as for another. */
    boolean assignorsTie() {
        if (!(kafka.group() instanceof ConsumerGroup group)) {
            return false;
        }
        var counts = new HashMap<String, Integer>();
        group.members().values().forEach(
                member -> member.serverAssignorName().ifPresent(assignor -> counts.merge(assignor, 1, Integer::sum)));
        return counts.size() > 1 && new HashSet<>(counts.values()).size() == 1;
    }

    /** The member id that a join was answered with, empty when it waits or was refused. */
    String givenId(long requestId) {
        Supplier<Group.Reply> answer = answers.get(requestId);
        return answer != null && answer.get() instanceof Group.JoinReply join ? join.memberId() : "";
    }

    // ---- requests

    /** Asks; member ids are Kafka's own. */
    void ask(long requestId, Group.Request<?> request) {
        try {
            switch (request) {
                case Join join -> {
                    var future = new CompletableFuture<JoinGroupResponseData>();
                    future.whenComplete((response, failure) -> answers.put(requestId, () -> joined(join, response)));
                    kafka.write(shard -> shard.classicGroupJoin(
                            new Context(join.clientId(), join.skipAssignmentSupported() ? 9 : join.requireKnownMemberId() ? 5 : 3),
                            joinRequest(join), future, false));
                }
                case Sync sync -> {
                    var future = new CompletableFuture<SyncGroupResponseData>();
                    future.whenComplete((response, failure) -> answers.put(requestId, () -> new Group.SyncReply(
                            error(response.errorCode()), response.protocolType(), response.protocolName(), response.assignment())));
                    kafka.write(shard -> shard.classicGroupSync(new Context("client", 5), syncRequest(sync), future));
                }
                default -> {
                    Group.Reply reply = answerNow(request);
                    answers.put(requestId, () -> reply);
                }
            }
        } catch (KafkaException refused) {
            answers.put(requestId, () -> refused(request, error(Errors.forException(refused).code())));
        } catch (IllegalStateException | NoSuchElementException broken) {
            answers.put(requestId, () -> refused(request, KafkaError.UNKNOWN_SERVER_ERROR));
        }
    }

    private static Group.Reply refused(Group.Request<?> request, KafkaError error) {
        return request instanceof Leave leave && error == KafkaError.UNKNOWN_MEMBER_ID
                ? new Group.LeaveReply(KafkaError.NONE, leave.members().stream().map(member -> error).toList())
                : request.refused(error);
    }

    private Group.Reply answerNow(Group.Request<?> request) {
        return switch (request) {
            case Group.Heartbeat heartbeat -> new Group.HeartbeatReply(error(kafka.write(shard -> shard.classicGroupHeartbeat(
                    new Context("client", 4), new HeartbeatRequestData()
                            .setGroupId(groupId)
                            .setGenerationId(heartbeat.generationId())
                            .setMemberId(heartbeat.memberId())
                            .setGroupInstanceId(heartbeat.groupInstanceId()))).errorCode()));
            case Leave leave -> leave(leave);
            case ConsumerGroupHeartbeat heartbeat -> heartbeat(heartbeat);
            case CommitOffsets commit -> commit(commit);
            case FetchOffsets fetch -> fetch(fetch);
            case Group.Describe describe -> describe();
            case Group.ConsumerGroupDescribe describe -> describeConsumers();
            case Group.DeleteGroup delete -> new Group.DeleteGroupReply(error(
                    kafka.write(shard -> shard.deleteGroups(new Context("client", 2), List.of(groupId))).iterator().next().errorCode()));
            case DeleteOffsets delete -> deleteOffsets(delete);
            case Join join -> throw new AssertionError("may wait: " + join);
            case Sync sync -> throw new AssertionError("may wait: " + sync);
        };
    }

    private Group.ConsumerGroupHeartbeatReply heartbeat(ConsumerGroupHeartbeat heartbeat) {
        Map<Uuid, Set<Integer>> owned = heartbeat.topicPartitions();
        var request = new ConsumerGroupHeartbeatRequestData()
                .setGroupId(groupId)
                .setMemberId(heartbeat.memberId())
                .setMemberEpoch(heartbeat.memberEpoch())
                .setInstanceId(heartbeat.instanceId())
                .setRackId(heartbeat.rackId())
                .setRebalanceTimeoutMs(heartbeat.rebalanceTimeoutMs())
                .setSubscribedTopicNames(heartbeat.subscribedTopicNames())
                .setSubscribedTopicRegex(heartbeat.subscribedTopicRegex())
                .setServerAssignor(heartbeat.serverAssignor())
                .setTopicPartitions(owned == null ? null : owned.entrySet().stream()
                        .map(topic -> new ConsumerGroupHeartbeatRequestData.TopicPartitions()
                                .setTopicId(topic.getKey()).setPartitions(List.copyOf(topic.getValue())))
                        .toList());
        var context = new Context(heartbeat.clientId(), heartbeat.memberIdRequired() ? 1 : 0);
        SERVICE.check(request, context.requestVersion());
        var response = kafka.write(shard -> shard.consumerGroupHeartbeat(context, request));
        var assignment = response.assignment();
        return new Group.ConsumerGroupHeartbeatReply(
                error(response.errorCode()), null, response.memberId(), response.memberEpoch(), response.heartbeatIntervalMs(),
                assignment == null ? null : assignment.topicPartitions().stream().collect(Collectors.toMap(
                        ConsumerGroupHeartbeatResponseData.TopicPartitions::topicId, topic -> Set.copyOf(topic.partitions()))));
    }

    /** What ConsumerGroupDescribe says. */
    Group.ConsumerGroupDescribeReply describeConsumers() {
        var group = kafka.reads().consumerGroupDescribe(List.of(groupId), LATEST).getFirst();
        return group.errorCode() != 0
                ? Group.ConsumerGroupDescribeReply.failed(error(group.errorCode()), null)
                : new Group.ConsumerGroupDescribeReply(
                        KafkaError.NONE, null, group.groupState(), group.groupEpoch(), group.assignmentEpoch(), group.assignorName(),
                        group.members().stream()
                                .map(member -> new Group.DescribedConsumer(
                                        member.memberId(), member.instanceId(), member.rackId(), member.memberEpoch(), member.clientId(),
                                        member.clientHost(), member.subscribedTopicNames(), member.subscribedTopicRegex(),
                                        described(member.assignment()), described(member.targetAssignment()),
                                        member.memberType() == 0))
                                .toList());
    }

    private static List<Group.TopicPartitions> described(ConsumerGroupDescribeResponseData.Assignment assignment) {
        return assignment.topicPartitions().stream()
                .map(topic -> new Group.TopicPartitions(topic.topicName(), topic.topicId(), topic.partitions()))
                .toList();
    }

    /** The row of ListGroups, null without a group. */
    Group.@Nullable Summary summary() {
        return kafka.reads().listGroups(List.of(), List.of(), LATEST).stream()
                .map(group -> new Group.Summary(group.groupId(), group.groupType(), group.protocolType(), group.groupState()))
                .findFirst().orElse(null);
    }

    private JoinGroupRequestData joinRequest(Join join) {
        var request = new JoinGroupRequestData()
                .setGroupId(groupId)
                .setMemberId(join.memberId())
                .setGroupInstanceId(join.groupInstanceId())
                .setSessionTimeoutMs(join.sessionTimeoutMs())
                .setRebalanceTimeoutMs(join.rebalanceTimeoutMs())
                .setProtocolType(join.protocolType());
        join.protocols().forEach(protocol -> request.protocols().add(new JoinGroupRequestData.JoinGroupRequestProtocol()
                .setName(protocol.name()).setMetadata(protocol.metadata())));
        return request;
    }

    private static Group.JoinReply joined(Join join, JoinGroupResponseData response) {
        return new Group.JoinReply(
                error(response.errorCode()), response.memberId(), response.generationId(), response.protocolType(),
                "".equals(response.protocolName()) ? null : response.protocolName(), // which JoinGroupResponse makes of it
                response.leader(), response.skipAssignment(),
                response.members().stream()
                        .map(member -> new Group.JoinedMember(member.memberId(), member.groupInstanceId(), member.metadata()))
                        .toList());
    }

    private SyncGroupRequestData syncRequest(Sync sync) {
        return new SyncGroupRequestData()
                .setGroupId(groupId)
                .setGenerationId(sync.generationId())
                .setMemberId(sync.memberId())
                .setGroupInstanceId(sync.groupInstanceId())
                .setProtocolType(sync.protocolType())
                .setProtocolName(sync.protocolName())
                .setAssignments(sync.assignments().entrySet().stream()
                        .map(entry -> new SyncGroupRequestData.SyncGroupRequestAssignment()
                                .setMemberId(entry.getKey()).setAssignment(entry.getValue()))
                        .toList());
    }

    private Group.LeaveReply leave(Leave leave) {
        var response = kafka.write(shard -> shard.classicGroupLeave(new Context("client", 5), new LeaveGroupRequestData()
                .setGroupId(groupId)
                .setMembers(leave.members().stream()
                        .map(member -> new LeaveGroupRequestData.MemberIdentity()
                                .setMemberId(member.memberId()).setGroupInstanceId(member.groupInstanceId()))
                        .toList())));
        return new Group.LeaveReply(
                error(response.errorCode()), response.members().stream().map(member -> error(member.errorCode())).toList());
    }

    private Group.CommitOffsetsReply commit(CommitOffsets commit) {
        var request = new OffsetCommitRequestData()
                .setGroupId(groupId)
                .setGenerationIdOrMemberEpoch(commit.generationId())
                .setMemberId(commit.memberId())
                .setGroupInstanceId(commit.groupInstanceId())
                .setRetentionTimeMs(commit.retentionTimeMs());
        for (Group.OffsetToCommit offset : commit.offsets()) { // one topic entry each keeps the order of the answers
            request.topics().add(new OffsetCommitRequestData.OffsetCommitRequestTopic()
                    .setName(offset.topic())
                    .setTopicId(offset.topicId())
                    .setPartitions(List.of(new OffsetCommitRequestData.OffsetCommitRequestPartition()
                            .setPartitionIndex(offset.partition())
                            .setCommittedOffset(offset.offset())
                            .setCommittedLeaderEpoch(offset.leaderEpoch())
                            .setCommittedMetadata(offset.metadata()))));
        }
        var response = kafka.write(shard -> shard.commitOffset(new Context("client", commit.groupIdNotFoundSupported() ? 9 : 8), request));
        return new Group.CommitOffsetsReply(response.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .map(partition -> error(partition.errorCode()))
                .toList());
    }

    private Group.FetchOffsetsReply fetch(FetchOffsets fetch) {
        List<Group.TopicPartitions> wanted = fetch.topics();
        var request = new OffsetFetchRequestData.OffsetFetchRequestGroup()
                .setGroupId(groupId)
                .setMemberId(fetch.memberId())
                .setMemberEpoch(fetch.memberEpoch())
                .setTopics(wanted == null
                        ? null
                        : wanted.stream()
                                .map(topic -> new OffsetFetchRequestData.OffsetFetchRequestTopics()
                                        .setName(topic.topic()).setTopicId(topic.topicId()).setPartitionIndexes(topic.partitions()))
                                .toList());
        var response = kafka.reads().fetchOffsets(request, LATEST);
        return new Group.FetchOffsetsReply(error(response.errorCode()), response.topics().stream().map(KafkaGroup::fetched).toList());
    }

    private static Group.FetchedTopic fetched(OffsetFetchResponseData.OffsetFetchResponseTopics topic) {
        return new Group.FetchedTopic(topic.name(), topic.topicId(), topic.partitions().stream()
                .map(partition -> new Group.FetchedOffset(
                        partition.partitionIndex(), partition.committedOffset(), partition.committedLeaderEpoch(),
                        partition.metadata(), error(partition.errorCode())))
                .toList());
    }

    private Group.DeleteOffsetsReply deleteOffsets(DeleteOffsets delete) {
        var request = new OffsetDeleteRequestData().setGroupId(groupId);
        for (Group.NamedPartition partition : delete.partitions()) {
            var topic = request.topics().find(partition.topic());
            if (topic == null) {
                topic = new OffsetDeleteRequestData.OffsetDeleteRequestTopic().setName(partition.topic());
                request.topics().add(topic);
            }
            topic.partitions().add(
                    new OffsetDeleteRequestData.OffsetDeleteRequestPartition().setPartitionIndex(partition.partition()));
        }
        var response = kafka.write(shard -> shard.deleteOffsets(new Context("client", 0), request));
        return new Group.DeleteOffsetsReply(error(response.errorCode()), delete.partitions().stream()
                .map(partition -> error(Objects.requireNonNull(response.topics().find(partition.topic()))
                        .partitions().find(partition.partition()).errorCode()))
                .toList());
    }

    /** What DescribeGroups 6 says. */
    Group.DescribeReply describe() {
        var group = kafka.reads().describeGroups(new Context("client", 6), List.of(groupId), LATEST).getFirst();
        return new Group.DescribeReply(
                error(group.errorCode()), group.groupState(), group.protocolType(), group.protocolData(),
                group.members().stream()
                        .map(member -> new Group.DescribedMember(
                                member.memberId(), member.groupInstanceId(), member.clientId(), member.clientHost(),
                                member.memberMetadata(), member.memberAssignment()))
                        .toList());
    }

    void deleteTopic(String topic, Uuid topicId) {
        kafka.write(shard -> shard.onTopicsDeleted(List.of(new GroupCoordinatorShard.DeletedTopic(topicId, topic))));
    }

    private static KafkaError error(short code) {
        return KafkaError.forCode(code);
    }
}
