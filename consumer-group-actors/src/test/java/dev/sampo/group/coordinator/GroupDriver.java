package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.CommitOffsetsReply;
import dev.sampo.actors.protocol.Group.Heartbeat;
import dev.sampo.actors.protocol.Group.HeartbeatReply;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.actors.protocol.Group.Sync;
import dev.sampo.actors.protocol.Group.SyncReply;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.consumer.MigrationPolicy;
import dev.sampo.group.coordinator.GroupEffect.Call;
import dev.sampo.group.coordinator.GroupEffect.Persist;
import dev.sampo.group.coordinator.GroupEffect.Reply;
import dev.sampo.group.coordinator.GroupEffect.Resolve;
import dev.sampo.group.journal.GroupEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;

import static org.assertj.core.api.Assertions.assertThat;

/** Calls a {@link GroupState}, keeps its answers and what it stored, and checks that each request is answered once. */
final class GroupDriver {
    static final ConsumerGroupSettings CONSUMER_SETTINGS = new ConsumerGroupSettings(
            45_000, 45_000, 60_000, 5000, 5000, 15_000, 15_000, Integer.MAX_VALUE, 0, 0, 0, 15_000, 600_000,
            MigrationPolicy.BIDIRECTIONAL, List.of(new UniformAssignor(), new RangeAssignor()));
    static final GroupSettings SETTINGS = new GroupSettings(
            6000, 1_800_000, 3000, 0, 0, Integer.MAX_VALUE, 300_000, 604_800_000L, 600_000, 4096, 50, 3, 104_857_600, 5000,
            5_242_880, 524_288, CONSUMER_SETTINGS);
    static final String GROUP = "orders";
    static final Uuid TOPIC_ID = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");

    final GroupSettings settings;
    final Map<Long, Group.Reply> replies = new HashMap<>();
    final Map<GroupEvent.Key, GroupEvent> stored = new LinkedHashMap<>();
    final List<GroupEvent> storedInOrder = new ArrayList<>();
    final List<Resolve> resolving = new ArrayList<>();
    final List<Set<String>> called = new ArrayList<>();
    GroupState state;
    long nowMs = 1_000_000;
    private long nextRequestId = 1;
    private int nextUniqueId = 1;

    GroupDriver() {
        this(SETTINGS);
    }

    GroupDriver(GroupSettings settings) {
        this.settings = settings;
        this.state = newState();
    }

    private GroupState newState() {
        return new GroupState(GROUP, settings, () -> "id" + nextUniqueId++, nowMs);
    }

    /** The coordinator dies and another one starts from what is stored; waiting requests are lost. */
    void crash() {
        state = newState();
        stored.values().forEach(state::restore);
        perform(state.restored(nowMs));
    }

    long ask(Group.Request<?> request) {
        long requestId = nextRequestId++;
        perform(state.onRequest(requestId, request, nowMs));
        return requestId;
    }

    @SuppressWarnings("unchecked") // each request has one type of answer
    <R extends Group.Reply> R call(Group.Request<R> request) {
        return (R) answer(ask(request));
    }

    Group.Reply answer(long requestId) {
        assertThat(replies).as("answer to request %d", requestId).containsKey(requestId);
        return replies.get(requestId);
    }

    void at(long ms) {
        nowMs = ms;
        perform(state.onTime(nowMs, nowMs));
    }

    /** Lets time pass, waking the group whenever it wants. */
    void pass(long ms) {
        long end = nowMs + ms;
        while (state.nextMs() <= end) {
            at(Math.max(nowMs, state.nextMs()));
        }
        at(end);
    }

    void perform(List<GroupEffect> effects) {
        for (GroupEffect effect : effects) {
            switch (effect) {
                case Persist(var events) -> {
                    for (GroupEvent event : events) {
                        storedInOrder.add(event);
                        if (event.removes()) {
                            stored.remove(event.key());
                        } else {
                            stored.put(event.key(), event);
                        }
                    }
                }
                case Reply(long requestId, Group.Reply reply) ->
                    assertThat(replies.putIfAbsent(requestId, reply)).as("request answered twice").isNull();
                case Resolve resolve -> resolving.add(resolve);
                case Call(var nodes) -> called.add(nodes);
            }
        }
    }

    // ---- requests in short

    static byte[] subscription(String... topics) {
        ByteBuffer buffer = ConsumerProtocol.serializeSubscription(new Subscription(List.of(topics)));
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    static Join joinRequest(String memberId, String instanceId, String... topics) {
        return new Join(
                GROUP, memberId, instanceId, "client", "/127.0.0.1", 10_000, 60_000, "consumer",
                List.of(new Protocol("range", subscription(topics))), true, true);
    }

    long join(String memberId, String... topics) {
        return ask(joinRequest(memberId, null, topics));
    }

    /** First join of a dynamic member: the id it is told to use. */
    String newMemberId() {
        JoinReply reply = call(joinRequest("", null, "t"));
        assertThat(reply.error()).isEqualTo(KafkaError.MEMBER_ID_REQUIRED);
        return reply.memberId();
    }

    JoinReply joined(long requestId) {
        JoinReply reply = (JoinReply) answer(requestId);
        assertThat(reply.error()).isEqualTo(KafkaError.NONE);
        return reply;
    }

    SyncReply sync(JoinReply member, Map<String, byte[]> assignments) {
        return call(syncRequest(member, assignments));
    }

    static Sync syncRequest(JoinReply member, Map<String, byte[]> assignments) {
        return new Sync(
                GROUP, member.generationId(), member.memberId(), null, member.protocolType(), member.protocolName(),
                assignments);
    }

    KafkaError heartbeat(String memberId, int generationId) {
        HeartbeatReply reply = call(new Heartbeat(GROUP, generationId, memberId, null));
        return reply.error();
    }

    static CommitOffsets commitRequest(String memberId, int generationId, String topic, long offset) {
        return new CommitOffsets(GROUP, generationId, memberId, null, true, -1, List.of(
                new OffsetToCommit(topic, TOPIC_ID, 0, offset, 7, "m")));
    }

    KafkaError commit(String memberId, int generationId, String topic, long offset) {
        CommitOffsetsReply reply = call(commitRequest(memberId, generationId, topic, offset));
        return reply.errors().getFirst();
    }

    long committed(String topic) {
        return call(new Group.FetchOffsets(
                        GROUP, List.of(new Group.TopicPartitions(topic, Uuid.ZERO_UUID, List.of(0))), false))
                .topics().getFirst().partitions().getFirst().offset();
    }

    String stateName() {
        return state.summary().state();
    }

    /** One member with an assignment of its own. */
    JoinReply stableMember() {
        String memberId = newMemberId();
        long join = join(memberId, "t");
        pass(settings.initialRebalanceDelayMs());
        JoinReply reply = joined(join);
        sync(reply, Map.of(memberId, new byte[] {1}));
        return reply;
    }
}
