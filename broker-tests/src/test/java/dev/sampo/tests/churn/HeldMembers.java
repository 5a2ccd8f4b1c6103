package dev.sampo.tests.churn;

import dev.sampo.tests.wire.RawConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;

/**
 * Classic groups of ten members each, by raw requests, with sessions of an hour. Members that join at one time have a connection each.
 */
final class HeldMembers implements AutoCloseable {
    static final int MEMBERS_OF_GROUP = 10;

    private static final int CONNECTIONS = 500;
    private static final int GROUPS_AT_ONCE = CONNECTIONS / MEMBERS_OF_GROUP;
    private static final short JOIN_VERSION = 3; // one step, no id asked for first
    private static final short SYNC_VERSION = 3;
    private static final short HEARTBEAT_VERSION = 3;
    private static final int SESSION_TIMEOUT_MS = 3_600_000;

    private record Member(String group, String memberId, int generationId) {}

    private final List<RawConnection> connections = new ArrayList<>();
    private final Map<String, List<Member>> members = new HashMap<>(); // by what the groups' names begin with

    HeldMembers(String bootstrap) throws IOException {
        String[] address = bootstrap.split(":", -1);
        for (int i = 0; i < CONNECTIONS; i++) {
            connections.add(RawConnection.open(address[0], Integer.parseInt(address[1]), Duration.ofSeconds(60), "held"));
        }
    }

    /** Returns when each member has its assignment. */
    void join(String name, int groups) throws IOException {
        for (int first = 0; first < groups; first += GROUPS_AT_ONCE) {
            join(name, first, Math.min(groups, first + GROUPS_AT_ONCE));
        }
    }

    private void join(String name, int from, int to) throws IOException {
        byte[] subscription = bytes(ConsumerProtocol.serializeSubscription(new Subscription(List.of("orders"))));
        for (int group = from; group < to; group++) {
            for (int i = 0; i < MEMBERS_OF_GROUP; i++) {
                var join = new JoinGroupRequestData().setGroupId(name + group).setSessionTimeoutMs(SESSION_TIMEOUT_MS).setRebalanceTimeoutMs(60_000)
                        .setProtocolType("consumer");
                join.protocols().add(new JoinGroupRequestProtocol().setName("range").setMetadata(subscription));
                connections.get((group - from) * MEMBERS_OF_GROUP + i).send(JOIN_VERSION, join);
            }
        }
        var joined = new ArrayList<JoinGroupResponseData>();
        for (int i = 0; i < (to - from) * MEMBERS_OF_GROUP; i++) {
            var answer = (JoinGroupResponseData) connections.get(i).receive((short) 11, JOIN_VERSION);
            if (answer.errorCode() != 0) {
                throw new AssertionError("a join was answered " + answer.errorCode());
            }
            joined.add(answer);
        }
        for (int i = 0; i < joined.size(); i++) {
            JoinGroupResponseData member = joined.get(i);
            var sync = new SyncGroupRequestData().setGroupId(name + (from + i / MEMBERS_OF_GROUP)).setGenerationId(member.generationId())
                    .setMemberId(member.memberId());
            for (int partition = 0; partition < member.members().size(); partition++) {
                sync.assignments().add(new SyncGroupRequestAssignment().setMemberId(member.members().get(partition).memberId())
                        .setAssignment(bytes(ConsumerProtocol.serializeAssignment(new Assignment(List.of(new TopicPartition("orders", partition)))))));
            }
            connections.get(i).send(SYNC_VERSION, sync);
        }
        List<Member> all = members.computeIfAbsent(name, _ -> new ArrayList<>());
        for (int i = 0; i < joined.size(); i++) {
            var answer = (SyncGroupResponseData) connections.get(i).receive((short) 14, SYNC_VERSION);
            if (answer.errorCode() != 0) {
                throw new AssertionError("a sync was answered " + answer.errorCode());
            }
            all.add(new Member(name + (from + i / MEMBERS_OF_GROUP), joined.get(i).memberId(), joined.get(i).generationId()));
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** How many are told that they are members of their generation. */
    int stillIn(String name) throws IOException {
        List<Member> all = members.getOrDefault(name, List.of());
        int in = 0;
        int step = CONNECTIONS * MEMBERS_OF_GROUP;
        for (int from = 0; from < all.size(); from += step) {
            List<Member> some = all.subList(from, Math.min(all.size(), from + step));
            for (int i = 0; i < some.size(); i++) {
                Member member = some.get(i);
                connections.get(i / MEMBERS_OF_GROUP).send(HEARTBEAT_VERSION, new HeartbeatRequestData().setGroupId(member.group())
                        .setMemberId(member.memberId()).setGenerationId(member.generationId()));
            }
            for (int i = 0; i < some.size(); i++) {
                var answer = (HeartbeatResponseData) connections.get(i / MEMBERS_OF_GROUP).receive((short) 12, HEARTBEAT_VERSION);
                in += answer.errorCode() == 0 ? 1 : 0;
            }
        }
        return in;
    }

    @Override
    public void close() throws IOException {
        for (RawConnection connection : connections) {
            connection.close();
        }
    }
}
