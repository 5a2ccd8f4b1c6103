package dev.sampo.http.kafka;

import dev.sampo.http.body.GroupBodies.DeletedGroup;
import dev.sampo.http.body.GroupBodies.GroupSummary;
import dev.sampo.http.body.GroupBodies.Groups;
import dev.sampo.http.body.GroupBodies.Member;
import dev.sampo.http.body.GroupBodies.TopicPartitions;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Problem;
import dev.sampo.partition.controller.MetadataImages;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.jspecify.annotations.Nullable;

/** Groups and their members. Groups are asked for at their coordinator, which must be this broker. */
public final class GroupCalls {
    private static final String OFFSETS_TOPIC = "__consumer_offsets";
    private static final int CONSUMER_GROUP_DESCRIBE_VERSION = 1;
    private static final List<Errors> COMING = List.of(Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.NOT_COORDINATOR);

    /** A group without its offsets. {@code subscribed}: the topics that its members want. */
    public record Described(
            String groupId, String state, String type, String protocolType, String protocol, List<Member> members,
            Set<String> subscribed) {
        /** True when nobody is in it. */
        public boolean isEmpty() {
            return members.isEmpty();
        }
    }

    private final BrokerCalls broker;
    private final MetadataImages images;
    private final int brokerId;

    /** {@code brokerId} is this broker. */
    public GroupCalls(BrokerCalls broker, MetadataImages images, int brokerId) {
        this.broker = broker;
        this.images = images;
        this.brokerId = brokerId;
    }

    /** A page, by id; {@code after} is the last id of the page before. */
    public CompletionStage<Groups> list(@Nullable String after, int pageSize, @Nullable String state, @Nullable String type) {
        var request = new ListGroupsRequestData()
                .setStatesFilter(state == null ? List.of() : List.of(state))
                .setTypesFilter(type == null ? List.of() : List.of(type));
        Supplier<CompletionStage<ListGroupsResponseData>> ask =
                () -> broker.call(ApiKeys.LIST_GROUPS, 5, request, ListGroupsResponseData.class).thenApply(response -> {
                    KafkaProblems.check(response.errorCode(), null);
                    return response;
                });
        return broker.patiently(COMING, ask).thenApply(response -> {
            List<GroupSummary> wanted = response.groups().stream()
                    .filter(group -> after == null || group.groupId().compareTo(after) > 0)
                    .sorted(Comparator.comparing(ListGroupsResponseData.ListedGroup::groupId))
                    .limit(pageSize + 1L)
                    .map(group -> new GroupSummary(
                            group.groupId(), group.groupState(), group.groupType(), group.protocolType()))
                    .toList();
            List<GroupSummary> page = wanted.stream().limit(pageSize).toList();
            return new Groups(
                    page,
                    Call.nextPageToken(page.stream().map(GroupSummary::groupId).toList(), wanted.size() > page.size()));
        });
    }

    /**
     * Runs {@code ask} at the coordinator of the group.
     *
     * @param mayBeNew true: the group need not exist, and what holds groups is made when it is missing
     */
    <R> CompletionStage<R> atCoordinator(String groupId, boolean mayBeNew, Supplier<? extends CompletionStage<R>> ask) {
        if (!mayBeNew && images.current().topic(OFFSETS_TOPIC) == null) {
            return CompletableFuture.failedFuture(unknown(groupId)); // no group was ever there
        }
        var request = new FindCoordinatorRequestData().setKeyType((byte) 0).setCoordinatorKeys(List.of(groupId));
        Supplier<CompletionStage<FindCoordinatorResponseData.Coordinator>> find = () -> broker.call(
                        ApiKeys.FIND_COORDINATOR, 4, request, FindCoordinatorResponseData.class)
                .thenApply(response -> {
                    var found = response.coordinators().getFirst();
                    KafkaProblems.check(found.errorCode(), found.errorMessage());
                    return found;
                });
        return broker.patiently(List.of(Errors.COORDINATOR_NOT_AVAILABLE), find).thenCompose(found -> {
            if (found.nodeId() != brokerId) {
                throw Problem.of(
                                421, "other-broker", "Another broker knows",
                                "The group is coordinated by broker " + found.nodeId() + " on " + found.host()
                                        + ": ask that one.")
                        .exception();
            }
            return broker.patiently(COMING, ask);
        });
    }

    /** Fails with 404 when there is none. */
    public CompletionStage<Described> describe(String groupId) {
        return atCoordinator(groupId, false, () -> describeClassic(groupId)).thenCompose(found -> {
            if (found != null) {
                return CompletableFuture.completedFuture(found);
            }
            if (!broker.serves(ApiKeys.CONSUMER_GROUP_DESCRIBE, CONSUMER_GROUP_DESCRIBE_VERSION)) {
                return CompletableFuture.failedFuture(unknown(groupId));
            }
            return describeConsumer(groupId);
        });
    }

    static RuntimeException unknown(String groupId) {
        return KafkaProblems.exception(Errors.GROUP_ID_NOT_FOUND.code(), "There is no group \"" + groupId + "\".");
    }

    /** Null when there is no classic group of this id. */
    private CompletionStage<@Nullable Described> describeClassic(String groupId) {
        var request = new DescribeGroupsRequestData().setGroups(List.of(groupId));
        return broker.call(ApiKeys.DESCRIBE_GROUPS, 6, request, DescribeGroupsResponseData.class).thenApply(response -> {
            var group = response.groups().getFirst();
            if (group.errorCode() == Errors.GROUP_ID_NOT_FOUND.code()) {
                return null;
            }
            KafkaProblems.check(group.errorCode(), group.errorMessage());
            Set<String> subscribed = new HashSet<>();
            List<Member> members = group.members().stream()
                    .map(member -> {
                        subscribed.addAll(subscription(group.protocolType(), member));
                        return new Member(
                                member.memberId(), member.groupInstanceId(), member.clientId(), member.clientHost(),
                                assignment(group.protocolType(), member));
                    })
                    .toList();
            return new Described(
                    groupId, group.groupState(), "Classic", group.protocolType(), group.protocolData(), members, subscribed);
        });
    }

    /** Bytes of members are the members' own; what is no assignment is shown as none. */
    private static List<TopicPartitions> assignment(String protocolType, DescribedGroupMember member) {
        if (!protocolType.equals("consumer") || member.memberAssignment().length == 0) {
            return List.of();
        }
        try {
            Map<String, List<Integer>> byTopic = new TreeMap<>();
            ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(member.memberAssignment()))
                    .partitions()
                    .forEach(partition -> byTopic.computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                            .add(partition.partition()));
            return topicPartitions(byTopic);
        } catch (SchemaException | ApiException | BufferUnderflowException | IllegalArgumentException e) {
            return List.of();
        }
    }

    private static List<String> subscription(String protocolType, DescribedGroupMember member) {
        if (!protocolType.equals("consumer") || member.memberMetadata().length == 0) {
            return List.of();
        }
        try {
            return ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(member.memberMetadata())).topics();
        } catch (SchemaException | ApiException | BufferUnderflowException | IllegalArgumentException e) {
            return List.of();
        }
    }

    private CompletionStage<Described> describeConsumer(String groupId) {
        var request = new ConsumerGroupDescribeRequestData().setGroupIds(List.of(groupId));
        return broker.call(
                        ApiKeys.CONSUMER_GROUP_DESCRIBE, CONSUMER_GROUP_DESCRIBE_VERSION, request,
                        ConsumerGroupDescribeResponseData.class)
                .thenApply(response -> {
                    var group = response.groups().getFirst();
                    if (group.errorCode() == Errors.GROUP_ID_NOT_FOUND.code()) {
                        throw unknown(groupId);
                    }
                    KafkaProblems.check(group.errorCode(), group.errorMessage());
                    Set<String> subscribed = new HashSet<>();
                    List<Member> members = group.members().stream()
                            .map(member -> {
                                if (member.subscribedTopicNames() != null) {
                                    subscribed.addAll(member.subscribedTopicNames());
                                }
                                Map<String, List<Integer>> byTopic = new TreeMap<>();
                                member.assignment().topicPartitions().forEach(
                                        topic -> byTopic.put(topic.topicName(), new ArrayList<>(topic.partitions())));
                                return new Member(
                                        member.memberId(), member.instanceId(), member.clientId(), member.clientHost(),
                                        topicPartitions(byTopic));
                            })
                            .toList();
                    return new Described(
                            groupId, group.groupState(), "Consumer", "consumer", group.assignorName(), members, subscribed);
                });
    }

    private static List<TopicPartitions> topicPartitions(Map<String, List<Integer>> byTopic) {
        var list = new ArrayList<TopicPartitions>();
        byTopic.forEach((topic, partitions) -> {
            partitions.sort(null);
            list.add(new TopicPartitions(topic, partitions));
        });
        return list;
    }

    /** Deletes a group that has no members, or says that it would. */
    public CompletionStage<DeletedGroup> delete(String groupId, boolean dryRun) {
        return describe(groupId).thenCompose(group -> {
            if (!group.isEmpty()) {
                throw KafkaProblems.exception(
                        Errors.NON_EMPTY_GROUP.code(), "The group has " + group.members().size() + " members: stop them first.");
            }
            if (dryRun) {
                return CompletableFuture.completedFuture(new DeletedGroup(groupId, true));
            }
            var request = new DeleteGroupsRequestData().setGroupsNames(List.of(groupId));
            return broker.call(ApiKeys.DELETE_GROUPS, 2, request, DeleteGroupsResponseData.class).thenApply(response -> {
                KafkaProblems.check(response.results().iterator().next().errorCode(), null);
                return new DeletedGroup(groupId, false);
            });
        });
    }
}
