package dev.sampo.tests.oracle;

import java.util.List;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.jspecify.annotations.Nullable;

import static dev.sampo.tests.oracle.Catalogue.name;

/** One member of a classic group on its own connection; each call is recorded under {@code group.case}. */
final class GroupMember {
    private static final int JOIN_WITH_TWO_STEPS = 4;

    private final OracleRun run;
    private final OracleRun.Client client;
    private final String group;
    private final String label;
    private @Nullable String instanceId;
    private String memberId = "";
    private int generationId = -1;

    GroupMember(OracleRun run, String group, String label) {
        this.run = run;
        this.client = run.client(label);
        this.group = group;
        this.label = label;
    }

    /** Makes it a static member (KIP-345). */
    GroupMember withInstanceId(String id) {
        instanceId = id;
        return this;
    }

    String memberId() {
        return memberId;
    }

    int generationId() {
        return generationId;
    }

    OracleRun.Client client() {
        return client;
    }

    /** The id that v4+ wants to be joined with; recorded. */
    void join(int version, String what) {
        if (version >= JOIN_WITH_TWO_STEPS && memberId.isEmpty() && instanceId == null) {
            learnFrom(startJoin(version, what + "-asks-for-id"));
        }
        finishJoin(startJoin(version, what));
    }

    OracleRun.Pending startJoin(int version, String what) {
        return client.start(name("join-group", version, what), version, joinRequest(version));
    }

    JoinGroupResponseData finishJoin(OracleRun.Pending pending) {
        JoinGroupResponseData answer = learnFrom(pending);
        generationId = answer.generationId();
        return answer;
    }

    /** Learns the member id before the answer is normalized. */
    JoinGroupResponseData learnFrom(OracleRun.Pending pending) {
        JoinGroupResponseData answer = pending.finish(read -> {
            if (memberId.isEmpty() && read instanceof JoinGroupResponseData join) {
                run.normalizer().learn(join.memberId(), "member " + label);
            }
        });
        memberId = answer.memberId();
        return answer;
    }

    JoinGroupRequestData joinRequest(int version) {
        var request = new JoinGroupRequestData()
                .setGroupId(group)
                .setSessionTimeoutMs(30_000)
                .setRebalanceTimeoutMs(30_000)
                .setMemberId(memberId)
                .setProtocolType("consumer");
        request.protocols().add(new JoinGroupRequestProtocol().setName("range").setMetadata(Batches.bytes("subscription of " + label)));
        return version >= 5 ? request.setGroupInstanceId(instanceId) : request;
    }

    void sync(int version, String what, SyncGroupRequestAssignment... assignments) {
        client.call(name("sync-group", version, what), version, syncRequest(version, assignments));
    }

    OracleRun.Pending startSync(int version, String what, SyncGroupRequestAssignment... assignments) {
        return client.start(name("sync-group", version, what), version, syncRequest(version, assignments));
    }

    SyncGroupRequestData syncRequest(int version, SyncGroupRequestAssignment... assignments) {
        var request = new SyncGroupRequestData().setGroupId(group).setGenerationId(generationId).setMemberId(memberId).setAssignments(List.of(assignments));
        if (version >= 3) {
            request.setGroupInstanceId(instanceId);
        }
        return version >= 5 ? request.setProtocolType("consumer").setProtocolName("range") : request;
    }

    SyncGroupRequestAssignment assignment() {
        return new SyncGroupRequestAssignment().setMemberId(memberId).setAssignment(Batches.bytes("partitions of " + label));
    }

    void heartbeat(int version, String what) {
        client.call(name("heartbeat", version, what), version, heartbeatRequest(version));
    }

    HeartbeatRequestData heartbeatRequest(int version) {
        var request = new HeartbeatRequestData().setGroupId(group).setGenerationId(generationId).setMemberId(memberId);
        return version >= 3 ? request.setGroupInstanceId(instanceId) : request;
    }

    /** Waits until the coordinator wants this member to join again. */
    void awaitRebalance() {
        run.await(() -> {
            HeartbeatResponseData answer = run.ask(2, heartbeatRequest(2));
            return answer.errorCode() == 27;
        });
    }

    void leave(int version, String what) {
        var request = new LeaveGroupRequestData().setGroupId(group);
        client.call(name("leave-group", version, what), version, version >= 3
                ? request.setMembers(List.of(new MemberIdentity().setMemberId(memberId).setGroupInstanceId(instanceId)))
                : request.setMemberId(memberId));
    }
}
