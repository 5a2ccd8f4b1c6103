package dev.sampo.persistence.metadata;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServerRpc;

/**
 * Ratis' transport, but for a fault of Ratis 3.3.0: the receiver of a request that begins at the start of the log, and so
 * names no entry before, takes one entry more for committed than the request brings; with a heartbeat, the first entry of
 * its own log. Where that is another than the leader's, from an election that did not last, the leader's is refused from
 * then on ("already exists"), for as long as the process lives. Such a request says here that no more is committed than it
 * brings.
 *
 * @see "Ratis, ServerImplUtils.effectiveCommitIndex"
 * @see "Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm, figure 2: AppendEntries, step 5"
 */
record BoundedCommits(RaftServerRpc ratis) implements RaftServerRpc {
    private static final long NOTHING = -1;

    @Override
    public AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request) throws IOException {
        return ratis.appendEntries(bounded(request));
    }

    private static AppendEntriesRequestProto bounded(AppendEntriesRequestProto request) {
        if (request.hasPreviousLog()) {
            return request;
        }
        int count = request.getEntriesCount();
        long last = count == 0 ? NOTHING : request.getEntries(count - 1).getIndex();
        return request.getLeaderCommit() <= last ? request : request.toBuilder().setLeaderCommit(last).build();
    }

    @Override
    public InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request) throws IOException {
        return ratis.installSnapshot(request);
    }

    @Override
    public RequestVoteReplyProto requestVote(RequestVoteRequestProto request) throws IOException {
        return ratis.requestVote(request);
    }

    @Override
    public StartLeaderElectionReplyProto startLeaderElection(StartLeaderElectionRequestProto request) throws IOException {
        return ratis.startLeaderElection(request);
    }

    @Override
    public void addRaftPeers(Collection<RaftPeer> peers) {
        ratis.addRaftPeers(peers);
    }

    @Override
    public void handleException(RaftPeerId peer, Exception failure, boolean reconnect) {
        ratis.handleException(peer, failure, reconnect);
    }

    @Override
    public void notifyNotLeader(RaftGroupId group) {
        ratis.notifyNotLeader(group);
    }

    @Override
    public void start() throws IOException {
        ratis.start();
    }

    @Override
    public InetSocketAddress getInetSocketAddress() {
        return ratis.getInetSocketAddress();
    }

    @Override
    public RpcType getRpcType() {
        return ratis.getRpcType();
    }

    @Override
    public void close() throws IOException {
        ratis.close();
    }
}
