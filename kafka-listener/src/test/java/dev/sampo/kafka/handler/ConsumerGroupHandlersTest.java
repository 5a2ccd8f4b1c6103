package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class ConsumerGroupHandlersTest {
    private static final Uuid TOPIC_ID = new Uuid(1, 2);

    /** Answers by hand, keeps the last request. */
    private static final class Groups extends UnaskedGroups {
        private final Function<Group.Request<?>, Group.Reply> answer;
        private Group.Request<?> asked;

        Groups(Function<Group.Request<?>, Group.Reply> answer) {
            this.answer = answer;
        }

        @Override
        @SuppressWarnings("unchecked") // each test answers what it asks
        public <R extends Group.Reply> CompletionStage<R> ask(Group.Request<R> request, Duration timeout) {
            asked = request;
            return CompletableFuture.completedFuture((R) answer.apply(request));
        }

        @Override
        public Listing list() {
            return new Listing(false, List.of(
                    new Group.Summary("old", "classic", "consumer", "Stable"),
                    new Group.Summary("new", "consumer", "consumer", "Reconciling")));
        }
    }

    private static ConsumerGroupHeartbeatResponseData beat(Groups groups, int version, ConsumerGroupHeartbeatRequestData request) {
        var exchange = new FakeExchange(ApiKeys.CONSUMER_GROUP_HEARTBEAT, version, request);
        new ConsumerGroupHeartbeatHandler(groups).handle(exchange);
        return exchange.response(ConsumerGroupHeartbeatResponseData.class);
    }

    private static Group.ConsumerGroupHeartbeatReply told(Map<Uuid, Set<Integer>> assignment) {
        return new Group.ConsumerGroupHeartbeatReply(KafkaError.NONE, null, "m", 2, 5000, assignment);
    }

    @Test
    void unchangedAssignmentIsAbsentAndAnEmptyOneIsThere() {
        var request = new ConsumerGroupHeartbeatRequestData().setGroupId("g").setMemberId("m").setMemberEpoch(2);
        assertThat(beat(new Groups(asked -> told(null)), 1, request).assignment()).isNull();
        assertThat(beat(new Groups(asked -> told(Map.of())), 1, request).assignment().topicPartitions()).isEmpty();
        var some = beat(new Groups(asked -> told(Map.of(TOPIC_ID, Set.of(3)))), 1, request);
        assertThat(some.memberEpoch()).isEqualTo(2);
        assertThat(some.heartbeatIntervalMs()).isEqualTo(5000);
        assertThat(some.assignment().topicPartitions()).singleElement().satisfies(topic -> {
            assertThat(topic.topicId()).isEqualTo(TOPIC_ID);
            assertThat(topic.partitions()).containsExactly(3);
        });
    }

    @Test
    void whatIsNotSaidIsNullAndWhatIsOwnedMayBeNothing() {
        var groups = new Groups(asked -> told(null));
        beat(groups, 0, new ConsumerGroupHeartbeatRequestData().setGroupId("g").setMemberId("m").setMemberEpoch(2));
        var silent = (Group.ConsumerGroupHeartbeat) groups.asked;
        assertThat(silent.topicPartitions()).isNull();
        assertThat(silent.subscribedTopicNames()).isNull();
        assertThat(silent.rebalanceTimeoutMs()).isEqualTo(-1);
        assertThat(silent.memberIdRequired()).isFalse();

        beat(groups, 1, new ConsumerGroupHeartbeatRequestData().setGroupId("g").setMemberId("m").setMemberEpoch(0)
                .setSubscribedTopicRegex("t.*").setTopicPartitions(List.of()));
        var joins = (Group.ConsumerGroupHeartbeat) groups.asked;
        assertThat(joins.topicPartitions()).isEmpty();
        assertThat(joins.subscribedTopicRegex()).isEqualTo("t.*");
        assertThat(joins.memberIdRequired()).isTrue();

        beat(groups, 1, new ConsumerGroupHeartbeatRequestData().setGroupId("g").setMemberId("m").setMemberEpoch(2)
                .setTopicPartitions(List.of(new TopicPartitions().setTopicId(TOPIC_ID).setPartitions(List.of(1, 2)))));
        assertThat(((Group.ConsumerGroupHeartbeat) groups.asked).topicPartitions()).isEqualTo(Map.of(TOPIC_ID, Set.of(1, 2)));
    }

    @Test
    void refusalCarriesItsReason() {
        var groups = new Groups(asked -> Group.ConsumerGroupHeartbeatReply.failed(KafkaError.FENCED_MEMBER_EPOCH, "because"));
        var response = beat(groups, 1, new ConsumerGroupHeartbeatRequestData().setGroupId("g").setMemberId("m").setMemberEpoch(2));
        assertThat(response.errorCode()).isEqualTo(KafkaError.FENCED_MEMBER_EPOCH.code());
        assertThat(response.errorMessage()).isEqualTo("because");
        assertThat(response.memberId()).isNull();
    }

    @Test
    void membersAreDescribedInEachVersion() {
        var member = new Group.DescribedConsumer(
                "m", "box", "r1", 2, "client", "/h", List.of("t"), "", List.of(new Group.TopicPartitions("t", TOPIC_ID, List.of(0))),
                List.of(), false);
        var classic = new Group.DescribedConsumer(
                "n", null, null, 2, "client", "/h", List.of("t"), "", List.of(), List.of(), true);
        var groups = new Groups(asked -> new Group.ConsumerGroupDescribeReply(
                KafkaError.NONE, null, "Stable", 3, 3, "uniform", List.of(member, classic)));
        for (int version = 0; version <= 1; version++) {
            var exchange = new FakeExchange(ApiKeys.CONSUMER_GROUP_DESCRIBE, version,
                    new ConsumerGroupDescribeRequestData().setGroupIds(List.of("g")).setIncludeAuthorizedOperations(true));
            new ConsumerGroupDescribeHandler(groups).handle(exchange);
            var group = exchange.response(ConsumerGroupDescribeResponseData.class).groups().getFirst();
            assertThat(group.groupState()).isEqualTo("Stable");
            assertThat(group.authorizedOperations()).isEqualTo(GroupHandling.ALL_OPERATIONS);
            var described = group.members().getFirst();
            assertThat(described.assignment().topicPartitions().getFirst().topicName()).isEqualTo("t");
            assertThat(described.targetAssignment().topicPartitions()).isEmpty();
            assertThat(described.memberType()).isEqualTo((byte) (version == 0 ? -1 : 1));
            assertThat(group.members().getLast().memberType()).isEqualTo((byte) (version == 0 ? -1 : 0));
        }
    }

    @Test
    void groupsAreListedByType() {
        var exchange = new FakeExchange(
                ApiKeys.LIST_GROUPS, 5, new ListGroupsRequestData().setTypesFilter(List.of("Consumer")));
        new ListGroupsHandler(new Groups(asked -> null)).handle(exchange);
        assertThat(exchange.response(ListGroupsResponseData.class).groups()).singleElement().satisfies(group -> {
            assertThat(group.groupId()).isEqualTo("new");
            assertThat(group.groupType()).isEqualTo("consumer");
            assertThat(group.groupState()).isEqualTo("Reconciling");
        });
    }
}
