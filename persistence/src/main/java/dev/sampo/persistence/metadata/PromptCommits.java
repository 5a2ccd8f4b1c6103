package dev.sampo.persistence.metadata;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.netty.server.NettyRpcService;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.ServerFactory;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;

/**
 * Tells the followers at once what was committed. Ratis tells them with the next entry or heartbeat, which is half of
 * the least election time-out later when nothing else is written.
 */
final class PromptCommits {
    /** What sends entries to each follower, as long as this node leads; those of an earlier term do nothing. */
    private final Map<RaftPeerId, LogAppender> appenders = new ConcurrentHashMap<>();

    /** The leader applied an entry, so its commit is known here; on other nodes nothing happens. */
    void applied() {
        appenders.values().forEach(LogAppender::triggerHeartbeat);
    }

    Parameters parameters() {
        var parameters = new Parameters();
        parameters.put(PromptCommits.class.getName(), this, PromptCommits.class);
        return parameters;
    }

    /** Ratis' Netty transport. Ratis makes it by the name of the class. */
    static final class Netty implements RpcType {
        @Override
        public String name() {
            return getClass().getName();
        }

        @Override
        public RpcFactory newFactory(Parameters parameters) {
            return new Factory(this, parameters.getNonNull(PromptCommits.class.getName(), PromptCommits.class));
        }
    }

    private record Factory(RpcType rpcType, PromptCommits commits) implements ServerFactory {
        @Override
        public RpcType getRpcType() {
            return rpcType;
        }

        @Override
        public RaftServerRpc newRaftServerRpc(RaftServer server) {
            return new BoundedCommits(NettyRpcService.newBuilder().setServer(server).build());
        }

        @Override
        public LogAppender newLogAppender(RaftServer.Division server, LeaderState leader, FollowerInfo follower) {
            LogAppender appender = ServerFactory.super.newLogAppender(server, leader, follower);
            commits.appenders.put(appender.getFollowerId(), appender);
            return appender;
        }
    }
}
