package dev.sampo.group.member;

import dev.sampo.actors.protocol.Group.Protocol;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A member of a classic group. Mutable, owned by the group's rules. */
public final class Member {
    /** No request waits. */
    public static final long NO_REQUEST = -1;

    private static final byte[] EMPTY = new byte[0];

    private final String memberId;
    private final @Nullable String groupInstanceId;
    private final String clientId;
    private final String clientHost;
    private int rebalanceTimeoutMs;
    private int sessionTimeoutMs;
    private List<Protocol> protocols;
    private byte[] assignment = EMPTY;

    /** The JoinGroup that waits for the next generation. */
    public long joinRequestId = NO_REQUEST;
    /** The SyncGroup that waits for the leader's. */
    public long syncRequestId = NO_REQUEST;
    /** Has not had an answer to a join yet: it knows no member id and cannot send heartbeats. */
    public boolean unanswered;

    public Member(
            String memberId, @Nullable String groupInstanceId, String clientId, String clientHost,
            int rebalanceTimeoutMs, int sessionTimeoutMs, List<Protocol> protocols) {
        this.memberId = memberId;
        this.groupInstanceId = groupInstanceId;
        this.clientId = clientId;
        this.clientHost = clientHost;
        this.rebalanceTimeoutMs = rebalanceTimeoutMs;
        this.sessionTimeoutMs = sessionTimeoutMs;
        this.protocols = protocols;
    }

    /** The same static member under a new id: keeps the assignment, waits for nothing. */
    public Member withMemberId(String newMemberId, String newClientId, String newClientHost) {
        var renamed = new Member(
                newMemberId, groupInstanceId, newClientId, newClientHost, rebalanceTimeoutMs, sessionTimeoutMs,
                protocols);
        renamed.assignment = assignment;
        return renamed;
    }

    /** What the member offers from now on. */
    public void offer(int newRebalanceTimeoutMs, int newSessionTimeoutMs, List<Protocol> newProtocols) {
        rebalanceTimeoutMs = newRebalanceTimeoutMs;
        sessionTimeoutMs = newSessionTimeoutMs;
        protocols = newProtocols;
    }

    /** True when it offers exactly these, in this order, byte by byte. */
    public boolean offers(List<Protocol> others) {
        if (protocols.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < others.size(); i++) {
            if (!protocols.get(i).name().equals(others.get(i).name())
                    || !Arrays.equals(protocols.get(i).metadata(), others.get(i).metadata())) {
                return false;
            }
        }
        return true;
    }

    /** Its metadata for a protocol, empty when it does not offer it. */
    public byte[] metadata(@Nullable String protocolName) {
        for (Protocol protocol : protocols) {
            if (protocol.name().equals(protocolName)) {
                return protocol.metadata();
            }
        }
        return EMPTY;
    }

    /** Waits for the answer to a join. */
    public boolean joining() {
        return joinRequestId != NO_REQUEST;
    }

    /** Waits for the answer to a sync. */
    public boolean syncing() {
        return syncRequestId != NO_REQUEST;
    }

    public String memberId() {
        return memberId;
    }

    public @Nullable String groupInstanceId() {
        return groupInstanceId;
    }

    public String clientId() {
        return clientId;
    }

    public String clientHost() {
        return clientHost;
    }

    public int rebalanceTimeoutMs() {
        return rebalanceTimeoutMs;
    }

    public int sessionTimeoutMs() {
        return sessionTimeoutMs;
    }

    /** In order of preference. */
    public List<Protocol> protocols() {
        return protocols;
    }

    public byte[] assignment() {
        return assignment;
    }

    /** Set by the rules when the leader has synced. */
    public void assign(byte[] newAssignment) {
        assignment = newAssignment;
    }
}
